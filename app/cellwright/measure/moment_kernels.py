"""Sums of powers of coordinates over the pixels of objects, compiled. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float64s, Int64s, Spans


@njit(cache=True, nogil=True)
def moments(starts: Int64s, spans: Spans) -> tuple[Float64s, Float64s]:
    """Return raw moments about the first pixel of each box and central ones, (N, 4, 4) each, [p, q] of y^p x^q."""
    n = len(starts) - 1
    raw = np.zeros((n, 4, 4))
    central = np.zeros((n, 4, 4))
    for i in range(n):
        first, last = starts[i], starts[i + 1]
        if first == last:
            continue
        top = spans[first, 0]
        left = spans[first, 1]
        for s in range(first, last):
            left = min(left, spans[s, 1])
        _add(raw[i], spans, first, last, top, left, 0.0, 0.0)
        y, x = raw[i, 1, 0] / raw[i, 0, 0], raw[i, 0, 1] / raw[i, 0, 0]
        _add(central[i], spans, first, last, top, left, y, x)
    return raw, central


@njit(cache=True, nogil=True)
def _add(
    into: NDArray[np.float64], spans: Spans, first: int, last: int, top: int, left: int, y: float, x: float
) -> None:
    """Add the moments of the pixels of some spans about (y, x), counted from (top, left); sums of runs are closed.

    Whole numbers are taken away first, so that nothing is lost far away on a slide.
    """
    for s in range(first, last):
        length = float(spans[s, 2] - spans[s, 1])
        middle = 0.5 * (spans[s, 1] - left + spans[s, 2] - left - 1) - x
        spread = length * (length * length - 1.0) / 12.0
        s1 = length * middle
        s2 = s1 * middle + spread
        s3 = s1 * middle * middle + 3.0 * middle * spread
        dy = spans[s, 0] - top - y
        power = 1.0
        for p in range(4):
            into[p, 0] += power * length
            into[p, 1] += power * s1
            into[p, 2] += power * s2
            into[p, 3] += power * s3
            power *= dy
