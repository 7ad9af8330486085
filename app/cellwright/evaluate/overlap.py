"""How far boxes overlap: intersection over union, every box against every other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.evaluate.inputs import Floats, Ints
from cellwright.shapes.overlaps import ranges

_BLOCK = 256
"""Boxes compared at a time."""


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


def overlapping_pairs(a: ArrayLike, b: ArrayLike, iou: float) -> tuple[Ints, Ints, Floats]:
    """Return which boxes overlap at least so much, without comparing all with all.

    Parameters
    ----------
    a, b : (N, 4) and (M, 4) array_like of float
        y0, x0, y1, x1.
    iou : float
        Smallest overlap, above 0.

    Returns
    -------
    rows, columns : (K,) ndarray of int64
        Into `a` and into `b`, sorted by row, then column.
    overlaps : (K,) ndarray of float64
        Of each pair.
    """
    first, second = np.asarray(a, np.float64).reshape(-1, 4), np.asarray(b, np.float64).reshape(-1, 4)
    order = np.argsort(first[:, 0], kind="stable")
    found = [_pairs_of_block(first, second, order[i : i + _BLOCK], iou) for i in range(0, len(first), _BLOCK)]
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    rows, columns, overlaps = (np.concatenate(part) for part in zip(empty, *found, strict=True))
    sorted_again = np.lexsort((columns, rows))
    return rows[sorted_again], columns[sorted_again], overlaps[sorted_again]


def _pairs_of_block(a: Floats, b: Floats, block: Ints, iou: float) -> tuple[Ints, Ints, Floats]:
    """Compare the boxes of a block with those that can overlap as much as is asked for.

    Boxes of one block begin at similar heights, so nearly all of `b` is above or below them. Of the rest, one that
    shares the part `iou` of the union is at most ``1 / iou`` times as wide, so that it begins no further to the left.
    """
    mine = a[block]
    near = np.flatnonzero((b[:, 0] < mine[:, 2].max()) & (b[:, 2] > mine[:, 0].min()))
    near = near[np.argsort(b[near, 1], kind="stable")]
    begins = b[near, 1]
    widest = (mine[:, 3] - mine[:, 1]) / min(iou, 1.0)
    slack = 1e-9 * (np.abs(mine[:, 1]) + widest + 1)  # for the rounding of sides
    first = np.searchsorted(begins, mine[:, 1] - widest - slack, "left")
    last = np.maximum(np.searchsorted(begins, mine[:, 3], "left"), first)
    rows = np.repeat(np.arange(len(block)), last - first)
    columns = near[ranges(first, last)]
    overlap = _paired_iou(mine[rows], b[columns])
    enough = overlap >= iou
    return block[rows[enough]], columns[enough], overlap[enough]


def _paired_iou(a: Floats, b: Floats) -> Floats:
    """Return the intersection over union of each box of `a` with the box of `b` in the same row."""
    shared = np.prod(np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0.0), axis=1)
    union = _areas(a) + _areas(b) - shared
    overlap: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


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
