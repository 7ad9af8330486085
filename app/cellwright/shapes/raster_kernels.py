"""Stars to spans, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Bools, Float32s, Float64s, Int64s, Spans

_NEAR = 1e-7
"""How near to a pixel's middle an edge must pass for the sign of the cross product to say on which side."""


@njit(cache=True, nogil=True, error_model="numpy")
def star_spans(ys: Float32s, xs: Float32s) -> tuple[Int64s, Spans]:
    """Return the starts and spans of (N, R) corners: the pixels whose middle lies inside or on the edge."""
    n, rays = ys.shape
    starts = np.zeros(n + 1, np.int64)
    tallest = 1
    for i in range(n):
        tallest = max(tallest, math.ceil(ys[i].max()) - math.floor(ys[i].min()) + 1)
    crossings = np.empty((tallest, rays), np.float64)
    counts = np.empty(tallest, np.int64)
    touched = np.empty(tallest, np.bool_)
    begins, ends = np.empty(2 * rays + 2, np.int64), np.empty(2 * rays + 2, np.int64)
    spans = np.empty((1024, 3), np.int32)
    used = 0
    for i in range(n):
        top = math.floor(ys[i].min())
        rows = math.ceil(ys[i].max()) - top + 1
        _cross(ys[i], xs[i], top, rows, crossings, counts, touched)
        for row in range(rows):
            if touched[row]:
                found = _exact_runs(ys[i], xs[i], top + row, crossings[row], begins, ends)
            else:
                found = _runs(crossings[row], counts[row], begins, ends)
            if used + found > len(spans):
                wider = np.empty((2 * (used + found), 3), np.int32)
                wider[:used] = spans[:used]
                spans = wider
            for k in range(found):
                spans[used, 0], spans[used, 1], spans[used, 2] = top + row, begins[k], ends[k]
                used += 1
        starts[i + 1] = used
    return starts, spans[:used].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _cross(
    ys: Float32s, xs: Float32s, top: int, rows: int, crossings: Float64s, counts: Int64s, touched: Bools
) -> None:
    """Collect where the edges cross each row, and mark the rows on which a corner lies."""
    counts[:rows] = 0
    touched[:rows] = False
    rays = len(ys)
    y1, x1 = np.float64(ys[rays - 1]), np.float64(xs[rays - 1])
    for k in range(rays):
        y0, x0 = y1, x1
        y1, x1 = np.float64(ys[k]), np.float64(xs[k])
        first = math.ceil(min(y0, y1))
        last = math.ceil(max(y0, y1)) - 1
        if y1 == math.floor(y1):
            touched[int(y1) - top] = True
        if last < first:
            continue
        slope = (x1 - x0) / (y1 - y0)
        for y in range(first, last + 1):
            at = float(x0 + (y - y0) * slope)
            nearest = math.floor(at + 0.5)
            if abs(at - nearest) < _NEAR:
                at = _beside(y0, x0, y1, x1, y, nearest)
            row = y - top
            crossings[row, counts[row]] = at
            counts[row] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _beside(y0: float, x0: float, y1: float, x1: float, y: float, x: float) -> float:
    """Return `x`, or a little beside it, as the edge passes this pixel's middle."""
    side = ((x0 - x) * (y1 - y) - (x1 - x) * (y0 - y)) / (y1 - y0)
    if side > 0:
        return x + 2 * _NEAR
    if side < 0:
        return x - 2 * _NEAR
    return x


@njit(cache=True, nogil=True)
def _runs(crossings: Float64s, count: int, begins: Int64s, ends: Int64s) -> int:
    """Turn an even number of crossings of one row into runs of pixels; their number is returned."""
    _sort(crossings, count)
    found = 0
    for k in range(0, count - 1, 2):
        if crossings[k] == crossings[k + 1]:
            continue
        begin, end = math.ceil(crossings[k]), math.floor(crossings[k + 1]) + 1
        if end > begin:
            found = _append(begins, ends, found, begin, end)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _exact_runs(ys: Float32s, xs: Float32s, y: int, crossings: Float64s, begins: Int64s, ends: Int64s) -> int:
    """Do the same for a row with corners on it: edges that reach it from above and from below count apart.

    A pixel is inside when the number of crossings to its right is odd, counting edges that straddle the row when it
    is taken to be a little lower, or to its left, when a little higher, or when a corner is on it (O'Rourke,
    Computational Geometry in C, section 7.4).
    """
    rays = len(ys)
    found = 0
    for lower in (True, False):
        count = 0
        for k in range(rays):
            y0, y1 = np.float64(ys[k - 1]), np.float64(ys[k])
            straddles = (y0 > y) != (y1 > y) if lower else (y0 < y) != (y1 < y)
            if straddles:
                x0, x1 = np.float64(xs[k - 1]), np.float64(xs[k])
                at = x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
                nearest = math.floor(at + 0.5)
                crossings[count] = _beside(y0, x0, y1, x1, y, nearest) if abs(at - nearest) < _NEAR else at
                count += 1
        _sort(crossings, count)
        for k in range(0, count - 1, 2):
            if lower:
                begin, end = math.ceil(crossings[k]), math.ceil(crossings[k + 1])
            else:
                begin, end = math.floor(crossings[k]) + 1, math.floor(crossings[k + 1]) + 1
            if end > begin:
                begins[found], ends[found] = begin, end
                found += 1
    for k in range(rays):
        if ys[k] == y and xs[k] == math.floor(xs[k]):
            begins[found], ends[found] = int(xs[k]), int(xs[k]) + 1
            found += 1
    return _joined(begins, ends, found)


@njit(cache=True, nogil=True)
def _joined(begins: Int64s, ends: Int64s, count: int) -> int:
    """Sort runs and join those that overlap or touch."""
    for i in range(1, count):
        begin, end = begins[i], ends[i]
        k = i - 1
        while k >= 0 and begins[k] > begin:
            begins[k + 1], ends[k + 1] = begins[k], ends[k]
            k -= 1
        begins[k + 1], ends[k + 1] = begin, end
    found = 0
    for i in range(count):
        found = _append(begins, ends, found, begins[i], ends[i])
    return found


@njit(cache=True, nogil=True, inline="always")
def _append(begins: Int64s, ends: Int64s, found: int, begin: int, end: int) -> int:
    """Add a run to sorted ones; one that touches the last is joined to it."""
    if found > 0 and begin <= ends[found - 1]:
        ends[found - 1] = max(ends[found - 1], end)
        return found
    begins[found], ends[found] = begin, end
    return found + 1


@njit(cache=True, nogil=True, inline="always")
def _sort(values: Float64s, count: int) -> None:
    for i in range(1, count):
        value = values[i]
        k = i - 1
        while k >= 0 and values[k] > value:
            values[k + 1] = values[k]
            k -= 1
        values[k + 1] = value
