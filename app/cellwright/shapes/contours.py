"""Outlines of masks as closed rings along the edges of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes.kinds import Bools, Float32s, Int64s
from cellwright.shapes.compiled import loops


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
    owner, y, x, following = _corners(masks)
    kernels = loops("trace_kernels")
    order, ring_starts = _trace(following) if kernels is None else kernels.trace(following)
    points = np.stack([y[order], x[order]], 1).astype(np.float32)
    areas = _ring_areas(points, ring_starts)
    return Contours(ring_starts, owner[order[ring_starts[:-1]]].astype(np.intp), points, areas < 0)


def _corners(masks: Masks) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Return the owner, y and x of all corners, sorted, and for each the corner that follows it along its ring.

    A span's left edge goes up and its right edge down. Where an edge ends that another of the same side goes on from,
    there is no corner. The other ends on one line between two rows, sorted by x, are joined two by two.
    """
    spans, owners = masks.spans.astype(np.int64), masks.owners
    n = len(spans)
    # Upright edges: 0 … n-1 are left ones, n … 2n-1 right ones; each has a top end and a bottom end.
    edge_x = np.concatenate([spans[:, 1], spans[:, 2]])
    top_y = np.concatenate([spans[:, 0], spans[:, 0]])
    whose = np.concatenate([owners, owners])
    right = np.arange(2 * n) >= n
    y, x = np.concatenate([top_y, top_y + 1]), np.concatenate([edge_x, edge_x])
    owner, side = np.concatenate([whose, whose]), np.concatenate([right, right])
    is_bottom = np.arange(4 * n) >= 2 * n
    order = np.lexsort((is_bottom, side, x, y, owner))
    goes_on = np.zeros(4 * n, np.bool_)
    a, b = order[:-1], order[1:]
    straight = (owner[a] == owner[b]) & (y[a] == y[b]) & (x[a] == x[b]) & (side[a] == side[b])
    goes_on[a[straight]] = goes_on[b[straight]] = True
    other_end = (np.arange(4 * n) + 2 * n) % (4 * n)
    # From each end along its upright edges to the far end: edges that go on are passed through.
    passed = np.full(4 * n, -1, np.int64)
    passed[a[straight]], passed[b[straight]] = b[straight], a[straight]
    return _linked(owner, y, x, side, is_bottom, order[~goes_on[order]], passed, other_end)
