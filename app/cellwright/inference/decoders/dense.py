"""Maps of probabilities brought from the network's input to level-0 pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.candidates import refuse_not_finite
from cellwright.inference.decoders.decoder import Frame
from cellwright.inference.tiles import Tile


def level0_maps(raw: NDArray[np.float32], frame: Frame, tile: Tile) -> NDArray[np.float32]:
    """Return (K, H, W) maps of what a tile reads, one value a level-0 pixel.

    Where the network looked at another scale, values are interpolated linearly between the middles of its pixels, or
    averaged where it looked more finely.

    Raises
    ------
    ModelNotUsable
        If the answer holds numbers that are not finite.
    """
    refuse_not_finite(raw)
    maps = frame.own_part(raw, tile)
    shape = tile.read.height, tile.read.width
    if maps.shape[1:] == shape:
        return maps
    from PIL import Image

    resized = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(channel)).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
        )
        for channel in maps
    ]
    return np.stack(resized)
