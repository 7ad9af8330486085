"""The scores by which networks that outline are chosen and described, under the names that cards use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.evaluate import instance_scores, pixel_scores

Pixels = NDArray[np.int32] | Masks
ClassMap = NDArray[np.int32]


def object_scores(pictures: Iterable[tuple[Pixels, Pixels]]) -> dict[str, float]:
    """Score outlined objects; each picture is what is true and what was found.

    Returns
    -------
    dict of str to float
        ``ap_50``: TP / (TP + FP + FN) at an overlap of 0.5, pooled over all objects. ``mean_ap_50``, ``mean_ap_50_90``:
        the mean over pictures, the latter over overlaps from 0.5 to 0.9 too. ``pq``, ``aji``: pooled.
    """
    scores = instance_scores(pictures)
    half = scores.threshold_row(0.5)
    return _without_nan(
        {
            "ap_50": float(scores.ap[half]),
            "mean_ap_50": float(scores.mean_ap[half]),
            "mean_ap_50_90": scores.over(scores.mean_ap),
            "pq": float(scores.panoptic_quality[half]),
            "aji": scores.aji,
        }
    )


def class_scores(
    pictures: Iterable[tuple[ClassMap, ClassMap]], classes: Sequence[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Score classes of pixels, pooled over all pictures; each is what is true and what was found.

    Returns
    -------
    dict, dict
        ``dice`` and ``iou``, means over the classes that occur, and ``accuracy``; ``dice`` and ``iou`` by class.
    """
    scores = pixel_scores(pictures, classes)
    occurs = ~np.isnan(scores.dice)
    dice, iou = (np.where(occurs, values, 0.0) for values in (scores.dice, scores.iou))
    count = max(1, int(occurs.sum()))
    pooled = {"dice": dice.sum() / count, "iou": iou.sum() / count, "accuracy": scores.accuracy}
    per_class = {name: {"dice": float(dice[c]), "iou": float(iou[c])} for c, name in enumerate(classes)}
    return _without_nan({name: float(value) for name, value in pooled.items()}), per_class


def _without_nan(scores: dict[str, float]) -> dict[str, float]:
    """Count as 0 what nothing was there to score for: the best epoch must be found by comparing numbers."""
    return {name: 0.0 if math.isnan(value) else value for name, value in scores.items()}
