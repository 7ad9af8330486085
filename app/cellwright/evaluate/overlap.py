"""How far boxes overlap: intersection over union, every box against every other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def iou_matrix(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return the intersection over union of each box of `a` with each box of `b`.

    Parameters
    ----------
    a, b : (N, 4) and (M, 4) array_like of float
        y0, x0, y1, x1.

    Returns
    -------
    (N, M) ndarray of float64
        Between 0 and 1; 0 where both boxes have no area.
    """
    first, second = np.asarray(a, np.float64).reshape(-1, 4), np.asarray(b, np.float64).reshape(-1, 4)
    shared = intersection_matrix(first, second)
    union = _areas(first)[:, None] + _areas(second)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def intersection_matrix(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (N, M) areas that the boxes of `a` and `b` have in common."""
    near = np.maximum(a[:, None, :2], b[None, :, :2])  # (N, M, 2)
    far = np.minimum(a[:, None, 2:], b[None, :, 2:])  # (N, M, 2)
    area: NDArray[np.float64] = np.prod(np.maximum(far - near, 0.0), axis=2)
    return area


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    area: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return area
