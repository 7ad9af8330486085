"""The loops of `star_nms`, compiled: kept stars in a hashed grid, cut into strips one pixel high.

Corners are whole pixels, so that between two rows every edge is straight and a star is a few trapezoids. The area that
two stars share is bounded from both sides by what their trapezoids share, in one pass without a crossing; only where
the threshold lies between the bounds the crossings are worked out. Importing this loads numba.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Bools, Float32s, Float64s, Int32s, Int64s
from cellwright.shapes.shared_area_kernels import shared_area

_NONE = -1
_LEVELS = 34
"""Levels of size, by powers of two of the longest ray in pixels."""
_ROUNDING = 0.36
"""What rounding one crossing can change of the shared area, as a part of an edge's length."""


class _Kept(NamedTuple):
    """The kept stars: where each is, its area, and its trapezoids, of all one after the other."""

    box: Int64s  # (K, 4) y0, x0, y1, x1 of the corners
    area: Float64s  # (K,)
    edge: Float64s  # (K,) the longest edge
    star: Int64s  # (K,) row of the input
    first_row: Int64s  # (K,) where its rows begin in `row_starts`
    following: Int32s  # (K,) the next in the same slot of the grid
    level: Int32s  # (K,)


@njit(cache=True, nogil=True, error_model="numpy")
def suppress(points: Float32s, distances: Float32s, order: Int64s, ways: Float32s, iou: float) -> Bools:
    """Return which stars are kept, in the order they are taken in."""
    n, rays = len(order), distances.shape[1]
    slots = 1
    while slots < 2 * n:
        slots *= 2
    head = np.full(slots, _NONE, np.int32)
    levels = np.zeros(_LEVELS, np.int64)
    kept = np.zeros(n, np.bool_)
    table = _table(1024)
    count = 0
    traps, trap_count = np.empty((1 << 14, 4), np.float32), 0
    row_starts, row_count = np.empty(1 << 14, np.int64), 0
    ys, xs = np.empty(rays, np.int64), np.empty(rays, np.int64)
    other_ys, other_xs = np.empty(rays, np.int64), np.empty(rays, np.int64)
    mine, mine_starts = np.empty((64, 4), np.float32), np.empty(65, np.int64)
    scratch, crossed = np.empty((64, rays, 3), np.float32), np.empty(64, np.int64)
    for place in range(n):
        star = order[place]
        longest = _corners(points[star], distances[star], ways, ys, xs)
        area, edge = _area(ys, xs)
        y0, x0, y1, x1 = ys.min(), xs.min(), ys.max(), xs.max()
        height = y1 - y0
        if height > len(scratch):
            scratch, crossed = np.empty((2 * height, rays, 3), np.float32), np.empty(2 * height, np.int64)
            mine_starts = np.empty(2 * height + 1, np.int64)
        if height * (rays // 2 + 1) > len(mine):
            mine = np.empty((2 * height * (rays // 2 + 1), 4), np.float32)
        if area > 0:
            _trapezoids(ys, xs, y0, height, scratch, crossed, mine, mine_starts)
        middle_y, middle_x = int(math.floor(points[star, 0])), int(math.floor(points[star, 1]))
        suppressed = False
        for level in range(_LEVELS):
            if levels[level] == 0 or suppressed or area <= 0:
                continue
            cell = 1 << (level + 2)
            reach = int(longest) + (1 << (level + 1)) + 2
            row0, row1 = (middle_y - reach) // cell, (middle_y + reach) // cell
            column0, column1 = (middle_x - reach) // cell, (middle_x + reach) // cell
            everything = np.float64(row1 - row0 + 1) * np.float64(column1 - column0 + 1) > count
            own_row, own_column = middle_y // cell, middle_x // cell
            # The cell of the star's own middle first: what suppresses it is most often there.
            visits = 1 if everything else 1 + (row1 - row0 + 1) * (column1 - column0 + 1)
            for visit in range(visits):
                if everything:
                    j = count - 1
                elif visit == 0:
                    j = head[_slot(level, own_row, own_column, slots)]
                else:
                    row = row0 + (visit - 1) // (column1 - column0 + 1)
                    column = column0 + (visit - 1) % (column1 - column0 + 1)
                    if row == own_row and column == own_column:
                        continue
                    j = head[_slot(level, row, column, slots)]
                while j != _NONE and not suppressed:
                    if table.level[j] == level:
                        least = min(area, table.area[j])
                        # At most what the boxes share.
                        high = np.float64(min(y1, table.box[j, 2]) - max(y0, table.box[j, 0]))
                        wide = np.float64(min(x1, table.box[j, 3]) - max(x0, table.box[j, 1]))
                        slack = 6.0 * _ROUNDING * max(edge, table.edge[j]) + 1e-3 * least + 0.01
                        if high > 0 and wide > 0 and high * wide + slack > iou * least:
                            low, top = _bounds(
                                mine,
                                mine_starts,
                                y0,
                                x0,
                                y1,
                                traps,
                                row_starts,
                                table.first_row[j],
                                table.box[j, 0],
                                table.box[j, 1],
                                table.box[j, 2],
                            )
                            if low - slack > iou * least:
                                suppressed = True
                            elif top + slack > iou * least:
                                of = table.star[j]
                                _corners(points[of], distances[of], ways, other_ys, other_xs)
                                shared = shared_area(other_ys, other_xs, ys, xs)
                                suppressed = np.float32(shared / (least + 1e-10)) > np.float32(iou)
                    j = j - 1 if everything else table.following[j]
                if suppressed:
                    break
        if suppressed:
            continue
        kept[place] = True
        if area <= 0:
            continue
        if count == len(table.area):
            table = _wider_table(table, count)
        used = mine_starts[height]
        if trap_count + used > len(traps):
            traps = _wider(traps, trap_count, 2 * (trap_count + used))
        if row_count + height + 1 > len(row_starts):
            wider = np.empty(2 * (row_count + height + 1), np.int64)
            wider[:row_count] = row_starts[:row_count]
            row_starts = wider
        traps[trap_count : trap_count + used] = mine[:used]
        row_starts[row_count : row_count + height + 1] = mine_starts[: height + 1] + trap_count
        table.box[count, 0], table.box[count, 1], table.box[count, 2], table.box[count, 3] = y0, x0, y1, x1
        table.area[count], table.edge[count], table.star[count] = area, edge, star
        table.first_row[count] = row_count
        level = _level(longest)
        table.level[count] = level
        cell = 1 << (level + 2)
        slot = _slot(level, middle_y // cell, middle_x // cell, slots)
        table.following[count], head[slot] = head[slot], count
        levels[level] += 1
        count += 1
        trap_count += used
        row_count += height + 1
    return kept


@njit(cache=True, nogil=True)
def _table(room: int) -> _Kept:
    return _Kept(
        np.empty((room, 4), np.int64),
        np.empty(room, np.float64),
        np.empty(room, np.float64),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )


@njit(cache=True, nogil=True)
def _wider_table(table: _Kept, count: int) -> _Kept:
    wider = _table(2 * count)
    wider.box[:count], wider.area[:count], wider.edge[:count] = table.box, table.area, table.edge
    wider.star[:count], wider.first_row[:count] = table.star, table.first_row
    wider.following[:count], wider.level[:count] = table.following, table.level
    return wider


@njit(cache=True, nogil=True)
def _wider(traps: Float32s, used: int, room: int) -> Float32s:
    wider = np.empty((room, 4), np.float32)
    wider[:used] = traps[:used]
    return wider


@njit(cache=True, nogil=True, inline="always")
def _level(longest: float) -> int:
    """Size class: rays shorter than 2^(level + 1)."""
    level = 0
    while (1 << (level + 1)) <= longest:
        level += 1
    return level


@njit(cache=True, nogil=True, inline="always")
def _slot(level: int, row: int, column: int, slots: int) -> int:
    """Place of a grid cell in the hash table (the multipliers are large odd numbers that spread bits)."""
    mixed = (
        np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        ^ np.uint64(column) * np.uint64(0xC2B2AE3D27D4EB4F)
        ^ np.uint64(level + 1) * np.uint64(0x165667B19E3779F9)
    )
    return int(np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(slots - 1)))


@njit(cache=True, nogil=True, error_model="numpy")
def _corners(point: Float32s, lengths: Float32s, ways: Float32s, ys: Int64s, xs: Int64s) -> float:
    """Write the corners cut to whole pixels; return the longest ray."""
    longest = np.float32(0)
    for k in range(len(lengths)):
        ys[k] = np.int64(point[0] + lengths[k] * ways[0, k])
        xs[k] = np.int64(point[1] + lengths[k] * ways[1, k])
        longest = max(longest, abs(lengths[k]))
    return np.float64(longest)


@njit(cache=True, nogil=True, error_model="numpy")
def _area(ys: Int64s, xs: Int64s) -> tuple[float, float]:
    """Return the area, by the shoelace formula, and the length of the longest edge."""
    twice, longest = np.int64(0), np.int64(0)
    last = len(ys) - 1
    y0, x0 = ys[last] - ys[0], xs[last] - xs[0]
    for k in range(len(ys)):
        y1, x1 = ys[k] - ys[0], xs[k] - xs[0]
        twice += x0 * y1 - y0 * x1
        longest = max(longest, (y1 - y0) ** 2 + (x1 - x0) ** 2)
        y0, x0 = y1, x1
    return abs(twice) / 2.0, math.sqrt(longest)


@njit(cache=True, nogil=True, error_model="numpy")
def _trapezoids(
    ys: Int64s, xs: Int64s, top: int, height: int, scratch: Float32s, crossed: Int64s, traps: Float32s, starts: Int64s
) -> None:
    """Cut a star into rows; each trapezoid is left and right at its top, left and right at its bottom.

    x counts from the star's leftmost corner, so that float32 is enough.
    """
    left = xs.min()
    crossed[:height] = 0
    rays = len(ys)
    y1, x1 = ys[rays - 1], xs[rays - 1] - left
    for k in range(rays):
        y0, x0 = y1, x1
        y1, x1 = ys[k], xs[k] - left
        if y0 == y1:
            continue
        slope = np.float32(x1 - x0) / np.float32(y1 - y0)
        way = np.float32(1 if y1 > y0 else -1)
        first, last = min(y0, y1), max(y0, y1)
        above = np.float32(x0 if y0 < y1 else x1)
        for row in range(first - top, last - top):
            below = above + slope
            at = crossed[row]
            scratch[row, at, 0], scratch[row, at, 1], scratch[row, at, 2] = above, below, way
            crossed[row] = at + 1
            above = below
    used = 0
    for row in range(height):
        starts[row] = used
        if crossed[row] == 2:
            a, b = scratch[row, 0], scratch[row, 1]
            if a[0] + a[1] > b[0] + b[1]:
                a, b = b, a
            traps[used, 0], traps[used, 1], traps[used, 2], traps[used, 3] = a[0], b[0], a[1], b[1]
            used += 1
        else:
            used = _many(scratch[row], crossed[row], traps, used)
    starts[height] = used


@njit(cache=True, nogil=True, error_model="numpy")
def _many(edges: Float32s, count: int, traps: Float32s, used: int) -> int:
    """Add the trapezoids of a row that more than two edges cross: where they wind around it (non-zero rule)."""
    for i in range(1, count):
        a0, a1, a2 = edges[i, 0], edges[i, 1], edges[i, 2]
        k = i - 1
        while k >= 0 and edges[k, 0] + edges[k, 1] > a0 + a1:
            edges[k + 1, 0], edges[k + 1, 1], edges[k + 1, 2] = edges[k, 0], edges[k, 1], edges[k, 2]
            k -= 1
        edges[k + 1, 0], edges[k + 1, 1], edges[k + 1, 2] = a0, a1, a2
    winding = np.float32(0)
    for i in range(count):
        before = winding
        winding += edges[i, 2]
        if before == 0:
            traps[used, 0], traps[used, 2] = edges[i, 0], edges[i, 1]
        elif winding == 0:
            traps[used, 1], traps[used, 3] = edges[i, 0], edges[i, 1]
            used += 1
    return used


@njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def _bounds(
    mine: Float32s,
    mine_starts: Int64s,
    y0: int,
    x0: int,
    y1: int,
    traps: Float32s,
    starts: Int64s,
    first: int,
    top: int,
    left: int,
    bottom: int,
) -> tuple[float, float]:
    """Return an area that two stars share at least, and one that they share at most."""
    low, high = np.float32(0), np.float32(0)
    shift = np.float32(x0 - left)
    for y in range(max(y0, top), min(y1, bottom)):
        for i in range(mine_starts[y - y0], mine_starts[y - y0 + 1]):
            l0, r0, l1, r1 = mine[i, 0] + shift, mine[i, 1] + shift, mine[i, 2] + shift, mine[i, 3] + shift
            for j in range(starts[first + y - top], starts[first + y - top + 1]):
                m0, s0, m1, s1 = traps[j, 0], traps[j, 1], traps[j, 2], traps[j, 3]
                wide0, wide1 = min(r0, s0) - max(l0, m0), min(r1, s1) - max(l1, m1)
                if wide0 >= 0 and wide1 >= 0:
                    low += wide0 + wide1
                # The width is the least of four straight functions of y; each one's positive part is below its chord.
                one = max(r0 - m0, np.float32(0)) + max(r1 - m1, np.float32(0))
                other = max(s0 - l0, np.float32(0)) + max(s1 - l1, np.float32(0))
                high += min(min(one, other), min(r0 - l0 + r1 - l1, s0 - m0 + s1 - m1))
    return low / 2, high / 2
