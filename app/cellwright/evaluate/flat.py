"""`Flat`: the boxes of all pictures in one table, so that all pictures are matched in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.evaluate.inputs import Floats, Ints, Scalar


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """The boxes of all pictures in one array, each with its picture, its row there, and a key that sorts the groups."""

    boxes: Floats
    class_index: Ints
    picture: Ints
    row: Ints
    key: Ints

    @classmethod
    def of(cls, boxes: Sequence[Floats], classes: Sequence[Ints]) -> Flat:
        """Put the boxes and classes of all pictures into one table."""
        lengths = np.array([len(b) for b in boxes], np.int64)
        class_index = joined(classes, np.int64)
        picture = np.repeat(np.arange(len(boxes)), lengths)
        starts = np.cumsum(lengths) - lengths
        row = np.arange(lengths.sum()) - starts[picture]
        all_boxes = np.concatenate([np.empty((0, 4)), *boxes])
        return cls(all_boxes, class_index, picture, row, class_index * max(1, len(boxes)) + picture)


def joined(parts: Sequence[NDArray[Scalar]], dtype: type[Scalar]) -> NDArray[Scalar]:
    """Return the parts one after the other; empty where there is none."""
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)
