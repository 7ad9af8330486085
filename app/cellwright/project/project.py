"""`Project`: a folder of annotated pictures. Every method that changes it has reached the disk when it returns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from uuid import UUID

from cellwright.annotation import (
    AnnotatedObject,
    ClassRecord,
    Edit,
    EditKind,
    ModelRecord,
    PictureRecord,
    Record,
    RecordChange,
    Status,
    part_path,
)
from cellwright.core import Box, Objects, ProjectNotWritable, SlideNotReadable, unknown_name
from cellwright.imaging import SlideRef
from cellwright.project import columns, history, journal, opening, pictures, query, records, writing
from cellwright.project.backup import back_up, backups, write_copy
from cellwright.project.columns import ObjectColumns, PictureChange
from cellwright.project.connection import DATABASE, WAIT_MS, transaction
from cellwright.project.earlier import Earlier
from cellwright.project.failure import explained
from cellwright.project.history import HistoryLine
from cellwright.project.journal import JournalEntry
from cellwright.project.pixel_sizes import PixelSizes
from cellwright.project.records import write_changes
from cellwright.project.regions import RegionsOfInterest
from cellwright.project.review import Reviews
from cellwright.project.runs import Runs
from cellwright.project.sign_offs import SignOffs


class Project(Runs, RegionsOfInterest, Reviews, SignOffs, PixelSizes, Earlier):
    """An open project; close it, or use it in a ``with`` block. It belongs to the thread that opened it.

    Parameters
    ----------
    folder : str or Path
        Made by `Project.create`.
    read_only : bool
        Whether nothing is to be changed, migrated or backed up.
    wait_ms : int
        How long a change waits while another window writes.

    Raises
    ------
    ProjectNotReadable
        If there is no project, it is damaged, half copied, or made by a newer version.
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False, wait_ms: int = WAIT_MS) -> None:
        self.folder = Path(folder)
        self.is_read_only = read_only
        self._path = self.folder / DATABASE
        self._connection = opening.opened(self.folder, read_only=read_only, wait_ms=wait_ms)
        self._has_changed = False
        self._seen = self._data_version()

    @staticmethod
    def create(folder: str | Path) -> Project:
        """Make an empty project in a new or empty folder, and open it.

        Raises
        ------
        OutputExists, OutputNotWritable
            If the folder holds something or cannot be made.
        """
        opening.create(Path(folder))
        return Project(folder)

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the project; where it was changed, a copy is put into its folder of backups first."""
        try:
            if self._has_changed:
                back_up(self._connection, self.folder)
        finally:
            self._connection.close()
            self._has_changed = False

    def close_without_copy(self) -> None:
        """Close the project and make no copy: whoever else has it open makes one when they close it."""
        self._connection.close()
        self._has_changed = False

    # What there is -----------------------------------------------------------------------------------------------

    def pictures(self) -> list[PictureRecord]:
        """Return the pictures, in the order they were added."""
        return self._read(PictureRecord)

    def classes(self) -> list[ClassRecord]:
        """Return the classes, in the order they were added."""
        return self._read(ClassRecord)

    def models(self) -> list[ModelRecord]:
        """Return the models that were used."""
        return self._read(ModelRecord)

    def objects_in(self, picture_id: int, box: Box | None = None) -> list[AnnotatedObject]:
        """Return the objects of a picture that reach into `box`, all of them where it is None; in no order."""
        with explained(self._path):
            return query.objects_in(self._connection, picture_id, box)

    def columns(self, picture_id: int) -> ObjectColumns:
        """Return all objects of a picture column by column, in the order in which they came."""
        with explained(self._path):
            return columns.columns(self._connection, picture_id)

    def has_more(self, picture_id: int, than: int) -> bool:
        """Return whether a picture has more than so many objects, without counting all of them."""
        with explained(self._path):
            return columns.has_more(self._connection, picture_id, than)

    def deleted(self, picture_id: int) -> list[bytes]:
        """Return the bytes of the ids of objects that a person deleted from a picture."""
        with explained(self._path):
            return columns.deleted(self._connection, picture_id)

    def newest(self) -> int:
        """Return the number of the newest entry of the journal, 0 where it is empty."""
        with explained(self._path):
            return columns.newest(self._connection)

    def changes_since(self, number: int) -> list[PictureChange]:
        """Return what became of the objects that entries of the journal after `number` touched."""
        with explained(self._path):
            return columns.changes_since(self._connection, number)

    def object(self, name: UUID) -> AnnotatedObject | None:
        """Return one object, None where it is not there."""
        with explained(self._path):
            return query.object_by_id(self._connection, name)

    def counts(self, picture_id: int) -> dict[tuple[int, Status], int]:
        """Return how many objects of each class and status a picture has."""
        with explained(self._path):
            return query.counts(self._connection, picture_id)

    def history(self, name: UUID) -> list[HistoryLine]:
        """Return what happened to an object, oldest first."""
        with explained(self._path):
            return history.history(self._connection, name)

    def journal(self, last: int | None = None) -> list[JournalEntry]:
        """Return the entries of the journal, oldest first: all, or the `last` few."""
        with explained(self._path):
            newest = journal.entries(self._connection, "ORDER BY id DESC LIMIT ?", (-1 if last is None else last,))
        return newest[::-1]

    def next_undo(self) -> JournalEntry | None:
        """Return what `undo` would take back, None where nothing stands."""
        with explained(self._path):
            target = journal.undo_target(self._connection)
            return journal.entry(self._connection, target) if target else None

    def next_redo(self) -> JournalEntry | None:
        """Return what `redo` would do again, None where nothing was taken back."""
        with explained(self._path):
            target = journal.redo_target(self._connection)
            return journal.entry(self._connection, target) if target else None

    def was_changed_elsewhere(self) -> bool:
        """Return whether another window or program changed the project since the last time this was asked."""
        with explained(self._path):
            before, self._seen = self._seen, self._data_version()
        return before != self._seen

    def backups(self) -> list[Path]:
        """Return the copies of the whole database, oldest first."""
        return backups(self.folder)

    # What changes it ---------------------------------------------------------------------------------------------

    def apply(self, edit: Edit, author: str, *, is_aside: bool = False) -> JournalEntry:
        """Do one step of work; what is done aside is none, and undoing passes it by.

        Raises
        ------
        EditRefused
            If the project is not as the edit found it.
        ProjectNotWritable
            If it could not be put on disk; the project is as it was.
        """
        with self._writing():
            return writing.write_edit(self._connection, edit, author, is_aside=is_aside)

    def undo(self, author: str) -> JournalEntry | None:
        """Take back the latest step that stands, whoever made it and whenever; None where there is none."""
        with self._writing():
            return journal.undo(self._connection, author)

    def redo(self, author: str) -> JournalEntry | None:
        """Do again what was taken back last; None where there is nothing."""
        with self._writing():
            return journal.redo(self._connection, author)

    def add_objects(
        self,
        picture_id: int,
        objects: Objects,
        author: str,
        reason: str = "",
        *,
        replaced: Iterable[UUID] = (),
        records: Sequence[RecordChange] = (),
    ) -> JournalEntry:
        """Add what a model or a file says, as one step; objects that are there already stay as people left them.

        Parameters
        ----------
        picture_id : int
            Where they lie.
        objects : Objects
            What is said.
        author, reason : str
            Who, and why.
        replaced : iterable of UUID
            Objects that go in the same step, none of them in `objects`: what an earlier model said, for example.
        records : sequence of RecordChange
            Pictures, classes, models and runs that come in the same step, before the objects.

        Raises
        ------
        UnknownName
            If the project lacks a class of `objects`.
        EditRefused
            If a box or a score makes no sense, or there is no such picture.
        """
        new = [each.after for each in records if isinstance(each.after, ClassRecord)]
        known = {each.name: each.id for each in (*self.classes(), *new)}
        missing = [name for name in objects.classes if name not in known]
        if missing:
            raise unknown_name("class of the project", missing[0], known)
        with self._writing():
            number = journal.begin_entry(self._connection, EditKind.ANALYSE, author, reason)
            write_changes(self._connection, number, tuple(records))
            writing.write_selection(self._connection, number, replaced, class_id=None, status=None, is_deleted=True)
            writing.write_objects(
                self._connection, number, picture_id, objects, [known[name] for name in objects.classes]
            )
            return journal.finish_entry(self._connection, number)

    def change_objects(
        self,
        ids: Iterable[UUID],
        author: str,
        *,
        class_id: int | None = None,
        status: Status | None = None,
        is_deleted: bool = False,
        reason: str = "",
    ) -> JournalEntry | None:
        """Give many objects a class or a status, or delete them, as one step.

        Parameters
        ----------
        ids : iterable of UUID
            Which; those that are not there, or would not change, are left out.
        author, reason : str
            Who, and why.
        class_id : int, optional
            The new class; the status becomes corrected unless another is given.
        status : Status, optional
            The new status.
        is_deleted : bool
            Whether they are taken away.

        Returns
        -------
        JournalEntry or None
            None where nothing would change; then the journal is as it was.
        """
        kind = EditKind.DELETE if is_deleted else EditKind.REVIEW if class_id is None else EditKind.RECLASSIFY
        if class_id is not None and status is None:
            status = Status.CORRECTED
        with self._writing():
            number = journal.begin_entry(self._connection, kind, author, reason)
            writing.write_selection(
                self._connection, number, ids, class_id=class_id, status=status, is_deleted=is_deleted
            )
            entry = journal.finish_entry(self._connection, number)
            if not entry.objects:
                journal.drop_entry(self._connection, number)
                return None
            return entry

    def add_pictures(
        self,
        paths: Iterable[str | Path | SlideRef],
        author: str,
        *,
        sha256: Mapping[Path, str] | None = None,
        is_aside: bool = False,
    ) -> list[PictureRecord]:
        """Add pictures by reference, as one step; one whose content is there already is not added again.

        Parameters
        ----------
        paths : iterable of str, Path or SlideRef
            Where they lie; a reference to a plane of a stack makes that a picture of its own.
        author : str
            Who.
        sha256 : mapping, optional
            The hashes of files that were read before, so that they are not read again.
        is_aside : bool
            Whether they join by themselves, so that undoing passes it by.

        Raises
        ------
        SlideNotReadable
            If a file cannot be read; then none is added.
        """
        made = self._made(paths, sha256)
        with self._writing():
            there = {each.id for each in self.pictures()}
            numbered = self._numbered(made)
            new = {each.id: each for each in numbered if each.id not in there}
            if new:
                changes = tuple(RecordChange(None, each) for each in new.values())
                edit = Edit(EditKind.PICTURES, records=changes)
                writing.write_edit(self._connection, edit, author, is_aside=is_aside)
        return numbered

    def proposed_pictures(
        self, paths: Iterable[str | Path | SlideRef], *, sha256: Mapping[Path, str] | None = None
    ) -> list[PictureRecord]:
        """Return the record of each picture: its own where its content is there already, else a new one for `apply`.

        So pictures can be added in one step with what lies on them. Nothing is changed here. `sha256` has the hashes
        of files that were read before, so that they are not read again.

        Raises
        ------
        SlideNotReadable
            If a file cannot be read.
        """
        made = self._made(paths, sha256)
        with explained(self._path):
            return self._numbered(made)

    def next_id(self, kind: type[Record]) -> int:
        """Return a number that no picture, class, model or run of the project ever had."""
        with explained(self._path):
            return records.next_id(self._connection, kind)

    def _made(self, paths: Iterable[str | Path | SlideRef], sha256: Mapping[Path, str] | None) -> list[PictureRecord]:
        known = sha256 or {}
        return [pictures.record_of(self.folder, each, 0, known.get(pictures.file_of(each), "")) for each in paths]

    def _numbered(self, made: Iterable[PictureRecord]) -> list[PictureRecord]:
        """Give pictures the numbers they have, or new ones where their content is not there."""
        known = {(each.sha256, each.series, each.plane): each for each in self.pictures()}
        number = records.next_id(self._connection, PictureRecord)
        result: list[PictureRecord] = []
        for each in made:
            content = (each.sha256, each.series, each.plane)
            if content not in known:
                known[content] = replace(each, id=number)
                number += 1
            result.append(known[content])
        return result

    def add_classes(self, classes: Sequence[tuple[str, str, str, str]], author: str) -> list[ClassRecord]:
        """Add classes, each a name, a title, a colour ``#RRGGBB`` and a key (or ""), as one step.

        Raises
        ------
        EditRefused
            If a name is taken.
        """
        with self._writing():
            first = records.next_id(self._connection, ClassRecord)
            new = [ClassRecord(first + i, *words) for i, words in enumerate(classes)]
            changes = tuple(RecordChange(None, each) for each in new)
            writing.write_edit(self._connection, Edit(EditKind.CLASSES, records=changes), author)
        return new

    def picture_path(self, picture: PictureRecord) -> Path:
        """Return the file of a picture; `SlideNotReadable` if it is not there or its content is another.

        A part of a file is no file: whoever would open it as one, and so see another plane, is refused.
        """
        if picture.plane is not None:
            raise SlideNotReadable(f"{picture.path} is one plane of a stack, which cannot be used here yet.")
        if picture.series:
            raise SlideNotReadable(f"{picture.path} is one of several in a file, which cannot be used here yet.")
        return pictures.located(self.folder, picture)

    def picture_ref(self, picture: PictureRecord) -> SlideRef:
        """Return how to open a picture, a part of a file as well; raises `SlideNotReadable` where it is not there."""
        z, t = picture.plane or (None, None)
        return SlideRef(pictures.located(self.folder, picture), picture.series, z=z, t=t)

    def find_picture(self, picture: PictureRecord, author: str, places: Iterable[str | Path] = ()) -> PictureRecord:
        """Find a moved picture again by its content, and write down where it lies now, as one step.

        Raises
        ------
        SlideNotReadable
            If it is in none of `places`, nor in or beside the project.
        """
        path = pictures.found_again(self.folder, picture, places)
        if path is None:
            raise SlideNotReadable(f"{picture.path} was not found; name the folder that it was moved to.")
        written = part_path(pictures.written_path(self.folder, path), picture.plane, picture.series)
        moved = replace(picture, path=written)
        if moved != picture:
            self.apply(Edit(EditKind.PICTURES, records=(RecordChange(picture, moved),)), author)
        return moved

    # Care --------------------------------------------------------------------------------------------------------

    def back_up(self) -> Path:
        """Copy the database as it stands into the project's folder of backups."""
        copy = back_up(self._connection, self.folder)
        self._has_changed = False
        return copy

    def write_copy(self, path: Path) -> None:
        """Write the database as it stands into a new file, whole or not at all; see `copy_project`."""
        write_copy(self._connection, path)

    def check(self) -> None:
        """Read everything and all indices; `ProjectNotReadable` if anything does not fit."""
        opening.check(self._connection, self.folder)

    def rebuild(self) -> None:
        """Make the present state anew from the journal; it is the same unless the file was changed by hand."""
        with self._writing():
            journal.replay(self._connection)

    def _read(self, kind: type[records.R]) -> list[records.R]:
        with explained(self._path):
            return records.read(self._connection, kind)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        if self.is_read_only:
            raise ProjectNotWritable(f"{self.folder} was opened for reading only; open it for writing.")
        with transaction(self._connection, self._path):
            yield
        self._has_changed = True

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
