"""Any slide as a pyramidal TIFF of JPEG tiles, as slide scanners write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Region
from cellwright.imaging import Slide

STEP = 4
"""How much coarser each level is than the one before."""


def write_pyramid(
    path: Path, slide: Slide, *, quality: int | None = 85, tile_px: int = 256, levels: int | None = None
) -> Path:
    """Write a colour slide as a tiled TIFF with reduced pages, which OpenSlide and we read.

    Parameters
    ----------
    path : Path
        The file to write, ending in .tif or .tiff; an existing one is replaced.
    slide : Slide
        What to write: three channels of 8 bits. It is read tile by tile, so it may be of any size.
    quality : int or None
        Of the JPEG tiles, 1 to 100; None writes them without loss.
    tile_px : int
        Side of a stored tile, a multiple of 16.
    levels : int, optional
        How many resolutions, each `STEP` times coarser than the one before; by default until the picture fits 1024.

    Returns
    -------
    Path
        The file.
    """
    import tifffile

    count = levels or _levels_of(max(slide.shape))
    lossy: dict[str, Any] = {"compression": "jpeg", "compressionargs": {"level": quality}}
    how = {"compression": "zlib", "compressionargs": {"level": 1}} if quality is None else lossy
    size = slide.pixel_size
    with tifffile.TiffWriter(path, bigtiff=slide.shape[0] * slide.shape[1] > 2**28) as file:
        for level in range(count):
            step = STEP**level
            shape = (-(-slide.shape[0] // step), -(-slide.shape[1] // step))
            resolution = None if size is None else (1e4 / (size.x_um * step), 1e4 / (size.y_um * step))
            file.write(
                _tiles(slide, shape, tile_px, step),
                shape=(*shape, 3),
                dtype=np.uint8,
                photometric="rgb",
                tile=(tile_px, tile_px),
                subfiletype=1 if level else 0,
                metadata=None,
                resolution=resolution,
                resolutionunit=None if resolution is None else "CENTIMETER",
                **how,
            )
    return path


def _levels_of(side: int) -> int:
    count = 1
    while side / STEP ** (count - 1) > 1024:
        count += 1
    return count


def _tiles(slide: Slide, shape: tuple[int, int], tile_px: int, step: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the tiles of a level row by row, whole ones at the edges too."""
    for y in range(0, shape[0], tile_px):
        for x in range(0, shape[1], tile_px):
            box = Box(y * step, x * step, (y + tile_px) * step, (x + tile_px) * step)
            yield slide.read(Region(box, float(step)))
