"""Intervals of several shares that hold all at once, as a differential count needs them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

from cellwright.core import BadParameter
from cellwright.stats.intervals import Interval, binomial_interval


class Simultaneous(str, Enum):
    """How the intervals of several shares are made."""

    NONE = "each for itself"
    """Exact (Clopper and Pearson), each share for itself: of twenty classes one may well be missed."""
    BONFERRONI = "Bonferroni"
    """Exact, at a level so high that all hold at once at least as often as said."""
    GOODMAN = "Goodman"
    """Goodman's, narrower than exact ones with many cells; it needs some cells in every class."""


def share_intervals(
    counts: Sequence[int], level: float = 0.95, method: Simultaneous = Simultaneous.NONE
) -> list[Interval]:
    """Return an interval for the share of each class.

    Parameters
    ----------
    counts : sequence of int
        Cells of each class, 0 or more; all of them together are what was counted.
    level : float
        How often the intervals hold: each one, or all at once.
    method : Simultaneous
        Which.

    Returns
    -------
    list of Interval
        One a class; from 0 to 1 where nothing was counted.

    Raises
    ------
    BadParameter
        If a count or the level is impossible.

    References
    ----------
    C. E. Bonferroni, Pubbl. R. Ist. Sup. Sci. Econ. Comm. Firenze 8 (1936) 3.
    L. A. Goodman, Technometrics 7 (1965) 247, equation 2.6 with the Bonferroni bound of section 3.
    """
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
    if any(count < 0 for count in counts):
        raise BadParameter("A count cannot be below 0.")
    n = sum(counts)
    if method is Simultaneous.GOODMAN:
        return _goodman(counts, n, level)
    each = level if method is Simultaneous.NONE else 1 - (1 - level) / max(len(counts), 1)
    found = [binomial_interval(count, n, each) for count in counts]
    return [Interval(low, high, level) for low, high in found]


def _goodman(counts: Sequence[int], n: int, level: float) -> list[Interval]:
    if not n:
        return [Interval(0.0, 1.0, level) for _ in counts]
    from scipy.special import ndtri

    square = float(ndtri(1 - (1 - level) / (2 * len(counts)))) ** 2
    found = []
    for count in counts:
        half = math.sqrt(square * (square + 4 * count * (n - count) / n))
        low, high = ((square + 2 * count + side * half) / (2 * (n + square)) for side in (-1, 1))
        found.append(Interval(max(low, 0.0) if count else 0.0, min(high, 1.0) if count < n else 1.0, level))
    return found
