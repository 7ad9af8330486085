"""How many there are in all, from counts on windows that were drawn at random: what a model missed, for example."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter
from cellwright.stats.estimate import Estimate
from cellwright.stats.intervals import Interval


@dataclass(frozen=True, slots=True, eq=False)
class SampledWindows:
    """One group of windows, some of them drawn without replacement, each as likely as the other, and looked at.

    Parameters
    ----------
    population : int
        Windows in the group.
    counts : (n,) array_like of int
        What was found in each window that was looked at; at least one where the group has windows.

    Raises
    ------
    BadParameter
        If the numbers do not fit each other.
    """

    population: int
    counts: ArrayLike

    def __post_init__(self) -> None:
        y = np.asarray(self.counts, np.float64)
        object.__setattr__(self, "counts", y)
        fits = y.ndim == 1 and len(y) <= self.population and bool((np.isfinite(y) & (y >= 0)).all())
        if not fits or (self.population and not len(y)):
            raise BadParameter(
                f"Of {self.population} windows {y.shape} were looked at; every group needs at least one, with counts "
                "from 0 on."
            )


def sampled_total(groups: Sequence[SampledWindows], level: float = 0.95) -> Estimate:
    """Return how many there are on all windows of all groups.

    The estimate is the expansion of each group, N ȳ, which has no bias. A group's interval is Garwood's, for the count
    divided by its dispersion φ = s²/ȳ (not below 1) and multiplied again, so that cells in clumps make it wider and a
    group without any find has an upper end; the dispersion is widened by Student's t for few windows (as the effective
    sample size of Korn & Graubard for shares), and the distance to the ends is shrunk by the share that was looked at.
    Groups are put together by MOVER. What was found is the least that there can be.

    Parameters
    ----------
    groups : sequence of SampledWindows
        At least one.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If there is no group or the level is impossible.

    References
    ----------
    W. G. Cochran, Sampling techniques, 1977, sections 2.6 and 5.3. F. Garwood, Biometrika 28 (1936) 437.
    E. L. Korn, B. I. Graubard, Surv. Methodol. 24 (1998) 193. G. Y. Zou, A. Donner, Stat. Med. 27 (2008) 1693.
    """
    if not groups or not 0 < level < 1:
        raise BadParameter(f"A total needs at least one group of windows and a level such as 0.95, not {level}.")
    value = found = down = up = 0.0
    for group in (each for each in groups if each.population):
        y = np.asarray(group.counts, np.float64)
        n, total = len(y), float(y.sum())
        weight, left = group.population / n, math.sqrt(1 - n / group.population)
        low, high = _garwood(total, _dispersion(y, level), level)
        value += weight * total
        found += total
        down += (weight * left * (total - low)) ** 2
        up += (weight * left * (high - total)) ** 2
    ends = max(value - math.sqrt(down), found), value + math.sqrt(up)
    return Estimate(value, Interval(min(ends[0], value), ends[1], level), "expansion of windows drawn at random")


def _dispersion(y: np.ndarray[tuple[int, ...], np.dtype[np.float64]], level: float) -> float:
    """Return variance over mean, not below 1, times what few windows make of its uncertainty."""
    if len(y) < 2 or not y.sum():
        return 1.0
    phi = max(1.0, float(y.var(ddof=1) / y.mean()))
    if phi <= 1:
        return phi
    from scipy.special import ndtri, stdtrit

    tail = 0.5 + level / 2
    return phi * float(stdtrit(len(y) - 1, tail) / ndtri(tail)) ** 2


def _garwood(total: float, phi: float, level: float) -> tuple[float, float]:
    from scipy.special import gammaincinv

    worth, tail = total / phi, (1 - level) / 2
    low = phi * float(gammaincinv(worth, tail)) if total else 0.0
    return low, phi * float(gammaincinv(worth + 1, 1 - tail))
