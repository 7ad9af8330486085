"""Which boxes may meet which: candidates along one axis, so that few of all pairs are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]
Rows = NDArray[np.intp]


def near_pairs(one: Float64s, two: Float64s) -> tuple[Rows, Rows]:
    """Return rows of (N, 4) and of (M, 4) boxes, y0, x0, y1, x1, among which are all pairs that share an area.

    Along the axis on which the second spread further, only few of them are near enough to a box of the first.
    """
    if not len(one) or not len(two):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    axis = int(np.argmax(np.ptp(two[:, :2], axis=0)))
    order = np.argsort(two[:, axis])
    reach = float((two[:, axis + 2] - two[:, axis]).max())
    first = np.searchsorted(two[order, axis], one[:, axis] - reach)
    last = np.searchsorted(two[order, axis], one[:, axis + 2])
    count = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(one)), count)
    other = order[np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)]
    return row, other


def touching(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which boxes share some area with any of the others.

    Parameters
    ----------
    boxes, others : (N, 4), (M, 4) ndarray of float
        y0, x0, y1, x1.

    Returns
    -------
    (N,) ndarray of bool
    """
    result = np.zeros(len(boxes), np.bool_)
    one, two = boxes.astype(np.float64), others.astype(np.float64)
    if not len(two):
        return result
    # Large boxes, such as tiles, one by one: they would widen the search for all the small ones.
    sides = (two[:, 2:] - two[:, :2]).max(1)
    is_large = sides > 4 * np.median(sides)
    for box in two[is_large]:
        result |= (one[:, :2] < box[2:]).all(1) & (one[:, 2:] > box[:2]).all(1)
    two = two[~is_large]
    row, other = near_pairs(one, two)
    a, b = one[row], two[other]
    result[row[(a[:, :2] < b[:, 2:]).all(1) & (a[:, 2:] > b[:, :2]).all(1)]] = True
    return result
