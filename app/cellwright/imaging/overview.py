"""The whole of a picture, small, with the parts that cannot be decoded left out instead of everything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging.slide import Slide

_LEAST_PX = 256
"""A part up to so many level-0 pixels wide is not divided further."""
_ROUNDS = 3
"""Where no part could be read after so many divisions, none is."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """A picture at a lower resolution.

    Parameters
    ----------
    pixels : (H, W, C) ndarray
        Zero where nothing is known.
    is_known : (H, W) ndarray of bool
        Where the file could be decoded.
    downsample : float
        Level-0 pixels per pixel.
    """

    pixels: NDArray[Any]
    is_known: NDArray[np.bool_]
    downsample: float

    @property
    def known_pixels(self) -> NDArray[Any]:
        """Those that are known: (H, W, C) where all are, else (N, 1, C)."""
        return self.pixels if self.is_known.all() else self.pixels[self.is_known][:, None]


def read_overview(slide: Slide, downsample: float, z: int = 0, t: int = 0) -> Overview:
    """Read all of a plane; where that fails, quarter by quarter, so that a damaged part costs itself alone.

    Parameters
    ----------
    slide : Slide
        An open picture.
    downsample : float
        Level-0 pixels per pixel, 1 or more; made a whole number where the picture is damaged.
    z, t : int
        Plane and time point.

    Raises
    ------
    SlideNotReadable
        If no quarter can be read.
    """
    height, width = slide.shape
    try:
        pixels = slide.read(Region(Box(0, 0, height, width), downsample, z, t))
    except SlideNotReadable:
        found = _by_quarters(slide, math.ceil(downsample), z, t)
        if not found.is_known.any():
            raise
        return found
    return Overview(pixels, np.ones(pixels.shape[:2], np.bool_), downsample)


def _by_quarters(slide: Slide, downsample: int, z: int, t: int) -> Overview:
    shape = (math.ceil(slide.shape[0] / downsample), math.ceil(slide.shape[1] / downsample))
    pixels = np.zeros((*shape, len(slide.channels)), slide.dtype)
    is_known = np.zeros(shape, np.bool_)
    left = _quarters(Box(0, 0, *shape))
    rounds = 0
    while left:
        bad = []
        for part in left:
            high_y, high_x = min(part.y1 * downsample, slide.shape[0]), min(part.x1 * downsample, slide.shape[1])
            box = Box(part.y0 * downsample, part.x0 * downsample, high_y, high_x)
            try:
                read = slide.read(Region(box, downsample, z, t))
            except SlideNotReadable:
                bad.append(part)
                continue
            rows, columns = slice(part.y0, part.y0 + read.shape[0]), slice(part.x0, part.x0 + read.shape[1])
            pixels[rows, columns], is_known[rows, columns] = read, True
        # A file of which nothing can be read is not asked a thousand times.
        rounds += 1
        if rounds == _ROUNDS and not is_known.any():
            break
        large = [part for part in bad if max(part.height, part.width) * downsample > _LEAST_PX]
        left = [quarter for part in large for quarter in _quarters(part)]
    return Overview(pixels, is_known, downsample)


def _quarters(box: Box) -> list[Box]:
    y, x = (box.y0 + box.y1) // 2, (box.x0 + box.x1) // 2
    parts = [Box(y0, x0, y1, x1) for y0, y1 in ((box.y0, y), (y, box.y1)) for x0, x1 in ((box.x0, x), (x, box.x1))]
    return [part for part in parts if not part.is_empty]
