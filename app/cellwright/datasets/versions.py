"""`DatasetVersion`: a labelled set frozen as it was, so that a score can say what it was measured on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cellwright.core import DatasetNotReadable
from cellwright.core.atomic import replacing
from cellwright.datasets import files

VERSION_FILE = "version.json"
_FORMAT = 1
_LONGEST_TEXT = 4096

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VersionPicture(_Strict):
    """One picture of a version.

    Parameters
    ----------
    file : str
        Name in the version, with ``/`` between the parts.
    sha256 : str
        Of the picture's bytes.
    labels_sha256 : str
        Of what was drawn on it; see `labels_digest`.
    objects : int
        How many.
    split, group : str
        As in `LabelledPicture`.
    """

    file: Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]
    sha256: _Sha256
    labels_sha256: _Sha256
    objects: Annotated[int, Field(ge=0)]
    split: str = ""
    group: str = ""

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or "\\" in file or "\0" in file:
            raise ValueError("leads out of the folder of the version")
        return file


class DatasetVersion(_Strict):
    """What ``version.json`` says.

    Parameters
    ----------
    format : int
        Of this file.
    name : str
        What a person calls it.
    created : str
        ISO 8601, in UTC.
    parent : str or None
        Hash of the version it was made from.
    preparation : mapping
        What was done to the pictures; see `Preparation`.
    classes : tuple of str
        In order.
    pictures : tuple of VersionPicture
        In the order of their names.
    """

    format: Annotated[int, Field(ge=1, le=_FORMAT)] = _FORMAT
    name: str
    created: str
    parent: _Sha256 | None = None
    preparation: Mapping[str, object] = Field(default_factory=dict)
    classes: tuple[str, ...]
    pictures: tuple[VersionPicture, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of pictures, labels, splits, classes and preparation; name, time and parent make no difference."""
        content = self.model_dump(mode="json", include={"classes", "pictures", "preparation"})
        return hashlib.sha256(_canonical(content)).hexdigest()

    def counts(self) -> dict[str, int]:
        """Return the pictures of each split."""
        counts: dict[str, int] = {}
        for picture in self.pictures:
            counts[picture.split] = counts.get(picture.split, 0) + 1
        return dict(sorted(counts.items()))

    def write(self, folder: Path) -> Path:
        """Write ``version.json`` into a folder; it carries the hash, so that a changed file is noticed."""
        content = {**self.model_dump(mode="json"), "hash": self.hash}
        with replacing(folder / VERSION_FILE) as part:
            part.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return folder / VERSION_FILE


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """How a version differs from another.

    Parameters
    ----------
    added, removed : tuple of str
        Pictures only in the second, only in the first; by content, named as there.
    relabelled : tuple of str
        Pictures in both with other labels.
    moved : tuple of (str, str, str)
        Pictures in both in another split: name, before, after.
    classes_added, classes_removed : tuple of str
        Classes.
    objects : (int, int)
        How many objects there are in the first and in the second.
    is_prepared_alike : bool
        Whether the same was done to the pictures.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    relabelled: tuple[str, ...]
    moved: tuple[tuple[str, str, str], ...]
    classes_added: tuple[str, ...]
    classes_removed: tuple[str, ...]
    objects: tuple[int, int]
    is_prepared_alike: bool

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        changed = (
            *self.added,
            *self.removed,
            *self.relabelled,
            *self.moved,
            *self.classes_added,
            *self.classes_removed,
        )
        return not changed and self.is_prepared_alike

    def to_dict(self) -> dict[str, object]:
        """Return the changes as values that JSON knows."""
        return {
            "is_same": self.is_same,
            "added": list(self.added),
            "removed": list(self.removed),
            "relabelled": list(self.relabelled),
            "moved": [{"file": file, "from": before, "to": after} for file, before, after in self.moved],
            "classes_added": list(self.classes_added),
            "classes_removed": list(self.classes_removed),
            "objects": list(self.objects),
            "is_prepared_alike": self.is_prepared_alike,
        }


def read_version(folder: Path) -> DatasetVersion:
    """Read the ``version.json`` of a folder, or that file.

    Raises
    ------
    DatasetNotReadable
        If there is none, it is damaged, of a newer make, or was changed by hand.
    """
    path = folder / VERSION_FILE if folder.is_dir() else folder
    try:
        content = json.loads(files.read_text(path))
        if not isinstance(content, dict):
            raise DatasetNotReadable(f"{path} is no frozen version; give a folder made by freezing a set.")
        said = content.pop("hash", None)
        version = DatasetVersion.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise DatasetNotReadable(
            f"{path} is no frozen version: {place}: {first['msg']}; freeze the set again."
        ) from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, DatasetNotReadable):
            raise
        raise DatasetNotReadable(f"{path} is not valid JSON; freeze the set again.") from error
    if said != version.hash:
        raise DatasetNotReadable(
            f"{path} was changed after it was frozen: its hash does not fit; freeze the set again."
        )
    return version


def compare_versions(before: DatasetVersion, after: DatasetVersion) -> VersionChanges:
    """Return how a version differs from another; pictures are told apart by their content and not by their names."""
    first, second = _by_content(before.pictures), _by_content(after.pictures)
    both = [(first[key], second[key]) for key in first if key in second]
    return VersionChanges(
        tuple(p.file for key, p in second.items() if key not in first),
        tuple(p.file for key, p in first.items() if key not in second),
        tuple(new.file for old, new in both if old.labels_sha256 != new.labels_sha256),
        tuple((new.file, old.split, new.split) for old, new in both if old.split != new.split),
        tuple(name for name in after.classes if name not in before.classes),
        tuple(name for name in before.classes if name not in after.classes),
        (sum(p.objects for p in before.pictures), sum(p.objects for p in after.pictures)),
        before.preparation == after.preparation,
    )


def changed_files(folder: Path, version: DatasetVersion) -> list[str]:
    """Return the pictures of a version that are gone or are no longer what they were.

    Parameters
    ----------
    folder : Path
        Of the version, with the pictures in ``images``.
    version : DatasetVersion
        What they were.
    """
    from cellwright.core import SlideNotReadable
    from cellwright.imaging import content_sha256

    root, wrong = folder.resolve(), []
    for picture in version.pictures:
        path = root / "images" / picture.file
        try:
            same = files.inside(root, path) and content_sha256(path) == picture.sha256
        except (SlideNotReadable, OSError):
            same = False
        if not same:
            wrong.append(picture.file)
    return wrong


def labels_digest(rows: Iterable[tuple[str, bytes]]) -> str:
    """Return the SHA-256 of what was drawn on a picture: class and place of each object, in whatever order."""
    digest = hashlib.sha256()
    for name, place in sorted(rows):
        for part in (name.encode(), place):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _by_content(pictures: Iterable[VersionPicture]) -> dict[tuple[str, int], VersionPicture]:
    """Return pictures by hash; of several with the same bytes each has its turn."""
    found: dict[tuple[str, int], VersionPicture] = {}
    turns: Counter[str] = Counter()
    for picture in pictures:
        found[picture.sha256, turns[picture.sha256]] = picture
        turns[picture.sha256] += 1
    return found


def _canonical(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
