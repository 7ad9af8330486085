"""`Patches`: small pictures of objects laid end to end, for measuring many at once without compiled loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.exact_boxes import exact_boxes
from cellwright.shapes.overlaps import ranges

_PIXELS_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The boxes of some objects with a free rim of one pixel, one after the other in one line of pixels.

    Parameters
    ----------
    rows : (K,) ndarray of intp
        Which objects.
    inside : (B,) ndarray of bool
        Whether a pixel of the line belongs to its object.
    at : (P,) ndarray of int64
        Places of the objects' pixels in the line, object by object, row by row.
    line : (P,) ndarray of int64
        How many places further the pixel below lies.
    owner : (P,) ndarray of int64
        The object of each pixel, as a place in `rows`.
    y, x : (P,) ndarray of int64
        Where each pixel lies in the picture.
    """

    rows: NDArray[np.intp]
    inside: NDArray[np.bool_]
    at: NDArray[np.int64]
    line: NDArray[np.int64]
    owner: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]


def patches(masks: Masks) -> Iterator[Patches]:
    """Lay out all objects that have pixels, some millions of pixels at a time; a larger object comes alone."""
    boxes = exact_boxes(masks)
    full = np.flatnonzero(masks.counts)
    sizes = ((boxes[:, 2] - boxes[:, 0] + 2) * (boxes[:, 3] - boxes[:, 1] + 2))[full]
    done = np.cumsum(sizes)
    begin = 0
    while begin < len(full):
        before = int(done[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(done, before + _PIXELS_AT_ONCE, "right")), begin + 1)
        yield _laid_out(masks.take(full[begin:end]), boxes[full[begin:end]], full[begin:end])
        begin = end


def _laid_out(masks: Masks, boxes: NDArray[np.int64], rows: NDArray[np.intp]) -> Patches:
    wide = boxes[:, 3] - boxes[:, 1] + 2
    sizes = wide * (boxes[:, 2] - boxes[:, 0] + 2)
    first = np.cumsum(sizes) - sizes
    spans, whose = masks.spans.astype(np.int64), masks.owners
    begin = first[whose] + (spans[:, 0] - boxes[whose, 0] + 1) * wide[whose] + spans[:, 1] - boxes[whose, 1] + 1
    length = spans[:, 2] - spans[:, 1]
    at = ranges(begin, begin + length)
    inside = np.zeros(int(sizes.sum()), np.bool_)
    inside[at] = True
    owner = np.repeat(whose, length)
    y, x = np.repeat(spans[:, 0], length), ranges(spans[:, 1], spans[:, 2])
    return Patches(rows, inside, at, wide[owner], owner, y, x)
