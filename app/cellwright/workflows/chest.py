"""The cardiothoracic ratio of a picture whose lungs and heart were outlined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellwright.core import BadParameter
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
    parts = [
        objects.masks.take(np.flatnonzero(objects.class_index == objects.classes.index(name))) for name in CHEST_CLASSES
    ]
    try:
        return cardiothoracic_ratio(*parts)
    except BadParameter:
        return None
