"""The area that two polygons of whole pixels share, its corners rounded, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np

from cellwright.shapes.bare import bare, counted
from cellwright.shapes.kinds import Float64s, Int64s


@counted()
def shared_area(ys: Int64s, xs: Int64s, other_ys: Int64s, other_xs: Int64s) -> float:
    """Return what `star_overlap.shared_area` does, of corners (R,) each."""
    cuts = np.empty(3 * len(other_ys) + 2, np.float64)
    # Counted from one corner, so that the products stay small.
    y, x = ys[0], xs[0]
    ys, xs, other_ys, other_xs = ys - y, xs - x, other_ys - y, other_xs - x
    both = _pieces(ys, xs, other_ys, other_xs, True, cuts) + _pieces(other_ys, other_xs, ys, xs, False, cuts)
    return abs(both) / 2


@counted()
def _pieces(ys: Int64s, xs: Int64s, other_ys: Int64s, other_xs: Int64s, shared: bool, cuts: Float64s) -> float:
    """Sum the cross products of the ends of those pieces of the first border that lie inside the other."""
    total = 0.0
    low_y, high_y, low_x, high_x = other_ys.min(), other_ys.max(), other_xs.min(), other_xs.max()
    for k in range(len(ys)):
        y, x = ys[k], xs[k]
        after = k + 1 if k + 1 < len(ys) else 0
        dy, dx = ys[after] - y, xs[after] - x
        if dy == 0 and dx == 0:
            continue
        if max(y, y + dy) < low_y or min(y, y + dy) > high_y or max(x, x + dx) < low_x or min(x, x + dx) > high_x:
            continue  # the edge is beside the other polygon
        count = _cuts(y, x, dy, dx, other_ys, other_xs, cuts)
        at_y, at_x = np.float64(y), np.float64(x)
        for i in range(1, count):
            next_y, next_x = math.floor(y + cuts[i] * dy + 0.5), math.floor(x + cuts[i] * dx + 0.5)
            if cuts[i] - cuts[i - 1] > 1e-12:
                middle = (cuts[i] + cuts[i - 1]) / 2
                if _winds(y + middle * dy, x + middle * dx, dy, dx, other_ys, other_xs, shared):
                    total += at_x * next_y - at_y * next_x
            at_y, at_x = np.float64(next_y), np.float64(next_x)
    return total


@bare()
def _cuts(y: int, x: int, dy: int, dx: int, other_ys: Int64s, other_xs: Int64s, cuts: Float64s) -> int:
    """Collect how far along one edge it meets the others, sorted, with 0 first and 1 last; return their number."""
    count = 1
    cuts[0] = 0.0
    low_y, high_y, low_x, high_x = min(y, y + dy), max(y, y + dy), min(x, x + dx), max(x, x + dx)
    last = len(other_ys) - 1
    to_y, to_x = other_ys[last], other_xs[last]
    for k in range(len(other_ys)):
        from_y, from_x = to_y, to_x
        to_y, to_x = other_ys[k], other_xs[k]
        if max(from_y, to_y) < low_y or min(from_y, to_y) > high_y:
            continue
        if max(from_x, to_x) < low_x or min(from_x, to_x) > high_x:
            continue
        way_y, way_x = to_y - from_y, to_x - from_x
        apart_y, apart_x = from_y - y, from_x - x
        cross = dx * way_y - dy * way_x
        sideways = apart_x * dy - apart_y * dx
        if cross != 0:
            along = (apart_x * way_y - apart_y * way_x) / cross
            other = sideways / cross
            if 0 < along < 1 and 0 <= other <= 1:
                count = _insert(cuts, count, along)
        elif sideways == 0 and (way_y != 0 or way_x != 0):
            square = dy * dy + dx * dx
            for at_y, at_x in ((apart_y, apart_x), (apart_y + way_y, apart_x + way_x)):
                along = (at_y * dy + at_x * dx) / square
                if 0 < along < 1:
                    count = _insert(cuts, count, along)
    cuts[count] = 1.0
    return count + 1


@bare(inline="always")
def _insert(cuts: Float64s, count: int, along: float) -> int:
    k = count - 1
    while cuts[k] > along:
        cuts[k + 1] = cuts[k]
        k -= 1
    cuts[k + 1] = along
    return count + 1


@bare()
def _winds(y: float, x: float, dy: int, dx: int, ys: Int64s, xs: Int64s, shared: bool) -> bool:
    """Return whether a place lies inside a polygon; on its border, whether that runs along (dy, dx) and `shared`."""
    winding = 0
    on, same = False, False
    last = len(ys) - 1
    to_y, to_x = ys[last], xs[last]
    for k in range(len(ys)):
        from_y, from_x = to_y, to_x
        to_y, to_x = ys[k], xs[k]
        if (from_y < y and to_y < y) or (from_y > y and to_y > y):
            continue
        way_y, way_x = to_y - from_y, to_x - from_x
        side = way_x * (y - from_y) - (x - from_x) * way_y
        square = way_y * way_y + way_x * way_x
        if square > 0 and abs(side) < 1e-9 * (1 + square):
            dot = (y - from_y) * way_y + (x - from_x) * way_x
            if 0 <= dot <= square:
                on = True
                same = same or dy * way_y + dx * way_x > 0
        if from_y <= y < to_y and side < 0:
            winding += 1
        elif to_y <= y < from_y and side > 0:
            winding -= 1
    if on:
        return shared and same
    return winding != 0
