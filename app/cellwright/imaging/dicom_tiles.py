"""Where the tiles of a DICOM whole-slide image lie: each frame is a tile of one large picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from cellwright.core import Box
from cellwright.imaging.dicom_groups import first_item

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


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


def tile_grid(header: Dataset) -> TileGrid | None:
    """Return the grid of a whole-slide image, None for every other kind of picture.

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
    corners = tuple((y * tile[0], x * tile[1]) for y in range(down) for x in range(across))
    return TileGrid(shape, tile, corners)


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
