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

from cellwright.shapes.bare import bare
from cellwright.shapes.kinds import Bools, Float32s, Float64s, Int32s, Int64s
from cellwright.shapes.shared_area_kernels import shared_area

_NONE = -1
_LEVELS = 34
"""Levels of size, by powers of two of the longest ray in pixels."""
_ROUNDING = 2.2
"""What rounding some crossings can change of the shared area, as a part of the longest edge."""
_Y0, _X0, _Y1, _X1, _LEVEL, _STAR, _SIDES, _FACTS = range(8)
"""Columns of what is known of a kept star: its box, its size class, its row of the input, where its sides begin."""
_AREA, _EDGE, _LOST, _RAY, _MEASURES = range(5)
"""Columns of what is measured: area, longest edge, the area outside the strips (NaN if unknown), the longest ray."""
_FLAT = np.float32(1e-3)


class Stars(NamedTuple):
    """Every candidate: middles (N, 2), rays (N, R), the rays' directions (2, R), and the overlap allowed."""

    points: Float32s
    distances: Float32s
    ways: Float32s
    iou: float


class Kept(NamedTuple):
    """The stars that are kept so far, where those near a place are found at once; the first `used[0]` are written."""

    head: Int32s
    """Of each place of the hash table the star kept last, and for each star the one kept before it."""
    following: Int32s
    on_level: Int64s
    facts: Int64s
    measures: Float64s
    sides: Float32s
    """Of each star the left sides of its strips at their tops, the right sides, and both at the bottoms."""
    used: Int64s
    """Stars, and numbers in `sides`."""


class Cut(NamedTuple):
    """One star cut into strips: its corners, what is known of it, its strips' sides; and room for the work itself."""

    ys: Int64s
    xs: Int64s
    other_ys: Int64s
    """Room for the corners of the star that it is compared with."""
    other_xs: Int64s
    fact: Int64s
    measure: Float64s
    sides: Float32s
    crossings: Int64s
    edges: Float32s


@njit(cache=True, nogil=True)
def nothing_kept(candidates: int) -> Kept:
    """Return room for as many stars as there are; what is never written takes no memory."""
    slots = 1
    while slots < 2 * candidates:
        slots *= 2
    return Kept(
        np.full(slots, _NONE, np.int32),
        np.empty(candidates, np.int32),
        np.zeros(_LEVELS, np.int64),
        np.empty((candidates, _FACTS), np.int64),
        np.empty((candidates, _MEASURES), np.float64),
        np.empty(1 << 16, np.float32),
        np.zeros(2, np.int64),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def screen(stars: Stars, rows: Int64s, kept: Kept, found: Bools) -> None:
    """Say of each candidate in `rows` whether a kept star suppresses it. Changes nothing, so that threads may share."""
    cut = _room_for(stars.distances.shape[1], 64)
    for i in range(len(rows)):
        cut = _cut(stars, rows[i], cut)
        found[i] = cut.measure[_AREA] > 0 and _is_met(stars, rows[i], kept, cut, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def admit(stars: Stars, rows: Int64s, kept: Kept, chosen: Bools) -> Kept:
    """Keep, in this order, the candidates that none of those kept in this very call suppresses.

    Those kept before are not asked: `screen` did. Returns the table, which may have grown.
    """
    cut = _room_for(stars.distances.shape[1], 64)
    since = kept.used[0]
    for i in range(len(rows)):
        cut = _cut(stars, rows[i], cut)
        if cut.measure[_AREA] <= 0:
            chosen[i] = True  # without an area it meets no other
        elif not _is_met(stars, rows[i], kept, cut, since):
            chosen[i] = True
            kept = _with(kept, cut, stars.points[rows[i]])
    return kept


@njit(cache=True, nogil=True)
def _room_for(rays: int, height: int) -> Cut:
    return Cut(
        np.empty(rays, np.int64),
        np.empty(rays, np.int64),
        np.empty(rays, np.int64),
        np.empty(rays, np.int64),
        np.empty(_FACTS, np.int64),
        np.empty(_MEASURES, np.float64),
        np.empty((4, height), np.float32),
        np.empty(height, np.int64),
        np.empty((rays, 3), np.float32),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _cut(stars: Stars, star: int, cut: Cut) -> Cut:
    """Return the star cut into strips, in the same memory where it is large enough."""
    missing = _cut_into(stars, star, cut)
    if missing > 0:
        cut = _room_for(len(cut.ys), 2 * missing)
        _cut_into(stars, star, cut)
    return cut


@bare()
def _cut_into(stars: Stars, star: int, cut: Cut) -> int:
    """Cut a star into strips; return 0, or how many rows there must be room for."""
    longest = _corners(stars.points[star], stars.distances[star], stars.ways, cut.ys, cut.xs)
    area, edge = _area(cut.ys, cut.xs)
    if area <= 0:
        cut.measure[_AREA] = 0
        return 0
    top, left, bottom, right = _box_of(cut.ys, cut.xs)
    height = bottom - top
    if height > len(cut.crossings):
        return height
    inside, in_strips = _strips(cut.ys, cut.xs, top, left, height, cut)
    # Cutting corners to whole pixels can fold a star over itself; then only the exact way is right.
    is_whole = abs(inside - area) < 1e-3 * area
    cut.measure[_AREA], cut.measure[_EDGE], cut.measure[_RAY] = area, edge, longest
    cut.measure[_LOST] = max(area - in_strips, 0.0) if is_whole else np.nan
    cut.fact[_Y0], cut.fact[_X0], cut.fact[_Y1], cut.fact[_X1] = top, left, bottom, right
    cut.fact[_LEVEL], cut.fact[_STAR] = _level(longest), star
    return 0


@bare()
def _box_of(ys: Int64s, xs: Int64s) -> tuple[int, int, int, int]:
    """Return the least y and x and the greatest."""
    top, left, bottom, right = ys[0], xs[0], ys[0], xs[0]
    for k in range(1, len(ys)):
        top, left, bottom, right = min(top, ys[k]), min(left, xs[k]), max(bottom, ys[k]), max(right, xs[k])
    return top, left, bottom, right


@njit(cache=True, nogil=True, error_model="numpy")
def _with(kept: Kept, cut: Cut, middle: Float32s) -> Kept:
    """Return the table with one star more."""
    count, used = kept.used
    height = cut.fact[_Y1] - cut.fact[_Y0]
    if used + 4 * height > len(kept.sides):
        sides = np.empty(2 * (used + 4 * height), np.float32)
        sides[:used] = kept.sides[:used]
        kept = Kept(kept.head, kept.following, kept.on_level, kept.facts, kept.measures, sides, kept.used)
    for side in range(4):
        kept.sides[used + side * height : used + (side + 1) * height] = cut.sides[side, :height]
    kept.facts[count], kept.measures[count] = cut.fact, cut.measure
    kept.facts[count, _SIDES] = used
    level = cut.fact[_LEVEL]
    place_y, place_x = math.floor(middle[0]) >> (level + 2), math.floor(middle[1]) >> (level + 2)
    slot = _slot(level, place_y, place_x, len(kept.head))
    kept.following[count], kept.head[slot] = kept.head[slot], count
    kept.on_level[level] += 1
    kept.used[0], kept.used[1] = count + 1, used + 4 * height
    return kept


@bare()
def _is_met(stars: Stars, star: int, kept: Kept, cut: Cut, since: int) -> bool:
    """Return whether one of the stars kept as number `since` or later suppresses the star at hand."""
    if kept.used[0] > since:
        longest = cut.measure[_RAY]
        middle_y, middle_x = math.floor(stars.points[star, 0]), math.floor(stars.points[star, 1])
        for level in range(_LEVELS):
            if kept.on_level[level] > 0 and _meets_level(stars, level, middle_y, middle_x, longest, kept, cut, since):
                return True
    return False


@bare()
def _meets_level(
    stars: Stars, level: int, middle_y: int, middle_x: int, longest: float, kept: Kept, cut: Cut, since: int
) -> bool:
    """Return whether a kept star of one size class suppresses the star at hand."""
    bits = level + 2  # cells hold the largest star of the level
    reach = int(longest) + (1 << (level + 1)) + 2
    row0, row1 = (middle_y - reach) >> bits, (middle_y + reach) >> bits
    column0, column1 = (middle_x - reach) >> bits, (middle_x + reach) >> bits
    own_row, own_column = middle_y >> bits, middle_x >> bits
    count = kept.used[0]
    if np.float64(row1 - row0 + 1) * np.float64(column1 - column0 + 1) > count - since:
        # A large star over a fine grid: there are fewer kept stars than cells.
        for j in range(since, count):  # noqa: SIM110 - a generator cannot be compiled
            if kept.facts[j, _LEVEL] == level and _overlaps(j, stars, kept, cut):
                return True
        return False
    # The cell of the star's own middle first, then the nearer neighbours: what suppresses it is most often there.
    half = 1 << (bits - 1)
    side_y, side_x = 1 if middle_y & half else -1, 1 if middle_x & half else -1
    for m in range(2 * max(own_row - row0, row1 - own_row) + 1):
        row = own_row + side_y * _there_and_back(m)
        if row < row0 or row > row1:
            continue
        for n in range(2 * max(own_column - column0, column1 - own_column) + 1):
            column = own_column + side_x * _there_and_back(n)
            if column < column0 or column > column1:
                continue
            j = kept.head[_slot(level, row, column, len(kept.head))]
            while j >= since:  # a chain goes from the latest to the first; its end is below any number
                if kept.facts[j, _LEVEL] == level and _overlaps(j, stars, kept, cut):
                    return True
                j = kept.following[j]
    return False


@bare(inline="always")
def _there_and_back(n: int) -> int:
    """Return 0, 1, -1, 2, -2, …."""
    return (n + 1) // 2 if n % 2 else -(n // 2)


@bare(inline="always")
def _overlaps(j: int, stars: Stars, kept: Kept, cut: Cut) -> bool:
    """Return whether kept star `j` suppresses the star at hand: by their boxes, by bounds, or by the area itself."""
    fact, measure = cut.fact, cut.measure
    y0, x0, y1, x1 = kept.facts[j, _Y0], kept.facts[j, _X0], kept.facts[j, _Y1], kept.facts[j, _X1]
    high = np.float64(min(fact[_Y1], y1) - max(fact[_Y0], y0))
    wide = np.float64(min(fact[_X1], x1) - max(fact[_X0], x0))
    if high <= 0 or wide <= 0:
        return False
    least = min(measure[_AREA], kept.measures[j, _AREA])
    slack = _ROUNDING * max(measure[_EDGE], kept.measures[j, _EDGE]) + 1e-3 * least + 0.01
    if high * wide + slack <= stars.iou * least:
        return False
    lost = measure[_LOST] + kept.measures[j, _LOST]
    if not np.isnan(lost):
        low, top = _bounds(cut.sides, fact[_Y0], fact[_X0], fact[_Y1], kept.sides[kept.facts[j, _SIDES] :], y0, x0, y1)
        if low - slack > stars.iou * least:
            return True
        if top + lost + slack <= stars.iou * least:
            return False
    return _exactly(stars, kept.facts[j, _STAR], cut, least)


@bare()
def _exactly(stars: Stars, star: int, cut: Cut, least: float) -> bool:
    """Return whether the overlap is above the threshold, in the mixed precision of the reference package."""
    _corners(stars.points[star], stars.distances[star], stars.ways, cut.other_ys, cut.other_xs)
    shared = shared_area(cut.other_ys, cut.other_xs, cut.ys, cut.xs)
    return bool(np.float32(shared / (least + 1e-10)) > np.float32(stars.iou))


@bare(inline="always")
def _level(longest: float) -> int:
    """Size class: rays shorter than 2^(level + 1)."""
    level = 0
    while (1 << (level + 1)) <= longest:
        level += 1
    return level


@bare(inline="always")
def _slot(level: int, row: int, column: int, slots: int) -> int:
    """Place of a grid cell in the hash table (the multipliers are large odd numbers that spread bits)."""
    mixed = (
        np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        ^ np.uint64(column) * np.uint64(0xC2B2AE3D27D4EB4F)
        ^ np.uint64(level + 1) * np.uint64(0x165667B19E3779F9)
    )
    return int(np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(slots - 1)))


@bare()
def _corners(point: Float32s, lengths: Float32s, ways: Float32s, ys: Int64s, xs: Int64s) -> float:
    """Write the corners cut to whole pixels; return the longest ray."""
    longest = np.float32(0)
    for k in range(len(lengths)):
        ys[k] = np.int64(point[0] + lengths[k] * ways[0, k])
        xs[k] = np.int64(point[1] + lengths[k] * ways[1, k])
        longest = max(longest, abs(lengths[k]))
    return np.float64(longest)


@bare()
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


@bare(fastmath=True)
def _strips(ys: Int64s, xs: Int64s, top: int, left: int, height: int, cut: Cut) -> tuple[float, float]:
    """Cut a star into rows: the left and right side of each at its top and at its bottom, x counted from `left`.

    A row that more than two edges cross has more than one piece; the widest stands for it. Returns the area of all
    pieces and that of the strips, below zero where a row's sides cross: there a corner cut to whole pixels folded the
    star over itself.
    """
    sides, steps = cut.sides, 0
    last = len(ys) - 1
    y0, x0 = ys[last] - top, xs[last] - left
    for k in range(last + 1):
        y1, x1 = ys[k] - top, xs[k] - left
        # Corners go round by growing angle, y down: an edge that goes down is right, one that goes up is left.
        if y1 > y0:
            at, slope = np.float32(x0), np.float32(x1 - x0) / np.float32(y1 - y0)
            for row in range(y0, y1):
                sides[1, row] = at
                at += slope
                sides[3, row] = at
            steps += y1 - y0
        elif y1 < y0:
            at, slope = np.float32(x1), np.float32(x1 - x0) / np.float32(y1 - y0)
            for row in range(y1, y0):
                sides[0, row] = at
                at += slope
                sides[2, row] = at
        y0, x0 = y1, x1
    if steps > height:
        return _in_pieces(ys, xs, top, left, height, cut)
    area = _between(sides, height)
    return area, area


@bare(fastmath=True)
def _between(sides: Float32s, height: int) -> float:
    """Return the area between left and right sides, below zero where they cross within a row."""
    area, least = np.float32(0), np.float32(0)
    for row in range(height):
        above, below = sides[1, row] - sides[0, row], sides[3, row] - sides[2, row]
        area += above + below
        least = min(least, above, below)
    return np.float64(area) / 2 if least > -_FLAT else -1.0


@bare()
def _in_pieces(ys: Int64s, xs: Int64s, top: int, left: int, height: int, cut: Cut) -> tuple[float, float]:
    """Go through the rows that more than two edges cross; return the area of all pieces, and of the widest ones."""
    rays, crossings, edges = len(ys), cut.crossings, cut.edges
    for row in range(height):
        crossings[row] = 0
    for k in range(rays):
        for row in range(ys[k - 1] - top, ys[k] - top):
            crossings[row] += 1
    others = 0.0
    for row in range(height):
        if crossings[row] > 1:
            count = 0
            for k in range(rays):
                y0, x0, y1, x1 = ys[k - 1] - top, xs[k - 1] - left, ys[k] - top, xs[k] - left
                if min(y0, y1) <= row < max(y0, y1):
                    slope = np.float32(x1 - x0) / np.float32(y1 - y0)
                    edges[count, 0] = np.float32(x0) + slope * np.float32(row - y0)
                    edges[count, 1] = edges[count, 0] + slope
                    edges[count, 2] = 1 if y1 > y0 else -1
                    count += 1
            all_pieces, widest = _widest(edges, count, cut.sides[:, row])
            if all_pieces < 0:
                return -1.0, -1.0
            others += all_pieces - widest
    inside = _between(cut.sides, height)
    return (inside, inside) if inside < 0 else (inside + others, inside)


@bare()
def _widest(edges: Float32s, count: int, sides: Float32s) -> tuple[float, float]:
    """Write the widest piece of a row: where edges wind around it (non-zero rule).

    Returns the area of all pieces and of the widest, below zero where edges cross within the row.
    """
    for i in range(1, count):
        a0, a1, a2 = edges[i, 0], edges[i, 1], edges[i, 2]
        k = i - 1
        while k >= 0 and edges[k, 0] + edges[k, 1] > a0 + a1:
            edges[k + 1, 0], edges[k + 1, 1], edges[k + 1, 2] = edges[k, 0], edges[k, 1], edges[k, 2]
            k -= 1
        edges[k + 1, 0], edges[k + 1, 1], edges[k + 1, 2] = a0, a1, a2
    winding, area, best, begins = np.float32(0), 0.0, -1.0, 0
    for i in range(count):
        before = winding
        winding += edges[i, 2]
        if before == 0:
            begins = i
        elif winding == 0:
            above, below = edges[i, 0] - edges[begins, 0], edges[i, 1] - edges[begins, 1]
            if min(above, below) < -_FLAT:
                return -1.0, 0.0
            piece = (np.float64(above) + np.float64(below)) / 2
            area += piece
            if piece > best:
                best = piece
                sides[0], sides[1], sides[2], sides[3] = edges[begins, 0], edges[i, 0], edges[begins, 1], edges[i, 1]
    return area, best


@bare(fastmath=True)
def _bounds(
    mine: Float32s, y0: int, x0: int, y1: int, theirs: Float32s, top: int, left: int, bottom: int
) -> tuple[float, float]:
    """Return an area that the strips of two stars share at least, and one that they share at most.

    `mine` is (4, rows or more): sides at the top and at the bottom of each strip; `theirs` holds the same, one after
    the other.
    """
    begin, height = max(y0, top), bottom - top
    rows, at = min(y1, bottom) - begin, begin - top
    l0s, r0s, l1s, r1s = (
        mine[0, begin - y0 :],
        mine[1, begin - y0 :],
        mine[2, begin - y0 :],
        mine[3, begin - y0 :],
    )
    m0s, s0s = theirs[at:], theirs[height + at :]
    m1s, s1s = theirs[2 * height + at :], theirs[3 * height + at :]
    shift, none = np.float32(x0 - left), np.float32(0)
    low, high = np.float32(0), np.float32(0)
    for i in range(rows):
        l0, r0, l1, r1 = l0s[i] + shift, r0s[i] + shift, l1s[i] + shift, r1s[i] + shift
        m0, s0, m1, s1 = m0s[i], s0s[i], m1s[i], s1s[i]
        wide0, wide1 = min(r0, s0) - max(l0, m0), min(r1, s1) - max(l1, m1)
        low += wide0 + wide1 if (wide0 >= none) & (wide1 >= none) else none
        # The width is the least of four straight functions of y; each one's positive part is below its chord.
        one = max(r0 - m0, none) + max(r1 - m1, none)
        other = max(s0 - l0, none) + max(s1 - l1, none)
        high += min(one, other, r0 - l0 + r1 - l1, s0 - m0 + s1 - m1)
    return float(low / 2), float(high / 2)
