"""The pixels under a round brush that was drawn along a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.kinds import Bools, Float64s, Int64s
from cellwright.shapes.overlaps import ranges

_FURTHEST = 2.0**30


def stroke(path: ArrayLike, radius: float) -> Masks:
    """Return one object: the pixels whose middle lies within `radius` of a line.

    Parameters
    ----------
    path : (K, 2) array
        y, x of the line's corners in level-0 pixels (edges count: the middle of pixel (0, 0) is at 0.5, 0.5), in the
        order drawn. One corner makes a disc, none an object without pixels.
    radius : float
        Of the brush in pixels, > 0. A brush so small that it meets no middle leaves the pixels it was drawn over.

    Raises
    ------
    BadParameter
        If the path is not (K, 2) finite numbers within 2^30 pixels of the origin, or the radius is not above 0.
    """
    corners = corners_of(path)
    if not 0 < radius < _FURTHEST:
        raise BadParameter(f"A brush with a radius of {radius} pixels paints nothing; choose a radius above 0.")
    if not len(corners):
        return Masks.empty(1)
    begin, end = (corners[:-1], corners[1:]) if len(corners) > 1 else (corners, corners)
    spans = np.concatenate([_under(begin, end, float(radius)), _touched(corners)])
    return Masks.from_spans(np.zeros(len(spans), np.int64), spans, 1)


def corners_of(path: ArrayLike) -> Float64s:
    """Return a drawn line as (K, 2) float64; `BadParameter` if it is none."""
    corners = np.asarray(path, np.float64)
    if not corners.size:
        return np.empty((0, 2), np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or not (np.abs(corners) < _FURTHEST).all():
        raise BadParameter(f"A drawn line is (K, 2) finite coordinates y, x, not {corners.shape}.")
    return corners


def _touched(corners: Float64s) -> Int64s:
    """Return the pixel of each corner: what a person pointed at is painted, however small the brush."""
    y, x = np.floor(corners).astype(np.int64).T
    return np.stack([y, x, x + 1], 1)


def _under(begin: Float64s, end: Float64s, radius: float) -> Int64s:
    """Return the spans under each straight piece; what one row has of it is one span, as a disc along a line is convex.

    The ends are worked out, and then moved by a pixel where the distance itself says so: the answer never depends on
    how a square root was rounded.
    """
    low, high = np.minimum(begin[:, 0], end[:, 0]) - radius, np.maximum(begin[:, 0], end[:, 0]) + radius
    first, last = np.floor(low - 0.5).astype(np.int64), np.ceil(high - 0.5).astype(np.int64) + 1
    which = np.repeat(np.arange(len(begin)), last - first)
    y = ranges(first, last)
    a, b = begin[which], end[which]
    middle = (y + 0.5).astype(np.float64)
    left, right = _reach(a, b, middle, radius)
    met = left <= right
    a, b, y, middle, left, right = a[met], b[met], y[met], middle[met], left[met], right[met]
    x0, x1 = np.ceil(left - 0.5).astype(np.int64), np.floor(right - 0.5).astype(np.int64) + 1
    x0 -= _is_under(a, b, middle, x0 - 0.5, radius)
    x1 += _is_under(a, b, middle, x1 + 0.5, radius)
    x0 += (x0 < x1) & ~_is_under(a, b, middle, x0 + 0.5, radius)
    x1 -= (x0 < x1) & ~_is_under(a, b, middle, x1 - 0.5, radius)
    return np.stack([y, x0, x1], 1)[x1 > x0]


def _reach(a: Float64s, b: Float64s, y: Float64s, radius: float) -> tuple[Float64s, Float64s]:
    """Return the leftmost and rightmost x within `radius` of the pieces at heights y; left > right for none."""
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for tip in (a, b):
        # a hair wider than the brush: the distance decides afterwards
        half = np.sqrt(np.maximum((radius + 1e-9) ** 2 - (y - tip[:, 0]) ** 2, -1.0).clip(0))
        near = np.abs(y - tip[:, 0]) <= radius + 1e-9
        left[near] = np.minimum(left, tip[:, 1] - half)[near]
        right[near] = np.maximum(right, tip[:, 1] + half)[near]
    for side in (-1.0, 1.0):
        _take_in_side(left, right, a, b, y, side * radius)
    return left, right


def _take_in_side(left: Float64s, right: Float64s, a: Float64s, b: Float64s, y: Float64s, offset: float) -> None:
    """Widen the reach by where each height crosses the long side of the piece, `offset` away from its middle line."""
    dy, dx = (b - a).T
    length = np.hypot(dy, dx)
    steep = np.abs(dy) > 1e-12
    step_y = np.where(steep, dy, 1.0)
    up = np.where(length > 0, offset / np.where(length > 0, length, 1.0), 0.0)
    # the side runs from a + n to b + n, n across the piece
    t = (y - (a[:, 0] + dx * up)) / step_y
    x = a[:, 1] - dy * up + t * dx
    on = steep & (t >= 0) & (t <= 1)
    left[on] = np.minimum(left, x)[on]
    right[on] = np.maximum(right, x)[on]


def _is_under(a: Float64s, b: Float64s, y: Float64s, x: NDArray[np.floating], radius: float) -> Bools:
    """Return whether each point lies within `radius` of its piece."""
    dy, dx = (b - a).T
    square = dy * dy + dx * dx
    along = (y - a[:, 0]) * dy + (x - a[:, 1]) * dx
    t = np.clip(along / np.where(square > 0, square, 1.0), 0.0, 1.0)
    near: Bools = (y - a[:, 0] - t * dy) ** 2 + (x - a[:, 1] - t * dx) ** 2 <= radius * radius
    return near
