"""Asking a set of measurements: one of another package that fails, or answers otherwise than it declared, is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.measure.sets import MEASUREMENTS
from cellwright.measure.subject import MeasurementSet, Subject, Values


def answers_of(name: str, made: MeasurementSet, subject: Subject, keys: Sequence[str]) -> Mapping[str, Values]:
    """Return an (N,) array of float64 for each of `keys`.

    Raises
    ------
    PluginNotUsable
        If the set of another package raises, leaves a key out or answers with anything else than N numbers; fewer
        would be spread over all objects.
    """
    with MEASUREMENTS.blaming(name):
        answers = made.measure(subject, keys)
        return {key: _numbers(answers, key, len(subject)) for key in keys}


def rim_of(name: str, made: MeasurementSet, subject: Subject) -> int:
    """Return how many pixels around an object a set looks at.

    Raises
    ------
    PluginNotUsable
        If the set of another package does not say.
    """
    with MEASUREMENTS.blaming(name):
        return int(made.rim_px(subject.options, subject.pixel))


def _numbers(answers: Mapping[str, NDArray[Any]], key: str, n: int) -> Values:
    if key not in answers:
        raise ValueError(f"it declares {key} and does not answer for it")
    values: Values = np.asarray(answers[key], np.float64)
    if values.shape != (n,):
        raise ValueError(f"it answers {key} with {values.shape} values for {n} objects")
    return values
