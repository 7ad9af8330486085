"""How long outlines are, by chains of border pixels and by lines thrown across, and how many holes objects have."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.patches import Patches, patches
from cellwright.shapes.compiled import loops

Values = NDArray[np.float64]
Int64s = NDArray[np.int64]

# By 1 + 2 × border neighbours along the axes + 10 × those across corners: shares of a straight and of a slant link.
_STRAIGHT = np.zeros(50)
_STRAIGHT[[5, 7, 15, 17, 25, 27]] = 1.0
_STRAIGHT[[13, 23]] = 0.5
_SLANT = np.zeros(50)
_SLANT[[21, 33]] = 1.0
_SLANT[[13, 23]] = 0.5


def chain_perimeters(masks: Masks, pixel: tuple[float, float] = (1.0, 1.0)) -> Values:
    """Return the length of the chain of border pixels of each object, holes included, (N,) float64.

    A border pixel has one of its four neighbours outside. Each gives half of the two links to its neighbours in the
    chain, told from how many border pixels lie beside it and across its corners (Benkrid & Crookes, Design and FPGA
    implementation of a perimeter estimator, 2000; scikit-image's ``perimeter``): a link along a row is as long as a
    pixel is wide, one along a column as it is high, one across a corner the hypotenuse; where several straight links
    could be meant, their mean. With square pixels this is scikit-image's number times the side.

    Parameters
    ----------
    masks : Masks
        The objects.
    pixel : (float, float)
        Height and width of a pixel; the result has their unit.
    """
    kernels = loops("boundary_kernels", "measure")
    if kernels is not None:
        lengths: Values = kernels.chain_lengths(masks.starts, masks.spans, float(pixel[0]), float(pixel[1]))
        return lengths
    total = np.zeros(len(masks))
    for patch in patches(masks):
        total[patch.rows] = _chain_lengths(patch, pixel)
    return total


def _chain_lengths(patch: Patches, pixel: tuple[float, float]) -> Values:
    inside, at, line = patch.inside, patch.at, patch.line
    border = np.zeros_like(inside)
    border[at] = ~(inside[at - 1] & inside[at + 1] & inside[at - line] & inside[at + line])
    on = border[at]
    at, line, owner = at[on], line[on], patch.owner[on]
    marked = border.astype(np.int64)
    across, down = marked[at - 1] + marked[at + 1], marked[at - line] + marked[at + line]
    corners = marked[at - line - 1] + marked[at - line + 1] + marked[at + line - 1] + marked[at + line + 1]
    straight = across + down
    step = (across * pixel[1] + down * pixel[0]) / np.maximum(straight, 1)
    code = 1 + 2 * straight + 10 * corners
    given = _STRAIGHT[code] * step + _SLANT[code] * math.hypot(*pixel)
    return np.bincount(owner, given, len(patch.rows)).astype(np.float64)


def euler_numbers(masks: Masks) -> Int64s:
    """Return the connected parts of each object less its holes, (N,) int64, corners connecting.

    Runs are rectangles with their edges; two of neighbouring rows share one interval or one corner or nothing, and no
    three share a point, so that the number is that of runs less that of meetings.
    """
    return masks.counts - meetings(masks)[:, 3]


def meetings(masks: Masks) -> Int64s:
    """Return how each object meets itself in the next row, (N, 4) int64.

    How many of its pixels have another of its pixels below, below to the right and below to the left, and how many
    pairs of its runs touch, be it at a corner.
    """
    kernels = loops("boundary_kernels", "measure")
    if kernels is not None:
        met: Int64s = kernels.meetings(masks.starts, masks.spans)
        return met
    return np.stack([*(_shared_with_next_row(masks, shift) for shift in (0, 1, -1)), _touching_runs(masks)], 1)


def _shared_with_next_row(masks: Masks, shift: int) -> Int64s:
    """Return how many pixels of each object have another of its pixels one row below and `shift` columns right."""
    if not len(masks.spans):
        return np.zeros(len(masks), np.int64)
    begin, line = _unrolled(masks)
    length = masks.spans[:, 2].astype(np.int64) - masks.spans[:, 1]
    reached = np.cumsum(length)

    def covered(to: Int64s) -> Int64s:
        """Pixels of all objects that lie before each place of the unrolled plane."""
        run = np.searchsorted(begin, to, side="right") - 1
        before = np.where(run >= 0, reached[run] - length[run], 0)
        return before + np.where(run >= 0, np.minimum(to - begin[run], length[run]), 0)

    moved = begin + line + shift
    return _per_object(masks, covered(moved + length) - covered(moved))


def _touching_runs(masks: Masks) -> Int64s:
    """Return how many pairs of runs in neighbouring rows share an edge or a corner."""
    if not len(masks.spans):
        return np.zeros(len(masks), np.int64)
    begin, line = _unrolled(masks)
    length = masks.spans[:, 2].astype(np.int64) - masks.spans[:, 1]
    moved = begin + line
    first = np.searchsorted(begin + length, moved, "left")
    last = np.searchsorted(begin, moved + length, "right")
    return _per_object(masks, np.maximum(last - first, 0))


def _per_object(masks: Masks, values: Int64s) -> Int64s:
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    added: Int64s = sums[masks.starts[1:]] - sums[masks.starts[:-1]]
    return added


def _unrolled(masks: Masks) -> tuple[Int64s, int]:
    """Lay the rows of all objects end to end; return where each span begins there, and the length of a row.

    Objects come one after the other with a free row between them, so that no span meets one of another object.
    """
    y, x0, x1 = masks.spans.astype(np.int64).T
    line = int(x1.max() - x0.min()) + 4
    full = np.flatnonzero(masks.counts)
    first, last = masks.starts[:-1][full], masks.starts[1:][full] - 1
    rows = y[last] - y[first] + 3
    base = np.repeat(np.cumsum(rows) - rows - y[first], masks.counts[full])
    return (base + y) * line + (x0 - x0.min()) + 2, line
