"""What calibrated scores say of a count: how many are to be expected, and how the count falls with the threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter
from cellwright.stats.estimate import Estimate
from cellwright.stats.intervals import Interval

Values = NDArray[np.float64]

EXACT_UP_TO = 4096
"""So many objects that are neither sure nor hopeless are added up exactly; with more the normal law is as good."""


def expected_count(scores: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the number of real objects that scores lead one to expect: Σ p, ± what chance makes of it.

    Each object is there with the probability its score says, whatever the others do, so the number is Poisson-binomial
    with mean Σ p and variance Σ p (1 − p); the interval holds its middle part. It is right as far as scores are
    calibrated and objects independent; a model that is off in a whole picture is off in this number too. Unlike a
    count it needs no threshold.

    Parameters
    ----------
    scores : (N,) array_like of float
        Calibrated probabilities in [0, 1], of everything the model found, however unsure.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If a score is no probability.

    References
    ----------
    Y. Hong, Comput. Stat. Data Anal. 59 (2013) 41.
    """
    p = _probabilities(scores)
    _refuse_level(level)
    value = float(p.sum())
    sure, open_ = p[p >= 1], p[(p > 0) & (p < 1)]
    if len(open_) <= EXACT_UP_TO:
        chances = np.cumsum(_added_up(open_))
        low = int(np.searchsorted(chances, 0.5 - level / 2, "left"))
        high = int(np.searchsorted(chances, 0.5 + level / 2 - 1e-12, "left"))
        ends = (len(sure) + low, len(sure) + min(high, len(open_)))
        return Estimate(value, Interval(min(ends[0], value), max(ends[1], value), level), "Poisson-binomial, exact")
    from scipy.special import ndtri

    half = float(ndtri(0.5 + level / 2)) * math.sqrt(float((open_ * (1 - open_)).sum()))
    return Estimate(value, Interval(value - half, value + half, level), "Poisson-binomial, normal")


@dataclass(frozen=True, slots=True, eq=False)
class CountCurve:
    """How many objects count, by the score from which they do.

    Parameters
    ----------
    thresholds : (T,) ndarray of float64
        Rising.
    counts : (T,) ndarray of int64
        Objects that reach each.
    low, high : (T,) ndarray of float64
        Ends of the exact Poisson interval of each count.
    level : float
        Of these.
    """

    thresholds: Values
    counts: NDArray[np.int64]
    low: Values
    high: Values
    level: float

    def at(self, threshold: float) -> int:
        """Return the count at the threshold, that of the nearest one below where it is none of the curve's."""
        return int(self.counts[max(int(np.searchsorted(self.thresholds, threshold, "right")) - 1, 0)])

    def steepness(self, threshold: float, around: float = 0.05) -> float:
        """Return the share by which the count changes from `around` below the threshold to `around` above."""
        below, above = self.at(threshold - around), self.at(threshold + around)
        return (below - above) / max(self.at(threshold), 1)


def count_curve(scores: ArrayLike, thresholds: ArrayLike | None = None, level: float = 0.95) -> CountCurve:
    """Return how the count falls as the threshold rises: where the curve is steep, the count is a matter of opinion.

    Parameters
    ----------
    scores : (N,) array_like of float
        In [0, 1].
    thresholds : (T,) array_like of float, optional
        Rising; 0.00 to 1.00 in hundredths where not given.
    level : float
        Of the exact Poisson intervals.

    Raises
    ------
    BadParameter
        If a score is no probability, or thresholds do not rise.
    """
    p = np.sort(_probabilities(scores))
    _refuse_level(level)
    at = np.linspace(0, 1, 101) if thresholds is None else np.asarray(thresholds, np.float64)
    if at.ndim != 1 or bool((np.diff(at) < 0).any()):
        raise BadParameter("Thresholds of a curve rise from one to the next.")
    from scipy.special import gammaincinv

    counts = (len(p) - np.searchsorted(p, at, "left")).astype(np.int64)
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1), 0.5 - level / 2), 0.0)
    return CountCurve(at, counts, low, np.asarray(gammaincinv(counts + 1, 0.5 + level / 2), np.float64), level)


def _added_up(p: Values) -> Values:
    """Return how likely each number of successes is: two halves, each added up, laid over each other."""
    if not len(p):
        return np.ones(1)
    if len(p) == 1:
        return np.array([1 - p[0], p[0]])
    half = len(p) // 2
    return np.convolve(_added_up(p[:half]), _added_up(p[half:]))


def _probabilities(scores: ArrayLike) -> Values:
    p = np.asarray(scores, np.float64)
    if p.ndim != 1 or not bool(((p >= 0) & (p <= 1)).all()):
        raise BadParameter("Scores are probabilities from 0 to 1, one an object.")
    return p


def _refuse_level(level: float) -> None:
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
