"""The rings of `fitting`, compiled: only pixels at an edge are looked at twice. Importing this loads numba."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_WAITS = -1
"""Stands in the picture where a pixel is to change with its ring."""


@njit(cache=True, nogil=True)
def fit(labels: NDArray[np.int32], covered: NDArray[np.bool_], count: int, reach: int) -> None:
    """Take off what is not covered and join what is, in place; labels are 0 … count."""
    _restore(labels, *_peel(labels, covered, reach), count)
    _grow(labels, covered, reach)


@njit(cache=True, nogil=True)
def _peel(
    labels: NDArray[np.int32], covered: NDArray[np.bool_], reach: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Take off rings of pixels that are not covered; return where pixels were taken off, and whose they were."""
    height, width = labels.shape
    room = 0
    for y in range(height):
        for x in range(width):
            room += labels[y, x] > 0 and not covered[y, x]
    places, owners = np.empty(room, np.int64), np.empty(room, np.int32)
    n = 0
    for y in range(height):
        for x in range(width):
            if labels[y, x] > 0 and not covered[y, x] and _beside_ground(labels, y, x):
                places[n], owners[n] = y * width + x, labels[y, x]
                n += 1
    begin = 0
    for ring in range(reach):
        end = n
        for i in range(begin, end):
            labels[places[i] // width, places[i] % width] = 0
        if ring == reach - 1:
            break
        for i in range(begin, end):
            y, x = places[i] // width, places[i] % width
            for k in range(4):
                ny, nx = y + (k == 3) - (k == 0), x + (k == 2) - (k == 1)
                if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] > 0 and not covered[ny, nx]:
                    places[n], owners[n] = ny * width + nx, labels[ny, nx]
                    labels[ny, nx] = _WAITS
                    n += 1
        begin = end
    return places[:n], owners[:n]


@njit(cache=True, nogil=True)
def _beside_ground(labels: NDArray[np.int32], y: int, x: int) -> bool:
    height, width = labels.shape
    for k in range(4):
        ny, nx = y + (k == 3) - (k == 0), x + (k == 2) - (k == 1)
        if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] == 0:
            return True
    return False


@njit(cache=True, nogil=True)
def _restore(labels: NDArray[np.int32], places: NDArray[np.int64], owners: NDArray[np.int32], count: int) -> None:
    """Give those all their pixels back of which none is left."""
    if len(places) == 0:
        return
    height, width = labels.shape
    left = np.zeros(count + 1, np.bool_)
    for y in range(height):
        for x in range(width):
            left[labels[y, x]] = True
    for i in range(len(places)):
        if not left[owners[i]]:
            labels[places[i] // width, places[i] % width] = owners[i]


@njit(cache=True, nogil=True)
def _grow(labels: NDArray[np.int32], covered: NDArray[np.bool_], reach: int) -> None:
    """Join rings of covered pixels to the objects beside them."""
    height, width = labels.shape
    places, owners, n = _first_to_join(labels, covered)
    begin = 0
    for ring in range(reach):
        end = n
        for i in range(begin, end):
            labels[places[i] // width, places[i] % width] = owners[i]
        if ring == reach - 1:
            break
        for i in range(begin, end):
            y, x = places[i] // width, places[i] % width
            for k in range(4):
                ny, nx = y + (k == 3) - (k == 0), x + (k == 2) - (k == 1)
                if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] == 0 and covered[ny, nx]:
                    places[n], owners[n] = ny * width + nx, _earliest(labels, ny, nx)
                    labels[ny, nx] = _WAITS
                    n += 1
        begin = end


@njit(cache=True, nogil=True)
def _first_to_join(
    labels: NDArray[np.int32], covered: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Return room for all pixels that may join, the first ring written, and how many it has."""
    height, width = labels.shape
    room = 0
    for y in range(height):
        for x in range(width):
            room += labels[y, x] == 0 and covered[y, x]
    places, owners = np.empty(room, np.int64), np.empty(room, np.int32)
    n = 0
    for y in range(height):
        for x in range(width):
            if labels[y, x] == 0 and covered[y, x]:
                owner = _earliest(labels, y, x)
                if owner > 0:
                    places[n], owners[n] = y * width + x, owner
                    n += 1
    return places, owners, n


@njit(cache=True, nogil=True)
def _earliest(labels: NDArray[np.int32], y: int, x: int) -> int:
    """Return the lowest label beside a pixel, 0 where there is none."""
    height, width = labels.shape
    found = 0
    for k in range(4):
        ny, nx = y + (k == 3) - (k == 0), x + (k == 2) - (k == 1)
        if 0 <= ny < height and 0 <= nx < width and labels[ny, nx] > 0 and (found == 0 or labels[ny, nx] < found):
            found = labels[ny, nx]
    return found
