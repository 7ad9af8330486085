"""Temperature scaling: one number a class that makes scores mean what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter
from cellwright.evaluate.inputs import Floats, Ints
from cellwright.evaluate.matching import IGNORED, TRUE_POSITIVE, Matches
from cellwright.evaluate.reliability import Reliability, checked, logits, reliability

TEMPERATURE_RANGE = (0.1, 10.0)
"""A temperature outside says that the scores carry no probability at all, and no temperature will mend that."""

FEWEST_DETECTIONS = 30
"""With fewer detections, or none right, or none wrong, the likelihood has nothing to say and T stays 1."""

_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ClassCalibration:
    """The temperature of one class and what it does.

    Parameters
    ----------
    name : str
        The class.
    temperature : float
        Divide the logit by it; above 1 makes scores less extreme.
    is_fitted : bool
        False where there was too little to fit and the temperature stayed 1.
    detections, right : int
        How many it was fitted on, and how many of them are right.
    before, after : Reliability
        On the detections it was fitted on.
    held_out : Reliability
        Each picture's detections under a temperature fitted without that picture's fold: what to expect elsewhere.
    """

    name: str
    temperature: float
    is_fitted: bool
    detections: int
    right: int
    before: Reliability
    after: Reliability
    held_out: Reliability

    def to_dict(self) -> dict[str, object]:
        """Return the calibration as values that JSON knows."""
        return {
            "name": self.name,
            "temperature": self.temperature,
            "is_fitted": self.is_fitted,
            "detections": self.detections,
            "right": self.right,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "held_out": self.held_out.to_dict(),
        }


def fit_calibration(
    matches: Matches, classes: Sequence[str], iou: float = 0.5, floor: float = 0.0, bins: int = 10
) -> list[ClassCalibration]:
    """Fit a temperature for each class on matched detections.

    A detection is right where it was matched to a true object of its class. Detections on objects to be ignored are
    left out.

    Parameters
    ----------
    matches : Matches
        Of pictures that the model was not trained on, with `iou` among the overlaps.
    classes : sequence of str
        Names.
    iou : float
        Overlap that makes a detection right.
    floor : float
        Lower scores are left out, since they are shown to nobody.
    bins : int
        Bins of the reliability tables.

    Returns
    -------
    list of ClassCalibration
        One a class.

    Raises
    ------
    BadParameter
        If the number of classes or the overlap is not that of the matching.
    """
    if len(classes) != matches.n_classes:
        raise BadParameter(f"{len(classes)} names for {matches.n_classes} classes; give one each.")
    t = matches.threshold_row(iou)
    judged = (matches.outcome[t] != IGNORED) & (matches.scores >= floor)
    right = (matches.outcome[t] == TRUE_POSITIVE).astype(np.float64)
    found = []
    for c, name in enumerate(classes):
        rows = judged & (matches.class_index == c)
        found.append(_calibrate(name, matches.scores[rows], right[rows], matches.picture[rows], bins))
    return found


def _calibrate(name: str, p: Floats, y: Floats, picture: Ints, bins: int) -> ClassCalibration:
    temperature = fit_temperature(p, y)
    return ClassCalibration(
        name,
        temperature,
        _can_fit(y),
        len(p),
        int(y.sum()),
        reliability(p, y, bins),
        reliability(apply_temperature(p, temperature), y, bins),
        reliability(_held_out(p, y, picture), y, bins),
    )


def _held_out(p: Floats, y: Floats, picture: Ints) -> Floats:
    """Return scores scaled with what the other folds say; pictures stay whole, since their cells are alike."""
    scaled = p.copy()
    for fold in range(_FOLDS):
        here = picture % _FOLDS == fold
        scaled[here] = apply_temperature(p[here], fit_temperature(p[~here], y[~here]))
    return scaled


def fit_temperature(scores: ArrayLike, right: ArrayLike) -> float:
    """Return the temperature under which the outcomes are likeliest.

    The negative log-likelihood is convex in 1 / T, so its slope is zero at one place only, found by bisection.

    Parameters
    ----------
    scores : (N,) array_like of float
        Probabilities in [0, 1].
    right : (N,) array_like of bool
        Whether each detection is right.

    Returns
    -------
    float
        Within `TEMPERATURE_RANGE`; 1 where there is too little to say anything (see `FEWEST_DETECTIONS`).

    Raises
    ------
    BadParameter
        If the lengths differ or a score is no probability.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    p, y = checked(scores, right)
    if not _can_fit(y):
        return 1.0
    z = logits(p)
    return likeliest_temperature(lambda inverse: _slope(inverse, z, y))


def likeliest_temperature(slope: Callable[[float], float]) -> float:
    """Return the temperature within `TEMPERATURE_RANGE` at which a likelihood is highest.

    Parameters
    ----------
    slope : callable
        From 1 / T to the derivative of the negative log-likelihood by 1 / T, which rises: the likelihood has one peak.
    """
    low, high = 1 / TEMPERATURE_RANGE[1], 1 / TEMPERATURE_RANGE[0]
    if slope(low) >= 0:
        return TEMPERATURE_RANGE[1]
    if slope(high) <= 0:
        return TEMPERATURE_RANGE[0]
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / math.sqrt(low * high)


def apply_temperature(scores: ArrayLike, temperature: ArrayLike) -> NDArray[np.float64]:
    """Return the calibrated probabilities σ(logit(score) / T).

    Parameters
    ----------
    scores : (N,) array_like of float
        Probabilities in [0, 1]. Their order does not change.
    temperature : float or (N,) array_like of float
        Above 0.

    Returns
    -------
    (N,) ndarray of float64

    Raises
    ------
    BadParameter
        If a temperature is not above 0.
    """
    t = np.asarray(temperature, np.float64)
    if not (t > 0).all():
        raise BadParameter(f"A temperature of {t.tolist()} cannot be; give one above 0.")
    scaled: NDArray[np.float64] = _sigmoid(logits(np.asarray(scores, np.float64)) / t)
    return scaled


def _can_fit(y: Floats) -> bool:
    return len(y) >= FEWEST_DETECTIONS and bool(0 < y.sum() < len(y))


def _slope(inverse_temperature: float, z: Floats, y: Floats) -> float:
    """Return the derivative of the mean negative log-likelihood by 1 / T."""
    return float(np.mean((_sigmoid(inverse_temperature * z) - y) * z))


def _sigmoid(z: Floats) -> Floats:
    result: Floats = 0.5 * (1 + np.tanh(0.5 * z))  # no overflow at either end
    return result
