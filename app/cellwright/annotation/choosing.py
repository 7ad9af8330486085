"""Which of many objects lie inside an outline that a person drew."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter, Objects


def inside_lasso(objects: Objects | NDArray[np.floating], polygon: ArrayLike) -> NDArray[np.bool_]:
    """Return which objects have the middle of their box inside a drawn outline.

    Parameters
    ----------
    objects : Objects or (N, 4) ndarray
        Or their boxes alone: y0, x0, y1, x1 in level-0 pixels.
    polygon : (K, 2) array
        y, x of the outline, K >= 3, closed from the last corner to the first. Where it crosses itself, what is inside
        an even number of times is outside.

    Returns
    -------
    (N,) ndarray of bool

    Raises
    ------
    BadParameter
        If the outline has fewer than three corners or one that is no place.
    """
    boxes = objects.boxes if isinstance(objects, Objects) else np.asarray(objects)
    corners = np.asarray(polygon, np.float64)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or len(corners) < 3 or not np.isfinite(corners).all():
        raise BadParameter("A lasso needs an outline of at least three corners, each with y and x.")
    middles = (boxes[:, :2].astype(np.float64) + boxes[:, 2:]) / 2
    low, high = corners.min(0), corners.max(0)
    near = np.flatnonzero(((middles >= low) & (middles <= high)).all(1))
    inside = np.zeros(len(boxes), np.bool_)
    inside[near] = _crossed_oddly(middles[near], corners)
    return inside


def _crossed_oddly(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for which points a line to the right crosses the outline an odd number of times."""
    y, x = points.T
    odd = np.zeros(len(points), np.bool_)
    for (y0, x0), (y1, x1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if y0 != y1:
            crossed = (y < y0) != (y < y1)
            odd ^= crossed & (x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
    return odd
