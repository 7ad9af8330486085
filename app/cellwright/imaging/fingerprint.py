"""The fingerprint of decoded pixels: the same for every file that shows the same values, however it stores them."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from cellwright.core import Box, Region
from cellwright.imaging.slide import Slide

TILE_PX = 1024
MOST_TILES = 400
"""Up to so many tiles each one's own fingerprint is kept, so that a difference can be given its place."""


@dataclass(frozen=True, slots=True)
class PixelDigest:
    """What was found.

    Parameters
    ----------
    sha256 : str
        Of shape and type (``"ROWS COLUMNS CHANNELS TYPE TILE"`` and a line feed, in ASCII) and then of the SHA-256, as
        32 bytes, of every tile, row by row.
    shape : (int, int, int)
        Rows, columns, channels at full resolution.
    dtype : str
        As numpy names it.
    tile_px : int
        Side of a tile; the last ones of a row or column are smaller.
    tiles : tuple of str
        SHA-256 of each tile's values, little-endian, row by row and channel by channel within a pixel; empty where
        there are more than `MOST_TILES`.
    """

    sha256: str
    shape: tuple[int, int, int]
    dtype: str
    tile_px: int
    tiles: tuple[str, ...]


def pixel_digest(slide: Slide) -> Generator[tuple[int, int], None, PixelDigest]:
    """Read the plane that a slide shows, tile by tile, and return its fingerprint; yields tiles done and their number.

    Raises
    ------
    SlideNotReadable
        If a part cannot be decoded.
    """
    rows, columns = slide.shape
    shape = (rows, columns, len(slide.channels))
    boxes = tile_boxes(rows, columns)
    whole = hashlib.sha256(f"{' '.join(map(str, shape))} {slide.dtype.name} {TILE_PX}\n".encode("ascii"))
    tiles: list[str] = []
    for number, box in enumerate(boxes, start=1):
        values = slide.read(Region(box))
        little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        digest = hashlib.sha256(little.data if little.size else b"")
        whole.update(digest.digest())
        if len(boxes) <= MOST_TILES:
            tiles.append(digest.hexdigest())
        yield number, len(boxes)
    return PixelDigest(whole.hexdigest(), shape, slide.dtype.name, TILE_PX, tuple(tiles))


def tile_boxes(rows: int, columns: int, tile_px: int = TILE_PX) -> list[Box]:
    """Return the tiles of a picture, row by row."""
    return [
        Box(y, x, min(y + tile_px, rows), min(x + tile_px, columns))
        for y in range(0, rows, tile_px)
        for x in range(0, columns, tile_px)
    ]
