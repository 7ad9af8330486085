"""How well label maps agree: objects by their overlap, classes pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Overlaps = tuple[NDArray[np.float64], int, int]


def overlaps(true: NDArray[np.int32], found: NDArray[np.int32]) -> Overlaps:
    """Return the IoU of every pair of labels that share pixels, and how many true and found labels there are."""
    _, true_index = np.unique(true, return_inverse=True)
    _, found_index = np.unique(found, return_inverse=True)
    shape = int(true_index.max()) + 1, int(found_index.max()) + 1
    both = np.bincount((true_index * shape[1] + found_index).ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    either = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
    iou = (both / either)[int((true == 0).any()) :, int((found == 0).any()) :]
    return iou[iou > 0], *iou.shape


def average_precisions(pictures: Sequence[Overlaps]) -> dict[str, float]:
    """Pool the overlaps of pictures into scores; above half, an object overlaps with one other at most."""
    iou = np.concatenate([picture[0] for picture in pictures])
    count = sum(true + found for _, true, found in pictures)
    thresholds = np.arange(5, 10) / 10
    hits = (iou[:, None] > thresholds).sum(0)
    precision = hits / np.maximum(count - hits, 1)
    return {"ap_50": float(precision[0]), "mean_ap_50_90": float(precision.mean())}


def class_scores(
    true: Sequence[NDArray[np.int32]], found: Sequence[NDArray[np.int32]], classes: Sequence[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Score classes of pixels, pooled over all pixels of all pictures.

    Parameters
    ----------
    true, found : sequences of (H, W) ndarray of int32
        The class of each pixel: 0 the ground, 1 the first of `classes`; negative ones are not judged.
    classes : sequence of str
        Names.

    Returns
    -------
    dict, dict
        Dice, IoU (means over the classes that occur, the ground not among them) and accuracy; Dice and IoU by class.
    """
    count = len(classes) + 1
    confusion = np.zeros((count, count), np.int64)
    for one, other in zip(true, found, strict=True):
        known = one >= 0
        places = one[known].astype(np.int64) * count + other[known]
        confusion += np.bincount(places, minlength=count * count).reshape(count, count)
    both = np.diag(confusion).astype(float)
    either = confusion.sum(0) + confusion.sum(1)
    with np.errstate(invalid="ignore"):
        dice, iou = 2 * both / either, both / (either - both)
    scores = {
        "dice": float(np.nanmean(dice[1:])),
        "iou": float(np.nanmean(iou[1:])),
        "accuracy": float(both.sum() / confusion.sum()),
    }
    return scores, {name: {"dice": float(dice[c]), "iou": float(iou[c])} for c, name in enumerate(classes, start=1)}
