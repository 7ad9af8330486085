"""Outlines of objects, row by row, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float64s, Int64s, Spans


@njit(cache=True, nogil=True)
def meetings(starts: Int64s, spans: Spans) -> Int64s:
    """Return how each object meets itself in the next row, (N, 4): pixels below, to the right, to the left; runs."""
    n = len(starts) - 1
    met = np.zeros((n, 4), np.int64)
    for i in range(n):
        low = starts[i]
        for s in range(starts[i], starts[i + 1]):
            y, x0, x1 = spans[s, 0] + 1, spans[s, 1], spans[s, 2]
            while low < starts[i + 1] and (spans[low, 0] < y or (spans[low, 0] == y and spans[low, 2] < x0)):
                low += 1
            t = low
            while t < starts[i + 1] and spans[t, 0] == y and spans[t, 1] <= x1:
                u0, u1 = spans[t, 1], spans[t, 2]
                met[i, 0] += max(0, min(x1, u1) - max(x0, u0))
                met[i, 1] += max(0, min(x1 + 1, u1) - max(x0 + 1, u0))
                met[i, 2] += max(0, min(x1 - 1, u1) - max(x0 - 1, u0))
                met[i, 3] += 1
                t += 1
    return met


@njit(cache=True, nogil=True)
def chain_lengths(starts: Int64s, spans: Spans, height: float, width: float) -> Float64s:
    """Return the length of the chain of border pixels of each object; three rows are kept at a time."""
    n = len(starts) - 1
    lengths = np.zeros(n)
    widest = 0
    for i in range(n):
        if starts[i] < starts[i + 1]:
            left, right = _sides(spans, starts[i], starts[i + 1])
            widest = max(widest, right - left)
    inside = np.zeros((3, widest + 4), np.uint8)
    border = np.zeros((3, widest + 4), np.uint8)
    for i in range(n):
        if starts[i] == starts[i + 1]:
            continue
        left, right = _sides(spans, starts[i], starts[i + 1])
        wide = right - left + 4
        inside[:, :wide] = 0
        border[:, :wide] = 0
        top = spans[starts[i], 0]
        s = starts[i]
        for r in range(spans[starts[i + 1] - 1, 0] - top + 3):
            now = inside[r % 3, :wide]
            now[:] = 0
            while s < starts[i + 1] and spans[s, 0] - top == r:
                now[spans[s, 1] - left + 2 : spans[s, 2] - left + 2] = 1
                s += 1
            _mark(inside[(r + 1) % 3], inside[(r + 2) % 3], now, border[(r + 2) % 3], wide)
            lengths[i] += _links(border[r % 3], border[(r + 1) % 3], border[(r + 2) % 3], wide, height, width)
    return lengths


@njit(cache=True, nogil=True)
def _sides(spans: Spans, first: int, last: int) -> tuple[int, int]:
    left, right = spans[first, 1], spans[first, 2]
    for s in range(first + 1, last):
        left, right = min(left, spans[s, 1]), max(right, spans[s, 2])
    return left, right


@njit(cache=True, nogil=True)
def _mark(
    above: NDArray[np.uint8], here: NDArray[np.uint8], below: NDArray[np.uint8], border: NDArray[np.uint8], wide: int
) -> None:
    """Mark the pixels of a row with a neighbour, of the four, that is not inside."""
    for x in range(1, wide - 1):
        border[x] = here[x] & (1 - (above[x] & below[x] & here[x - 1] & here[x + 1]))


@njit(cache=True, nogil=True)
def _links(
    above: NDArray[np.uint8],
    here: NDArray[np.uint8],
    below: NDArray[np.uint8],
    wide: int,
    height: float,
    width: float,
) -> float:
    """Add up what each border pixel of a row gives to the length, by its neighbours on the border."""
    slant = math.hypot(height, width)
    total = 0.0
    for x in range(2, wide - 2):
        if not here[x]:
            continue
        across = here[x - 1] + here[x + 1]
        down = above[x] + below[x]
        corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1]
        straight = across + down
        step = (across * width + down * height) / straight if straight else 0.0
        total += _weight(straight, corners, step, slant)
    return total


@njit(cache=True, nogil=True)
def _weight(straight: int, corners: int, step: float, slant: float) -> float:
    """Return half the two links that a border pixel is thought to have; 0 for arrangements that the method leaves out.

    `straight` and `corners` count its border neighbours along the axes and across corners.
    """
    code = 1 + 2 * straight + 10 * corners
    if code == 5 or code == 7 or code == 15 or code == 17 or code == 25 or code == 27:
        return step
    if code == 21 or code == 33:
        return slant
    if code == 13 or code == 23:
        return 0.5 * (step + slant)
    return 0.0
