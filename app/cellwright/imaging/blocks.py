"""Regions put together from square blocks of a fixed grid, each read once and kept for a while."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.imaging.cache import PIXELS


def from_blocks(
    box: Box,
    shape: tuple[int, int],
    block: tuple[int, int],
    key: tuple[int, Hashable],
    read: Callable[[Box], NDArray[Any]],
) -> NDArray[Any]:
    """Return the pixels of a box, read in whole blocks of a grid that begins at 0, 0.

    Any two regions are cuts of the same blocks, so that they agree to the last bit, whatever the library behind `read`
    does at the edges of what it is asked for.

    Parameters
    ----------
    box : Box
        What is wanted, inside the picture.
    shape : tuple of int
        Rows and columns of the picture.
    block : tuple of int
        Rows and columns of a block.
    key : (owner, hashable)
        Under which blocks are kept in the shared store; the block's place is added.
    read : callable
        Returns the (Y, X, C) pixels of a block, cut off at the edges of the picture.

    Returns
    -------
    (Y, X, C) ndarray
        Perhaps a view into shared, read-only pixels.
    """
    height, width = block
    result: NDArray[Any] | None = None
    for y in range(box.y0 // height * height, box.y1, height):
        for x in range(box.x0 // width * width, box.x1, width):
            place = Box(y, x, min(y + height, shape[0]), min(x + width, shape[1]))
            part = place.intersect(box)

            def make(place: Box = place) -> NDArray[Any]:
                return read(place)

            own = (key[0], (key[1], y, x))
            pixels = PIXELS.get_or_make(own, make) if part == place else PIXELS.get(own, make)
            cut = pixels[part.y0 - y : part.y1 - y, part.x0 - x : part.x1 - x]
            if part == box:
                return cut
            if result is None:
                result = np.empty((box.height, box.width, pixels.shape[2]), pixels.dtype)
            result[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] = cut
    if result is None:
        raise ValueError("no block lies there")
    return result
