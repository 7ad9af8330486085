"""Pictures that were taken piece by piece: which pieces touch a region, at which resolution, the later ones on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box

P = TypeVar("P")

_BINS = 64


@dataclass(frozen=True, slots=True)
class Mosaic(Generic[P]):
    """Pieces of one plane at one resolution, the lowest first.

    Parameters
    ----------
    boxes : (N, 4) ndarray of int64
        y0, x0, y1, x1 of each piece in pixels of this resolution.
    pieces : sequence
        What is decoded for each.
    """

    boxes: NDArray[np.int64]
    pieces: Sequence[P]

    def read(
        self, box: Box, n_channels: int, dtype: np.dtype[Any], background: float, decode: Callable[[P], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return the (Y, X, C) pixels of a box; where no piece lies they are background."""
        touched = self._touched(box)
        result = np.empty((box.height, box.width, n_channels), dtype)
        if not self._cover(touched, box):
            result[...] = background
        for index in touched:
            y0, x0, y1, x1 = (int(side) for side in self.boxes[index])
            part = Box(y0, x0, y1, x1).intersect(box)
            pixels = decode(self.pieces[index])
            cut = pixels[part.y0 - y0 : part.y1 - y0, part.x0 - x0 : part.x1 - x0]
            result[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] = cut
        return result

    def bins(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which of 64 × 64 places, evenly spread over a picture of `shape`, lie on a piece."""
        y = (np.arange(_BINS) + 0.5) * shape[0] / _BINS
        x = (np.arange(_BINS) + 0.5) * shape[1] / _BINS
        covered = np.zeros((_BINS, _BINS), bool)
        for y0, x0, y1, x1 in self.boxes:
            rows, columns = np.searchsorted(y, (y0, y1)), np.searchsorted(x, (x0, x1))
            covered[rows[0] : rows[1], columns[0] : columns[1]] = True
        return covered

    def _touched(self, box: Box) -> list[int]:
        y0, x0, y1, x1 = self.boxes.T
        return np.flatnonzero((y0 < box.y1) & (y1 > box.y0) & (x0 < box.x1) & (x1 > box.x0)).tolist()

    def _cover(self, touched: Sequence[int], box: Box) -> bool:
        """Whether one piece alone covers the box, which spares painting the background."""
        return any(
            y0 <= box.y0 and x0 <= box.x0 and y1 >= box.y1 and x1 >= box.x1
            for y0, x0, y1, x1 in (self.boxes[index] for index in touched)
        )
