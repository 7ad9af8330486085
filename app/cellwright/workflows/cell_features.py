"""`DescribeCells`: size, shape and colour of every cell of a picture, by which unusual ones are found."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Masks, Region
from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.imaging import Slide
    from cellwright.imaging.slide import Limits

FEATURES = ("log area", "log aspect", "fill", "red", "green", "blue", "contrast")
"""Columns of what `DescribeCells` answers."""

_SIDE_PX = 32
"""Long side at which colours are taken; a cell's mean colour needs no more."""
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class DescribeCells:
    """Describe the cells of one picture; an `Operation` whose result is an (N, 7) float64 array of `FEATURES`.

    Parameters
    ----------
    path : Path
        The picture.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of each cell in level-0 pixels.
    masks : Masks or None
        Its pixels, where they are known.
    """

    path: Path
    boxes: NDArray[np.float32]
    masks: Masks | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Describe the cells of {self.path.name}"

    def run(self) -> Generator[Progress, None, NDArray[np.float64]]:
        """Look at one cell after the other.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read.
        """
        from cellwright.imaging import contrast_limits
        from cellwright.project.pictures import slide_ref

        total = len(self.boxes)
        features = np.empty((total, len(FEATURES)), np.float64)
        features[:, :3] = shape_features(self.boxes, self.masks)
        with slide_ref(self.path).open() as slide:
            limits = contrast_limits(slide)
            for row in range(total):
                if row % _AT_ONCE == 0:
                    yield Progress(row, total, f"{row:,} of {total:,} cells described")
                features[row, 3:] = _colours(slide, limits, self.boxes[row])
        return features


def shape_features(boxes: NDArray[np.float32], masks: Masks | None) -> NDArray[np.float64]:
    """Return the logarithm of the area, that of height over width, and the share of the box filled, (N, 3) float64.

    The share is NaN where only the box is known.
    """
    sides = np.maximum(boxes[:, 2:].astype(np.float64) - boxes[:, :2], 1e-3)
    box_area = sides.prod(axis=1)
    area, fill = areas_px2(boxes, masks), np.full(len(boxes), np.nan)
    if masks is not None:
        has_mask = masks.counts > 0
        fill[has_mask] = area[has_mask] / box_area[has_mask]
    return np.stack([np.log(np.maximum(area, 1e-6)), np.log(sides[:, 0] / sides[:, 1]), fill], axis=1)


def areas_px2(boxes: NDArray[np.float32], masks: Masks | None) -> NDArray[np.float64]:
    """Return the area of each cell: of its pixels where they are known, else of its box; (N,) float64."""
    sides = np.maximum(boxes[:, 2:].astype(np.float64) - boxes[:, :2], 0.0)
    area: NDArray[np.float64] = sides.prod(axis=1)
    return area if masks is None else np.where(masks.counts > 0, masks.areas(), area)


def _colours(slide: Slide, limits: Limits, box: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean red, green and blue of the middle of a cell and how much its brightness varies, in [0, 255]."""
    from cellwright.imaging import read_rgb

    y0, x0, y1, x1 = (float(edge) for edge in box)
    whole = Box(int(np.floor(y0)), int(np.floor(x0)), int(np.ceil(y1)), int(np.ceil(x1)))
    inside = whole.intersect(Box(0, 0, *slide.shape))
    if inside.is_empty:
        return np.full(4, np.nan)
    downsample = max(1.0, max(inside.height, inside.width) / _SIDE_PX)
    pixels = read_rgb(slide, Region(inside, downsample), limits).astype(np.float64)
    # A quarter off each side: corners of a box are ground, not cell.
    h, w = pixels.shape[0] // 4, pixels.shape[1] // 4
    middle = pixels[h : pixels.shape[0] - h, w : pixels.shape[1] - w]
    return np.append(middle.mean(axis=(0, 1)), middle.mean(axis=2).std())
