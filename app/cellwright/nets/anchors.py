"""Prior boxes (anchors) fitted to a data set by k-means under the IoU of shapes (YOLO v2, section 2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shape_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of boxes laid on one corner, so that only their shapes count.

    Parameters
    ----------
    a, b : (N, 2) and (M, 2) ndarray
        Widths and heights, > 0.

    Returns
    -------
    (N, M) ndarray of float64
        In (0, 1].
    """
    inter = np.minimum(a[:, None], b[None]).prod(-1)
    union: NDArray[np.float64] = a.prod(-1)[:, None] + b.prod(-1)[None] - inter
    return np.asarray(inter / union)


def fit_anchors(
    sizes: NDArray[np.float64], count: int = 9, *, seed: int = 0, rounds: int = 100, starts: int = 8
) -> NDArray[np.float64]:
    """Find the shapes that best stand for all boxes.

    Parameters
    ----------
    sizes : (N, 2) ndarray
        Widths and heights of the training boxes in pixels at the network's input size; rows with a side of 0 are
        ignored.
    count : int
        Number of anchors.
    seed : int
        For the choice of the first centres (k-means++ under the distance 1 - IoU).
    rounds : int
        At most so many improvements from one start.
    starts : int
        k-means stops at the nearest optimum, so it is begun so many times and the best fit is kept.

    Returns
    -------
    (count, 2) ndarray of float64
        Widths and heights, by area, smallest first. With fewer distinct boxes than `count`, shapes repeat.

    Raises
    ------
    ValueError
        If no box has an area.
    """
    sizes = np.asarray(sizes, np.float64)
    sizes = sizes[(sizes > 0).all(1)]
    if not len(sizes):
        raise ValueError("Anchors need at least one box with an area.")
    rng = np.random.default_rng(seed)
    fits = [_improve(sizes, _spread_centres(sizes, count, rng), rounds) for _ in range(starts)]
    best = max(fits, key=lambda anchors: mean_best_iou(sizes, anchors))
    return np.asarray(best[np.argsort(best.prod(1), kind="stable")])


def _improve(sizes: NDArray[np.float64], centres: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """Move each centre to the median shape of its members until nobody changes sides."""
    members = np.full(len(sizes), -1)
    for _ in range(rounds):
        nearest = shape_iou(sizes, centres).argmax(1)
        if (nearest == members).all():
            break
        members = nearest
        for k in range(len(centres)):
            if (members == k).any():
                centres[k] = np.median(sizes[members == k], axis=0)
    return centres


def _spread_centres(sizes: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    centres = [sizes[rng.integers(len(sizes))]]
    for _ in range(count - 1):
        distance = (1 - shape_iou(sizes, np.stack(centres)).max(1)) ** 2
        total = distance.sum()
        chance = distance / total if total > 0 else None
        centres.append(sizes[rng.choice(len(sizes), p=chance)])
    return np.stack(centres).copy()


def mean_best_iou(sizes: NDArray[np.float64], anchors: NDArray[np.float64]) -> float:
    """Mean over boxes of the shape IoU with their best anchor: how well the anchors fit, in (0, 1]."""
    return float(shape_iou(np.asarray(sizes, np.float64), anchors).max(1).mean())
