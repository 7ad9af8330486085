"""The cardiothoracic ratio of a picture whose lungs and heart were outlined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.measure import CardiothoracicRatio, cardiothoracic_ratio
from cellwright.workflows.analysis import Analysis

CHEST_CLASSES = ("right-lung", "left-lung", "heart")
"""Names of the classes that the ratio is measured on."""


def chest_ratio(analysis: Analysis, thresholds: float | Sequence[float] | None = None) -> CardiothoracicRatio | None:
    """Return the cardiothoracic ratio, or None where it cannot be measured: no chest model, or a part not found.

    Parameters
    ----------
    analysis : Analysis
        Of any model.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts; None takes those of the card.
    """
    objects = analysis.counted(thresholds)
    if objects.masks is None or not set(CHEST_CLASSES) <= set(objects.classes):
        return None
    return ratio_of(objects.masks, objects.class_index, objects.classes)


def ratio_of(masks: Masks, class_index: NDArray[np.int16], classes: Sequence[str]) -> CardiothoracicRatio | None:
    """Return the ratio of outlines, found or drawn; None where a part is missing.

    Parameters
    ----------
    masks : Masks
        N objects.
    class_index : (N,) ndarray of int16
        Index into `classes`.
    classes : sequence of str
        Holds `CHEST_CLASSES`.
    """
    parts = [masks.take(np.flatnonzero(class_index == list(classes).index(name))) for name in CHEST_CLASSES]
    try:
        return cardiothoracic_ratio(*parts)
    except BadParameter:
        return None
