"""What a model found goes into a project: which records come with it, what it replaces, and the work itself."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import ClassRecord, ModelRecord, RecordChange, RunRecord
from cellwright.core import Objects
from cellwright.jobs import Progress
from cellwright.project import JournalEntry, Project
from cellwright.ui.correcting.tables import PictureTable, fresh_table, table_of
from cellwright.ui.looks.wording import plural
from cellwright.ui.state.class_style import ClassStyle

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef
    from cellwright.workflows import Analysis
    from cellwright.zoo import ModelCard

_SAME_PLACE = 0.5
"""What a model finds over what a person looked at, by this much, is the same cell: the person's word stays."""

WAIT_MS = 60_000
"""How long the work waits while the window writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is to go into a project.

    Parameters
    ----------
    picture : Path or SlideRef
        The file, or the plane of a stack.
    sha256 : str
        Of the file.
    analysis : Analysis
        What was found.
    styles : tuple of ClassStyle
        How its classes are shown.
    """

    picture: Path | SlideRef
    sha256: str
    analysis: Analysis
    styles: tuple[ClassStyle, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What became of it.

    Parameters
    ----------
    picture_id : int
        Of the picture in the project.
    entry : JournalEntry
        The step.
    table : PictureTable
        The picture's objects after it.
    classes : tuple of ClassRecord
        Of the project after it.
    """

    picture_id: int
    entry: JournalEntry
    table: PictureTable
    classes: tuple[ClassRecord, ...]

    @property
    def tables(self) -> dict[int, PictureTable]:
        """The table, by the number of its picture."""
        return {self.picture_id: self.table}

    @property
    def pictures(self) -> tuple[int, ...]:
        """The picture of which something changed."""
        return (self.picture_id,)


@dataclass(frozen=True, slots=True, eq=False)
class StoreAnalysis:
    """Operation: put a large analysis into a project that a window has open; returns `Stored`."""

    folder: Path
    author: str
    found: Found

    @property
    def title(self) -> str:
        """Name of the work."""
        analysis = self.found.analysis
        return f"Put {plural(len(analysis.objects), 'cell')} of {analysis.picture.name} into the project"

    def run(self) -> Generator[Progress, None, Stored]:
        """Write it through a connection of its own."""
        from cellwright.imaging import content_sha256

        found = self.found
        if not found.sha256:
            yield Progress(0, 0, "Taking the picture's fingerprint")
            path = found.picture if isinstance(found.picture, Path) else found.picture.path
            found = replace(found, sha256=content_sha256(path))
        yield Progress(0, 0, "Writing cells and journal")
        project = Project(self.folder, wait_ms=WAIT_MS)
        try:
            return store(project, self.author, found)
        finally:
            project.close_without_copy()


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Operation: read the many objects of a picture of a project; returns `TableRead`."""

    folder: Path
    picture_id: int
    name: str

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Read the cells of {self.name}"

    def run(self) -> Generator[Progress, None, TableRead]:
        """Read them through a connection of its own."""
        yield Progress(0, 0, "Reading cells")
        project = Project(self.folder, read_only=True, wait_ms=WAIT_MS)
        try:
            newest, classes = project.newest(), tuple(project.classes())
            table = table_of(project.columns(self.picture_id), classes, "")
        finally:
            project.close_without_copy()
        return TableRead(table, classes, newest)


@dataclass(frozen=True, slots=True, eq=False)
class TableRead:
    """The objects of a picture, the classes then, and the newest entry of the journal when they were read."""

    table: PictureTable
    classes: tuple[ClassRecord, ...]
    newest: int


@dataclass(frozen=True, slots=True)
class HashFiles:
    """Operation: take the fingerprints of files; returns them by path, without those that cannot be read."""

    paths: tuple[Path, ...]

    @property
    def title(self) -> str:
        """Name of the work."""
        many = plural(len(self.paths), "picture")
        return f"Take the fingerprint of {self.paths[0].name if len(self.paths) == 1 else many}"

    def run(self) -> Generator[Progress, None, dict[Path, str]]:
        """Read one after the other."""
        from cellwright.core import SlideNotReadable
        from cellwright.imaging import content_sha256

        found: dict[Path, str] = {}
        for number, path in enumerate(self.paths):
            yield Progress(number, len(self.paths), f"Reading {path.name}")
            try:
                found[path] = content_sha256(path)
            except (SlideNotReadable, OSError):
                continue
        return found


def store(project: Project, author: str, found: Found) -> Stored:
    """Put a fresh analysis into a project, as one step; what people looked at stays as they left it.

    Raises
    ------
    CellwrightError
        If it could not be put on disk.
    """
    from cellwright.workflows import PARTS, parts_said

    analysis = found.analysis
    path = found.picture if isinstance(found.picture, Path) else found.picture.path
    record = project.proposed_pictures([found.picture], sha256={path: found.sha256})[0]
    known = {each.id for each in project.pictures()}
    models = _model_records(project, (analysis.card, *analysis.parts))
    said: dict[str, object] = {"device": analysis.device, "engine": analysis.engine}
    said["seconds"] = round(analysis.seconds, 3)
    if analysis.parts:
        said[PARTS] = parts_said(analysis.parts)
    run = RunRecord(project.next_id(RunRecord), record.id, models[0].id, json.dumps(said), analysis.coverage.fraction)
    records = [RecordChange(None, record)] if record.id not in known else []
    records += [RecordChange(None, each) for each in new_classes(project, found.styles)]
    present = project.models()
    records += [RecordChange(None, model) for model in models if model not in present]
    objects, gone, has_older = analysis.objects, np.zeros(0, "V16"), False
    if record.id in known:
        table = table_of(project.columns(record.id), project.classes(), objects.source)
        has_older = len(table.objects) > 0
        objects, gone = beside(table, objects, set(project.deleted(record.id)))
    entry = project.add_objects(
        record.id, objects, author, replaced=_uuids(gone), records=[*records, RecordChange(None, run)]
    )
    classes = tuple(project.classes())
    if has_older:
        after = table_of(project.columns(record.id), classes, objects.source)
    else:  # its rows stay in the order in which they are shown already
        after = fresh_table(objects, classes)
    return Stored(record.id, entry, after, classes)


def new_classes(project: Project, styles: Sequence[ClassStyle]) -> list[ClassRecord]:
    """Return the records of classes that a project lacks, each with the first free digit as its key."""
    classes = project.classes()
    known = {each.name for each in classes}
    free = [key for key in "123456789" if key not in {each.key for each in classes}]
    first = project.next_id(ClassRecord)
    new = [style for style in styles if style.name not in known]
    return [
        ClassRecord(first + at, style.name, style.title, style.colour, free[at] if at < len(free) else "")
        for at, style in enumerate(new)
    ]


def beside(table: PictureTable, found: Objects, deleted: set[bytes]) -> tuple[Objects, NDArray[np.void]]:
    """Return what of a fresh analysis is new beside people's work, and which older objects it replaces.

    Parameters
    ----------
    table : PictureTable
        What the project has.
    found : Objects
        What the model says now.
    deleted : set of bytes
        Ids of objects that a person deleted: they do not come back.
    """
    reviewed = table.marks.is_reviewed
    old, new = table.objects.ids.view("S16"), found.ids.view("S16")
    gone = table.objects.ids[~reviewed & ~np.isin(old, new)]
    keep = np.array([each.tobytes() not in deleted for each in found.ids], bool)
    rows = np.flatnonzero(keep & ~np.isin(new, old))
    keep[rows[_covered(found.boxes[rows], table.objects.boxes[reviewed])]] = False
    return found.take(keep), gone


def _covered(boxes: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which boxes have an intersection over union above `_SAME_PLACE` with any of the others."""
    covered = np.zeros(len(boxes), bool)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    for one in by:
        near = np.flatnonzero((boxes[:, :2] < one[2:]).all(1) & (boxes[:, 2:] > one[:2]).all(1))
        low, high = np.maximum(boxes[near, :2], one[:2]), np.minimum(boxes[near, 2:], one[2:])
        shared = (high - low).prod(1)
        covered[near[shared > _SAME_PLACE * (areas[near] + (one[2:] - one[:2]).prod() - shared)]] = True
    return covered


def _model_records(project: Project, cards: Sequence[ModelCard]) -> list[ModelRecord]:
    """Return the records of models, which the project has already or which are new."""
    known = {(each.name, each.sha256): each for each in project.models()}
    following = project.next_id(ModelRecord)
    for card in cards:
        name = (card.name, card.model_hash)
        if name not in known:
            known[name] = ModelRecord(following, *name, card.model_dump_json())
            following += 1
    return [known[card.name, card.model_hash] for card in cards]


def _uuids(ids: NDArray[np.void]) -> Iterable[UUID]:
    return (UUID(bytes=each.tobytes()) for each in ids)
