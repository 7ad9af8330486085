"""`Group`: objects whose pixels are looked at together, and the part of the picture that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Masks
from cellwright.measure.exact_boxes import exact_boxes
from cellwright.shapes.overlaps import ranges

LARGEST_SIDE_PX = 1 << 14
"""An object that is longer is not looked at: its pixels would not fit in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Objects of one tile.

    Parameters
    ----------
    rows : (K,) ndarray of intp
        Which objects.
    around : (M,) ndarray of intp
        Other objects whose boxes reach into the window.
    window : Box
        What is read: the boxes of the objects and a rim, as far as there is a picture.
    """

    rows: NDArray[np.intp]
    around: NDArray[np.intp]
    window: Box


def groups_of(masks: Masks, picture: Box, tile_px: int, rim: int) -> Iterator[Group]:
    """Return the objects that reach into the picture, tile by tile: each belongs to the tile of its box's middle.

    Every window holds whole objects with their rims, so that no object is measured in parts. Objects without pixels
    and those longer than `LARGEST_SIDE_PX` come in no group.

    Parameters
    ----------
    masks : Masks
        The objects.
    picture : Box
        Where there are pixels.
    tile_px : int
        Side of a tile, > 0.
    rim : int
        Pixels around the boxes, ≥ 0.
    """
    boxes = exact_boxes(masks)
    sides = boxes[:, 2:] - boxes[:, :2]
    full = masks.counts > 0
    inside = full & _meet(boxes, picture)
    cell = (boxes[:, :2] + boxes[:, 2:]) // 2 // tile_px
    mine = np.flatnonzero(inside & (sides.max(axis=1) <= LARGEST_SIDE_PX))
    mine = mine[np.lexsort((cell[mine, 1], cell[mine, 0]))]
    if not len(mine):
        return
    index = _Index(boxes, cell, np.flatnonzero(inside), int(sides[full].max(initial=0)), tile_px)
    begins = np.flatnonzero(np.append(True, (np.diff(cell[mine], axis=0) != 0).any(axis=1)))
    for first, last in zip(begins, [*begins[1:], len(mine)], strict=True):
        rows = mine[first:last]
        low, high = boxes[rows, :2].min(axis=0) - rim, boxes[rows, 2:].max(axis=0) + rim
        window = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).intersect(picture)
        around = index.reaching(window)
        yield Group(rows, around[~np.isin(around, rows)], window)


def _meet(boxes: NDArray[np.int64], box: Box) -> NDArray[np.bool_]:
    meets: NDArray[np.bool_] = (
        (boxes[:, 0] < box.y1) & (boxes[:, 2] > box.y0) & (boxes[:, 1] < box.x1) & (boxes[:, 3] > box.x0)
    )
    return meets


class _Index:
    """Finds the objects that reach into a window by the tiles of their middles."""

    def __init__(
        self, boxes: NDArray[np.int64], cell: NDArray[np.int64], rows: NDArray[np.intp], longest: int, tile_px: int
    ) -> None:
        self._boxes = boxes
        self._tile_px = tile_px
        # So far from a window the middle of an object that reaches into it may lie; the few longer ones are all tried.
        self._reach = min(longest, tile_px) // 2 + 1
        long = (boxes[rows, 2:] - boxes[rows, :2]).max(axis=1, initial=0) > tile_px
        self._long, short = rows[long], rows[~long]
        self._rows = short[np.lexsort((cell[short, 1], cell[short, 0]))]
        self._y, self._x = cell[self._rows].T

    def reaching(self, window: Box) -> NDArray[np.intp]:
        """Return the objects whose boxes share a pixel with the window."""
        near = window.grow(self._reach)
        y = np.arange(near.y0 // self._tile_px, near.y1 // self._tile_px + 1)
        low, high = near.x0 // self._tile_px, near.x1 // self._tile_px
        line = self._y * (1 << 32) + self._x
        first = np.searchsorted(line, y * (1 << 32) + low, "left")
        last = np.searchsorted(line, y * (1 << 32) + high, "right")
        found = np.concatenate([self._rows[ranges(first, last)], self._long])
        return found[_meet(self._boxes[found], window)]
