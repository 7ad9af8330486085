"""The walk along outlines, compiled. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Bools, Int64s


@njit(cache=True, nogil=True)
def trace(starts: Int64s, link: Int64s, mate: Int64s, straight: Bools) -> tuple[Int64s, Int64s]:
    """Walk along every ring once; return its corners, ring after ring, and where each ring begins."""
    seen = np.zeros(len(link), np.bool_)
    corners, used = np.empty(2 * len(starts), np.int64), 0
    ring_starts, rings = np.zeros(len(starts) + 1, np.int64), 0
    for start in starts:
        if seen[start]:
            continue
        leaves = start
        while not seen[leaves]:
            seen[leaves] = True
            enters = link[leaves]
            corners[used], corners[used + 1] = leaves, enters
            used += 2
            leaves = mate[enters]
            while straight[leaves]:
                leaves = mate[link[leaves]]
        rings += 1
        ring_starts[rings] = used
    return corners[:used], ring_starts[: rings + 1]
