"""Rümke's limits of differential counts, and whether two of them can be of the same blood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cellwright.core import BadParameter
from cellwright.stats.intervals import Interval, binomial_interval


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """How the shares of one class differ between two counts of different cells.

    Parameters
    ----------
    first, second : float
        The two shares.
    first_limits, second_limits : Interval
        Rümke's limits of each.
    difference : Interval
        Of first less second.
    p_value : float
        How likely counts of the same blood differ as much or more.
    """

    first: float
    second: float
    first_limits: Interval
    second_limits: Interval
    difference: Interval
    p_value: float

    @property
    def may_be_the_same(self) -> bool:
        """Whether chance is enough to make the two differ so, at the level of the limits."""
        return self.p_value > 1 - self.first_limits.level


def ruemke_limits(counts: Sequence[int], level: float = 0.95) -> list[Interval]:
    """Return between which limits the true share of each class lies: exact, each class for itself.

    As in Rümke's table: of 100 cells 9 are 4.2 to 16.4 %, 5 are 1.6 to 11.3 %, none is up to 3.6 %.

    Parameters
    ----------
    counts : sequence of int
        Cells of each class; all of them together are what was counted.
    level : float
        In (0, 1).

    References
    ----------
    C. L. Rümke, Triangle 4 (1960) 154; Blood Cells 11 (1985) 137.
    """
    n = sum(counts)
    return [binomial_interval(count, n, level) for count in counts]


def compare_differentials(first: Sequence[int], second: Sequence[int], level: float = 0.95) -> list[ShareDifference]:
    """Compare two differential counts of different cells, class by class.

    For two readers of the same cells use kappa and the confusion matrix instead.

    Parameters
    ----------
    first, second : sequence of int
        Cells of each class, in the same order.
    level : float
        In (0, 1).

    Returns
    -------
    list of ShareDifference
        With Fisher's exact test and Newcombe's hybrid score interval of the difference. With many classes some differ
        by chance alone.

    Raises
    ------
    BadParameter
        If classes differ in number, or nothing was counted.

    References
    ----------
    R. A. Fisher, J. R. Stat. Soc. 98 (1935) 39. R. G. Newcombe, Stat. Med. 17 (1998) 873, method 10.
    """
    n, m = sum(first), sum(second)
    if len(first) != len(second) or not n or not m:
        raise BadParameter("Two differential counts are compared over the same classes, each with some cells.")
    return [_compared(a, n, b, m, level) for a, b in zip(first, second, strict=True)]


def _compared(a: int, n: int, b: int, m: int, level: float) -> ShareDifference:
    from scipy.special import ndtri

    p, q = a / n, b / m
    z = float(ndtri(0.5 + level / 2))
    (low1, high1), (low2, high2) = _score(p, n, z), _score(q, m, z)
    difference = Interval(p - q - math.hypot(p - low1, high2 - q), p - q + math.hypot(high1 - p, q - low2), level)
    return ShareDifference(
        p, q, binomial_interval(a, n, level), binomial_interval(b, m, level), difference, _fisher(a, n, b, m)
    )


def _score(p: float, n: int, z: float) -> tuple[float, float]:
    square = z * z / n
    half = z * math.sqrt(p * (1 - p) / n + square / (4 * n))
    return (p + square / 2 - half) / (1 + square), (p + square / 2 + half) / (1 + square)


def _fisher(a: int, n: int, b: int, m: int) -> float:
    """Return the two-sided p-value of Fisher's exact test: all tables no likelier than the one found."""
    import numpy as np
    from scipy.special import gammaln

    total = a + b
    k = np.arange(max(0, total - m), min(n, total) + 1)

    first = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    second = gammaln(m + 1) - gammaln(total - k + 1) - gammaln(m - (total - k) + 1)
    chance = np.exp(first + second - (gammaln(n + m + 1) - gammaln(total + 1) - gammaln(n + m - total + 1)))
    found = chance[a - int(k[0])]
    return float(min(1.0, chance[chance <= found * (1 + 1e-7)].sum()))
