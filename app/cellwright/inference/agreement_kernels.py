"""The loop of `agreement`, compiled: which boxes of several looks are one object. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def matched(
    boxes: NDArray[np.float64],
    classes: NDArray[np.int32],
    looks: NDArray[np.int32],
    n_looks: int,
    least: float,
) -> NDArray[np.int64]:
    """For (N, 4) boxes by falling score, return the row of the box that each belongs to, its own where it leads.

    The surest box that is left leads; each other look adds the one box of its class that overlaps most with it.
    """
    n = len(boxes)
    leader = np.full(n, -1, np.int64)
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    by_middle = np.argsort(middle)
    sorted_middle = middle[by_middle]
    best, best_row = np.empty(n_looks), np.empty(n_looks, np.int64)
    for i in range(n):
        if leader[i] >= 0:
            continue
        leader[i] = i
        best[:] = least
        best_row[:] = -1
        # Intervals that overlap by more than a half have middles less than half a height apart; twice that is safe.
        height = boxes[i, 2] - boxes[i, 0]
        first = np.searchsorted(sorted_middle, middle[i] - height)
        last = np.searchsorted(sorted_middle, middle[i] + height, side="right")
        for place in range(first, last):
            j = by_middle[place]
            if leader[j] >= 0 or classes[j] != classes[i] or looks[j] == looks[i]:
                continue
            overlap = _iou(boxes, i, j)
            k = looks[j]
            if overlap > best[k] or (overlap == best[k] and best_row[k] > j):
                best[k], best_row[k] = overlap, j
        for k in range(n_looks):
            if best_row[k] >= 0:
                leader[best_row[k]] = i
    return leader


@njit(cache=True, nogil=True, inline="always")
def _iou(boxes: NDArray[np.float64], i: int, j: int) -> float:
    height = min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0])
    width = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1])
    if height <= 0 or width <= 0:
        return 0.0
    shared = height * width
    whole = (boxes[i, 2] - boxes[i, 0]) * (boxes[i, 3] - boxes[i, 1])
    whole += (boxes[j, 2] - boxes[j, 0]) * (boxes[j, 3] - boxes[j, 1])
    return float(shared / (whole - shared))
