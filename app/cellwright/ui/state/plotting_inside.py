"""Which of many points lie in a polygon: most are decided by the square of a grid they lie in, the rest one by one.

Knows no Qt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core.regions import holds

Values = NDArray[np.float64]

_FEW = 4_096
_SIDE = 512
_STEP = 0.5


def inside(corners: Values, x: Values, y: Values) -> NDArray[np.bool_]:
    """Return which points lie in a polygon: an odd number of its edges lies to their right.

    Squares of a grid that no edge comes near hold points of one kind alone, so a look at their middle is enough; the
    answer is that of `cellwright.core.regions.holds` for every point.

    Parameters
    ----------
    corners : (K, 2) ndarray of float64
        Across and up; the last one joins the first.
    x, y : (N,) ndarray of float64
        Places of the points; NaN lies nowhere.

    Returns
    -------
    (N,) ndarray of bool
    """
    found = np.zeros(len(x), np.bool_)
    low, high = corners.min(axis=0), corners.max(axis=0)
    if not (high > low).all():
        return found
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    if len(near) > _FEW:
        span = (high - low) * (1 + 1e-9)
        columns = ((x[near] - low[0]) * (_SIDE / span[0])).astype(np.int32)
        rows = ((y[near] - low[1]) * (_SIDE / span[1])).astype(np.int32)
        squares = _squares((corners - low) * (_SIDE / span))[rows, columns]
        found[near[squares == _IN]] = True
        near = near[squares == _EDGE]
    found[near] = holds(corners[:, ::-1], np.stack([y[near], x[near]], axis=1))
    return found


_OUT, _IN, _EDGE = 0, 1, 2


def _squares(corners: Values) -> NDArray[np.uint8]:
    """Return what each square of the grid is: outside, inside, or near an edge; corners in sides of squares."""
    kinds = _middles_inside(corners).astype(np.uint8)
    kinds[_near_edges(corners)] = _EDGE
    return kinds


def _near_edges(corners: Values) -> NDArray[np.bool_]:
    """Return the squares that an edge may touch: those around places half a square apart along every edge."""
    ahead = np.roll(corners, -1, axis=0) - corners
    steps = np.maximum(1, np.ceil(np.abs(ahead).max(axis=1) / _STEP)).astype(np.intp)
    edge = np.repeat(np.arange(len(corners)), steps)
    part = (np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[edge]
    at = np.clip((corners[edge] + part[:, None] * ahead[edge]).astype(np.intp), 0, _SIDE - 1) + 1
    marked = np.zeros((_SIDE + 2, _SIDE + 2), np.bool_)
    for up in (-1, 0, 1):
        for across in (-1, 0, 1):
            marked[at[:, 1] + up, at[:, 0] + across] = True
    return marked[1:-1, 1:-1]


def _middles_inside(corners: Values) -> NDArray[np.bool_]:
    """Return which squares have their middle inside: edges crossed on the way from the left, an odd number of them."""
    middles = np.arange(_SIDE) + 0.5
    crossed = np.zeros((_SIDE, _SIDE + 1), np.int32)
    for (x0, y0), (x1, y1) in zip(corners.tolist(), np.roll(corners, -1, axis=0).tolist(), strict=True):
        rows = np.flatnonzero((middles >= min(y0, y1)) & (middles < max(y0, y1)))
        if len(rows):
            x = x0 + (middles[rows] - y0) * ((x1 - x0) / (y1 - y0))
            np.add.at(crossed, (rows, np.clip(np.ceil(x - 0.5), 0, _SIDE).astype(np.intp)), 1)
    return (np.cumsum(crossed, axis=1)[:, :-1] & 1).astype(np.bool_)
