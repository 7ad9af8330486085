"""Outlines of masks as closed rings along the edges of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.kinds import Bools, Float32s, Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """Closed rings, object by object.

    Parameters
    ----------
    ring_starts : (K + 1,) ndarray of int64
        Ring k has the points ``ring_starts[k] … ring_starts[k + 1] - 1``; the first is not repeated at the end.
    object_of_ring : (K,) ndarray of intp
        Rising.
    points : (P, 2) ndarray of float32
        y, x of corners of pixels: pixel (y, x) reaches from (y, x) to (y + 1, x + 1). Only corners where the outline
        turns.
    is_hole : (K,) ndarray of bool
        Whether the ring goes around a hole. An outer ring goes clockwise as pictures are shown (y downwards), the ring
        of a hole the other way round.
    """

    ring_starts: Int64s
    object_of_ring: NDArray[np.intp]
    points: Float32s
    is_hole: Bools

    def __len__(self) -> int:
        return len(self.ring_starts) - 1

    def ring(self, k: int) -> Float32s:
        """Return the points of ring `k`, (P, 2) float32."""
        return self.points[self.ring_starts[k] : self.ring_starts[k + 1]]

    def ring_areas(self) -> NDArray[np.float64]:
        """Return the area inside each ring, (K,) float64, negative for holes; an object's rings sum to its area."""
        return _ring_areas(self.points, self.ring_starts)


def contours(masks: Masks) -> Contours:
    """Return the outlines of each object.

    Pixels that touch at a corner only have a ring each, so that no ring crosses itself. The rings of an object are
    ordered by their first row and column.
    """
    if not len(masks.spans):
        return Contours(
            np.zeros(1, np.int64), np.empty(0, np.intp), np.empty((0, 2), np.float32), np.empty(0, np.bool_)
        )
    ends = _ends(masks)
    kernels = loops("trace_kernels")
    walk = _trace if kernels is None else kernels.trace
    corners, ring_starts = walk(ends.starts, ends.link, ends.mate, ends.straight)
    points = np.stack([ends.y[corners], ends.x[corners]], 1).astype(np.float32)
    is_hole = _ring_areas(points, ring_starts) < 0
    return Contours(ring_starts, ends.owner[corners[ring_starts[:-1]]].astype(np.intp), points, is_hole)


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """The ends of the upright edges of spans; each span has a left edge, gone up, and a right one, gone down.

    Parameters
    ----------
    owner, y, x : (E,) ndarray of int64
        The object of each end, and where it lies between pixels.
    mate : (E,) ndarray of int64
        The other end of the same edge.
    link : (E,) ndarray of int64
        The end of another edge that the outline comes from or goes to along the line between two rows.
    straight : (E,) ndarray of bool
        Whether the two linked ends lie in one place, the outline going straight on.
    starts : (S,) ndarray of int64
        The ends at which a walk leaves an edge and turns, sorted by object and place.
    """

    owner: Int64s
    y: Int64s
    x: Int64s
    mate: Int64s
    link: Int64s
    straight: Bools
    starts: Int64s


def _ends(masks: Masks) -> _Ends:
    """Link the ends: those in one place and of one side to each other, the rest of a line two by two.

    Where a left and a right end share a place, two pixels touch at a corner: the right one comes first, which keeps
    the rings of the two apart.
    """
    spans, owners = masks.spans.astype(np.int64), masks.owners
    n = len(spans)
    x = np.tile(np.concatenate([spans[:, 1], spans[:, 2]]), 2)
    y = np.concatenate([np.tile(spans[:, 0], 2), np.tile(spans[:, 0] + 1, 2)])
    owner = np.tile(owners, 4)
    is_left = np.tile(np.arange(2 * n) < n, 2)
    is_top = np.arange(4 * n) < 2 * n
    order = np.lexsort((is_left, x, y, owner))
    one, other = order[:-1], order[1:]
    same = (owner[one] == owner[other]) & (y[one] == y[other]) & (x[one] == x[other]) & (is_left[one] == is_left[other])
    link, straight = np.empty(4 * n, np.int64), np.zeros(4 * n, np.bool_)
    link[one[same]], link[other[same]] = other[same], one[same]
    straight[one[same]] = straight[other[same]] = True
    turning = order[~straight[order]]
    link[turning[0::2]], link[turning[1::2]] = turning[1::2], turning[0::2]
    mate = (np.arange(4 * n) + 2 * n) % (4 * n)
    return _Ends(owner, y, x, mate, link, straight, turning[is_left[turning] == is_top[turning]])


def _trace(starts: Int64s, link: Int64s, mate: Int64s, straight: Bools) -> tuple[Int64s, Int64s]:
    """Walk along every ring once; return its corners, ring after ring, and where each ring begins."""
    seen = np.zeros(len(link), np.bool_)
    corners: list[int] = []
    ring_starts = [0]
    for start in starts.tolist():
        if seen[start]:
            continue
        leaves = start
        while not seen[leaves]:
            seen[leaves] = True
            enters = int(link[leaves])
            corners += [leaves, enters]
            leaves = int(mate[enters])
            while straight[leaves]:
                leaves = int(mate[link[leaves]])
        ring_starts.append(len(corners))
    return np.asarray(corners, np.int64), np.asarray(ring_starts, np.int64)


def _ring_areas(points: Float32s, ring_starts: Int64s) -> NDArray[np.float64]:
    """Return the area inside each ring by the shoelace formula, negative where it goes against the clock."""
    if not len(points):
        return np.zeros(len(ring_starts) - 1, np.float64)
    begins = np.repeat(points[ring_starts[:-1]].astype(np.float64), np.diff(ring_starts), 0)
    # Counted from each ring's first point, so that the products stay small.
    y, x = (points - begins).T
    after = np.arange(1, len(points) + 1)
    after[ring_starts[1:] - 1] = ring_starts[:-1]
    areas: NDArray[np.float64] = np.add.reduceat(x * y[after] - x[after] * y, ring_starts[:-1]) / 2
    return areas
