"""`OpenProject`: the project behind a window. Everything that changes it is on disk before anyone hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from cellwright.annotation import (
    AnnotatedObject,
    ClassRecord,
    Edit,
    EditKind,
    PictureRecord,
    Record,
    RecordChange,
    Reviewer,
    split_part,
)
from cellwright.core import CellwrightError, PixelSize
from cellwright.imaging import resolved
from cellwright.project import JournalEntry, Project, place_of
from cellwright.ui.correcting.stepping import Known, Stepped
from cellwright.ui.correcting.storing import Found, Stored, TableRead, store
from cellwright.ui.correcting.tables import PictureTable, patched, table_of, with_classes

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef

LATER_MS = 150
"""How long after a stroke tables and panels follow; strokes come faster than that, and are seen at once."""

LOOK_MS = 1500
"""How often it is asked whether another window changed the project; asking reads one number."""


class StillWriting(CellwrightError):
    """The project is being written to beside the window; what was asked for is done when that is over."""


class OpenProject(QObject):
    """A project that belongs to the window's thread.

    Parameters
    ----------
    project : Project
        Opened on this thread; closed by `close`.
    author : str
        Who corrects.

    Signals
    -------
    changed(int)
        Objects of the picture with that number are others now.
    records_changed()
        Pictures or classes are others now.
    journal_changed()
        Something was done, undone or redone.
    """

    changed = Signal(int)
    records_changed = Signal()
    journal_changed = Signal()

    def __init__(self, project: Project, author: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.author = author
        self._tables: dict[int, PictureTable] = {}
        self._held = ""
        self.is_hand_busy: Callable[[], bool] = lambda: False
        """Whether a person is drawing just now, so that following can wait a little longer."""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self._follow_later)
        self._read_records()
        self._seen = project.newest()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look_again)
        self._timer.start()

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.project.folder

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self.project.is_read_only

    @property
    def source(self) -> str:
        """What objects drawn by this person come from."""
        return f"person:{self.author}"

    def reviewer(self) -> Reviewer:
        """Return who answers, with the numbers of their next records."""
        return self.project.reviewer(self.author)

    # ---- what there is

    @property
    def classes(self) -> tuple[ClassRecord, ...]:
        """Its classes, in the order they were added."""
        return self._classes

    @property
    def class_names(self) -> Mapping[str, tuple[str, ...]]:
        """Every name that each class ever had, by its present name; see `Project.class_names`."""
        return self._class_names

    @property
    def pictures(self) -> tuple[PictureRecord, ...]:
        """Its pictures, in the order they were added."""
        return tuple(self._pictures.values())

    def picture_id(self, path: Path, plane: tuple[int, int] | None = None) -> int | None:
        """Return the number of the picture that lies at a path, or of a plane of it; None where it is not there.

        Which picture of the file, and the plane, may also stand in the path, as a project writes it.
        """
        file, series, written = split_part(str(path))
        return self._ids.get((resolved(file), series, written if plane is None else plane))

    def records_of(self, path: Path) -> list[PictureRecord]:
        """Return the pictures that lie at a path, as a project writes it: all of a picture, or planes of it."""
        file, series, _ = split_part(str(path))
        there = (resolved(file), series)
        return [self._pictures[number] for (*each, _), number in self._ids.items() if tuple(each) == there]

    def planes_of(self, path: Path) -> dict[tuple[int, int], int]:
        """Return the numbers of the planes of a stack that are pictures of the project, by plane and time point."""
        return {each.plane: each.id for each in self.records_of(path) if each.plane is not None}

    def is_quick(self, picture_id: int, most: int) -> bool:
        """Whether the objects of a picture are in memory, or so few that reading them takes no time."""
        return picture_id in self._tables or not self.project.has_more(picture_id, most)

    def class_with_key(self, key: str) -> ClassRecord | None:
        """Return the class that a key gives."""
        return next((each for each in self._classes if each.key == key), None)

    def table(self, picture_id: int, source: str = "") -> PictureTable:
        """Return the objects of a picture; read once, and kept up with edits from then on."""
        self.settle()
        if picture_id not in self._tables:
            self._tables[picture_id] = table_of(self.project.columns(picture_id), self._classes, source)
        return self._tables[picture_id]

    def pixel_sizes(self) -> dict[tuple[Path, int], PixelSize | None]:
        """Return what people said about the pixels of each picture, by file and series; None where nobody did."""
        said = self.project.pixel_sizes()
        found: dict[tuple[Path, int], PixelSize | None] = {}
        for (file, series, _plane), number in self._ids.items():
            found[file, series] = said.get(number) or found.get((file, series))
        return found

    def set_pixel_size(self, path: Path, size: PixelSize | None) -> None:
        """Keep what a person said about the pixels of a picture, and of every plane of it that is in the project."""
        self.refuse_while_held()
        for each in self.records_of(path):
            self.project.set_pixel_size(each.id, size, self.author)
        self.follow()

    def objects(self, ids: Iterable[bytes]) -> list[AnnotatedObject]:
        """Return objects by the bytes of their ids; those that are not there are left out."""
        found = (self.project.object(UUID(bytes=each)) for each in ids)
        return [each for each in found if each is not None]

    # ---- what changes it

    def hold(self, why: str) -> None:
        """Refuse steps for now, because the project is written to beside the window; "" lets them pass again."""
        self._held = why

    @property
    def is_held(self) -> bool:
        """Whether the project is written to beside the window."""
        return bool(self._held)

    def refuse_while_held(self) -> None:
        """Raise `StillWriting` while the project is held."""
        if self._held:
            raise StillWriting(self._held)

    def apply(self, edit: Edit, *, is_aside: bool = False, later: bool = False) -> JournalEntry:
        """Do one step of work; see `Project.apply`. As every step, `StillWriting` while the project is held.

        Where the caller has shown what it did, tables and panels may follow `later`; it is on disk all the same.
        """
        self.refuse_while_held()
        entry = self.project.apply(edit, self.author, is_aside=is_aside)
        if later:
            self._later.start()
        else:
            self.follow()
        return entry

    def settle(self) -> None:
        """Follow now what was to be followed later."""
        if self._later.isActive():
            self.follow()

    def _follow_later(self) -> None:
        if self.is_hand_busy():
            self._later.start()
        else:
            self.follow()

    def add_analysis(self, found: Found) -> int:
        """Keep what a model found, and return the number of its picture; see `store`."""
        self.refuse_while_held()
        stored = store(self.project, self.author, found)
        self.follow(stored)
        return stored.picture_id

    def add_pictures(self, pictures: Sequence[Path | SlideRef], sha256: Mapping[Path, str]) -> None:
        """Let pictures join, the hash of each file being known."""
        self.refuse_while_held()
        self.project.add_pictures(pictures, self.author, sha256=sha256, is_aside=True)
        self.follow()

    def take_table(self, picture_id: int, read: TableRead) -> None:
        """Take the objects of a picture that were read beside the window, and bring them up to now."""
        self.settle()
        if read.classes != self._classes:
            return  # other classes by now: they are read when they are asked for
        table = read.table
        if self._seen > read.newest:
            for change in self.project.changes_since(read.newest):
                if change.picture_id == picture_id:
                    table = patched(table, change, self._classes)
        self._tables[picture_id] = table

    def undo(self) -> JournalEntry | None:
        """Take back the latest step that stands."""
        self.refuse_while_held()
        entry = self.project.undo(self.author)
        return None if entry is None else self._done(entry)

    def redo(self) -> JournalEntry | None:
        """Do again what was taken back last."""
        self.refuse_while_held()
        entry = self.project.redo(self.author)
        return None if entry is None else self._done(entry)

    def known(self) -> Known:
        """Return what the window knows of the project, for work beside it."""
        self.settle()
        return Known(self.folder, self.author, self._seen, self._classes, dict(self._tables))

    # ---- following

    def look_again(self) -> None:
        """Follow what another window or program did, if it did anything."""
        if self._held:
            return  # what is written beside the window is brought along when that is over
        try:
            if self.project.was_changed_elsewhere():
                self.follow()
        except CellwrightError:
            return  # what is wrong is told to whoever changes something next; a glance is no reason to interrupt

    def close(self) -> None:
        """Let go of the project."""
        self._timer.stop()
        self._later.stop()
        self.project.close()

    def _done(self, entry: JournalEntry) -> JournalEntry:
        self.follow()
        return entry

    def follow(self, news: Stored | Stepped | None = None) -> None:
        """Bring tables and records to where the journal is, and say what changed.

        Parameters
        ----------
        news : Stored or Stepped, optional
            What a step led to, so that it need not be read again where it is the only one that is new.
        """
        self._later.stop()
        since, self._seen = self._seen, self.project.newest()
        if self._seen == since:
            return
        before = self._classes
        if self._touches_records(since):
            self._read_records()
        entry = news.entry if news is not None else None
        is_only = entry is not None and self._seen == since + 1 == entry.id
        changes = [] if is_only else self.project.changes_since(since)
        self._follow_classes(before)
        for change in changes:
            table = self._tables.get(change.picture_id)
            if table is not None:
                self._tables[change.picture_id] = patched(table, change, self._classes)
        touched = [change.picture_id for change in changes]
        if is_only and news is not None:
            self._tables.update(news.tables)
            touched += news.pictures
        if self._classes != before:
            touched = list(self._pictures)
        if self._has_new_records:
            self.records_changed.emit()
        for number in touched:
            self.changed.emit(number)
        self.journal_changed.emit()

    def _follow_classes(self, before: tuple[ClassRecord, ...]) -> None:
        """Bring tables to the classes as they are now; they are read anew only where one went or changed its place."""
        if self._classes == before:
            return
        if [each.id for each in self._classes[: len(before)]] != [each.id for each in before]:
            self._tables.clear()
        names = tuple(each.name for each in self._classes)
        self._tables = {number: with_classes(table, names) for number, table in self._tables.items()}

    def _touches_records(self, since: int) -> bool:
        entries = self.project.journal(self._seen - since)
        self._has_new_records = any(entry.kind in _RECORD_KINDS for entry in entries)
        return self._has_new_records

    def _read_records(self) -> None:
        self._classes = tuple(self.project.classes())
        named = self.project.class_names()
        self._class_names = {each.name: named[each.id] for each in self._classes}
        self._pictures = {each.id: each for each in self.project.pictures()}
        self._ids = {
            (place_of(self.folder, each.file), each.series, each.plane): each.id for each in self._pictures.values()
        }


_RECORD_KINDS = (EditKind.PICTURES, EditKind.CLASSES, EditKind.ANALYSE, EditKind.PIXEL_SIZE, EditKind.MIXED)
"""Entries of these kinds may bring or take pictures, classes and pixel sizes."""


def added(record: Record) -> RecordChange:
    """Return the change that brings a record."""
    return RecordChange(None, record)
