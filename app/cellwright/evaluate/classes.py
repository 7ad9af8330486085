"""Classes of whole pictures: how many are named rightly, which are confused, and how honest the probabilities are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter
from cellwright.evaluate.calibration import likeliest_temperature
from cellwright.evaluate.inputs import Bools, Floats, Ints
from cellwright.evaluate.reliability import Reliability, reliability

_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """How pictures were named, each of which shows one class.

    Parameters
    ----------
    classes : tuple of str
        Names.
    confusion : (C, C) ndarray of int64
        Row: what a picture shows. Column: the class that was likeliest.
    reliability : Reliability
        Of the likeliest class's probability.
    log_loss : float
        Mean negative logarithm of the probability given to what a picture shows.
    """

    classes: tuple[str, ...]
    confusion: Ints
    reliability: Reliability
    log_loss: float

    @property
    def pictures(self) -> int:
        """How many."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many were named rightly."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share that was named rightly; NaN without pictures."""
        return self.right / self.pictures if self.pictures else math.nan

    @property
    def recall(self) -> Floats:
        """(C,) float64: of the pictures of a class, the share named so; NaN where there is none."""
        return _shares(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def precision(self) -> Floats:
        """(C,) float64: of the pictures named as a class, the share that is of it; NaN where none was named so."""
        return _shares(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def f1(self) -> Floats:
        """(C,) float64: harmonic mean of precision and recall; NaN where a class neither occurs nor is named."""
        return _shares(2 * np.diag(self.confusion), self.confusion.sum(axis=0) + self.confusion.sum(axis=1))

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur; NaN without pictures."""
        occurs = self.confusion.sum(axis=1) > 0
        return float(self.recall[occurs].mean()) if occurs.any() else math.nan

    @property
    def ece(self) -> float:
        """Expected calibration error of the likeliest class's probability."""
        return self.reliability.expected_calibration_error


def class_scores_of(probabilities: ArrayLike, truth: ArrayLike, classes: Sequence[str], bins: int = 10) -> ClassScores:
    """Judge probabilities of classes.

    Parameters
    ----------
    probabilities : (N, C) array_like of float
        Calibrated, each row together 1.
    truth : (N,) array_like of int
        What each picture shows.
    classes : sequence of C str
        Names.
    bins : int
        Of the reliability.

    Raises
    ------
    BadParameter
        If the numbers do not fit together or are no probabilities.
    """
    p, y = _checked(probabilities, truth, len(classes))
    best = p.argmax(axis=1) if len(p) else np.empty(0, np.int64)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (y, best), 1)
    given = p[np.arange(len(p)), y]
    loss = float(-np.log(np.maximum(given, _SMALLEST)).mean()) if len(p) else math.nan
    surest = np.minimum(p[np.arange(len(p)), best], 1.0)
    return ClassScores(tuple(classes), confusion, reliability(surest, best == y, bins), loss)


@dataclass(frozen=True, slots=True)
class Naming:
    """What comes of naming only those pictures whose likeliest class has a probability of at least `least`.

    Parameters
    ----------
    least : float
        Probability.
    named, right : int
        How many are named, and how many of them rightly.
    pictures : int
        How many there are.
    """

    least: float
    named: int
    right: int
    pictures: int

    @property
    def coverage(self) -> float:
        """Share that is named; NaN without pictures."""
        return self.named / self.pictures if self.pictures else math.nan

    @property
    def accuracy(self) -> float:
        """Share of the named that is right; NaN where none is."""
        return self.right / self.named if self.named else math.nan


def coverage_at(probabilities: ArrayLike, truth: ArrayLike, least: float) -> Naming:
    """Return what comes of naming only the sure ones; see `Naming`.

    Parameters
    ----------
    probabilities, truth
        See `class_scores_of`.
    least : float
        Probability from which a picture is named.
    """
    array = np.asarray(probabilities, np.float64)
    p, y = _checked(array, truth, array.shape[1])
    named: Bools = p.max(axis=1, initial=0.0) >= least
    right = named & (p.argmax(axis=1) == y) if len(p) else named
    return Naming(least, int(named.sum()), int(right.sum()), len(p))


def least_for(probabilities: ArrayLike, truth: ArrayLike, accuracy: float) -> Naming:
    """Return the lowest probability, in steps of 0.05 from 0.3 to 0.95, from which so many of the named are right.

    Parameters
    ----------
    probabilities, truth
        Of pictures that were not trained on; see `class_scores_of`.
    accuracy : float
        Share of the named that must be right. Where no probability reaches it, the one with the best share is returned.
    """
    tried = [coverage_at(probabilities, truth, round(0.3 + 0.05 * step, 2)) for step in range(14)]
    named = [each for each in tried if each.named]
    if not named:
        return tried[-1]
    return next((each for each in named if each.accuracy >= accuracy), max(named, key=lambda each: each.accuracy))


def fit_shared_temperature(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Return the one temperature T under which ``p' ∝ p^(1/T)`` makes what the pictures show likeliest.

    The negative log-likelihood is convex in 1 / T, so its slope is zero at one place only, found by bisection.

    Parameters
    ----------
    probabilities, truth
        Of pictures that were not trained on; see `class_scores_of`.

    Returns
    -------
    float
        Within `calibration.TEMPERATURE_RANGE`; 1 without pictures.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural networks, ICML 2017, section 4.2.
    """
    array = np.asarray(probabilities, np.float64)
    p, y = _checked(array, truth, array.shape[1])
    if not len(p):
        return 1.0
    z = np.log(np.maximum(p, _SMALLEST))
    return likeliest_temperature(lambda inverse: _slope(inverse, z, y))


def _slope(inverse_temperature: float, z: Floats, y: Ints) -> float:
    """Return the derivative of the mean negative log-likelihood by 1 / T: expected minus given log-probability."""
    scaled = inverse_temperature * z
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    return float(((shares * z).sum(axis=1) - z[np.arange(len(z)), y]).mean())


def _shares(part: Ints, whole: Ints) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return shares


def _checked(probabilities: ArrayLike, truth: ArrayLike, classes: int) -> tuple[Floats, Ints]:
    p, y = np.asarray(probabilities, np.float64).reshape(-1, classes), np.asarray(truth, np.int64).reshape(-1)
    if len(p) != len(y):
        raise BadParameter(f"{len(p)} pictures were named and {len(y)} are known; give one class a picture.")
    if len(y) and not (y.min() >= 0 and y.max() < classes):
        raise BadParameter(f"A picture is of a class outside the {classes} classes.")
    if not ((p >= 0) & (p <= 1 + 1e-5)).all():
        raise BadParameter("A score is no probability between 0 and 1.")
    return p, y
