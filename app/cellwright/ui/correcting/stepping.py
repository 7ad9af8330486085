"""Steps of very many cells, done beside the window: the same answer about all of them, and the way back and forth."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import ClassRecord, Verdict
from cellwright.jobs import Progress
from cellwright.project import JournalEntry, Project
from cellwright.ui.correcting.storing import WAIT_MS
from cellwright.ui.correcting.tables import PictureTable, patched
from cellwright.ui.looks.wording import plural


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What the window knows of its project, up to an entry of the journal.

    Parameters
    ----------
    folder : Path
        Of the project.
    author : str
        Who works there.
    newest : int
        The entry.
    classes : tuple of ClassRecord
        Of the project then.
    tables : mapping
        The objects of pictures, by number of the picture; those that are in memory.
    """

    folder: Path
    author: str
    newest: int
    classes: tuple[ClassRecord, ...]
    tables: Mapping[int, PictureTable]


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """A step that was done beside the window, and what it led to.

    Parameters
    ----------
    entry : JournalEntry or None
        The step; None where it would have changed nothing.
    tables : mapping
        The objects of the pictures that the window knows, where they changed.
    pictures : tuple of int
        Every picture of which something changed.
    """

    entry: JournalEntry | None
    tables: Mapping[int, PictureTable]
    pictures: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AnswerMany:
    """Operation: say the same of very many cells, as one step; returns `Stepped`.

    Parameters
    ----------
    known : Known
        The project.
    ids : (N,) ndarray of 'V16'
        Which cells.
    verdict : Verdict
        What is said of them.
    """

    known: Known
    ids: NDArray[np.void]
    verdict: Verdict

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Change {plural(len(self.ids), 'cell')}"

    def run(self) -> Generator[Progress, None, Stepped]:
        """Do it through a connection of its own."""
        yield Progress(0, 0, "Writing cells and journal")
        with _own(self.known) as project:
            names = (UUID(bytes=each.tobytes()) for each in self.ids)
            return _stepped(project, self.known, project.answer_many(names, self.verdict, self.known.author))


@dataclass(frozen=True, slots=True, eq=False)
class StepThrough:
    """Operation: take back or do again a step of very many cells; returns `Stepped`.

    Parameters
    ----------
    known : Known
        The project.
    is_back : bool
        Whether it is taken back, and not done again.
    cells : int
        How many it is about.
    """

    known: Known
    is_back: bool
    cells: int

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"{'Take back' if self.is_back else 'Do again'} a step of {plural(self.cells, 'cell')}"

    def run(self) -> Generator[Progress, None, Stepped]:
        """Do it through a connection of its own."""
        yield Progress(0, 0, "Writing cells and journal")
        with _own(self.known) as project:
            author = self.known.author
            return _stepped(project, self.known, project.undo(author) if self.is_back else project.redo(author))


@contextmanager
def _own(known: Known) -> Iterator[Project]:
    """Open the project once more, for this thread."""
    project = Project(known.folder, wait_ms=WAIT_MS)
    try:
        yield project
    finally:
        project.close_without_copy()


def _stepped(project: Project, known: Known, entry: JournalEntry | None) -> Stepped:
    """Return what a step led to; the window has only to take it, and need not read what changed."""
    if entry is None:
        return Stepped(None, {}, ())
    changes, classes = project.changes_since(known.newest), tuple(project.classes())
    is_as_before = [each.id for each in classes[: len(known.classes)]] == [each.id for each in known.classes]
    tables = {
        each.picture_id: patched(known.tables[each.picture_id], each, classes)
        for each in changes
        if is_as_before and each.picture_id in known.tables  # else a class has another place: they are read anew
    }
    return Stepped(entry, tables, tuple(each.picture_id for each in changes))
