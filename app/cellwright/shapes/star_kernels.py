"""The loops of `star_nms`, compiled: kept stars in a hashed grid, cut into strips one pixel high.

Corners are whole pixels, so that between two rows every edge is straight and a star is a few trapezoids. The area that
two stars share is bounded from both sides by what their trapezoids share, in one pass without a crossing; only where
the threshold lies between the bounds the crossings are worked out. Importing this loads numba.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Bools, Float32s, Float64s, Int32s, Int64s
from cellwright.shapes.shared_area_kernels import shared_area

_NONE = -1
_LEVELS = 34
"""Levels of size, by powers of two of the longest ray in pixels."""
_ROUNDING = 2.2
"""What rounding some crossings can change of the shared area, as a part of the longest edge."""
_Y0, _X0, _Y1, _X1, _LEVEL, _STAR, _ROWS, _FACTS = range(8)
"""Columns of what is known of a kept star: its box, its size class, its row of the input, where its rows begin."""


@njit(cache=True, nogil=True, error_model="numpy")
def suppress(points: Float32s, distances: Float32s, order: Int64s, ways: Float32s, iou: float) -> Bools:
    """Return which stars are kept, in the order they are taken in."""
    n, rays = len(order), distances.shape[1]
    slots = 1
    while slots < 2 * n:
        slots *= 2
    head, following = np.full(slots, _NONE, np.int32), np.empty(n, np.int32)
    on_level = np.zeros(_LEVELS, np.int64)
    kept = np.zeros(n, np.bool_)
    # Of the kept stars only; what is never written takes no memory.
    facts, measures = np.empty((n, _FACTS), np.int64), np.empty((n, 3), np.float64)
    traps, row_starts = np.empty((1 << 14, 4), np.float32), np.empty(1 << 14, np.int64)
    count, trap_count, row_count = 0, 0, 0
    ys, xs = np.empty(rays, np.int64), np.empty(rays, np.int64)
    fact, measure = np.empty(_FACTS, np.int64), np.empty(3, np.float64)
    mine, mine_starts = np.empty((64, 4), np.float32), np.empty(65, np.int64)
    scratch, crossed = np.empty((64, rays, 3), np.float32), np.empty(64, np.int64)
    for place in range(n):
        star = order[place]
        longest = _corners(points[star], distances[star], ways, ys, xs)
        measure[0], measure[1] = _area(ys, xs)
        if measure[0] <= 0:
            kept[place] = True  # without an area it meets no other
            continue
        height = ys.max() - ys.min()
        if height > len(scratch):
            scratch, crossed = np.empty((2 * height, rays, 3), np.float32), np.empty(2 * height, np.int64)
        if height * (rays // 2 + 1) > len(mine) or height >= len(mine_starts):
            mine = np.empty((2 * height * (rays // 2 + 1), 4), np.float32)
            mine_starts = np.empty(2 * height + 1, np.int64)
        inside = _trapezoids(ys, xs, ys.min(), height, scratch, crossed, mine, mine_starts)
        # Cutting corners to whole pixels can fold a star over itself; then only the exact way is right.
        measure[2] = abs(inside - measure[0]) < 1e-3 * measure[0]
        fact[_Y0], fact[_X0], fact[_Y1], fact[_X1] = ys.min(), xs.min(), ys.max(), xs.max()
        fact[_LEVEL], fact[_STAR], fact[_ROWS] = _level(longest), star, row_count
        middle_y, middle_x = math.floor(points[star, 0]), math.floor(points[star, 1])
        suppressed = False
        for level in range(_LEVELS):
            if on_level[level] > 0 and not suppressed:
                suppressed = _meets_level(
                    level,
                    middle_y,
                    middle_x,
                    longest,
                    count,
                    head,
                    following,
                    facts,
                    measures,
                    traps,
                    row_starts,
                    fact,
                    measure,
                    mine,
                    mine_starts,
                    ys,
                    xs,
                    points,
                    distances,
                    ways,
                    iou,
                )
        if suppressed:
            continue
        kept[place] = True
        used = mine_starts[height]
        traps = _room(traps, trap_count, used)
        row_starts = _more(row_starts, row_count, height + 1)
        traps[trap_count : trap_count + used] = mine[:used]
        row_starts[row_count : row_count + height + 1] = mine_starts[: height + 1] + trap_count
        facts[count], measures[count] = fact, measure
        slot = _slot(fact[_LEVEL], middle_y >> (fact[_LEVEL] + 2), middle_x >> (fact[_LEVEL] + 2), slots)
        following[count], head[slot] = head[slot], count
        on_level[fact[_LEVEL]] += 1
        count, trap_count, row_count = count + 1, trap_count + used, row_count + height + 1
    return kept


@njit(cache=True, nogil=True, error_model="numpy")
def _meets_level(
    level: int,
    middle_y: int,
    middle_x: int,
    longest: float,
    count: int,
    head: Int32s,
    following: Int32s,
    facts: Int64s,
    measures: Float64s,
    traps: Float32s,
    row_starts: Int64s,
    fact: Int64s,
    measure: Float64s,
    mine: Float32s,
    mine_starts: Int64s,
    ys: Int64s,
    xs: Int64s,
    points: Float32s,
    distances: Float32s,
    ways: Float32s,
    iou: float,
) -> bool:
    """Return whether a kept star of one size class suppresses the star at hand."""
    bits = level + 2  # cells hold the largest star of the level
    reach = int(longest) + (1 << (level + 1)) + 2
    row0, row1 = (middle_y - reach) >> bits, (middle_y + reach) >> bits
    column0, column1 = (middle_x - reach) >> bits, (middle_x + reach) >> bits
    own_row, own_column = middle_y >> bits, middle_x >> bits
    if np.float64(row1 - row0 + 1) * np.float64(column1 - column0 + 1) > count:
        # A large star over a fine grid: there are fewer kept stars than cells.
        for j in range(count):
            if facts[j, _LEVEL] == level and _overlaps(
                j,
                facts,
                measures,
                traps,
                row_starts,
                fact,
                measure,
                mine,
                mine_starts,
                ys,
                xs,
                points,
                distances,
                ways,
                iou,
            ):
                return True
        return False
    wide = column1 - column0 + 1
    # The cell of the star's own middle first: what suppresses it is most often there.
    for visit in range(-1, (row1 - row0 + 1) * wide):
        row, column = own_row, own_column
        if visit >= 0:
            row, column = row0 + visit // wide, column0 + visit % wide
            if row == own_row and column == own_column:
                continue
        j = head[_slot(level, row, column, len(head))]
        while j != _NONE:
            if facts[j, _LEVEL] == level and _overlaps(
                j,
                facts,
                measures,
                traps,
                row_starts,
                fact,
                measure,
                mine,
                mine_starts,
                ys,
                xs,
                points,
                distances,
                ways,
                iou,
            ):
                return True
            j = following[j]
    return False


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _overlaps(
    j: int,
    facts: Int64s,
    measures: Float64s,
    traps: Float32s,
    row_starts: Int64s,
    fact: Int64s,
    measure: Float64s,
    mine: Float32s,
    mine_starts: Int64s,
    ys: Int64s,
    xs: Int64s,
    points: Float32s,
    distances: Float32s,
    ways: Float32s,
    iou: float,
) -> bool:
    """Return whether kept star `j` suppresses the star at hand: by their boxes, by bounds, or by the area itself."""
    high = np.float64(min(fact[_Y1], facts[j, _Y1]) - max(fact[_Y0], facts[j, _Y0]))
    wide = np.float64(min(fact[_X1], facts[j, _X1]) - max(fact[_X0], facts[j, _X0]))
    least = min(measure[0], measures[j, 0])
    slack = _ROUNDING * max(measure[1], measures[j, 1]) + 1e-3 * least + 0.01
    if high <= 0 or wide <= 0 or high * wide + slack <= iou * least:
        return False
    if measure[2] == 0 or measures[j, 2] == 0:
        return _exactly(facts[j, _STAR], points, distances, ways, ys, xs, least, iou)
    low, top = _bounds(
        mine,
        mine_starts,
        fact[_Y0],
        fact[_X0],
        fact[_Y1],
        traps,
        row_starts,
        facts[j, _ROWS],
        facts[j, _Y0],
        facts[j, _X0],
        facts[j, _Y1],
    )
    if low - slack > iou * least:
        return True
    if top + slack <= iou * least:
        return False
    return _exactly(facts[j, _STAR], points, distances, ways, ys, xs, least, iou)


@njit(cache=True, nogil=True, error_model="numpy")
def _exactly(
    star: int, points: Float32s, distances: Float32s, ways: Float32s, ys: Int64s, xs: Int64s, least: float, iou: float
) -> bool:
    """Return whether the overlap is above the threshold, in the mixed precision of the reference package."""
    other_ys, other_xs = np.empty(len(ys), np.int64), np.empty(len(ys), np.int64)
    _corners(points[star], distances[star], ways, other_ys, other_xs)
    return bool(np.float32(shared_area(other_ys, other_xs, ys, xs) / (least + 1e-10)) > np.float32(iou))


@njit(cache=True, nogil=True)
def _room(traps: Float32s, used: int, wanted: int) -> Float32s:
    if used + wanted <= len(traps):
        return traps
    wider = np.empty((2 * (used + wanted), 4), np.float32)
    wider[:used] = traps[:used]
    return wider


@njit(cache=True, nogil=True)
def _more(starts: Int64s, used: int, wanted: int) -> Int64s:
    if used + wanted <= len(starts):
        return starts
    wider = np.empty(2 * (used + wanted), np.int64)
    wider[:used] = starts[:used]
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
) -> float:
    """Cut a star into rows; each trapezoid is left and right at its top, left and right at its bottom.

    Returns their area. x counts from the star's leftmost corner, so that float32 is enough.
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
    area = 0.0
    for i in range(used):
        area += np.float64(traps[i, 1] - traps[i, 0]) + np.float64(traps[i, 3] - traps[i, 2])
    return area / 2


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
                high += min(one, other, r0 - l0 + r1 - l1, s0 - m0 + s1 - m1)
    return float(low / 2), float(high / 2)
