"""Convex hulls of objects, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float64s, Int64s, Spans


@njit(cache=True, nogil=True)
def hulls(starts: Int64s, spans: Spans, height: float, width: float) -> tuple[Int64s, Float64s]:
    """Return the number of pixels in the hull of each object, and the largest distance across these."""
    n = len(starts) - 1
    areas = np.zeros(n, np.int64)
    across = np.full(n, np.nan)
    tallest = 0
    for i in range(n):
        if starts[i + 1] > starts[i]:
            tallest = max(tallest, spans[starts[i + 1] - 1, 0] - spans[starts[i], 0] + 1)
    row = np.empty(tallest, np.int64)
    left = np.empty(tallest, np.int64)
    right = np.empty(tallest, np.int64)
    low = np.empty((3 * tallest, 2), np.int64)
    high = np.empty((3 * tallest, 2), np.int64)
    for i in range(n):
        if starts[i] == starts[i + 1]:
            continue
        rows = _ends(spans, starts[i], starts[i + 1], row, left, right)
        n_low, n_high = _chain(row, left, rows, -1, low), _chain(row, right, rows, 1, high)
        rows = _filled(low[:n_low], high[:n_high], row[rows - 1] + 1, row, left, right)
        for r in range(rows):
            areas[i] += right[r] - left[r] + 1
        n_low, n_high = _chain(row, left, rows, -1, low), _chain(row, right, rows, 1, high)
        across[i] = _farthest(low[:n_low], high[:n_high], height, width)
    return areas, across


@njit(cache=True, nogil=True)
def _ends(spans: Spans, first: int, last: int, row: Int64s, left: Int64s, right: Int64s) -> int:
    """Write down the first and last pixel of each row that has any, counted from the first span; return how many."""
    rows = 0
    for s in range(first, last):
        y = spans[s, 0] - spans[first, 0]
        if not rows or row[rows - 1] != y:
            row[rows], left[rows] = y, spans[s, 1] - spans[first, 1]
            rows += 1
        right[rows - 1] = spans[s, 2] - 1 - spans[first, 1]
    return rows


@njit(cache=True, nogil=True)
def _chain(row: Int64s, ends: Int64s, rows: int, side: int, into: NDArray[np.int64]) -> int:
    """Find one side of the hull of the middles of pixel edges by the monotone chain; return how many corners it has.

    Corners are y and x in half pixels, x counted outwards: times -1 on the left, where `side` is -1.
    """
    n = 0
    for r in range(rows):
        for step in range(-1, 2):
            y = 2 * row[r] + step
            x = side * 2 * ends[r] + (1 if step == 0 else 0)
            if n and into[n - 1, 0] == y:
                # Two rows of pixels meet here: what lies further out counts.
                if x <= into[n - 1, 1]:
                    continue
                n -= 1
            while n > 1 and _is_inside(into, n, y, x):
                n -= 1
            into[n, 0], into[n, 1] = y, x
            n += 1
    return n


@njit(cache=True, nogil=True)
def _is_inside(chain: NDArray[np.int64], n: int, y: int, x: int) -> bool:
    """Tell whether the last corner lies on or within the line from the one before it to (y, x)."""
    ay, ax, by, bx = chain[n - 2, 0], chain[n - 2, 1], chain[n - 1, 0], chain[n - 1, 1]
    return bool((by - ay) * (x - ax) >= (bx - ax) * (y - ay))


@njit(cache=True, nogil=True)
def _filled(low: Int64s, high: Int64s, tall: int, row: Int64s, left: Int64s, right: Int64s) -> int:
    """Write down which pixels of each row have their middle in the hull or on its edge; return how many rows do."""
    rows = 0
    a = b = 0
    for r in range(tall):
        while low[a + 1, 0] < 2 * r:
            a += 1
        while high[b + 1, 0] < 2 * r:
            b += 1
        first, last = -_reach(low, a, 2 * r), _reach(high, b, 2 * r)
        if first <= last:
            row[rows], left[rows], right[rows] = r, first, last
            rows += 1
    return rows


@njit(cache=True, nogil=True)
def _reach(chain: NDArray[np.int64], k: int, y: int) -> int:
    """Return how far out the pixels of the half row y reach, under the edge from corner k."""
    dy, dx = chain[k + 1, 0] - chain[k, 0], chain[k + 1, 1] - chain[k, 1]
    return int((chain[k, 1] * dy + dx * (y - chain[k, 0])) // (2 * dy))


@njit(cache=True, nogil=True)
def _farthest(low: NDArray[np.int64], high: NDArray[np.int64], height: float, width: float) -> float:
    """Return the largest distance between two corners."""
    n, m = len(low), len(high)
    best = 0.0
    for i in range(n + m):
        y, x = (low[i, 0], -low[i, 1]) if i < n else (high[i - n, 0], high[i - n, 1])
        for j in range(i):
            v, u = (low[j, 0], -low[j, 1]) if j < n else (high[j - n, 0], high[j - n, 1])
            best = max(best, (height * (y - v)) ** 2 + (width * (x - u)) ** 2)
    return 0.5 * math.sqrt(best)
