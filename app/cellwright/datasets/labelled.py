"""`LabelledSet`: pictures with boxes that somebody drew, whichever format they were written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, unknown_name
from cellwright.datasets.label_sources import LabelSource
from cellwright.imaging import SlideRef


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """One picture and what was drawn on it.

    Parameters
    ----------
    path : Path
        The picture file; its pixels are not read here.
    size : (int, int)
        Rows and columns of the picture as it is shown (an EXIF turn is taken into account).
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in pixels, half-open, inside the picture, each with an area above 0.
    class_index : (N,) ndarray of int16
        Index into the classes of the set.
    group : str
        What must stay on one side of a split: a subject, a slide, a set of near-duplicates.
    split : str
        ``"train"``, ``"val"``, ``"test"`` or another name from the files; empty where they name none.
    ignore : (N,) ndarray of bool
        Objects that are judged neither way (COCO crowd, VOC difficult). None makes them all False.
    labels : LabelSource or None
        The pixels behind the boxes, read when asked for; None where only boxes were drawn. Where each pixel says its
        object, label i + 1 is row i of the boxes. Where each says its class, label c + 1 is class c, and there is one
        box a class that occurs, around all of it.
    kind : str
        What sort of picture it is, such as ``"fluorescence"`` or the hospital it comes from; empty where nobody says.
    facts : mapping of str to str
        The picture's row of manifest.csv as written, by lower-case column name.
    series : int
        Which picture of a file that holds several.
    plane : (int, int) or None
        Plane and time point of a stack; None for a picture that is none.

    Raises
    ------
    BadParameter
        If the columns differ in length.
    """

    path: Path
    size: tuple[int, int]
    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]
    group: str = ""
    split: str = ""
    ignore: NDArray[np.bool_] | None = None
    labels: LabelSource | None = None
    kind: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    series: int = 0
    plane: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.ignore is None:
            object.__setattr__(self, "ignore", np.zeros(len(self.boxes), bool))
        n = len(self.class_index)
        if self.boxes.shape != (n, 4) or self.ignored.shape != (n,):
            raise BadParameter(f"{self.path}: boxes {self.boxes.shape} do not fit {n} classes.")

    def __len__(self) -> int:
        return len(self.class_index)

    @property
    def is_part(self) -> bool:
        """Whether it is a plane of a stack, or one of several pictures of a file."""
        return self.series != 0 or self.plane is not None

    @property
    def ref(self) -> SlideRef:
        """The way to its pixels."""
        z, t = self.plane or (None, None)
        return SlideRef(self.path, self.series, z=z, t=t)

    @property
    def stem(self) -> str:
        """Its name without an ending; of a part it says which, as in ``"stack_z3_t0"``."""
        series = f"_series{self.series}" if self.series else ""
        plane = "" if self.plane is None else f"_z{self.plane[0]}_t{self.plane[1]}"
        return f"{self.path.stem}{series}{plane}"

    @property
    def ignored(self) -> NDArray[np.bool_]:
        """(N,) bool: `ignore`, never None."""
        return np.zeros(len(self.boxes), bool) if self.ignore is None else self.ignore


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSet:
    """Labelled pictures that share one list of classes.

    Parameters
    ----------
    pictures : tuple of LabelledPicture
        In the order of their relative paths.
    classes : tuple of str
        What `LabelledPicture.class_index` points into.
    root : Path
        The folder that holds every picture.
    """

    pictures: tuple[LabelledPicture, ...]
    classes: tuple[str, ...]
    root: Path

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[LabelledPicture]:
        return iter(self.pictures)

    def __getitem__(self, index: int) -> LabelledPicture:
        return self.pictures[index]

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that occur, sorted."""
        return tuple(sorted({picture.split for picture in self.pictures}))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of picture that occur, sorted."""
        return tuple(sorted({picture.kind for picture in self.pictures}))

    def counts(self) -> NDArray[np.int64]:
        """(C,) int64: how many boxes there are of each class, ignored ones not among them."""
        total = np.zeros(len(self.classes), np.int64)
        for picture in self.pictures:
            total += np.bincount(picture.class_index[~picture.ignored], minlength=len(self.classes))
        return total

    def where(self, wanted: Callable[[LabelledPicture], bool]) -> LabelledSet:
        """Return the set of the pictures for which `wanted` says yes."""
        return LabelledSet(tuple(p for p in self.pictures if wanted(p)), self.classes, self.root)

    def of_split(self, split: str) -> LabelledSet:
        """Return the pictures of one split.

        Raises
        ------
        UnknownName
            If no picture belongs to it.
        """
        if split not in self.splits:
            raise unknown_name("split", split, self.splits)
        return self.where(lambda picture: picture.split == split)
