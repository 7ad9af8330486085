"""Holes of objects, compiled. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Int64s, Spans


@njit(cache=True, nogil=True)
def hole_areas(starts: Int64s, spans: Spans) -> Int64s:
    """Return the pixels that each object encloses: those in gaps of rows that no way of 8-neighbours leads out of."""
    n = len(starts) - 1
    areas = np.zeros(n, np.int64)
    most = 1
    for i in range(n):
        most = max(most, starts[i + 1] - starts[i])
    # Gap s lies between spans s and s + 1 of one row, counted from the object's first; the last number is outside.
    parent = np.empty(most + 1, np.int64)
    for i in range(n):
        first, last = starts[i], starts[i + 1]
        outside = last - first
        for k in range(outside + 1):
            parent[k] = k
        has_gap = False
        above, here = first, first
        while here < last:
            y = spans[here, 0]
            after = here
            while after < last and spans[after, 0] == y:
                after += 1
            if after - here > 1:
                has_gap = True
            _join(spans, first, above, here, here, after, parent, outside)
            _join(spans, first, here, after, above, here, parent, outside)
            above, here = here, after
        if has_gap:
            _join(spans, first, last, last, above, last, parent, outside)
            for s in range(first, last - 1):
                if spans[s, 0] == spans[s + 1, 0] and _root(parent, s - first) != _root(parent, outside):
                    areas[i] += spans[s + 1, 1] - spans[s, 2]
    return areas


@njit(cache=True, nogil=True)
def _join(
    spans: Spans, first: int, other: int, other_end: int, here: int, here_end: int, parent: Int64s, outside: int
) -> None:
    """Join the gaps of one row to those of the row beside it that they touch; a row without spans is outside."""
    if here_end - here < 2:
        return
    is_beside = other < other_end and abs(spans[other, 0] - spans[here, 0]) == 1
    t = other
    for s in range(here, here_end - 1):
        begin, end = spans[s, 2], spans[s + 1, 1]
        if not is_beside or spans[other, 1] >= begin or spans[other_end - 1, 2] <= end:
            parent[_root(parent, s - first)] = _root(parent, outside)
            continue
        while t < other_end - 1 and spans[t + 1, 1] < begin:
            t += 1
        u = t
        while u < other_end - 1 and spans[u, 2] <= end:
            parent[_root(parent, s - first)] = _root(parent, u - first)
            u += 1


@njit(cache=True, nogil=True)
def _root(parent: Int64s, k: int) -> int:
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k
