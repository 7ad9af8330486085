"""Convex hulls of objects: how many pixels lie in them, and how far it is across."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.overlaps import ranges

Int64s = NDArray[np.int64]
Values = NDArray[np.float64]

_PAIRS_AT_ONCE = 1 << 22


def hulls_of(masks: Masks, pixel: tuple[float, float] = (1.0, 1.0)) -> tuple[Int64s, Values]:
    """Return the size of the convex hull of each object and its largest diameter.

    The hull is that of the middles of all pixel edges; of the picture's pixels those belong to it whose middle lies in
    it or on its edge, decided in whole numbers. The diameter is the largest distance between middles of edges of
    these pixels: Feret's diameter as scikit-image measures it. A hull stays one when the axes are stretched, so pixels
    of any shape need no other rule: distances alone are taken in their units.

    Parameters
    ----------
    masks : Masks
        N objects.
    pixel : (float, float)
        Height and width of a pixel; the diameter has their unit.

    Returns
    -------
    areas : (N,) ndarray of int64
        Pixels in the hull.
    across : (N,) ndarray of float64
        NaN for an object without pixels.
    """
    kernels = loops("hull_kernels", "measure")
    if kernels is not None:
        areas, across = kernels.hulls(masks.starts, masks.spans, float(pixel[0]), float(pixel[1]))
        return areas, across
    return _hulls(masks, pixel)


def _hulls(masks: Masks, pixel: tuple[float, float]) -> tuple[Int64s, Values]:
    """Do what the compiled loops do, for all objects side by side."""
    n = len(masks)
    if not len(masks.spans):
        return np.zeros(n, np.int64), np.full(n, np.nan)
    owner, row, left, right = _row_ends(masks)
    low, high = _chain(owner, row, -left), _chain(owner, row, right)
    owner, row = _rows_between(owner, row)
    left, right = -_reach(low, owner, 2 * row), _reach(high, owner, 2 * row)
    full = left <= right
    owner, row, left, right = owner[full], row[full], left[full], right[full]
    areas = np.bincount(owner, right - left + 1, n).astype(np.int64)
    return areas, _across(_chain(owner, row, -left), _chain(owner, row, right), n, pixel)


def _row_ends(masks: Masks) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Return the object, the row and the first and last pixel of every row of every object that has any."""
    owners, spans = masks.owners, masks.spans.astype(np.int64)
    begins = np.append(True, (owners[1:] != owners[:-1]) | (spans[1:, 0] != spans[:-1, 0]))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(spans)) - 1
    return owners[first], spans[first, 0], spans[first, 1], spans[last, 2] - 1


def _rows_between(owner: Int64s, row: Int64s) -> tuple[Int64s, Int64s]:
    """Return every row from the first to the last of each object."""
    first = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    last = np.append(first[1:], len(owner)) - 1
    return np.repeat(owner[first], row[last] - row[first] + 1), ranges(row[first], row[last] + 1)


def _chain(owner: Int64s, row: Int64s, ends: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Return the object, y and x (outwards) of the corners of one side of each hull, in half pixels.

    A point on or within the line between its two neighbours is no corner, whatever else goes: so all such points may
    go at once, until none is left.
    """
    whose = np.tile(owner, 3)
    y = np.concatenate([2 * row - 1, 2 * row, 2 * row + 1])
    x = np.concatenate([2 * ends, 2 * ends + 1, 2 * ends])
    order = np.lexsort((-x, y, whose))
    whose, y, x = whose[order], y[order], x[order]
    outer = np.append(True, (whose[1:] != whose[:-1]) | (y[1:] != y[:-1]))
    whose, y, x = whose[outer], y[outer], x[outer]
    while True:
        within = np.zeros(len(y), np.bool_)
        dy, dx = np.diff(y), np.diff(x)
        within[1:-1] = (whose[2:] == whose[:-2]) & (dy[:-1] * (dx[:-1] + dx[1:]) >= dx[:-1] * (dy[:-1] + dy[1:]))
        if not within.any():
            return whose, y, x
        whose, y, x = whose[~within], y[~within], x[~within]


def _reach(chain: tuple[Int64s, Int64s, Int64s], owner: Int64s, y: Int64s) -> Int64s:
    """Return how far out the pixels of half rows reach."""
    whose, cy, cx = chain
    # Object and row in one number that sorts like the pair.
    k = np.searchsorted((whose << 34) + cy, (owner << 34) + y, "right") - 1
    dy, dx = cy[k + 1] - cy[k], cx[k + 1] - cx[k]
    reach: Int64s = (cx[k] * dy + dx * (y - cy[k])) // (2 * dy)
    return reach


def _across(
    low: tuple[Int64s, Int64s, Int64s], high: tuple[Int64s, Int64s, Int64s], n: int, pixel: tuple[float, float]
) -> Values:
    """Return the largest distance between two corners of each object, some millions of pairs at a time."""
    owner = np.concatenate([low[0], high[0]])
    order = np.argsort(owner, kind="stable")
    y = 0.5 * pixel[0] * np.concatenate([low[1], high[1]])[order]
    x = 0.5 * pixel[1] * np.concatenate([-low[2], high[2]])[order]
    counts = np.bincount(owner, minlength=n)
    ends = np.cumsum(counts)
    firsts = np.repeat(ends - counts, counts)
    lasts = np.repeat(ends, counts)
    done = np.cumsum(lasts - firsts)
    best = np.zeros(len(y))
    begin = 0
    while begin < len(y):
        before = int(done[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(done, before + _PAIRS_AT_ONCE, "right")), begin + 1)
        one = np.repeat(np.arange(begin, end), (lasts - firsts)[begin:end])
        other = ranges(firsts[begin:end], lasts[begin:end])
        square = (y[one] - y[other]) ** 2 + (x[one] - x[other]) ** 2
        best[begin:end] = np.maximum.reduceat(square, np.flatnonzero(np.append(True, np.diff(one) > 0)))
        begin = end
    across = np.full(n, np.nan)
    full = np.flatnonzero(counts)
    across[full] = np.sqrt(np.maximum.reduceat(best, (ends - counts)[full]))
    return across
