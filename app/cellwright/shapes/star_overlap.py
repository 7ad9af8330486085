"""How much two stars overlap, and which stars are left of many; in plain numpy, as the compiled loops must answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float32s, Int64s


def directions(rays: int) -> Float32s:
    """Return (2, R) float32: sine and cosine of the rays' angles, from an angle that is float32 already."""
    angle = (np.arange(rays, dtype=np.float32) * np.float32(2 * np.pi / rays)).astype(np.float64)
    return np.stack([np.sin(angle), np.cos(angle)]).astype(np.float32)


def corners(points: Float32s, distances: Float32s) -> Int64s:
    """Return (N, R, 2) int64: the stars' corners y, x cut to whole pixels, in StarDist's float32 arithmetic."""
    ways = directions(distances.shape[1])
    placed = [points[:, axis, None] + distances * ways[axis] for axis in (0, 1)]
    return np.stack([np.trunc(place).astype(np.int64) for place in placed], -1)


def suppress(points: Float32s, distances: Float32s, order: NDArray[np.intp], iou: float) -> NDArray[np.bool_]:
    """Return which stars are kept, in the order they are taken in; each meets all kept ones near enough."""
    stars = corners(points, distances)[order]
    low, high = stars.min(1), stars.max(1)
    areas = np.array([area(star) for star in stars])
    kept = np.zeros(len(order), np.bool_)
    for i in range(len(order)):
        near = np.flatnonzero(kept[:i] & (low[:i] < high[i]).all(1) & (high[:i] > low[i]).all(1))
        kept[i] = not any(exceeds(shared_area(stars[j], stars[i]), areas[j], areas[i], iou) for j in near)
    return kept


def exceeds(shared: float, area_a: float, area_b: float, iou: float) -> bool:
    """Return whether the overlap is above the threshold, in the mixed precision of the reference package."""
    return bool(np.float32(shared / (min(area_a, area_b) + 1e-10)) > np.float32(iou))


def area(star: Int64s) -> float:
    """Return the area inside (R, 2) corners by the shoelace formula, not negative."""
    after = np.roll(star, -1, 0)
    return abs(float((star[:, 1] * after[:, 0] - star[:, 0] * after[:, 1]).sum())) / 2


def shared_area(a: Int64s, b: Int64s) -> float:
    """Return the area that two (R, 2) polygons share, its corners rounded to whole pixels.

    The border of what they share consists of the pieces of one's border that lie inside the other. Each border is cut
    where it meets the other; the ends of a piece are corners or crossings, and crossings are rounded. Where cutting
    corners to whole pixels folded a small star over itself, the answer is near the area but not exact.
    """
    # Counted from one corner, so that the products stay small.
    a, b = a - a[0], b - a[0]
    return abs(_pieces(a, b, True) + _pieces(b, a, False)) / 2


def _pieces(a: Int64s, b: Int64s, shared: bool) -> float:
    """Sum the cross products of the ends of those pieces of `a`'s border that lie inside `b`.

    Pieces of both borders count where both run the same way, and for one of the two only, as `shared` says.
    """
    from_b, to_b = b, np.roll(b, -1, 0)
    total = 0.0
    for begin, end in zip(a, np.roll(a, -1, 0), strict=True):
        way = end - begin
        if not way.any():
            continue
        cuts, places = _cuts(begin, way, from_b, to_b - from_b)
        order = np.argsort(cuts, kind="stable")
        cuts, places = cuts[order], places[order]
        middle = begin + way * ((cuts[1:] + cuts[:-1]) / 2)[:, None]
        inside = _winds(middle, from_b, to_b, way, shared) & (cuts[1:] - cuts[:-1] > 1e-12)
        one, other = places[:-1][inside], places[1:][inside]
        total += float((one[:, 1] * other[:, 0] - one[:, 0] * other[:, 1]).sum())
    return total


def _cuts(
    begin: Int64s, way: Int64s, from_b: Int64s, ways_b: Int64s
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far along one edge it meets the others, its own ends among them, and the whole pixels there."""
    cross = way[1] * ways_b[:, 0] - way[0] * ways_b[:, 1]
    apart = from_b - begin
    slanted = cross != 0
    divisor = np.where(slanted, cross, 1)
    along = (apart[:, 1] * ways_b[:, 0] - apart[:, 0] * ways_b[:, 1]) / divisor
    other = (apart[:, 1] * way[0] - apart[:, 0] * way[1]) / divisor
    # Along one line: the other's corners cut it. Both corners of every edge are corners, so one each is enough.
    level = (~slanted) & (apart[:, 1] * way[0] == apart[:, 0] * way[1]) & ways_b.any(1)
    length = float(way @ way)
    projected = (apart @ way) / length
    met = slanted & (along > 0) & (along < 1) & (other >= 0) & (other <= 1)
    ends = np.concatenate([projected, projected + (ways_b @ way) / length])
    met_ends = np.concatenate([level, level]) & (ends > 0) & (ends < 1)
    cuts = np.concatenate([[0.0, 1.0], along[met], ends[met_ends]])
    places = begin + cuts[:, None] * way
    return cuts, np.floor(places + 0.5)


def _winds(middle: NDArray[np.float64], from_b: Int64s, to_b: Int64s, way: Int64s, shared: bool) -> NDArray[np.bool_]:
    """Return whether (M, 2) places lie inside a polygon; on its border, whether that runs along `way` and `shared`."""
    y, x = middle[:, None, 0], middle[:, None, 1]
    rises = to_b[:, 0] - from_b[:, 0]
    side = (to_b[:, 1] - from_b[:, 1]) * (y - from_b[:, 0]) - (x - from_b[:, 1]) * rises
    up = (from_b[:, 0] <= y) & (to_b[:, 0] > y) & (side < 0)
    down = (from_b[:, 0] > y) & (to_b[:, 0] <= y) & (side > 0)
    winding = up.sum(1) - down.sum(1)
    ways = to_b - from_b
    dot = (y - from_b[:, 0]) * ways[:, 0] + (x - from_b[:, 1]) * ways[:, 1]
    square = (ways**2).sum(1)
    on = (np.abs(side) < 1e-9 * (1 + square)) & (dot >= 0) & (dot <= square) & (square > 0)
    same = (on & (ways @ way > 0)).any(1)
    inside: NDArray[np.bool_] = np.where(on.any(1), same & shared, winding != 0)
    return inside
