"""What of a region the mouse takes hold of, a corner, an edge or all of it, and where its corners go with the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core.regions import Polygon

_Way = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RegionGrip:
    """A part of a region that the mouse holds.

    Parameters
    ----------
    ways_y, ways_x : tuple of int
        Numbers of the corners whose y, and whose x, follow the mouse.
    is_whole : bool
        Whether the region moves as it is.
    """

    ways_y: tuple[int, ...]
    ways_x: tuple[int, ...]
    is_whole: bool = False


def is_rectangle(corners: Polygon) -> bool:
    """Whether four corners lie straight above and beside each other, one after the other."""
    if len(corners) != 4:
        return False
    sides = np.roll(corners, -1, axis=0) == corners
    is_flat, is_steep = sides[:, 0] & ~sides[:, 1], sides[:, 1] & ~sides[:, 0]
    return bool((is_flat[::2].all() and is_steep[1::2].all()) or (is_steep[::2].all() and is_flat[1::2].all()))


def grip_at(corners: Polygon, place: _Way, reach_px: float) -> RegionGrip | None:
    """Return what the mouse takes hold of at a place; None beside the region.

    A corner is taken before an edge, an edge before the whole. A rectangle stays one: with a corner go those beside
    it, and an edge moves across itself alone.

    Parameters
    ----------
    corners : (K, 2) ndarray of float64
        y, x in level-0 pixels.
    place : (float, float)
        y, x of the mouse in level-0 pixels.
    reach_px : float
        How near is near enough, in level-0 pixels.
    """
    many, at = len(corners), np.array(place, np.float64)
    away = np.hypot(*(corners - at).T)
    nearest = int(away.argmin())
    if away[nearest] <= reach_px:
        return _of_corner(corners, nearest)
    from_edges = _distances(corners, np.roll(corners, -1, axis=0), at)
    edge = int(from_edges.argmin())
    if from_edges[edge] <= reach_px:
        return _of_edge(corners, edge)
    every = tuple(range(many))
    return RegionGrip(every, every, is_whole=True) if _is_inside(corners, at) else None


def moved(corners: Polygon, grip: RegionGrip, way: _Way) -> Polygon:
    """Return the corners after what is held went `way`, y and x in level-0 pixels."""
    result: Polygon = corners.copy()
    result[list(grip.ways_y), 0] += way[0]
    result[list(grip.ways_x), 1] += way[1]
    return result


def _of_corner(corners: Polygon, at: int) -> RegionGrip:
    if not is_rectangle(corners):
        return RegionGrip((at,), (at,))
    return RegionGrip(_level_with(corners, at, 0), _level_with(corners, at, 1))


def _of_edge(corners: Polygon, at: int) -> RegionGrip:
    ends = (at, (at + 1) % len(corners))
    if not is_rectangle(corners):
        return RegionGrip(ends, ends)
    is_flat = corners[ends[0], 0] == corners[ends[1], 0]
    return RegionGrip(ends, ()) if is_flat else RegionGrip((), ends)


def _level_with(corners: Polygon, at: int, axis: int) -> tuple[int, ...]:
    return tuple(int(each) for each in np.flatnonzero(corners[:, axis] == corners[at, axis]))


def _distances(starts: Polygon, ends: Polygon, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K,) float64: how far a place is from each edge."""
    along = ends - starts
    lengths = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((at - starts) * along).sum(axis=1) / lengths, 0, 1)
    away: NDArray[np.float64] = np.hypot(*(starts + share[:, None] * along - at).T)
    return away


def _is_inside(corners: Polygon, at: NDArray[np.float64]) -> bool:
    """Whether a ray to the right crosses the outline an odd number of times."""
    (y0, x0), (y1, x1) = corners.T, np.roll(corners, -1, axis=0).T
    crosses = (y0 <= at[0]) != (y1 <= at[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        where = x0 + (at[0] - y0) / (y1 - y0) * (x1 - x0)
    return bool((crosses & (where > at[1])).sum() % 2)
