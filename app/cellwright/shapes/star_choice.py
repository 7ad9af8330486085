"""Which of many stars are kept: the greedy choice, on as many threads as there are cores.

By falling score, a candidate is kept unless one kept before suppresses it. Most candidates come after the star that
suppresses them, so they are taken in portions: threads ask of each candidate of a portion whether a star kept in the
portions before suppresses it, which changes nothing and may be asked in any order; only those that remain are gone
through one by one. The answer is that of going through all one by one.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cellwright.shapes import star_kernels, star_overlap
from cellwright.shapes.kinds import Bools, Float32s, Int64s

_FIRST, _LARGEST = 512, 1 << 15
"""Candidates in the first portion and in the largest; each is half as large again as what was taken before."""
_WORTH_A_THREAD = 256
_NEIGHBOURHOOD_PX = 64.0
_MOST_THREADS = 8


def chosen(points: Float32s, distances: Float32s, order: NDArray[np.intp], iou: float) -> NDArray[np.bool_]:
    """Return which stars are kept, in the order they are taken in.

    Parameters
    ----------
    points : (N, 2) ndarray of float32
        y, x of the middles in level-0 pixels.
    distances : (N, R) ndarray of float32
        Lengths of the rays in pixels.
    order : (N,) ndarray of intp
        Rows by falling score.
    iou : float
        Shared area over the smaller area that is allowed, in [0, 1].
    """
    stars = star_kernels.Stars(points, distances, star_overlap.directions(distances.shape[1]), iou)
    kept = star_kernels.nothing_kept(len(order))
    answer = np.zeros(len(order), np.bool_)
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        start = 0
        while start < len(order):
            stop = min(start + min(max(_FIRST, start // 2), _LARGEST), len(order))
            portion = order[start:stop]
            left = np.flatnonzero(~_suppressed(pool, threads, stars, portion, kept)) if start else np.arange(stop)
            is_kept = np.zeros(len(left), np.bool_)
            kept = star_kernels.admit(stars, portion[left], kept, is_kept)
            answer[start + left] = is_kept
            start = stop
    return answer


def _suppressed(
    pool: ThreadPoolExecutor, threads: int, stars: star_kernels.Stars, portion: Int64s, kept: star_kernels.Kept
) -> Bools:
    """Return which candidates a kept star suppresses; neighbours are asked about together, while they are in cache."""
    cells = (stars.points[portion] * np.float32(1 / _NEIGHBOURHOOD_PX)).astype(np.int64)
    nearby = np.argsort((cells[:, 0] << 32) + cells[:, 1])
    rows, found = portion[nearby], np.zeros(len(portion), np.bool_)
    parts = min(4 * threads, 1 + len(rows) // _WORTH_A_THREAD)
    edges = [len(rows) * part // parts for part in range(parts + 1)]
    shares = [slice(*pair) for pair in itertools.pairwise(edges)]
    list(pool.map(lambda share: star_kernels.screen(stars, rows[share], kept, found[share]), shares))
    answer = np.empty(len(portion), np.bool_)
    answer[nearby] = found
    return answer
