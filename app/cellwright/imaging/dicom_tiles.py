"""Where the tiles of a DICOM whole-slide image lie: each frame is a tile of one large picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.imaging.dicom_groups import first_item

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


_MAX_PAIRS = 16
"""Most pairs of frames compared to find out in which order they come."""


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Frames as tiles of one picture.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the whole picture.
    tile : tuple of int
        Rows and columns of a frame.
    corners : tuple of (int, int)
        First row and column of each frame, in the order of the frames.
    """

    shape: tuple[int, int]
    tile: tuple[int, int]
    corners: tuple[tuple[int, int], ...]

    def touched(self, box: Box) -> list[tuple[int, Box]]:
        """Return number and place of every frame that a box touches."""
        height, width = self.tile
        places = ((i, Box(y, x, y + height, x + width)) for i, (y, x) in enumerate(self.corners))
        return [(i, place) for i, place in places if not place.intersect(box).is_empty]


def tile_grid(header: Dataset, read_frame: Callable[[int], NDArray[Any]]) -> TileGrid | None:
    """Return the grid of a whole-slide image, None for every other kind of picture.

    Frames that say where they lie are put there; a file that declares itself full has them row by row. Files that say
    neither exist with rows first and with columns first: then the order whose seams fit better is taken.

    Parameters
    ----------
    header : Dataset
        All elements before the pixels.
    read_frame : callable
        Returns the (Y, X, S) stored pixels of a frame; called only where the order has to be found out.

    Raises
    ------
    ValueError
        If the frames neither say where they lie nor fill the grid exactly.
    """
    rows, columns = header.get("TotalPixelMatrixRows"), header.get("TotalPixelMatrixColumns")
    if not rows or not columns:
        return None
    shape, tile = (int(rows), int(columns)), (int(header.Rows), int(header.Columns))
    count = int(header.get("NumberOfFrames") or 1)
    placed = _placed(header, count)
    if placed is not None:
        return TileGrid(shape, tile, placed)
    down, across = ceil(shape[0] / tile[0]), ceil(shape[1] / tile[1])
    if down * across != count:
        raise ValueError(f"{count} tiles do not fill a grid of {down}×{across}, and none says where it lies")
    corners = [(y * tile[0], x * tile[1]) for y in range(down) for x in range(across)]
    is_declared = header.get("DimensionOrganizationType") == "TILED_FULL"
    if not is_declared and _runs_downwards(read_frame, down, across):
        corners = [(y * tile[0], x * tile[1]) for x in range(across) for y in range(down)]
    return TileGrid(shape, tile, tuple(corners))


def _runs_downwards(read_frame: Callable[[int], NDArray[Any]], down: int, across: int) -> bool:
    """Whether consecutive frames fit better below than beside each other."""
    pairs = [i for i in range(down * across - 1) if (i + 1) % across and (i + 1) % down]
    below = beside = 0.0
    for i in pairs[:: max(1, len(pairs) // _MAX_PAIRS)]:
        one, other = read_frame(i).astype(np.float64), read_frame(i + 1).astype(np.float64)
        below += float(np.abs(one[-1] - other[0]).mean())
        beside += float(np.abs(one[:, -1] - other[:, 0]).mean())
    return below < beside


def _placed(header: Dataset, count: int) -> tuple[tuple[int, int], ...] | None:
    groups = header.get("PerFrameFunctionalGroupsSequence") or ()
    items = [first_item(group, "PlanePositionSlideSequence") for group in groups]
    if len(items) != count:
        return None
    corners = [
        (int(item.RowPositionInTotalImagePixelMatrix) - 1, int(item.ColumnPositionInTotalImagePixelMatrix) - 1)
        for item in items
        if item is not None
    ]
    return tuple(corners) if len(corners) == count and len(set(corners)) == count else None
