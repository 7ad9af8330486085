"""Exact intervals for what a person counts: shares of cells, numbers of cells, and cells per area."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cellwright.core import BadParameter


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; unpacks as ``low, high``.

    Parameters
    ----------
    low, high : float
        Ends, ``low <= high``. `high` is infinite where the data set no upper limit.
    level : float
        How often such intervals hold the true value, at the least.
    """

    low: float
    high: float
    level: float = 0.95

    def __iter__(self) -> Iterator[float]:
        yield self.low
        yield self.high

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def scaled(self, factor: float) -> Interval:
        """Return the interval of the quantity times a factor >= 0."""
        return Interval(self.low * factor, self.high * factor, self.level)


def binomial_interval(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact interval of Clopper and Pearson for a share.

    The interval never holds less often than `level`, however few cells were counted. This is the one in Rümke's table
    for differential counts.

    Parameters
    ----------
    k : int
        How many of the `n` cells are of the kind, ``0 <= k <= n``.
    n : int
        How many cells were counted. 0 gives the interval from 0 to 1.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Of a share between 0 and 1.

    Raises
    ------
    BadParameter
        If the counts or the level are impossible.

    References
    ----------
    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404.
    C. L. Rümke, Triangle 4 (1960) 154.
    """
    tail = _tail(level)
    if not 0 <= k <= n:
        raise BadParameter(f"{k} of {n} is no share; give counts with 0 <= k <= n.")
    # scipy.special and not scipy.stats: the same beta quantiles, a tenth of the import time.
    from scipy.special import betaincinv

    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Interval(low, high, level)


def poisson_interval(k: int, level: float = 0.95) -> Interval:
    """Return the exact interval of Garwood for the mean of a count.

    Parameters
    ----------
    k : int
        What was counted, 0 or more.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Of the number expected when the same preparation is counted again.

    Raises
    ------
    BadParameter
        If the count or the level is impossible.

    References
    ----------
    F. Garwood, Biometrika 28 (1936) 437.
    """
    tail = _tail(level)
    if k < 0:
        raise BadParameter(f"{k} cannot be a count; give 0 or more.")
    # Half a chi-square quantile with 2k degrees of freedom is a gamma quantile with shape k.
    from scipy.special import gammaincinv

    low = float(gammaincinv(k, tail)) if k > 0 else 0.0
    return Interval(low, float(gammaincinv(k + 1, 1 - tail)), level)


def rate_interval(k: int, exposure: float, level: float = 0.95) -> Interval:
    """Return the exact Poisson interval of a count per exposure, such as cells per mm².

    Parameters
    ----------
    k : int
        What was counted, 0 or more.
    exposure : float
        On how much: an area, a volume, a number of fields; above 0 and known without error.
    level : float
        Between 0 and 1.

    Raises
    ------
    BadParameter
        If a number is impossible.
    """
    if not 0 < exposure < math.inf:
        raise BadParameter(f"A rate needs an area above 0, not {exposure}.")
    return poisson_interval(k, level).scaled(1 / exposure)


def ratio_interval(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact interval of the ratio of two independent counts, such as erythroblasts per white cell.

    Given that k + n were counted together, k is binomial; the ends p of its exact interval are the ratios p / (1 − p).

    Parameters
    ----------
    k, n : int
        What was counted of the one and of the other, 0 or more.
    level : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Its upper end is infinite where n is 0.

    Raises
    ------
    BadParameter
        If a count or the level is impossible.

    References
    ----------
    J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313.
    """
    if min(k, n) < 0:
        raise BadParameter(f"{k} and {n} cannot both be counts; give 0 or more.")
    low, high = (share / (1 - share) if share < 1 else math.inf for share in binomial_interval(k, k + n, level))
    return Interval(low, high, level)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
    return (1 - level) / 2
