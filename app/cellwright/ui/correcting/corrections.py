"""What is done to the selected cells, each as one step that is on disk before it is seen; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from cellwright.annotation import Status
from cellwright.core import CellwrightError
from cellwright.project import JournalEntry
from cellwright.ui.correcting.belonging import Belonging
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import OpenProject
from cellwright.ui.correcting.wording import entry_text
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.picture import Picture

KEYS = "123456789"
_SAID_MS = 5000


class Corrections(QObject):
    """The verbs of correcting.

    Parameters
    ----------
    host : Host
        The window.
    belonging : Belonging
        Joins pictures and project.
    need_project : callable
        Gives the project, a draft where there is none yet.
    """

    def __init__(
        self, host: Host, belonging: Belonging, need_project: Callable[[], OpenProject], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self._belonging = belonging
        self._need_project = need_project

    # ---- to the selected cells

    def give_class(self, key: str) -> None:
        """Give the selected cells the class of a key; cells that have it already are accepted."""
        self._attempt(partial(self._give_class, key))

    def set_status(self, status: Status) -> None:
        """Say what a person thinks of the selected cells."""
        self._attempt(partial(self._set_status, status))

    def delete(self) -> None:
        """Take the selected cells away."""
        self._attempt(self._delete)

    def _give_class(self, key: str) -> None:
        if not self._has_selection():
            return
        link, _ = self._begin()
        chosen = link.class_with_key(key)
        if chosen is None:
            self._say(f"No class has the key {key}; give it one in Correct, Classes.")
            return
        objects = self._session.current.objects if self._session.current is not None else None
        assert objects is not None
        rows = self._session.selected_rows
        others = rows[objects.class_index[rows] != objects.classes.index(chosen.name)]
        if len(others):
            self._tell(link.change(objects.ids[others], class_id=chosen.id), f"now {chosen.title}")
        else:
            self._tell(link.change(objects.ids[rows], status=Status.ACCEPTED), "accepted")

    def _set_status(self, status: Status) -> None:
        if self._has_selection():
            link, _ = self._begin()
            self._tell(link.change(self._session.selected_ids, status=status), status.value)

    def _delete(self) -> None:
        if self._has_selection():
            link, _ = self._begin()
            self._tell(link.change(self._session.selected_ids, is_deleted=True), "deleted")

    def _begin(self) -> tuple[OpenProject, int]:
        """Return the project and the number of the picture shown, which joins where it has not."""
        picture = self._session.current
        assert picture is not None
        if picture.facts is not None and picture.facts.is_stack:
            raise CellwrightError("Stacks cannot be corrected yet: a project keeps one set of cells for each picture.")
        if picture.state.is_busy:
            raise CellwrightError("The analysis is not finished; correct its cells afterwards.")
        link = self._need_project()
        return link, self._belonging.take(picture)

    def _has_selection(self) -> bool:
        if len(self._session.selected_rows):
            return True
        self._say("Select one or more cells first: click one, or Shift-click several.")
        return False

    # ---- back and forth

    def undo(self) -> None:
        """Take back the latest step."""
        self._attempt(partial(self._step, "undo"))

    def redo(self) -> None:
        """Do again what was taken back."""
        self._attempt(partial(self._step, "redo"))

    def _step(self, way: str) -> None:
        link = self._belonging.link
        entry = (link.undo() if way == "undo" else link.redo()) if link is not None else None
        if entry is not None:
            self._say(f"{'Taken back' if way == 'undo' else 'Done again'}: {entry_text(entry)}")

    # ---- looking through

    def select_next(self) -> None:
        """Select the next cell that nobody has looked at, in the order of the table."""
        row = next_unreviewed(self._session.current, self._host.objects.model.object_rows, self._session.selected)
        if row is None:
            self._say("Every cell shown has been reviewed.")
        else:
            self._session.select(row)

    # ---- saying

    def styles(self) -> tuple[ClassStyle, ...]:
        """Return the classes that keys give, in the order of the keys where no project says otherwise."""
        picture = self._session.current
        return picture.styles if picture is not None and picture.styles else self._session.styles

    def _tell(self, entry: JournalEntry | None, what: str) -> None:
        if entry is None:
            self._say(f"Nothing to change: already {what}.")
        else:
            self._say(f"{plural(entry.objects, 'cell')} {what} · Ctrl+Z takes it back")

    def _say(self, text: str) -> None:
        self._host.status.showMessage(text, _SAID_MS)

    def _attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except CellwrightError as error:
            self._host.say(Message(Level.WARNING, str(error)))
        self._host.update_actions()


def next_unreviewed(picture: Picture | None, rows: NDArray[np.intp], now: int | None) -> int | None:
    """Return the next row, after `now` and around the end, that nobody has reviewed; None where all are."""
    if picture is None or not len(rows):
        return None
    waiting = np.ones(len(rows), bool) if picture.marks is None else ~picture.marks.is_reviewed[rows]
    here = np.flatnonzero(rows == now) if now is not None else np.zeros(0, np.intp)
    start = int(here[0]) + 1 if len(here) else 0
    order = np.roll(np.arange(len(rows)), -start)
    left = order[waiting[order]]
    left = left[rows[left] != now]
    return int(rows[left[0]]) if len(left) else None
