"""Values of the pixels of objects, gathered object by object, compiled. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Float64s, Int64s, Spans


@njit(cache=True, nogil=True)
def statistics(
    starts: Int64s, spans: Spans, plane: Float64s, blocked: NDArray[np.bool_], y0: int, x0: int, with_median: bool
) -> Float64s:
    """Return count, sum, mean, least, largest, standard deviation and median of each object, (N, 7).

    Pixels that are blocked or beyond the plane do not count; `blocked` may be empty.
    """
    n = len(starts) - 1
    rows, columns = plane.shape
    has_blocked = blocked.size > 0
    largest = 0
    for i in range(n):
        size = 0
        for s in range(starts[i], starts[i + 1]):
            size += spans[s, 2] - spans[s, 1]
        largest = max(largest, size)
    held = np.empty(largest)
    answers = np.full((n, 7), np.nan)
    for i in range(n):
        count = 0
        total = 0.0
        for s in range(starts[i], starts[i + 1]):
            y = spans[s, 0] - y0
            if y < 0 or y >= rows:
                continue
            for x in range(max(spans[s, 1] - x0, 0), min(spans[s, 2] - x0, columns)):
                if has_blocked and blocked[y, x]:
                    continue
                held[count] = plane[y, x]
                total += plane[y, x]
                count += 1
        answers[i, 0] = count
        if not count:
            continue
        mean = total / count
        low = high = held[0]
        square = 0.0
        for k in range(count):
            low, high = min(low, held[k]), max(high, held[k])
            square += (held[k] - mean) ** 2
        answers[i, 1], answers[i, 2], answers[i, 3], answers[i, 4] = total, mean, low, high
        answers[i, 5] = math.sqrt(square / count)
        if with_median:
            answers[i, 6] = np.median(held[:count])
    return answers
