"""The loops of `touching`, compiled: connected parts, and growing them. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LEVELS = 32
# Neighbours in the order in which ties are settled: above, left, right, below, then the corners.
_DY = np.array([-1, 0, 0, 1, -1, -1, 1, 1])
_DX = np.array([0, -1, 1, 0, -1, 1, -1, 1])


@njit(cache=True, nogil=True)
def connected(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label the 8-connected parts of a (H, W) mask from 1, in the order of their first pixels."""
    height, width = mask.shape
    labels = np.zeros((height, width), np.int32)
    stack = np.empty(np.count_nonzero(mask) + 1, np.int64)
    count = 0
    for y in range(height):
        for x in range(width):
            if not mask[y, x] or labels[y, x]:
                continue
            count += 1
            labels[y, x] = count
            stack[0] = y * width + x
            depth = 1
            while depth:
                depth -= 1
                cy, cx = stack[depth] // width, stack[depth] % width
                for k in range(8):
                    ny, nx = cy + _DY[k], cx + _DX[k]
                    if 0 <= ny < height and 0 <= nx < width and mask[ny, nx] and labels[ny, nx] == 0:
                        labels[ny, nx] = count
                        stack[depth] = ny * width + nx
                        depth += 1
    return labels


@njit(cache=True, nogil=True)
def grow(labels: NDArray[np.int32], level: NDArray[np.uint8], covered: NDArray[np.bool_]) -> None:
    """Grow labels into covered pixels, level by level from the highest, in rings; in place.

    A ring is settled as a whole: what a pixel becomes depends on the rings before, never on the order within.
    """
    height, width = labels.shape
    total = np.count_nonzero(covered)
    waiting = np.empty(total, np.int64)  # pixels beside a label, chained by level
    following = np.full(total, -1, np.int64)
    head = np.full(_LEVELS, -1, np.int64)
    seen = labels > 0
    n = 0
    for y in range(height):
        for x in range(width):
            if labels[y, x] > 0:
                n = _offer(y, x, level, covered, seen, waiting, following, head, n)
    ring, colour = np.empty(total, np.int64), np.empty(total, np.int32)
    top = _LEVELS - 1
    while top >= 0:
        if head[top] < 0:
            top -= 1
            continue
        size = 0
        place = head[top]
        while place >= 0:
            ring[size] = waiting[place]
            size += 1
            place = following[place]
        head[top] = -1
        for i in range(size):
            colour[i] = _nearest(ring[i] // width, ring[i] % width, labels, level)
        for i in range(size):
            labels[ring[i] // width, ring[i] % width] = colour[i]
        for i in range(size):
            n = _offer(ring[i] // width, ring[i] % width, level, covered, seen, waiting, following, head, n)
            # Pixels that a higher level opened up come first.
        top = _LEVELS - 1


@njit(cache=True, nogil=True)
def _offer(
    y: int,
    x: int,
    level: NDArray[np.uint8],
    covered: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    waiting: NDArray[np.int64],
    following: NDArray[np.int64],
    head: NDArray[np.int64],
    n: int,
) -> int:
    """Put the covered neighbours of a labelled pixel, which nobody has put there yet, among those that wait."""
    height, width = level.shape
    for k in range(8):
        ny, nx = y + _DY[k], x + _DX[k]
        if 0 <= ny < height and 0 <= nx < width and covered[ny, nx] and not seen[ny, nx]:
            seen[ny, nx] = True
            waiting[n] = ny * width + nx
            following[n] = head[level[ny, nx]]
            head[level[ny, nx]] = n
            n += 1
    return n


@njit(cache=True, nogil=True)
def _nearest(y: int, x: int, labels: NDArray[np.int32], level: NDArray[np.uint8]) -> int:
    """Return the label of the likeliest labelled neighbour, sides before corners, the first of equals."""
    height, width = labels.shape
    found, best = 0, -1
    for k in range(8):
        ny, nx = y + _DY[k], x + _DX[k]
        if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] > 0:
            value = int(level[ny, nx]) + (_LEVELS if k < 4 else 0)
            if value > best:
                found, best = labels[ny, nx], value
    return found
