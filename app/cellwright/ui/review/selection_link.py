"""Crops that are chosen are the cells that are selected, both ways, by their stable ids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject

from cellwright.ui.review.gallery import Gallery
from cellwright.ui.state.session import Session, rows_of

_FEW = 16
"""So few ids are looked for one by one, which is quicker than sorting a million."""


class SelectionLink(QObject):
    """Joins the crops of a gallery with the selection of a window.

    Parameters
    ----------
    gallery : Gallery
        Whose crops; those of other pictures than the one shown choose nothing.
    session : Session
        Whose selection.
    """

    def __init__(self, gallery: Gallery, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gallery, self._session = gallery, session
        self._is_choosing = False
        grid = gallery.panel.grid
        grid.chosen_changed.connect(self._on_chosen)
        grid.counted.connect(self.follow)
        gallery.panel.installEventFilter(self)
        session.selection_changed.connect(self.follow)

    def stop(self) -> None:
        """Follow no more, before the window goes."""
        self._session.selection_changed.disconnect(self.follow)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when the gallery comes into view."""
        if event.type() == QEvent.Type.Show:
            self.follow()
        return super().eventFilter(watched, event)

    def follow(self) -> None:
        """Choose the crops of the cells that are selected."""
        panel = self._gallery.panel
        if self._is_choosing or not panel.isVisible():
            return
        sorting = self._gallery.sorting
        places = np.flatnonzero(_has_id(sorting.cells.ids[sorting.rows], self._session.selected_ids))
        panel.grid.choose(places.tolist())

    def _on_chosen(self) -> None:
        picture, sorting = self._session.current, self._gallery.sorting
        if picture is None or picture.objects is None:
            return
        ids = sorting.cells.ids[sorting.rows[self._gallery.panel.grid.chosen_rows()]]
        rows = rows_of(picture.objects, ids)
        if len(ids) and not len(rows):
            return  # cells of another picture: a double click goes there
        current = self._gallery.panel.grid.current
        first = (
            rows_of(picture.objects, sorting.cells.ids[sorting.rows[current : current + 1]]) if current >= 0 else rows
        )
        self._is_choosing = True
        self._session.select_rows(rows, int(first[0]) if len(first) else None)
        self._is_choosing = False


def _has_id(ids: NDArray[np.void], wanted: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which ids are among the wanted ones, (N,) bool."""
    if not len(ids) or not len(wanted):
        return np.zeros(len(ids), np.bool_)
    if len(wanted) > _FEW:
        return np.isin(np.ascontiguousarray(ids).view("S16"), np.ascontiguousarray(wanted).view("S16"))
    halves = np.ascontiguousarray(ids).view(np.uint64).reshape(-1, 2)
    asked = np.ascontiguousarray(wanted).view(np.uint64).reshape(-1, 2)
    found = [(halves[:, 0] == one[0]) & (halves[:, 1] == one[1]) for one in asked]
    either: NDArray[np.bool_] = np.logical_or.reduce(found)
    return either
