"""`ImportDataset`: a labelled set of any format becomes pictures, classes and objects of a project, as one step."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from cellwright.annotation import (
    ClassRecord,
    Edit,
    EditKind,
    Geometry,
    ObjectChange,
    ObjectState,
    PictureRecord,
    RecordChange,
    Reviewer,
    Status,
    region_marked,
)
from cellwright.core import Box, DatasetNotReadable
from cellwright.datasets import ImportReport, LabelledPicture, LabelledSet, Meaning, read_dataset
from cellwright.jobs import Progress
from cellwright.project import JournalEntry, Project
from cellwright.workflows.dataset_source import is_project
from cellwright.workflows.evaluate import class_aliases
from cellwright.zoo import ModelCard, find_model, load_card

_COLOURS = ("#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
_KEYS = "123456789"
_NAMES = UUID("0b0e9b7e-9a7c-4a43-8f5c-0f6e1f5f3f35")
"""Ids of imported objects are made from picture, class and place, so that a set imported twice is there once."""


@dataclass(frozen=True, slots=True)
class DatasetImport:
    """What came into a project.

    Parameters
    ----------
    report : ImportReport
        What was read, and what was left out of it and why.
    pictures, objects, classes : int
        How many are new in the project.
    known_pictures, known_objects : int
        How many were there already, with the same content and at the same place; they were not touched.
    entry : JournalEntry or None
        The step in the journal; None where nothing was new.
    """

    report: ImportReport
    pictures: int
    objects: int
    classes: int
    known_pictures: int
    known_objects: int
    entry: JournalEntry | None

    def sentence(self) -> str:
        """Return the whole import in one sentence."""
        text = f"{self.pictures:,} pictures, {self.objects:,} objects and {self.classes:,} classes are new"
        if self.known_pictures or self.known_objects:
            text += f"; {self.known_pictures:,} pictures and {self.known_objects:,} objects were there already"
        return f"{text}."

    def to_dict(self) -> dict[str, object]:
        """Return the import as values that JSON knows."""
        return {
            "pictures": self.pictures,
            "objects": self.objects,
            "classes": self.classes,
            "known_pictures": self.known_pictures,
            "known_objects": self.known_objects,
            "journal_entry": self.entry.id if self.entry else None,
            "read": self.report.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class ImportDataset:
    """Read a labelled set into a project; an `Operation` whose result is a `DatasetImport`.

    Pictures come by reference. What somebody drew is accepted, with the set as its source; what the set says to judge
    neither way stays unreviewed. Everything is read and checked before the project is touched, and then comes in as
    one step of its journal: one undo takes it back. Where labels are accepted, their pictures count as looked at from
    edge to edge, so that an empty one is known to be empty.

    Parameters
    ----------
    project : Path
        Folder of the project.
    data : Path
        The set, as in `read_dataset`.
    author : str
        Who does it.
    format : str
        One of `cellwright.datasets.FORMATS`, or ``"auto"``.
    split : str or None
        Only this split.
    classes : tuple of str or None
        Only these classes.
    status : Status
        Of the objects.
    like : str or Path or None
        A model whose classes are meant where a name of the set is a name or title of one, in the singular or plural;
        such classes get its names, titles and colours, so that what it finds later falls into them.
    """

    project: Path
    data: Path
    author: str
    format: str = "auto"
    split: str | None = None
    classes: tuple[str, ...] | None = None
    status: Status = Status.ACCEPTED
    like: str | Path | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Import {self.data.name}"

    def run(self) -> Generator[Progress, None, DatasetImport]:
        """Read the set, then its pictures one by one, then write one step.

        Raises
        ------
        DatasetNotReadable, UnknownName
            If there is no such set, or it cannot be read; the project is unchanged.
        ProjectNotReadable, ProjectNotWritable, EditRefused
            If the project cannot be opened or changed; it is as it was.
        """
        if is_project(self.data):
            raise DatasetNotReadable(
                f"{self.data} is a project; write it as a labelled set (cellwright dataset export), and import that."
            )
        yield Progress(0, 0, "Reading labels")
        card = load_card(find_model(self.like)) if self.like is not None else None
        aliases = class_aliases(card) if card is not None else None
        labelled, report = read_dataset(self.data, self.format, self.split, self.classes, aliases)
        with Project(self.project) as project:
            yield Progress(0, 0, "Taking the pictures' fingerprints")
            records = project.proposed_pictures([picture.path for picture in labelled])
            there = {each.id for each in project.pictures()}
            classes, new_classes = _classes(project, labelled.classes, card)
            source = f"person:{labelled.root.name or 'set'}"
            changes: dict[UUID, ObjectChange] = {}
            known = 0
            for number, (picture, record) in enumerate(zip(labelled, records, strict=True)):
                yield Progress(number, len(labelled), picture.path.name)
                taken = {each.id for each in project.objects_in(record.id)} if record.id in there else set()
                for change in self._changes(picture, record, classes, source):
                    if change.id in taken or change.id in changes:
                        known += 1
                    else:
                        changes[change.id] = change
            new = {each.id: each for each in records if each.id not in there}
            yield Progress(len(labelled), len(labelled), "Writing")
            edits = [RecordChange(None, each) for each in new_classes]
            edits += [RecordChange(None, each) for each in new.values()]
            if self.status is Status.ACCEPTED:
                edits += _looked_at(project, labelled, records, project.reviewer(self.author))
            entry = None
            if edits or changes:
                edit = Edit(EditKind.MIXED, tuple(changes.values()), tuple(edits), f"imported {labelled.root.name}")
                entry = project.apply(edit, self.author)
        return DatasetImport(report, len(new), len(changes), len(new_classes), len(labelled) - len(new), known, entry)

    def _changes(
        self, picture: LabelledPicture, record: PictureRecord, classes: Sequence[ClassRecord], source: str
    ) -> Iterator[ObjectChange]:
        for geometry, class_index, is_ignored in drawn_objects(picture):
            kind = classes[class_index]
            place = (geometry.data or b"") + np.array(geometry.box, "<f8").tobytes()
            name = uuid5(_NAMES, f"{record.sha256}|{kind.name}|{geometry.kind.value}|{place.hex()}")
            status = Status.UNREVIEWED if is_ignored else self.status
            yield ObjectChange(name, record.id, None, ObjectState(geometry, kind.id, None, source, status))


def drawn_objects(picture: LabelledPicture) -> Iterator[tuple[Geometry, int, bool]]:
    """Yield the place, the class and whether it is judged neither way, of each object on a labelled picture.

    Where pixels say their class, every connected part of a class is an object.

    Raises
    ------
    DatasetNotReadable
        If its label image is gone or was damaged since the set was read.
    """
    if picture.labels is None:
        for box, class_index, is_ignored in zip(picture.boxes, picture.class_index, picture.ignored, strict=True):
            yield Geometry.of_box(*box.tolist()), int(class_index), bool(is_ignored)
        return
    masks, rows = picture.labels.masks(), np.arange(len(picture))
    if picture.labels.meaning is Meaning.CLASSES:
        from cellwright.shapes import components

        masks, rows = components(masks)
    for i, row in enumerate(rows.tolist()):
        is_ignored = bool(picture.ignored[row])
        if masks.counts[i]:
            yield Geometry.of_mask(masks, i), int(picture.class_index[row]), is_ignored
        else:  # an object that nobody judges may have a box alone
            yield Geometry.of_box(*picture.boxes[row].tolist()), int(picture.class_index[row]), is_ignored


def _looked_at(
    project: Project, labelled: LabelledSet, records: Sequence[PictureRecord], reviewer: Reviewer
) -> list[RecordChange]:
    """Return that all of each picture was looked at, where nobody said so before."""
    known: dict[int, Edit] = {}
    for picture, record in zip(labelled, records, strict=True):
        whole = Box(0, 0, *picture.size)
        if record.id not in known and not any(
            box.intersect(whole) == whole for box in project.regions_reviewed(record.id)
        ):
            known[record.id] = region_marked(record.id, whole, reviewer)
            reviewer = replace(reviewer, first_region=reviewer.first_region + 1)
    return [change for edit in known.values() for change in edit.records]


def _classes(
    project: Project, names: Sequence[str], card: ModelCard | None
) -> tuple[list[ClassRecord], list[ClassRecord]]:
    """Return the class of each name, and which of them are new; capitals make no difference."""
    styled = {each.name: (each.title, each.colour) for each in card.classes} if card is not None else {}
    there = project.classes()
    known = {each.name.casefold(): each for each in there} | {each.title.casefold(): each for each in there}
    colours = [colour for colour in _COLOURS if colour not in {each.colour for each in there}] or list(_COLOURS)
    keys = [key for key in _KEYS if key not in {each.key for each in there}]
    number, new = project.next_id(ClassRecord), list[ClassRecord]()
    for name in names:
        if name.casefold() not in known:
            i = len(new)
            title, colour = styled.get(name, (name, colours[i % len(colours)]))
            made = ClassRecord(number + i, name, title, colour, keys[i] if i < len(keys) else "")
            known[name.casefold()] = made
            new.append(made)
    return [known[name.casefold()] for name in names], new
