"""Pairs of neighbouring grey levels inside objects, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float64s, Int64s, Spans


@njit(cache=True, nogil=True)
def textures(starts: Int64s, spans: Spans, grey: NDArray[np.uint8], y0: int, x0: int, levels: int) -> Float64s:
    """Return contrast, dissimilarity, homogeneity, ASM, energy, correlation and entropy of each object, (N, 7)."""
    n = len(starts) - 1
    answers = np.full((n, 7), np.nan)
    pairs = np.zeros((levels, levels), np.int64)
    for i in range(n):
        total = _count(starts[i], starts[i + 1], spans, grey, y0, x0, pairs)
        if total:
            _properties(pairs, total, levels, answers[i])
            pairs[:] = 0
    return answers


@njit(cache=True, nogil=True)
def _count(
    first: int, last: int, spans: Spans, grey: NDArray[np.uint8], y0: int, x0: int, pairs: NDArray[np.int64]
) -> int:
    """Count the pairs of neighbours of four directions within an object; return how many there are."""
    rows, columns = grey.shape
    total = 0
    low = first
    for s in range(first, last):
        y = spans[s, 0] - y0
        begin, end = max(spans[s, 1] - x0, 0), min(spans[s, 2] - x0, columns)
        if y < 0 or y >= rows:
            continue
        for x in range(begin, end - 1):
            pairs[grey[y, x], grey[y, x + 1]] += 1
            total += 1
        if y + 1 >= rows:
            continue
        while low < last and (spans[low, 0] - y0 <= y or (spans[low, 0] - y0 == y + 1 and spans[low, 2] - x0 < begin)):
            low += 1
        t = low
        while t < last and spans[t, 0] - y0 == y + 1 and spans[t, 1] - x0 <= end:
            u0, u1 = max(spans[t, 1] - x0, 0), min(spans[t, 2] - x0, columns)
            for shift in range(-1, 2):
                for x in range(max(begin, u0 - shift), min(end, u1 - shift)):
                    pairs[grey[y, x], grey[y + 1, x + shift]] += 1
                    total += 1
            t += 1
    return total


@njit(cache=True, nogil=True)
def _properties(pairs: NDArray[np.int64], total: int, levels: int, into: Float64s) -> None:
    """Work out the properties of a matrix of pairs, each counted both ways."""
    mean = 0.0
    for a in range(levels):
        for b in range(levels):
            mean += 0.5 * (a + b) * pairs[a, b]
    mean /= total
    contrast = dissimilarity = homogeneity = asm = variance = covariance = entropy = 0.0
    for a in range(levels):
        for b in range(levels):
            both = pairs[a, b] + pairs[b, a]
            if not both:
                continue
            p = both / (2.0 * total)
            d = float(a - b)
            contrast += p * d * d
            dissimilarity += p * abs(d)
            homogeneity += p / (1.0 + d * d)
            asm += p * p
            variance += p * (a - mean) ** 2
            covariance += p * (a - mean) * (b - mean)
            entropy -= p * math.log(p)
    into[0], into[1], into[2], into[3] = contrast, dissimilarity, homogeneity, asm
    into[4], into[6] = math.sqrt(asm), entropy
    # All pixels of one grey level go along with each other.
    into[5] = covariance / variance if variance > 1e-15 else 1.0
