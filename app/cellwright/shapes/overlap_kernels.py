"""Who keeps a pixel that several objects claim, compiled. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from cellwright.shapes.kinds import Int64s, Spans

_NOBODY = 1 << 62


@njit(cache=True, nogil=True)
def best_pieces(
    order: Int64s, owners: Int64s, ranks: Int64s, spans: Spans, low: int, width: int
) -> tuple[Int64s, Spans]:
    """Return what each span keeps, row by row, and its owner: a pixel goes to the owner of the lowest rank.

    `order` lists the spans by row, `low` and `width` say which columns there are.
    """
    line = np.empty(width, np.int64)
    whose, pieces, used = np.empty(2 * len(spans) + 16, np.int64), np.empty((2 * len(spans) + 16, 3), np.int32), 0
    first = 0
    while first < len(order):
        last = first
        y = spans[order[first], 0]
        while last < len(order) and spans[order[last], 0] == y:
            line[spans[order[last], 1] - low : spans[order[last], 2] - low] = _NOBODY
            last += 1
        for i in order[first:last]:
            rank = ranks[owners[i]]
            for x in range(spans[i, 1] - low, spans[i, 2] - low):
                line[x] = min(line[x], rank)
        for i in order[first:last]:
            rank = ranks[owners[i]]
            begin, end = spans[i, 1] - low, spans[i, 2] - low
            if used + (end - begin) > len(pieces):
                whose, pieces = _wider(whose, pieces, used, 2 * (used + end - begin))
            x = begin
            while x < end:
                while x < end and line[x] != rank:
                    x += 1
                start = x
                while x < end and line[x] == rank:
                    x += 1
                if x > start:
                    whose[used] = owners[i]
                    pieces[used, 0], pieces[used, 1], pieces[used, 2] = y, start + low, x + low
                    used += 1
        first = last
    return whose[:used], pieces[:used]


@njit(cache=True, nogil=True)
def _wider(whose: Int64s, pieces: Spans, used: int, room: int) -> tuple[Int64s, Spans]:
    wider_whose, wider_pieces = np.empty(room, np.int64), np.empty((room, 3), np.int32)
    wider_whose[:used], wider_pieces[:used] = whose[:used], pieces[:used]
    return wider_whose, wider_pieces
