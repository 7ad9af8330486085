"""`TileGrid`: a slide cut into square tiles at halving resolutions, and which of them a part of the slide needs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cellwright.core import Box

TILE_PX = 512
"""Side of a tile in pixels of its own resolution."""

_SHARPEST = 1.2
"""Most pixels of the screen that one pixel of a tile is spread over, at a zoom where the next resolution takes over."""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, order=True)
class TileKey:
    """One tile.

    Parameters
    ----------
    level : int
        Resolution: 0 is as stored, each further one halves it.
    row, column : int
        Place, in tiles of that resolution.
    """

    level: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """Rows ``row0 … row1-1`` and columns ``column0 … column1-1`` of tiles of one resolution."""

    level: int
    row0: int
    column0: int
    row1: int
    column1: int

    @property
    def is_empty(self) -> bool:
        """Whether no tile is in it."""
        return self.row1 <= self.row0 or self.column1 <= self.column0

    def __iter__(self) -> Iterator[TileKey]:
        """Go through its tiles, those nearest to the middle first: what a person looks at comes first."""
        rows, columns = (self.row0 + self.row1 - 1) / 2, (self.column0 + self.column1 - 1) / 2
        every = [
            TileKey(self.level, row, column)
            for row in range(self.row0, self.row1)
            for column in range(self.column0, self.column1)
        ]
        yield from sorted(every, key=lambda key: (key.row - rows) ** 2 + (key.column - columns) ** 2)

    def holds(self, key: TileKey) -> bool:
        """Whether a tile is in it."""
        is_row = self.row0 <= key.row < self.row1
        return key.level == self.level and is_row and self.column0 <= key.column < self.column1


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The tiles of one picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns at full resolution.
    tile_px : int
        Side of a tile in pixels of its own resolution.
    """

    shape: tuple[int, int]
    tile_px: int = TILE_PX

    @property
    def top(self) -> int:
        """The coarsest resolution: there the picture is one tile."""
        return max(0, math.ceil(math.log2(max(1, *self.shape) / self.tile_px)))

    def level_for(self, scale: float) -> int:
        """Return the resolution to draw at, given how many pixels of the screen a level-0 pixel takes."""
        return min(self.top, max(0, math.floor(math.log2(_SHARPEST / scale))))

    def side(self, level: int) -> int:
        """Return the side of a tile in level-0 pixels."""
        return self.tile_px << level

    def span(self, bounds: Bounds, level: int, margin: int = 0) -> Span:
        """Return the tiles that a part of the picture needs.

        Parameters
        ----------
        bounds : (float, float, float, float)
            y0, x0, y1, x1 in level-0 pixels; may reach beyond the picture.
        level : int
            Resolution.
        margin : int
            So many tiles more on each side.
        """
        side = self.side(level)
        rows, columns = (-(-length // side) for length in self.shape)
        y0, x0, y1, x1 = bounds
        return Span(
            level,
            min(rows, max(0, math.floor(y0 / side) - margin)),
            min(columns, max(0, math.floor(x0 / side) - margin)),
            max(0, min(rows, math.ceil(y1 / side) + margin)),
            max(0, min(columns, math.ceil(x1 / side) + margin)),
        )

    def box(self, key: TileKey) -> Box:
        """Return which level-0 pixels a tile shows; those of the last row and column are cut off at the picture."""
        side = self.side(key.level)
        y, x = key.row * side, key.column * side
        return Box(y, x, min(y + side, self.shape[0]), min(x + side, self.shape[1]))
