"""`Choosing`: from a gate or a click to chosen cells of the session, and from those to one step of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import CellwrightError
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_gate import Gate, filter_text, gated_rows

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cellwright.ui.panel_host import PanelHost

_KEYS = "123456789"


class Choosing:
    """What a person does with the cells of a plot; what becomes of them is decided by the declared actions.

    Parameters
    ----------
    host : PanelHost
        The window.
    """

    def __init__(self, host: PanelHost) -> None:
        self._host, self._session = host, host.session

    def by_gate(self, gate: Gate, *, adds: bool = False) -> None:
        """Select the cells of a gate, on the picture that is shown; or say why that cannot be."""
        picture = self._session.current
        if picture is None or picture.objects is None:
            return
        try:
            rows = gated_rows(self._session, picture, gate)
        except CellwrightError as error:
            self._host.tell(Message(Level.WARNING, str(error)))
            return
        self._select(rows, adds=adds)

    def by_click(self, cells: PlottedCells, places: NDArray[np.intp], *, adds: bool = False) -> None:
        """Select what was clicked; of one cell the picture goes there, whichever it lies on."""
        session = self._session
        if len(places) == 1:
            place = int(places[0])
            picture = cells.pictures[int(cells.picture[place])]
            if picture is not session.current:
                session.show(picture)
            row = int(cells.row[place])
            self._select(np.array([row], np.intp), row, adds=adds)
            self._host.centre_selected()
        elif len(places):
            mask = np.zeros(len(cells), np.bool_)
            mask[places] = True
            self._select(cells.rows_on(session.current, mask), adds=adds)
        elif not adds:
            session.select(None)

    def _select(self, rows: NDArray[np.intp], first: int | None = None, *, adds: bool) -> None:
        self._session.select_rows(np.union1d(rows, self._session.selected_rows) if adds else rows, first)

    def class_actions(self) -> list[QAction]:
        """Return the actions that give the chosen cells a class."""
        actions = [self._host.actions[f"correct.class_{key}"] for key in _KEYS]
        return [action for action in actions if action.isVisible()]

    def do(self, key: str) -> None:
        """Do what a declared action does."""
        self._host.actions[key].trigger()

    def keep_only(self) -> None:
        """Reject every cell shown that is not chosen, as one step; the chosen ones stay so."""
        picture, session = self._session.current, self._session
        if picture is None or not len(session.selected_rows):
            return
        kept = session.selected_rows
        others = np.setdiff1d(session.shown(picture), kept, assume_unique=True)
        if not len(others):
            self._host.tell(Message(Level.INFO, "There is no other cell to reject: every cell shown is chosen."))
            return
        session.select_rows(others)
        self.do("correct.reject")
        session.select_rows(kept)

    def show_only(self, gate: Gate | None) -> None:
        """Show only the cells in a gate; whoever clears the filter sees all again."""
        if gate is not None and (text := filter_text(gate)):
            self._session.show_only(text)
