"""`Estimate`: a number that was worked out from others, with its interval and how it came about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cellwright.core import BadParameter
from cellwright.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated number.

    Parameters
    ----------
    value : float
        The estimate.
    interval : Interval
        How far the truth may lie from it.
    method : str
        How both were worked out, as a person writes it in a paper: ``"prediction-powered, stratified"``.
    """

    value: float
    interval: Interval
    method: str


def sum_of(estimates: Sequence[Estimate]) -> Estimate:
    """Return the sum of estimates that were made independently of each other, such as real cells found and missed.

    The distances to their ends are put together by MOVER, the square root of the sum of squares.

    Parameters
    ----------
    estimates : sequence of Estimate
        At least one, all of the same level.

    Raises
    ------
    BadParameter
        If there is none, or levels differ.

    References
    ----------
    G. Y. Zou, A. Donner, Stat. Med. 27 (2008) 1693.
    """
    if not estimates or len({each.interval.level for each in estimates}) != 1:
        raise BadParameter("Estimates are added up from one on, all with intervals of the same level.")
    value = sum(each.value for each in estimates)
    down = math.hypot(*(each.value - each.interval.low for each in estimates))
    up = math.hypot(*(each.interval.high - each.value for each in estimates))
    level = estimates[0].interval.level
    return Estimate(value, Interval(value - down, value + up, level), " + ".join(each.method for each in estimates))
