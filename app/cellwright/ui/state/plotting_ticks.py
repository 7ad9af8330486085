"""Where the numbers beside a logarithmic axis stand, so that none covers its neighbour. Knows no Qt."""

from __future__ import annotations

import math
from itertools import pairwise

_DIGITS = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))
_NICE = (1, 2, 2.5, 5, 10)
_FEWEST = 2
_MOST_DECADES = 300
"""Beyond, numbers end."""


def log_ticks(low: float, high: float, length_px: float, apart_px: float) -> list[tuple[float, str]]:
    """Return places and words of the ticks of a logarithmic axis.

    Parameters
    ----------
    low, high : float
        Ends of what is seen, as logarithms to the base of ten.
    length_px : float
        How long the axis is on the screen.
    apart_px : float
        How far two numbers have to be from each other.

    Returns
    -------
    list of (float, str)
        Rising; the place is a logarithm, the words are the number itself.
    """
    if not -_MOST_DECADES < low < high < _MOST_DECADES:
        return []
    per_decade = length_px / (high - low)
    for digits in _DIGITS:
        found = [
            (decade + math.log10(digit), digit * 10.0**decade)
            for decade in range(math.floor(low), math.ceil(high) + 1)
            for digit in digits
        ]
        seen = [tick for tick in found if low <= tick[0] <= high]
        if len(seen) >= _FEWEST and _narrowest(seen) * per_decade >= apart_px:
            return _said(seen)
    if high - low > 1:
        step = math.ceil(apart_px / per_decade)
        return _said([(float(at), 10.0**at) for at in range(math.ceil(low / step) * step, math.floor(high) + 1, step)])
    even = _evenly(low, high, max(_FEWEST, round(length_px / apart_px / 1.5)))
    return _said(_thinned([tick for tick in even if low <= tick[0] <= high], apart_px / per_decade))


def _narrowest(ticks: list[tuple[float, float]]) -> float:
    return min(after[0] - before[0] for before, after in pairwise(ticks))


def _thinned(ticks: list[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for tick in ticks:
        if not kept or tick[0] - kept[-1][0] >= apart:
            kept.append(tick)
    return kept


def _evenly(low: float, high: float, wanted: int) -> list[tuple[float, float]]:
    """Return numbers at equal steps, for an axis that shows less than a decade."""
    first, last = 10.0**low, 10.0**high
    rough = (last - first) / wanted
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * nice for nice in _NICE if size * nice >= rough)
    numbers = [step * at for at in range(math.ceil(first / step), math.floor(last / step) + 1)]
    return [(math.log10(number), number) for number in numbers if number > 0]


def _said(ticks: list[tuple[float, float]]) -> list[tuple[float, str]]:
    return [(place, f"{number:.6g}") for place, number in ticks]
