"""Which way up: the eight orientations that EXIF and TIFF know, applied to arrays, boxes and shapes."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cellwright.core import Box

# Orientation tag -> (flip rows, flip columns, swap axes afterwards), from the stored picture to the shown one.
_STEPS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (True, True, False),
    4: (True, False, False),
    5: (False, False, True),
    6: (True, False, True),
    7: (True, True, True),
    8: (False, True, True),
}


def is_orientation(tag: object) -> bool:
    """Whether the value is one of the eight that the standards define."""
    return isinstance(tag, int) and tag in _STEPS


def swaps_axes(tag: int) -> bool:
    """Whether rows become columns."""
    return _STEPS[tag][2]


def shown_shape(stored: tuple[int, int], tag: int) -> tuple[int, int]:
    """Return rows and columns as shown."""
    return (stored[1], stored[0]) if swaps_axes(tag) else stored


def upright(array: NDArray[Any], tag: int) -> NDArray[Any]:
    """Return the (Y, X, …) array the right way up: itself where it is, else a view."""
    if tag == 1:
        return array
    flip_y, flip_x, swap = _STEPS[tag]
    array = array[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return array.swapaxes(0, 1) if swap else array


def stored_box(box: Box, tag: int, stored: tuple[int, int]) -> Box:
    """Return where the pixels of a shown box are stored.

    Parameters
    ----------
    box : Box
        In pixels as shown, inside the picture.
    tag : int
        1 … 8.
    stored : tuple of int
        Rows and columns as stored.
    """
    flip_y, flip_x, swap = _STEPS[tag]
    y0, x0, y1, x1 = (box.x0, box.y0, box.x1, box.y1) if swap else (box.y0, box.x0, box.y1, box.x1)
    if flip_y:
        y0, y1 = stored[0] - y1, stored[0] - y0
    if flip_x:
        x0, x1 = stored[1] - x1, stored[1] - x0
    return Box(y0, x0, y1, x1)
