"""Where a pixel lies, written into the lowest bits of a picture: any corner of 15 pixels tells its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box

_SIDE = 8
"""A code fills a square of so many pixels: the lowest bit of red marks its first pixel, those of green and blue spell
its row and column of squares, 32 bits each."""
_BITS = 32


def with_places(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Write into (Y, X, 3) pixels where they lie; no value changes by more than 1."""
    y, x = np.arange(box.y0, box.y1), np.arange(box.x0, box.x1)
    pixels &= 0xFE
    pixels[:, :, 0] |= ((y % _SIDE == 0)[:, None] & (x % _SIDE == 0)).astype(np.uint8)
    slot = np.arange(_SIDE)
    of_row = _bit((y // _SIDE)[:, None], (y % _SIDE)[:, None] * _SIDE + slot)  # (Y, 8), then again and again
    of_column = _bit(x // _SIDE, (slot * _SIDE)[:, None] + x % _SIDE)  # (8, X)
    pixels[:, :, 1] |= of_row[:, x % _SIDE]
    pixels[:, :, 2] |= of_column[y % _SIDE]
    return pixels


def place_of(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Return the row and column of the first pixel of a picture of at least 15 pixels a side.

    Raises
    ------
    BadParameter
        If it carries no code: it was resized, compressed with loss, or is no drawn slide.
    """
    corner = pixels[: 2 * _SIDE - 1, : 2 * _SIDE - 1] & 1
    starts = np.argwhere(corner[:_SIDE, :_SIDE, 0])
    if corner.shape[:2] != (2 * _SIDE - 1, 2 * _SIDE - 1) or len(starts) != 1:
        raise BadParameter("These pixels do not say where they lie; show drawn slides as they are stored.")
    y, x = (int(value) for value in starts[0])
    square = corner[y : y + _SIDE, x : x + _SIDE].reshape(-1, 3)[:_BITS].astype(np.int64)
    row, column = (square[:, channel] @ (1 << np.arange(_BITS, dtype=np.int64)) for channel in (1, 2))
    return int(row) * _SIDE - y, int(column) * _SIDE - x


def _bit(number: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return bit `place` of numbers, 0 from the 32nd on."""
    shifted = number >> np.minimum(place, _BITS - 1)
    return np.where(place < _BITS, shifted & 1, 0).astype(np.uint8)
