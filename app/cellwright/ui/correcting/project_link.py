"""`OpenProject`: the project behind a window. Everything that changes it is on disk before anyone hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
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
    Status,
)
from cellwright.core import CellwrightError, Objects
from cellwright.project import JournalEntry, Project
from cellwright.ui.correcting.tables import PictureTable, fresh_table, patched, table_of

LOOK_MS = 1500
"""How often it is asked whether another window changed the project; asking reads one number."""


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
    def pictures(self) -> tuple[PictureRecord, ...]:
        """Its pictures, in the order they were added."""
        return tuple(self._pictures.values())

    def picture_id(self, path: Path) -> int | None:
        """Return the number of the picture that lies at a path, None where it is not in the project."""
        return self._ids.get(path.resolve())

    def class_with_key(self, key: str) -> ClassRecord | None:
        """Return the class that a key gives."""
        return next((each for each in self._classes if each.key == key), None)

    def table(self, picture_id: int, source: str = "") -> PictureTable:
        """Return the objects of a picture; read once, and kept up with edits from then on."""
        if picture_id not in self._tables:
            self._tables[picture_id] = table_of(self.project.columns(picture_id), self._classes, source)
        return self._tables[picture_id]

    def objects(self, ids: Iterable[bytes]) -> list[AnnotatedObject]:
        """Return objects by the bytes of their ids; those that are not there are left out."""
        found = (self.project.object(UUID(bytes=each)) for each in ids)
        return [each for each in found if each is not None]

    # ---- what changes it

    def apply(self, edit: Edit, *, is_aside: bool = False) -> JournalEntry:
        """Do one step of work; see `Project.apply`."""
        return self._done(self.project.apply(edit, self.author, is_aside=is_aside))

    def change(
        self,
        ids: NDArray[np.void],
        *,
        class_id: int | None = None,
        status: Status | None = None,
        is_deleted: bool = False,
        reason: str = "",
    ) -> JournalEntry | None:
        """Do the same to many objects in one step; None where that changes nothing. See `Project.change_objects`."""
        names = (UUID(bytes=each.tobytes()) for each in ids)
        entry = self.project.change_objects(
            names, self.author, class_id=class_id, status=status, is_deleted=is_deleted, reason=reason
        )
        return None if entry is None else self._done(entry)

    def add_analysis(
        self,
        picture_id: int,
        objects: Objects,
        records: Sequence[RecordChange] = (),
        replaced: Iterable[UUID] = (),
        *,
        is_first: bool = False,
    ) -> JournalEntry:
        """Keep what a model found; see `Project.add_objects`.

        Where it is the first on its picture, its rows stay in the order in which they are shown already, and need not
        be read back.
        """
        entry = self.project.add_objects(picture_id, objects, self.author, replaced=replaced, records=records)
        self.follow((picture_id, objects) if is_first else None)
        return entry

    def add_pictures(self, sha256: Mapping[Path, str]) -> None:
        """Let pictures join, each path with the hash of its file."""
        self.project.add_pictures(list(sha256), self.author, sha256=sha256, is_aside=True)
        self.follow()

    def undo(self) -> JournalEntry | None:
        """Take back the latest step that stands."""
        entry = self.project.undo(self.author)
        return None if entry is None else self._done(entry)

    def redo(self) -> JournalEntry | None:
        """Do again what was taken back last."""
        entry = self.project.redo(self.author)
        return None if entry is None else self._done(entry)

    # ---- following

    def look_again(self) -> None:
        """Follow what another window or program did, if it did anything."""
        try:
            if self.project.was_changed_elsewhere():
                self.follow()
        except CellwrightError:
            return  # what is wrong is told to whoever changes something next; a glance is no reason to interrupt

    def close(self) -> None:
        """Let go of the project."""
        self._timer.stop()
        self.project.close()

    def _done(self, entry: JournalEntry) -> JournalEntry:
        self.follow()
        return entry

    def follow(self, known: tuple[int, Objects] | None = None) -> None:
        """Bring tables and records to where the journal is, and say what changed.

        Parameters
        ----------
        known : (int, Objects), optional
            The picture and all of its objects, where that is everything that changed.
        """
        since, self._seen = self._seen, self.project.newest()
        if self._seen == since:
            return
        before = self._classes
        if self._touches_records(since):
            self._read_records()
        changes = self.project.changes_since(since) if known is None else []
        if self._classes[: len(before)] != before:
            self._tables.clear()  # classes went, or changed places: the tables are read anew
        touched = [change.picture_id for change in changes]
        for change in changes:
            table = self._tables.get(change.picture_id)
            if table is not None:
                self._tables[change.picture_id] = patched(table, change, self._classes)
        if known is not None:
            touched.append(known[0])
        if self._classes != before:
            touched = list(self._pictures)
            self._tables = {number: self._tables[number] for number in self._tables if self._has_all(number)}
        if known is not None:
            self._tables[known[0]] = fresh_table(known[1], self._classes)
        if self._has_new_records:
            self.records_changed.emit()
        for number in touched:
            self.changed.emit(number)
        self.journal_changed.emit()

    def _has_all(self, number: int) -> bool:
        return self._tables[number].objects.classes == tuple(each.name for each in self._classes)

    def _touches_records(self, since: int) -> bool:
        entries = self.project.journal(self._seen - since)
        self._has_new_records = any(entry.kind in _RECORD_KINDS for entry in entries)
        return self._has_new_records

    def _read_records(self) -> None:
        self._classes = tuple(self.project.classes())
        self._pictures = {each.id: each for each in self.project.pictures()}
        self._ids = {(self.folder / each.path).resolve(): each.id for each in self._pictures.values()}


_RECORD_KINDS = (EditKind.PICTURES, EditKind.CLASSES, EditKind.ANALYSE, EditKind.MIXED)
"""Entries of these kinds may bring or take pictures and classes."""


def added(record: Record) -> RecordChange:
    """Return the change that brings a record."""
    return RecordChange(None, record)
