"""Outlined pictures for tests: drawn nuclei, hand-made shapes with holes and parts, nothing at all."""

from __future__ import annotations

import numpy as np

from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.export import OutlinedPicture
from cellwright.testing import Nuclei
from cellwright.testing.labelled import objects_of

CLASSES = ("round", "odd")
COLOURS = ("#0072B2", "#D55E00")
SIZE = PixelSize(0.5, 0.25, PixelSizeSource.USER)


def odd_labels() -> np.ndarray:
    """A ring with an island in its hole (one object in two parts), a speck of one pixel, a shape at the corner."""
    labels = np.zeros((40, 60), np.int32)
    labels[4:20, 5:25] = 1
    labels[7:17, 8:22] = 0
    labels[10:13, 12:16] = 1
    labels[30, 40] = 2
    labels[32:40, 50:60] = 3
    labels[35, 53:55] = 0
    labels[24:28, 10:14] = 4
    labels[28:31, 14:18] = 4  # joined at a corner
    return labels


def outlined(labels: np.ndarray, *, name: str = "picture.tif", pixel_size: PixelSize | None = SIZE) -> OutlinedPicture:
    """Odd labels are of one class, even ones of the other."""
    class_of = {int(value): int(value) % 2 for value in np.unique(labels)}
    found = objects_of(labels, CLASSES, "test", class_of)
    scores = np.linspace(1, 0.5, len(found), dtype=np.float32)
    found = Objects(found.ids, found.boxes, found.class_index, scores, CLASSES, "test", found.masks)
    return OutlinedPicture(name, labels.shape, found, COLOURS, pixel_size)


def numbered(labels: np.ndarray) -> np.ndarray:
    """The label image with its objects numbered from 1 by rising label."""
    values = np.unique(labels[labels > 0])
    return np.where(labels > 0, np.searchsorted(values, labels) + 1, 0)


def nuclei() -> np.ndarray:
    return Nuclei(seed=4, shape=(300, 420)).labels()


def nothing() -> np.ndarray:
    return np.zeros((20, 30), np.int32)


def everything() -> np.ndarray:
    return np.ones((33, 47), np.int32)


CASES = {"odd": odd_labels, "nuclei": nuclei, "nothing": nothing, "everything": everything}
