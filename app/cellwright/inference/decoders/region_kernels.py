"""The loop of `regions`, compiled: masks laid into their boxes, as runs. Importing this loads numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def paste(
    masks: NDArray[np.uint8], boxes: NDArray[np.float64], threshold: float, picture: tuple[int, int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the owner (R,) and y, x0, x1 (R, 3) of the runs of pixels whose interpolated value reaches `threshold`.

    The value of cell i lies at its middle, i + 1/2 cells from the box's edge; cells -1 and M are 0.
    """
    n, side = len(masks), masks.shape[1]
    most = 0
    for i in range(n):
        rows = max(0.0, boxes[i, 2] - boxes[i, 0]) * (1.0 + 1.0 / side) + 2.0
        # A row crosses the threshold at most once between two cells, so no more runs than half the cells.
        most += int(min(rows, picture[2] - picture[0] + 1.0)) * (side // 2 + 2)
    owner, spans = np.empty(most, np.int64), np.empty((most, 3), np.int32)
    line = np.zeros(side + 2, np.float64)
    count = 0
    for i in range(n):
        cell_y, cell_x = (boxes[i, 2] - boxes[i, 0]) / side, (boxes[i, 3] - boxes[i, 1]) / side
        if not (cell_y > 0.0 and cell_x > 0.0):
            continue
        y0 = max(picture[0], math.ceil(boxes[i, 0] - cell_y / 2 - 0.5))
        y1 = min(picture[2], math.ceil(boxes[i, 2] + cell_y / 2 - 0.5))
        x0 = max(picture[1], math.ceil(boxes[i, 1] - cell_x / 2 - 0.5))
        x1 = min(picture[3], math.ceil(boxes[i, 3] + cell_x / 2 - 0.5))
        for y in range(y0, y1):
            # One line of the mask at this height, with a 0 at both ends.
            at = (y + 0.5 - boxes[i, 0]) / cell_y - 0.5
            upper = math.floor(at)
            weight = at - upper
            for k in range(side):
                value = 0.0
                if 0 <= upper < side:
                    value += (1.0 - weight) * masks[i, upper, k]
                if 0 <= upper + 1 < side:
                    value += weight * masks[i, upper + 1, k]
                line[k + 1] = value
            begin = -1
            for x in range(x0, x1):
                across = min(max((x + 0.5 - boxes[i, 1]) / cell_x + 0.5, 0.0), side + 1.0)
                left = min(int(across), side)
                part = across - left
                inside = (1.0 - part) * line[left] + part * line[left + 1] >= threshold
                if inside and begin < 0:
                    begin = x
                elif not inside and begin >= 0:
                    owner[count] = i
                    spans[count, 0], spans[count, 1], spans[count, 2] = y, begin, x
                    count += 1
                    begin = -1
            if begin >= 0:
                owner[count] = i
                spans[count, 0], spans[count, 1], spans[count, 2] = y, begin, x1
                count += 1
    return owner[:count].copy(), spans[:count].copy()
