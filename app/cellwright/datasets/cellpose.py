"""Cellpose's ``NAME_seg.npy``: the outlines of one picture, in a file that is read without ever being unpickled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, Masks
from cellwright.datasets import files
from cellwright.datasets.drafts import Draft, Drafts, PixelLabels
from cellwright.datasets.label_sources import Meaning, checked_labels, masks_of_labels, renumbered
from cellwright.datasets.manifest import split_name
from cellwright.datasets.plain_pickle import PlainArray, read_plain_pickle
from cellwright.datasets.report import Reason

ENDING = "_seg.npy"
_LARGEST_BYTES = 2 * 2**30
_SPLITS = frozenset({"train", "val", "test"})
_NEXT = "in Cellpose, save the masks as TIFF or PNG and import those"


def cellpose_files(folder: Path) -> list[Path]:
    """Return the ``_seg.npy`` files below a folder, sorted; linked folders are not followed."""
    return [path for path in files.walk(folder) if path.name.endswith(ENDING)]


def read_cellpose(path: Path, classes: Sequence[str] | None = None) -> Drafts:
    """Read the outlines that Cellpose's window saved beside pictures.

    Parameters
    ----------
    path : Path
        A folder, searched to any depth, or one ``NAME_seg.npy``.
    classes : sequence of str, optional
        One name, which all objects get; Cellpose knows no classes.

    Raises
    ------
    DatasetNotReadable
        If there is no such file, or several classes are asked for.
    """
    if classes is not None and len(classes) > 1:
        raise DatasetNotReadable(
            f"Cellpose's files do not say which of {len(classes)} classes an object is of; ask for one class."
        )
    found = [path] if path.is_file() else cellpose_files(path)
    if not found:
        raise DatasetNotReadable(f"{path} holds no NAME{ENDING}; save the masks in Cellpose's window first.")
    root = (path.parent if path.is_file() else path).resolve()
    name = classes[0] if classes else "object"
    return Drafts("cellpose", root, (name,), [_draft(root, each, name) for each in found])


def _draft(root: Path, path: Path, name: str) -> Draft:
    if not files.inside(root, path):
        return Draft(path, path.name, problem=Reason.OUTSIDE_ROOT)
    path = path.resolve()
    where = path.relative_to(root).as_posix()
    picture = _beside(root, path)
    if picture is None:
        return Draft(path, where, problem=Reason.NO_PICTURE)
    inner = picture.relative_to(root)
    split = next((split_name(part) for part in inner.parts[:-1] if split_name(part) in _SPLITS), "")
    labels = PixelLabels(path, where, Meaning.OBJECTS, {0: name}, CellposeMasks(path))
    return Draft(picture, inner.as_posix(), split, inner.as_posix(), labels=labels)


def _beside(root: Path, path: Path) -> Path | None:
    """Return the picture of the same name. The name inside the file is of another machine, and is never followed."""
    stem = path.name[: -len(ENDING)]
    for suffix in sorted(files.PICTURE_SUFFIXES):
        for candidate in (path.with_name(stem + suffix), path.with_name(stem + suffix.upper())):
            if files.is_file(candidate) and files.inside(root, candidate):
                return candidate.resolve()
    return None


@dataclass(frozen=True, slots=True)
class CellposeMasks:
    """The objects in one ``_seg.npy``; a `LabelSource`.

    Parameters
    ----------
    path : Path
        The file.
    """

    path: Path

    @property
    def meaning(self) -> Meaning:
        """`Meaning.OBJECTS`."""
        return Meaning.OBJECTS

    def read(self) -> NDArray[np.int32]:
        """Return the labels, renumbered 1 … N in the order of the numbers in the file."""
        return renumbered(read_seg_masks(self.path))

    def masks(self) -> Masks:
        """Return the pixels of each object."""
        return masks_of_labels(self.read())


def read_seg_masks(path: Path) -> NDArray[np.int32]:
    """Read the label image in a ``_seg.npy``.

    Parameters
    ----------
    path : Path
        The file; it is not unpickled.

    Returns
    -------
    (H, W) ndarray of int32
        0 is background.

    Raises
    ------
    DatasetNotReadable
        If it is damaged, too large, holds what is not read from such files, or has no masks of one plane.
    """
    try:
        if (size := path.stat().st_size) > _LARGEST_BYTES:
            raise DatasetNotReadable(f"it is {size / 2**30:.1f} GiB long")
        with path.open("rb") as stream:
            _skip_header(stream)
            content = read_plain_pickle(stream)
        return checked_labels(_masks_in(content), path)
    except OSError as error:
        raise DatasetNotReadable(f"{path} cannot be read ({error.strerror or error}); check the path.") from error
    except DatasetNotReadable as error:
        if str(error).startswith(str(path)):
            raise
        raise DatasetNotReadable(f"{path} is not read: {error}; {_NEXT}.") from error


def _skip_header(stream: IO[bytes]) -> None:
    """Pass over numpy's header; what the array in the file is, the content says again."""
    magic, version = stream.read(6), stream.read(2)
    width = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}.get(version)
    if magic != b"\x93NUMPY" or width is None:
        raise DatasetNotReadable("it is no file of numpy's")
    length = int.from_bytes(stream.read(width), "little")
    if length > 2**16:
        raise DatasetNotReadable("its header is too long")
    header = stream.read(length)
    if b"O" not in header.partition(b"'fortran_order'")[0]:
        raise DatasetNotReadable("it holds a plain array and nothing that Cellpose's window wrote")


def _masks_in(content: object) -> NDArray[np.generic]:
    values = content.values if isinstance(content, PlainArray) else None
    inner = values[0] if isinstance(values, list) and len(values) == 1 else content
    masks = inner.get("masks") if isinstance(inner, dict) else None
    if not isinstance(masks, PlainArray) or isinstance(masks.values, list):
        raise DatasetNotReadable("it has no masks")
    labels = np.squeeze(masks.values) if masks.values.ndim != 2 else masks.values
    if labels.ndim != 2 or not labels.size:
        shape = " × ".join(map(str, masks.values.shape))
        raise DatasetNotReadable(f"its masks are {shape}, not those of one plane")
    return labels
