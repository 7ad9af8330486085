"""`FreezeDataset`: a set written once and for all, with the hash of every picture and of what is drawn on it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cellwright import export
from cellwright.core import OutputNotWritable
from cellwright.datasets import (
    VERSION_FILE,
    Augmentation,
    DatasetVersion,
    Preparation,
    VersionPicture,
    labels_digest,
    read_version,
)
from cellwright.jobs import Progress
from cellwright.workflows.dataset_augment import refuse_nothing_to_augment
from cellwright.workflows.dataset_export import DatasetExport, Division, prepared_pictures, renamed, write_set
from cellwright.workflows.dataset_source import read_source
from cellwright.workflows.formats import ExportFormat


@dataclass(frozen=True, slots=True)
class FrozenDataset:
    """What came of it.

    Parameters
    ----------
    version : DatasetVersion
        What ``version.json`` says.
    written : DatasetExport
        Where, and how much.
    """

    version: DatasetVersion
    written: DatasetExport

    def to_dict(self) -> dict[str, object]:
        """Return it as values that JSON knows."""
        return {
            "name": self.version.name,
            "hash": self.version.hash,
            "parent": self.version.parent,
            **self.written.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class FreezeDataset:
    """Freeze a set as a version; an `Operation` whose result is a `FrozenDataset`.

    The version is a COCO set with its pictures in a folder of its own, and ``version.json`` with the SHA-256 of each
    picture and of what is drawn on it. The same pictures, labels, splits and preparation give the same hash on any
    machine.

    Parameters
    ----------
    data : Path
        A project, or what `read_dataset` reads.
    folder : Path
        New or empty: a version is never replaced.
    name : str
        What a person calls it; empty takes the folder's name.
    parent : Path or None
        Folder of the version it is made from.
    division : Division
        How it is divided.
    preparation : Preparation
        What is done to every picture.
    format, split : str
        As in `read_dataset`.
    augmentation : Augmentation
        Changed copies of training pictures; the version says how they were made.
    """

    data: Path
    folder: Path
    name: str = ""
    parent: Path | None = None
    division: Division = field(default_factory=Division)
    preparation: Preparation = field(default_factory=Preparation)
    format: str = "auto"
    split: str | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Freeze {self.data.name}"

    def run(self) -> Generator[Progress, None, FrozenDataset]:
        """Write the set, then hash what was written.

        Raises
        ------
        DatasetNotReadable, UnknownName, ProjectNotReadable
            If the set or its parent cannot be read.
        BadParameter
            If it cannot be divided so.
        OutputExists, OutputNotWritable
            If the folder holds something or cannot be written to; no version is there then.
        """
        from cellwright.imaging import content_sha256

        parent = read_version(self.parent).hash if self.parent is not None else None
        yield Progress(0, 0, "Reading labels")
        labelled, notes = read_source(self.data, self.format, self.split)
        divided = self.division.of(labelled)
        refuse_nothing_to_augment(divided, self.augmentation)
        made: list[export.BoxedPicture] = []
        for number, picture in enumerate(divided):
            yield Progress(number, 2 * len(divided), picture.path.name)
            made.extend(prepared_pictures(picture, divided, self.preparation, self.augmentation))
        made = renamed(made, keep_pictures=True)
        yield Progress(len(divided), 2 * len(divided), f"Writing {self.folder.name}")
        write_set(self.folder, ExportFormat.COCO, made, overwrite=False, description=f"Frozen from {self.data.name}")
        try:
            pictures = []
            for number, each in enumerate(made):
                yield Progress(len(divided) + number, len(divided) + len(made), f"Hashing {each.file_name}")
                pictures.append(_frozen(each, content_sha256(self.folder / "images" / each.file_name)))
            version = DatasetVersion(
                name=self.name or self.folder.name,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                parent=parent,
                preparation=self._done_to_pictures(),
                classes=divided.classes,
                pictures=tuple(sorted(pictures, key=lambda each: each.file)),
            )
            version.write(self.folder)
        except OSError as error:
            raise OutputNotWritable(
                f"{self.folder / VERSION_FILE} could not be written; free space, repeat."
            ) from error
        objects = sum(each.objects for each in version.pictures)
        written = DatasetExport(self.folder, len(made), objects, version.counts(), notes)
        return FrozenDataset(version, written)

    def _done_to_pictures(self) -> dict[str, object]:
        # Left out where there are no copies, so that versions frozen before there were any keep their hash.
        copies = {"augmentation": self.augmentation.to_dict()} if self.augmentation.copies else {}
        return self.preparation.to_dict() | copies


def _frozen(picture: export.BoxedPicture, sha256: str) -> VersionPicture:
    objects = picture.objects
    names = [objects.classes[i] for i in objects.class_index.tolist()]
    if objects.masks is not None:
        starts = objects.masks.starts.tolist()
        spans = objects.masks.spans.astype("<i4")
        places = [spans[a:b].tobytes() for a, b in pairwise(starts)]
    else:
        places = [row.tobytes() for row in objects.boxes.astype("<f4")]
    return VersionPicture(
        file=picture.file_name,
        sha256=sha256,
        labels_sha256=labels_digest(zip(names, places, strict=True)),
        objects=len(objects),
        split=picture.split,
        group=picture.group,
    )
