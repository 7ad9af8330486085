"""What reviewing needs of the project behind the window, and of the window itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import AnnotatedObject, ClassRecord, Edit, PictureRecord, Verdict
from cellwright.core import Objects
from cellwright.project import JournalEntry, Project
from cellwright.ui.state.marks import Marks

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from cellwright.core import Box
    from cellwright.jobs import Operation
    from cellwright.jobs.queue import Job, Lane
    from cellwright.ui.panels.banner import Message


class Table(Protocol):
    """The objects of a picture and what people think of them, row by row."""

    @property
    def objects(self) -> Objects:
        """What is there; classes are those of the project, in its order."""
        ...

    @property
    def marks(self) -> Marks:
        """What people think of it."""
        ...


class Link(Protocol):
    """A project that belongs to the window's thread; see `ui.correcting.project_link.OpenProject`."""

    project: Project
    author: str

    @property
    def changed(self) -> SignalInstance:
        """Objects of the picture with that number are others now."""
        ...

    @property
    def records_changed(self) -> SignalInstance:
        """Pictures or classes are others now."""
        ...

    @property
    def journal_changed(self) -> SignalInstance:
        """Something was done, undone or redone."""
        ...

    @property
    def classes(self) -> tuple[ClassRecord, ...]:
        """Its classes, in the order they were added."""
        ...

    @property
    def pictures(self) -> tuple[PictureRecord, ...]:
        """Its pictures."""
        ...

    def picture_id(self, path: Path) -> int | None:
        """Return the number of the picture that lies at a path."""
        ...

    def table(self, picture_id: int, source: str = "") -> Table:
        """Return the objects of a picture."""
        ...

    def objects(self, ids: Iterable[bytes]) -> list[AnnotatedObject]:
        """Return objects by the bytes of their ids."""
        ...

    def apply(self, edit: Edit) -> JournalEntry:
        """Do one step of work."""
        ...

    def undo(self) -> JournalEntry | None:
        """Take back the latest step that stands."""
        ...


class Window(Protocol):
    """The window, as far as reviewing goes."""

    def submit_quietly(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = False
    ) -> Job[Any]:
        """Run an operation, and call `done` on this thread."""
        ...

    def say(self, message: Message) -> None:
        """Show a message above the picture."""
        ...

    def threshold(self, name: str) -> float:
        """Return the score from which a class counts now."""
        ...

    def shown_picture(self) -> Path | None:
        """Return the picture that is shown."""
        ...

    def need_link(self) -> Link | None:
        """Return the project, a draft where there is none yet; None where nothing can be reviewed."""
        ...

    def when_free(self, do: Callable[[], object]) -> None:
        """Do something that changes the project: now, or where it is being written to, as soon as that is over."""
        ...

    def answer_many(self, ids: NDArray[np.void], verdict: Verdict, then: Callable[[JournalEntry | None], None]) -> None:
        """Say the same of very many cells beside the window; `then` is told of it, None where it changed nothing."""
        ...

    def go_to(self, path: Path, box: Box, name: bytes | None) -> None:
        """Show a place of a picture, and select the object there that has this id."""
        ...
