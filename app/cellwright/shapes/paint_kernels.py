"""Painting spans into a picture, compiled. Importing this loads numba."""

from __future__ import annotations

from numba import njit
from numpy.typing import NDArray

from cellwright.shapes.kinds import Int64s, Spans


@njit(cache=True, nogil=True)
def paint(labels: NDArray, starts: Int64s, spans: Spans, values: NDArray, y0: int, x0: int) -> None:  # type: ignore[type-arg]
    """Paint the objects from the last to the first, so that the earlier one stays on top."""
    height, width = labels.shape
    for row in range(len(starts) - 2, -1, -1):
        value = values[row]
        for i in range(starts[row], starts[row + 1]):
            y = spans[i, 0] - y0
            if 0 <= y < height:
                for x in range(max(spans[i, 1] - x0, 0), min(spans[i, 2] - x0, width)):
                    labels[y, x] = value
