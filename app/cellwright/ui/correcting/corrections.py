"""What is done to the selected cells, each as one step that is on disk before it is seen; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from cellwright.annotation import (
    AnnotatedObject,
    Edit,
    EditKind,
    Geometry,
    ObjectChange,
    Status,
    Verdict,
    deleted,
    joined,
    judged,
    merged,
    reshaped,
    sorted_into,
    with_reviews,
)
from cellwright.core import CellwrightError
from cellwright.project import JournalEntry
from cellwright.ui.correcting.belonging import Belonging
from cellwright.ui.correcting.host import Host
from cellwright.ui.correcting.project_link import OpenProject, StillWriting
from cellwright.ui.correcting.scene import whole_box
from cellwright.ui.correcting.stepping import AnswerMany, StepThrough
from cellwright.ui.correcting.wording import entry_text
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.picture import Picture

KEYS = "123456789"
_SAID_MS = 5000
_BESIDE = 5000
"""Steps of more cells are taken back and done again beside the window."""
AT_ONCE = 2000
"""More cells are changed beside the window, as one step as well."""


@dataclass(frozen=True, slots=True, eq=False)
class _Meant:
    """Which cells a step is about, as they were chosen when it was asked for."""

    picture: Picture | None
    ids: NDArray[np.void]
    first: bytes | None


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
        self._waiting: list[tuple[OpenProject | None, Callable[[], object]]] = []
        self._replayed: _Meant | None = None
        belonging.freed.connect(self._on_freed)
        self.new_class = ""
        """Name of the class of what is drawn next; empty for the first."""

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

    def merge(self) -> None:
        """Make one cell of the selected ones."""
        self._attempt(self._merge)

    def reshape(self, shaped: Callable[[Geometry, Sequence[Geometry]], Geometry]) -> None:
        """Give the selected cell another outline, made from its own and those of its neighbours."""
        self._attempt(partial(self._reshape, shaped))

    def _give_class(self, key: str) -> None:
        chosen = self._class_with_key(key)
        if chosen is None:
            self._say(f"No class has the key {key}; give it one in Correct, Classes.")
            return
        self.new_class = chosen
        if not len(self._meant.ids):
            self._say(f"New cells are {chosen} from now on.")
            return
        link, _ = self.begin()
        record = next(each for each in link.classes if each.name == chosen)
        what = f"now {record.title}"
        if not self._answer_beside(Verdict(class_id=record.id), what):
            self._tell(self._apply(link, sorted_into(self._objects(link), link.reviewer(), record.id)), what)

    def _class_with_key(self, key: str) -> str | None:
        """Return the name of the class that a key gives; classes have keys in their order while there is no project."""
        link = self._belonging.link
        if link is not None and link.classes:
            found = link.class_with_key(key)
            return found.name if found is not None else None
        styles = self.styles()
        return styles[int(key) - 1].name if int(key) <= len(styles) else None

    def _set_status(self, status: Status) -> None:
        if not self._has_selection():
            return
        link, _ = self.begin()
        if not self._answer_beside(Verdict(status=status), status.value):
            self._tell(self._apply(link, judged(self._objects(link), link.reviewer(), status)), status.value)

    def known(self, ids: Sequence[bytes]) -> list[AnnotatedObject]:
        """Return cells as the project has them; none where there is no project, or it does not have them."""
        link = self._belonging.link
        return [] if link is None else link.objects(ids)

    @staticmethod
    def _apply(link: OpenProject, edit: Edit) -> JournalEntry | None:
        """Do a step, unless it would say again what was said of these cells already."""
        return link.apply(with_reviews(edit, link.reviewer())) if edit.objects else None

    def _objects(self, link: OpenProject) -> list[AnnotatedObject]:
        return link.objects(each.tobytes() for each in self._meant.ids)

    def _merge(self) -> None:
        if len(self._meant.ids) < 2:
            self._say("Select the cells that are one: Shift-click them, or draw a lasso around them.")
            return
        link, _ = self.begin()
        parts = sorted(self._objects(link), key=lambda each: -(each.state.score or 0))
        first = self._meant.first
        parts.sort(key=lambda each: each.id.bytes != first)
        self._tell(self._apply(link, merged(parts, joined([each.state.geometry for each in parts]))), "are one now")

    def _reshape(self, shaped: Callable[[Geometry, Sequence[Geometry]], Geometry]) -> None:
        if not self._has_selection():
            return
        link, number = self.begin()
        changes: list[ObjectChange] = []
        for one in self._objects(link):
            around = whole_box(one.state.geometry.box)
            near = [each for each in link.project.objects_in(number, around) if each.id != one.id]
            after = shaped(one.state.geometry, [each.state.geometry for each in near])
            if after != one.state.geometry:
                changes += reshaped(one, after, EditKind.PAINT).objects
        self._tell(self._apply(link, Edit(EditKind.PAINT, tuple(changes))), "reshaped")

    def _delete(self) -> None:
        if not self._has_selection():
            return
        link, _ = self.begin()
        if not self._answer_beside(Verdict(is_deleted=True), "deleted"):
            self._tell(self._apply(link, deleted(self._objects(link))), "deleted")

    def _answer_beside(self, verdict: Verdict, what: str) -> bool:
        """Answer for very many selected cells beside the window; return False where they are few."""
        if len(self._meant.ids) <= AT_ONCE:
            return False
        self.answer_many(self._meant.ids, verdict, partial(self._tell, what=what))
        return True

    def answer_many(self, ids: NDArray[np.void], verdict: Verdict, then: Callable[[JournalEntry | None], None]) -> None:
        """Say the same of very many cells of the project, beside the window and as one step.

        Parameters
        ----------
        ids : (N,) ndarray of 'V16'
            Which cells, on whatever picture.
        verdict : Verdict
            What is said of them.
        then : callable
            Told of the step when it is on disk, None where it changed nothing.

        Raises
        ------
        StillWriting
            If the project is written to; see `when_free`.
        """
        link = self._need_project()
        link.refuse_while_held()
        self._belonging.step_beside(AnswerMany(link.known(), ids, verdict), then)

    def begin(self) -> tuple[OpenProject, int]:
        """Return the project and the number of the picture shown, which joins where it has not.

        Raises
        ------
        CellwrightError
            If the picture cannot be corrected now; says why.
        """
        picture = self._meant.picture
        assert picture is not None
        if picture.facts is None and picture.analysis is None:
            raise CellwrightError("The picture is not there yet; correct its cells when it is shown.")
        if picture.state.is_busy:
            raise CellwrightError("The analysis is not finished; correct its cells afterwards.")
        link = self._need_project()
        return link, self._belonging.take(picture)

    def _has_selection(self) -> bool:
        if len(self._meant.ids):
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
        if link is None:
            return
        target = link.project.next_undo() if way == "undo" else link.project.next_redo()
        tell = partial(self._tell_step, way)
        if target is not None and target.objects > _BESIDE:
            link.refuse_while_held()
            self._belonging.step_beside(StepThrough(link.known(), way == "undo", target.objects), tell)
        else:
            tell(link.undo() if way == "undo" else link.redo())

    def _tell_step(self, way: str, entry: JournalEntry | None) -> None:
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

    @property
    def _meant(self) -> _Meant:
        """The selected cells; of a step that had to wait, those that were selected when it was asked for."""
        session = self._session
        return self._replayed or _Meant(session.current, session.selected_ids, session.selected_id)

    def _attempt(self, do: Callable[[], object]) -> None:
        try:
            do()
        except StillWriting as words:
            self._say(str(words))
            self._waiting.append((self._belonging.link, partial(self._replay, self._meant, do)))
        except CellwrightError as error:
            self._host.say(Message(Level.WARNING, str(error)))
        self._host.update_actions()

    def _replay(self, meant: _Meant, do: Callable[[], object]) -> None:
        """Do a step that waited, with the cells that were meant, whichever picture is shown by now."""
        self._replayed = meant
        try:
            self._attempt(do)
        finally:
            self._replayed = None

    def when_free(self, do: Callable[[], object]) -> None:
        """Do something that changes the project: now, or where the project is held, as soon as that is over."""
        self._attempt(do)

    def wait_for(self, picture: Picture, do: Callable[[], object]) -> None:
        """Do something as soon as the project can be changed again, if the same picture is shown then."""

        def if_shown() -> None:
            if picture is self._session.current:
                do()

        self._waiting.append((self._belonging.link, if_shown))

    def _on_freed(self) -> None:
        """Do the steps that waited, in the order in which they were asked for."""
        waiting, self._waiting = self._waiting, []
        for link, do in waiting:
            if link is self._belonging.link:  # a step of a project that was closed is none of another's
                do()


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
