"""Where very many objects lie: sorted by place, and counted in squares at halving scales. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import PixelSize
from cellwright.ui.state.colouring import MAP, Legend

Bounds = tuple[float, float, float, float]

_MOST_SQUARES = 2_000_000
"""Of the finest count: some megabytes, and squares smaller than cells are far apart."""

_FINEST_PX = 16
_FULL_SHARE = 99.5
"""Percentile of the squares that hold anything which has the brightest colour: one clump must not darken the rest."""

_FAINTEST, _STRONGEST = 90, 215
"""How opaque the emptiest square that holds anything and the fullest one are, of 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The N objects of a picture, sorted by the square that holds their middle.

    Parameters
    ----------
    side : int
        Of a square, in level-0 pixels.
    shape : (int, int)
        Rows and columns of squares.
    square : (N,) ndarray of int32
        Of each object, counted row by row.
    order : (N,) ndarray of intp
        The objects, square by square.
    starts : (squares + 1,) ndarray of intp
        Where in `order` each square begins.
    reach : float
        How far an object reaches beyond its middle at most, in level-0 pixels.
    typical : float
        Longer side of the median object's box, in level-0 pixels.
    """

    side: int
    shape: tuple[int, int]
    square: NDArray[np.int32]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    reach: float
    typical: float

    def near(self, bounds: Bounds) -> NDArray[np.intp]:
        """Return the objects, rising, that may have a part inside of y0, x0, y1, x1."""
        rows, columns = self.shape
        first_row, last_row = _squares(bounds[0] - self.reach, bounds[2] + self.reach, self.side, rows)
        first, last = _squares(bounds[1] - self.reach, bounds[3] + self.reach, self.side, columns)
        if last <= first:
            return np.zeros(0, np.intp)
        lines = [
            self.order[self.starts[row * columns + first] : self.starts[row * columns + last]]
            for row in range(first_row, last_row)
        ]
        return np.sort(np.concatenate(lines)) if lines else np.zeros(0, np.intp)


def places_of(boxes: NDArray[np.floating], shape: tuple[int, int]) -> Places:
    """Sort objects by place.

    Parameters
    ----------
    boxes : (N, 4) ndarray
        y0, x0, y1, x1 in level-0 pixels.
    shape : (int, int)
        Rows and columns of the picture; what lies beyond is counted in the squares at its edge.
    """
    side = _FINEST_PX
    while -(-shape[0] // side) * -(-shape[1] // side) > _MOST_SQUARES:
        side *= 2
    rows, columns = max(1, -(-shape[0] // side)), max(1, -(-shape[1] // side))
    y = np.clip(((boxes[:, 0] + boxes[:, 2]) * (0.5 / side)).astype(np.int32), 0, rows - 1)
    x = np.clip(((boxes[:, 1] + boxes[:, 3]) * (0.5 / side)).astype(np.int32), 0, columns - 1)
    square = (y * np.int32(columns) + x).astype(np.int32)
    order = np.argsort(square, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(square, minlength=rows * columns))]).astype(np.intp)
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    typical = float(np.median(longer)) if len(longer) else 0.0
    reach = float(longer.max(initial=0.0)) / 2
    return Places(side, (rows, columns), square, order, starts, reach, typical)


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How many objects each square holds, at several scales.

    Parameters
    ----------
    side : int
        Of the finest squares, in level-0 pixels; each further scale doubles it.
    counts : tuple of (rows, columns) ndarray of int32
        Finest first.
    full : tuple of float
        Of each scale: the count that has the brightest colour, > 0.
    """

    side: int
    counts: tuple[NDArray[np.int32], ...]
    full: tuple[float, ...]

    @property
    def total(self) -> int:
        """Number of objects."""
        return int(self.counts[-1].sum())

    def scale_for(self, px: float) -> int:
        """Return the finest scale whose squares have at least this side in level-0 pixels, else the coarsest."""
        at = max(0, int(np.ceil(np.log2(max(px, 1.0) / self.side))))
        return min(at, len(self.counts) - 1)

    def within(self, bounds: Bounds) -> int:
        """Return about how many objects lie inside of y0, x0, y1, x1: all of the squares that it touches."""
        (y0, y1), (x0, x1) = self.window(bounds, 0)
        return int(self.counts[0][y0:y1, x0:x1].sum())

    def window(self, bounds: Bounds, scale: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the rows and the columns of squares that a part of the picture touches."""
        side, (rows, columns) = self.side << scale, self.counts[scale].shape
        return _squares(bounds[0], bounds[2], side, rows), _squares(bounds[1], bounds[3], side, columns)

    def image(self, scale: int, rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[np.uint8]:
        """Return (Y, X, 4) red, green, blue, opacity of some squares; empty ones are transparent."""
        counts = self.counts[scale][slice(*rows), slice(*columns)]
        # the square root: between few and many there is more to see than between many and very many
        part = np.sqrt(np.minimum(1.0, counts / self.full[scale]))
        image = np.zeros((*counts.shape, 4), np.uint8)
        image[..., :3] = MAP[np.rint(255 * part).astype(np.intp)]
        image[..., 3] = np.where(counts > 0, np.rint(_FAINTEST + (_STRONGEST - _FAINTEST) * part), 0)
        return image


def density_of(places: Places, rows: NDArray[np.intp]) -> Density:
    """Count some of the objects, in squares of several scales.

    Parameters
    ----------
    places : Places
        Of all objects.
    rows : (M,) ndarray of intp
        Which count.
    """
    across = places.shape[0] * places.shape[1]
    finest = np.bincount(places.square[rows], minlength=across).astype(np.int32).reshape(places.shape)
    counts = [finest]
    while max(counts[-1].shape) > 16:
        counts.append(_pooled(counts[-1]))
    return Density(places.side, tuple(counts), tuple(_full(level) for level in counts))


def density_legend(density: Density, scale: int, pixel_size: PixelSize | None) -> Legend:
    """Return what the colours of a density stand for: cells per mm², or per megapixel where nobody knows pixels."""
    square = float(density.side << scale) ** 2
    unit, area = ("mm²", square * pixel_size.area_um2 / 1e6) if pixel_size is not None else ("Mpx", square / 1e6)
    # the colours follow the square root, so that few cells are seen beside many
    return Legend(f"Cells per {unit}", _number(1 / area), f"≥ {_number(density.full[scale] / area)}")


def _number(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.0f}" if value >= 10 else f"{value:.2g}"


def _pooled(counts: NDArray[np.int32]) -> NDArray[np.int32]:
    rows, columns = counts.shape
    even = np.pad(counts, ((0, rows % 2), (0, columns % 2)))
    pooled: NDArray[np.int32] = even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]
    return pooled


def _full(counts: NDArray[np.int32]) -> float:
    held = counts[counts > 0]
    return float(max(1.0, np.percentile(held, _FULL_SHARE))) if len(held) else 1.0


def _squares(low: float, high: float, side: int, length: int) -> tuple[int, int]:
    """Return the first and one past the last square that a stretch touches."""
    first = min(length, max(0, int(np.floor(low / side))))
    return first, max(first, min(length, int(np.ceil(high / side))))
