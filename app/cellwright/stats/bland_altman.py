"""Bland and Altman's limits of agreement of two ways to measure the same thing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter
from cellwright.stats.estimate import Estimate
from cellwright.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Between which limits the differences of two methods lie.

    Parameters
    ----------
    bias : Estimate
        Mean difference, first less second, with Student's interval.
    lower, upper : Estimate
        Limits that hold the share of differences, each with its exact interval.
    deviation : float
        Standard deviation of the differences.
    pairs : int
        How many there were.
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    deviation: float
    pairs: int


def limits_of_agreement(
    first: ArrayLike, second: ArrayLike, level: float = 0.95, share: float = 0.95
) -> LimitsOfAgreement:
    """Return bias and limits of agreement of two methods, for example counts by a person and by a model.

    Parameters
    ----------
    first, second : (N,) array_like of float
        Both measured on the same N pictures, at least 3.
    level : float
        Of the intervals.
    share : float
        Of the differences that the limits hold, if these are normal: 0.95 puts them 1.96 standard deviations off.

    Raises
    ------
    BadParameter
        If there are fewer than 3 pairs, or a value is unknown.

    References
    ----------
    J. M. Bland, D. G. Altman, Lancet 327 (1986) 307. A. Carkeet, Optom. Vis. Sci. 92 (2015) e71: exact intervals of
    the limits, by the noncentral t distribution.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape or one.ndim != 1 or len(one) < 3 or not np.isfinite(one - other).all():
        raise BadParameter(
            f"Two methods are compared on at least 3 pictures, pair by pair: {one.shape}, {other.shape}."
        )
    if not (0 < level < 1 and 0 < share < 1):
        raise BadParameter(f"level={level} and share={share} must lie between 0 and 1, such as 0.95.")
    from scipy.special import ndtri, stdtrit

    apart = one - other
    n, mean, deviation = len(apart), float(apart.mean()), float(apart.std(ddof=1))
    z = float(ndtri(0.5 + share / 2))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * deviation / math.sqrt(n)
    near, far = _factors(n, z, level)
    return LimitsOfAgreement(
        Estimate(mean, Interval(mean - half, mean + half, level), "Student"),
        Estimate(
            mean - z * deviation, Interval(mean - far * deviation, mean - near * deviation, level), "Carkeet, exact"
        ),
        Estimate(
            mean + z * deviation, Interval(mean + near * deviation, mean + far * deviation, level), "Carkeet, exact"
        ),
        deviation,
        n,
    )


def _factors(n: int, z: float, level: float) -> tuple[float, float]:
    """Return between how many standard deviations from the mean the limit lies: quantiles of noncentral t."""
    from scipy.special import nctdtrit

    shift = z * math.sqrt(n)
    near, far = (float(nctdtrit(n - 1, shift, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return near / math.sqrt(n), far / math.sqrt(n)
