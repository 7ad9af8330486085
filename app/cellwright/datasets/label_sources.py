"""`LabelSource`: what each pixel of a picture was said to be, read when somebody asks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, Masks, SlideNotReadable

LABEL_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".bmp"})
"""Files that keep every number as it is; JPEG does not."""

IGNORED_PIXEL = -1
"""Label of a pixel that is judged neither way."""

_FEW_VALUES = 2**24


class Meaning(str, Enum):
    """What the number of a pixel says."""

    OBJECTS = "objects"
    """Which object it belongs to; 0 is background."""
    CLASSES = "classes"
    """Which class it is of; 0 is background."""


class LabelSource(Protocol):
    """Frozen and picklable, so that it can be sent to whoever reads it."""

    @property
    def meaning(self) -> Meaning:
        """What the numbers say."""

    def read(self) -> NDArray[np.int32]:
        """Return the label of every pixel.

        Returns
        -------
        (H, W) ndarray of int32
            Of the picture's size. Objects are numbered 1 … N, label i + 1 being row i of the boxes; classes are
            numbered 1 … C in the order of the set, label c + 1 being class c. 0 is background, `IGNORED_PIXEL` is
            judged neither way.

        Raises
        ------
        DatasetNotReadable
            If the file is gone or was damaged since the set was read.
        """

    def masks(self) -> Masks:
        """Return the pixels of each row of the boxes; outlines that were drawn may overlap here, as they do there.

        Raises
        ------
        DatasetNotReadable
            As in `read`.
        """


@dataclass(frozen=True, slots=True)
class ObjectImage:
    """A picture file with a number for each object.

    Parameters
    ----------
    path : Path
        PNG, TIFF or BMP of one channel.
    """

    path: Path

    @property
    def meaning(self) -> Meaning:
        """`Meaning.OBJECTS`."""
        return Meaning.OBJECTS

    def read(self) -> NDArray[np.int32]:
        """Return the labels, renumbered 1 … N in the order of the numbers in the file."""
        return renumbered(read_label_image(self.path))

    def masks(self) -> Masks:
        """Return the pixels of each object."""
        return masks_of_labels(self.read())


@dataclass(frozen=True, slots=True)
class ClassImage:
    """A picture file with a number for each class (an index image).

    Parameters
    ----------
    path : Path
        PNG, TIFF or BMP of one channel; of a palette image the indices count.
    class_of : tuple of (int, int)
        The number in the file and the label that it becomes. Numbers that are not listed become `IGNORED_PIXEL`,
        except 0, which stays 0.
    """

    path: Path
    class_of: tuple[tuple[int, int], ...]

    @property
    def meaning(self) -> Meaning:
        """`Meaning.CLASSES`."""
        return Meaning.CLASSES

    def read(self) -> NDArray[np.int32]:
        """Return the labels in the classes of the set."""
        written = read_label_image(self.path)
        table = np.full(
            max(int(written.max(initial=0)), *(v for v, _ in self.class_of), 0) + 1, IGNORED_PIXEL, np.int32
        )
        table[0] = 0
        for value, label in self.class_of:
            table[value] = label
        labels: NDArray[np.int32] = table[written]
        return labels

    def masks(self) -> Masks:
        """Return the pixels of each class that occurs."""
        return masks_of_labels(self.read())


@dataclass(frozen=True, slots=True, eq=False)
class KeptMasks:
    """Objects whose pixels are known already, such as those of a project.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    held : Masks
        One a row of the boxes.
    """

    shape: tuple[int, int]
    held: Masks

    @property
    def meaning(self) -> Meaning:
        """`Meaning.OBJECTS`."""
        return Meaning.OBJECTS

    def read(self) -> NDArray[np.int32]:
        """Return the label of every pixel; where two objects overlap, the earlier one is on top."""
        from cellwright.shapes import labels_from_masks

        return labels_from_masks(self.held, self.shape).astype(np.int32, copy=False)

    def masks(self) -> Masks:
        """Return the pixels of each object."""
        return self.held


def masks_of_labels(labels: NDArray[np.int32]) -> Masks:
    """Return the pixels of each label that occurs, in rising order; 0 and below are nothing."""
    from cellwright.shapes import masks_from_labels

    return masks_from_labels(np.maximum(labels, 0))[0]


def renumbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels as 1 … N, in rising order of the numbers that occur, 0 staying 0.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        None below 0.
    """
    highest = int(labels.max(initial=0))
    if highest >= _FEW_VALUES:
        values, inverse = np.unique(labels, return_inverse=True)
        many: NDArray[np.int32] = (inverse.reshape(labels.shape) + (values[0] != 0)).astype(np.int32)
        return many
    occurs = np.zeros(highest + 1, bool)
    occurs[labels] = True
    occurs[0] = False
    table = np.cumsum(occurs, dtype=np.int32) * occurs
    counted: NDArray[np.int32] = table[labels]
    return counted


def boxes_of_labels(labels: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return which labels occur and the smallest box of each.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        0 and below are nothing.

    Returns
    -------
    rows : (N,) ndarray of intp
        The labels less 1, rising.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1, half-open.
    """
    from scipy.ndimage import find_objects

    places: Sequence[tuple[slice, ...] | None] = find_objects(np.maximum(labels, 0))
    found = [(i, place[0], place[1]) for i, place in enumerate(places) if place is not None]
    boxes = [(y.start, x.start, y.stop, x.stop) for _, y, x in found]
    return np.array([i for i, *_ in found], np.intp), np.array(boxes, np.float32).reshape(-1, 4)


def read_label_image(path: Path) -> NDArray[np.int32]:
    """Read the numbers of a label image.

    Parameters
    ----------
    path : Path
        PNG, TIFF or BMP of one channel (or of equal ones), whole numbers from 0 on.

    Returns
    -------
    (H, W) ndarray of int32

    Raises
    ------
    DatasetNotReadable
        If the file cannot be read or holds no labels.
    """
    try:
        values = _tiff(path) if path.suffix.lower() in {".tif", ".tiff"} else _picture(path)
    except (SlideNotReadable, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise DatasetNotReadable(f"{path} cannot be read as labels ({error}); write it again.") from error
    return checked_labels(_one_channel(values, path), path)


def _picture(path: Path) -> NDArray[np.generic]:
    from PIL import Image

    from cellwright.imaging.limits import check_decoded_size

    with warnings.catch_warnings():
        # The limit that a person can raise is asked instead of PIL's.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as picture:
            width, height = picture.size
            check_decoded_size(path, height, width, 4, "the label image")
            return np.asarray(picture)


def _tiff(path: Path) -> NDArray[np.generic]:
    import tifffile

    from cellwright.imaging.limits import check_decoded_size

    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            check_decoded_size(path, int(np.prod(series.shape)), 1, series.dtype.itemsize, "the label image")
            values = series.asarray()
            return values if values.ndim == 2 else np.squeeze(values)
    except Exception as error:  # decoders meet a damaged file with any type of exception they happen to run into
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def _one_channel(values: NDArray[np.generic], path: Path) -> NDArray[np.generic]:
    if values.ndim == 3 and values.shape[2] in {3, 4} and bool((values[..., :3] == values[..., :1]).all()):
        return values[..., 0]
    if values.ndim != 2:
        raise DatasetNotReadable(
            f"{path} has {values.shape} values; a label image has one number a pixel, not a colour or a stack."
        )
    return values


def checked_labels(values: NDArray[np.generic], path: Path) -> NDArray[np.int32]:
    """Return (H, W) numbers as labels; `DatasetNotReadable` if they are not whole, or below 0 or beyond 32 bits."""
    numbers = values.astype(np.uint8) if values.dtype == np.bool_ else values
    if numbers.dtype.kind == "f" and bool((numbers == np.floor(numbers)).all()):
        numbers = numbers.astype(np.float64)
    elif numbers.dtype.kind not in "iu":
        raise DatasetNotReadable(f"{path} holds {values.dtype} that are no whole numbers; a label image holds those.")
    if numbers.size and not 0 <= float(numbers.min()) <= float(numbers.max()) < 2**31:
        raise DatasetNotReadable(f"{path} holds labels from {numbers.min()} to {numbers.max()}; number them from 0 on.")
    return np.ascontiguousarray(numbers, np.int32)
