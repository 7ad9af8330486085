"""The loops of `suppression`, compiled: survivors in a hashed grid by class, size and place.

Importing this loads numba; `suppression` imports it on first use.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_NONE = -1
_LOWEST, _HIGHEST = -150, 130
"""Levels of all sides that float32 can say."""
_MARGIN = 1e-3
"""Widening of every search, far above float32 rounding: the grid may offer a box too many, never one too few."""


class _Table(NamedTuple):
    """The boxes by falling score, and the survivors among them.

    `head` holds for each slot of the hash table the latest survivor there, `following` the one before it; `kept` lists
    all survivors that have an area.
    """

    boxes: NDArray[np.float32]  # (N, 4)
    area: NDArray[np.float32]  # (N,)
    classes: NDArray[np.int32]  # (N,)
    groups: NDArray[np.int32]  # (N,), or (0,) where all boxes may meet
    head: NDArray[np.int32]  # (M,), M a power of 2
    following: NDArray[np.int32]  # (N,)
    kept: NDArray[np.int32]  # (N,)


@njit(cache=True, nogil=True, error_model="numpy")
def suppress(
    boxes: NDArray[np.float32], classes: NDArray[np.int32], groups: NDArray[np.int32], iou: float, diou: bool
) -> NDArray[np.int64]:
    """For (N, 4) boxes by falling score, return each one's best suppressor, or itself where it survives.

    `groups` is empty where all boxes may meet; `diou` says whether the distance of the centres is subtracted.
    """
    n = len(boxes)
    slots = 1
    while slots < 2 * n:
        slots *= 2
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    head, following, kept = np.full(slots, _NONE, np.int32), np.full(n, _NONE, np.int32), np.empty(n, np.int32)
    table = _Table(boxes, area, classes, groups, head, following, kept)
    owner = np.arange(n)
    n_kept, lowest, highest = 0, _HIGHEST, _LOWEST
    for i in range(n):
        height, width = np.float64(boxes[i, 2] - boxes[i, 0]), np.float64(boxes[i, 3] - boxes[i, 1])
        if not (height > 0 and width > 0):
            continue
        best = _best_suppressor(table, n_kept, lowest, highest, i, height, width, iou, diou)
        if best < n:
            owner[i] = best
            continue
        level = _level(max(height, width))
        lowest, highest = min(lowest, level), max(highest, level)
        cell = 2.0 ** (level + 1)
        row = math.floor((np.float64(boxes[i, 0]) + height / 2) / cell)
        column = math.floor((np.float64(boxes[i, 1]) + width / 2) / cell)
        slot = _slot(classes[i], level, row, column, slots)
        following[i], head[slot] = head[slot], i
        kept[n_kept] = i
        n_kept += 1
    return owner


@njit(cache=True, nogil=True, error_model="numpy")
def weighted_means(
    boxes: NDArray[np.float32], weights: NDArray[np.float64], owner: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return for each survivor the mean of the boxes it owns, itself among them, weighted; for others their own box.

    A cluster whose weights sum to 0 keeps its survivor's box.
    """
    n = len(boxes)
    total = np.zeros(n, np.float64)
    sums = np.zeros((n, 4), np.float64)
    for i in range(n):
        total[owner[i]] += weights[i]
        for k in range(4):
            sums[owner[i], k] += weights[i] * boxes[i, k]
    means = boxes.copy()
    for i in range(n):
        if owner[i] == i and total[i] > 0:
            for k in range(4):
                means[i, k] = sums[i, k] / total[i]
    return means


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _best_suppressor(
    table: _Table, n_kept: int, lowest: int, highest: int, i: int, height: float, width: float, iou: float, diou: bool
) -> int:
    """Return the first survivor that suppresses box `i`, or the number of boxes where none does."""
    # Taken apart once: every look into a tuple of arrays counts references, which costs more than the comparison.
    boxes, area, classes, groups, head, following, _ = table
    side = max(height, width)
    middle0, middle1 = np.float64(boxes[i, 0]) + height / 2, np.float64(boxes[i, 1]) + width / 2
    first, last = lowest, highest
    if iou > 0.0:
        # Boxes that overlap by more than t have sides whose ratio is above t.
        first = max(first, _level(side * iou * (1 - _MARGIN)))
        last = min(last, _level(side / iou * (1 + _MARGIN)))
    best = len(boxes)
    for level in range(first, last + 1):
        cell = 2.0 ** (level + 1)
        row0, row1 = _span(middle0, height, side, cell, iou)
        column0, column1 = _span(middle1, width, side, cell, iou)
        if np.float64(row1 - row0 + 1) * (column1 - column0 + 1) > n_kept:
            # A large box over a fine grid: there are fewer survivors than cells.
            return _first_of_all(table, n_kept, i, iou, diou)
        for row in range(row0, row1 + 1):
            for column in range(column0, column1 + 1):
                j = head[_slot(classes[i], level, row, column, len(head))]
                while j != _NONE:
                    if j < best and _meet(boxes, area, classes, groups, j, i, iou, diou):
                        best = j
                    j = following[j]
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def _first_of_all(table: _Table, n_kept: int, i: int, iou: float, diou: bool) -> int:
    boxes, area, classes, groups, _, _, kept = table
    for place in range(n_kept):
        if _meet(boxes, area, classes, groups, kept[place], i, iou, diou):
            return int(kept[place])
    return len(boxes)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _level(side: float) -> int:
    """Size class of a box: its longer side is at least 2^level and below 2^(level + 1)."""
    return min(max(math.floor(math.log2(side)), _LOWEST), _HIGHEST)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _slot(kind: int, level: int, row: int, column: int, slots: int) -> int:
    """Place of a grid cell in the hash table (the multipliers are large odd numbers that spread bits)."""
    mixed = (
        np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        ^ np.uint64(column) * np.uint64(0xC2B2AE3D27D4EB4F)
        ^ np.uint64(level * 4099 + kind) * np.uint64(0x165667B19E3779F9)
    )
    return int(np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(slots - 1)))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _span(middle: float, own: float, side: float, cell: float, iou: float) -> tuple[int, int]:
    """First and last grid line of a level that a box must look at on one axis."""
    reach = _reach(own, cell, iou) * (1 + _MARGIN) + _MARGIN * side
    return math.floor((middle - reach) / cell), math.floor((middle + reach) / cell)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _reach(own: float, level_limit: float, iou: float) -> float:
    """How far centres of overlapping boxes can lie apart on an axis.

    With sides a and b, IoU > t needs both t·max(a, b) < min(a, b) and a common stretch above t·max(a, b), so the
    centres are nearer than (a + b)/2 - t·max(a, b).
    """
    if iou >= 0.5:
        return own * (1.0 - iou)
    largest = min(level_limit, own / iou) if iou > 0.0 else level_limit
    return own / 2 + max(largest * (0.5 - iou), own * (0.5 - iou))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _meet(
    boxes: NDArray[np.float32],
    area: NDArray[np.float32],
    classes: NDArray[np.int32],
    groups: NDArray[np.int32],
    a: int,
    b: int,
    iou: float,
    diou: bool,
) -> bool:
    """Whether a survivor suppresses a box: of its class, not of its group, and overlapping it."""
    if classes[a] != classes[b] or (len(groups) > 0 and groups[a] == groups[b]):
        return False
    return _exceeds(boxes, area, a, b, iou, diou)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _exceeds(boxes: NDArray[np.float32], area: NDArray[np.float32], a: int, b: int, iou: float, diou: bool) -> bool:
    """Whether two boxes overlap by more than the threshold, in the float32 steps of torchvision's kernel."""
    low0, low1 = max(boxes[a, 0], boxes[b, 0]), max(boxes[a, 1], boxes[b, 1])
    high0, high1 = min(boxes[a, 2], boxes[b, 2]), min(boxes[a, 3], boxes[b, 3])
    inter = max(np.float32(0), high0 - low0) * max(np.float32(0), high1 - low1)
    overlap = inter / (area[a] + area[b] - inter)
    if not overlap > iou:
        return False
    return not diou or overlap - _distance(boxes, a, b) > iou


@njit(cache=True, nogil=True, error_model="numpy")
def _distance(boxes: NDArray[np.float32], a: int, b: int) -> float:
    """Squared distance of the centres over the squared diagonal of the enclosing box."""
    apart, diagonal = 0.0, 0.0
    for axis in range(2):
        middle_a = (np.float64(boxes[a, axis]) + boxes[a, axis + 2]) / 2
        middle_b = (np.float64(boxes[b, axis]) + boxes[b, axis + 2]) / 2
        hull = np.float64(max(boxes[a, axis + 2], boxes[b, axis + 2])) - min(boxes[a, axis], boxes[b, axis])
        apart += (middle_a - middle_b) ** 2
        diagonal += hull**2
    return apart / diagonal
