"""`Estimate`: a number that was worked out from others, with its interval and how it came about."""

from __future__ import annotations

from dataclasses import dataclass

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
