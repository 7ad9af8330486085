"""`BoxedPicture`: a picture and the boxes on it, as the three box formats need them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Objects

_PART = re.compile(r"^(?P<file>.*) \[(?P<part>[^\[\]]+)\]$")
_PLACE = re.compile(r"\b([zt]) (\d+)")
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*\x7f]')


@dataclass(frozen=True, slots=True, eq=False)
class BoxedPicture:
    """One picture of a labelled set to be written.

    Parameters
    ----------
    file_name : str
        Name of the picture in the set, with its suffix and without folders; unique there, and so is its stem.
    size : (int, int)
        Rows and columns.
    objects : Objects
        Boxes, classes and scores.
    write_picture : callable or None
        Writes the picture into the path it is given; None leaves the picture out of the set.
    split, group : str
        The part of the set it belongs to, and what must stay on one side with it; empty where nobody says.
    """

    file_name: str
    size: tuple[int, int]
    objects: Objects
    write_picture: Callable[[Path], None] | None = None
    split: str = ""
    group: str = ""

    @property
    def stem(self) -> str:
        """File name without its suffix."""
        return PurePosixPath(self.file_name).stem

    def clipped(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the boxes cut at the picture's edge, (M, 4) y0, x0, y1, x1, and their rows; empty ones are gone."""
        high = np.array([*self.size, *self.size], np.float64)
        boxes = np.clip(self.objects.boxes.astype(np.float64), 0.0, high)
        rows = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
        return boxes[rows], rows


def shared_classes(pictures: Sequence[BoxedPicture]) -> tuple[str, ...]:
    """Return the classes that all pictures have.

    Raises
    ------
    BadParameter
        If there is no picture, they differ in classes, or two share a stem.
    """
    if not pictures:
        raise BadParameter("There is no picture to write; analyse one first.")
    classes = pictures[0].objects.classes
    if any(picture.objects.classes != classes for picture in pictures):
        raise BadParameter(
            "The pictures were analysed with models of different classes; export them one model at a time."
        )
    if len({picture.stem.casefold() for picture in pictures}) != len(pictures):
        raise BadParameter("Two pictures share a name; give each another with `unique_file_names`.")
    return classes


def unique_file_names(names: Iterable[str], suffixes: Iterable[str]) -> list[str]:
    """Return a file name for each picture whose stem no other has, capitals making no difference.

    Parameters
    ----------
    names : iterable of str
        Names of the pictures as shown, for example ``"smear.tif"``; of a plane its place stays in the name.
    suffixes : iterable of str
        Suffix that each file will have, ``".png"`` and so on.
    """
    taken: set[str] = set()
    result = []
    for name, suffix in zip(names, suffixes, strict=True):
        stem = _UNSAFE.sub("_", _stem_of(name.encode("utf-8", "replace").decode())).strip(". ") or "picture"
        candidate, number = stem, 2
        while candidate.casefold() in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate.casefold())
        result.append(candidate + suffix)
    return result


def _stem_of(name: str) -> str:
    """Return a name without its suffix; of ``"cells.ome.tif [z 2, t 1]"``, one plane, ``"cells_z2_t1"``."""
    plane = _PART.match(name)
    file = plane["file"] if plane else name
    stem = PurePosixPath(file).stem
    if stem.casefold().endswith(".ome"):
        stem = stem[: -len(".ome")]
    part = _PLACE.sub(r"\1\2", plane["part"]).replace(", ", "_").replace(" ", "_") if plane else ""
    return f"{stem}_{part}" if part else stem
