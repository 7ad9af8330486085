"""What two objects have in common, or one alone, compiled. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Int64s, Spans


@njit(cache=True, nogil=True)
def kept(a_starts: Int64s, a: Spans, b_starts: Int64s, b: Spans, is_common: bool) -> tuple[Int64s, Spans]:
    """Return the pixels of each object of `a` that the same object of `b` holds too, or lacks."""
    starts = np.zeros(len(a_starts), np.int64)
    # every end of a span of either table begins or ends at most one span of the answer
    spans, used = np.empty((len(a) + len(b), 3), np.int32), 0
    for row in range(len(a_starts) - 1):
        j, stop = b_starts[row], b_starts[row + 1]
        for i in range(a_starts[row], a_starts[row + 1]):
            y, begin, end = a[i, 0], a[i, 1], a[i, 2]
            while j < stop and (b[j, 0] < y or (b[j, 0] == y and b[j, 2] <= begin)):
                j += 1
            k = j
            while k < stop and b[k, 0] == y and b[k, 1] < end:
                low, high = (max(begin, b[k, 1]), min(end, b[k, 2])) if is_common else (begin, b[k, 1])
                if high > low:
                    spans[used, 0], spans[used, 1], spans[used, 2] = y, low, high
                    used += 1
                begin = max(begin, b[k, 2])
                k += 1
            if not is_common and end > begin:
                spans[used, 0], spans[used, 1], spans[used, 2] = y, begin, end
                used += 1
        starts[row + 1] = used
    return starts, spans[:used].copy()
