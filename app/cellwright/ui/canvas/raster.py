"""Masks as pixels of the screen: only what is in view, only as finely as it is seen, however large the picture is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks

_RIM = 0.12
"""A raster reaches this far beyond each side of the screen, so that a small movement needs no new one."""

MOST_PIXELS = 4_000_000
"""A larger screen gets a coarser raster; it is drawn anew with every movement."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A grid over a part of the picture.

    Parameters
    ----------
    y0, x0 : float
        Upper left corner in level-0 pixels (edges count).
    scale : float
        Grid cells per level-0 pixel, > 0.
    height, width : int
        Number of cells.
    """

    y0: float
    x0: float
    scale: float
    height: int
    width: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """y0, x0, y1, x1 in level-0 pixels."""
        return self.y0, self.x0, self.y0 + self.height / self.scale, self.x0 + self.width / self.scale

    def bounds_of(self, part: tuple[slice, slice]) -> tuple[float, float, float, float]:
        """Return y0, x0, y1, x1 in level-0 pixels of some of its rows and columns."""
        down, along = part
        top, bottom = (self.y0 + row / self.scale for row in (down.start, down.stop))
        left, right = (self.x0 + column / self.scale for column in (along.start, along.stop))
        return top, left, bottom, right

    def serves(self, bounds: tuple[float, float, float, float], scale: float) -> bool:
        """Whether everything within `bounds` is on the grid and it is as fine as asked for."""
        y0, x0, y1, x1 = self.bounds
        slack = 1e-6 * (y1 - y0)
        inside = y0 <= bounds[0] + slack and x0 <= bounds[1] + slack
        inside = inside and y1 >= bounds[2] - slack and x1 >= bounds[3] - slack
        return inside and abs(self.scale / scale - 1) < 1e-3


def plan_raster(
    bounds: tuple[float, float, float, float], scale: float, shape: tuple[int, int], rim: float = _RIM
) -> Raster | None:
    """Return the grid for what is on the screen.

    Parameters
    ----------
    bounds : (float, float, float, float)
        y0, x0, y1, x1 of the screen in level-0 pixels.
    scale : float
        Device pixels per level-0 pixel.
    shape : (int, int)
        Rows and columns of the picture; nothing beyond it is on the grid.
    rim : float
        How far the grid reaches beyond each side of the screen, as a part of that side.

    Returns
    -------
    Raster or None
        None where no part of the picture is on the screen.
    """
    dy, dx = rim * (bounds[2] - bounds[0]), rim * (bounds[3] - bounds[1])
    y0, x0 = max(0.0, bounds[0] - dy), max(0.0, bounds[1] - dx)
    y1, x1 = min(float(shape[0]), bounds[2] + dy), min(float(shape[1]), bounds[3] + dx)
    if y1 <= y0 or x1 <= x0:
        return None
    return Raster(y0, x0, scale, math.ceil((y1 - y0) * scale - 1e-6), math.ceil((x1 - x0) * scale - 1e-6))


def screen_scale(bounds: tuple[float, float, float, float], scale: float) -> float:
    """Return how finely to draw: as the screen, or coarser where it has more than `MOST_PIXELS`."""
    pixels = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) * scale**2 * (1 + 2 * _RIM) ** 2
    return scale / math.ceil(math.sqrt(pixels / MOST_PIXELS)) if pixels > MOST_PIXELS else scale


Part = tuple[slice, slice]
"""Rows and columns of a grid, with begin and end."""


def rasterise(masks: Masks, raster: Raster, part: Part | None = None) -> NDArray[np.int32]:
    """Return which object covers the middle of each cell of a grid.

    Parameters
    ----------
    masks : Masks
        Of N objects; where two overlap, the earlier one is seen.
    raster : Raster
        The grid.
    part : (slice, slice), optional
        The rows and columns of the grid that are asked for; all where not given.

    Returns
    -------
    (height, width) ndarray of int32
        Of the part: 0 for the ground, i + 1 for object i.
    """
    return rasterised(masks, raster, part)[0]


def rasterised(masks: Masks, raster: Raster, part: Part | None = None) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return what `rasterise` does, and which objects have a cell there, seen or under others; by rising row."""
    down, along = part if part is not None else (slice(0, raster.height), slice(0, raster.width))
    rows, place = np.unique(_rows_under(raster, down), return_inverse=True)
    compact, there = _paint_rows(masks, raster, rows, along)
    return compact if len(rows) == len(place) else compact[place], there


def part_under(raster: Raster, box: tuple[float, float, float, float], rim: int = 0) -> Part:
    """Return the part of a grid that shows a box, y0, x0, y1, x1 in level-0 pixels, and `rim` cells around it."""
    edges = (np.array(box) - [raster.y0, raster.x0, raster.y0, raster.x0]) * raster.scale
    low = np.floor(edges[:2]).astype(int) - 1 - rim
    high = np.ceil(edges[2:]).astype(int) + 1 + rim
    shape = (raster.height, raster.width)
    (top, left), (bottom, right) = np.clip(low, 0, shape), np.clip(high, 0, shape)
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def _rows_under(raster: Raster, down: slice) -> NDArray[np.int64]:
    """Return the picture's row under the middle of each row of the grid."""
    cells = np.arange(down.start, down.stop)
    return np.floor(raster.y0 + (cells + 0.5) / raster.scale).astype(np.int64)


def _paint_rows(
    masks: Masks, raster: Raster, rows: NDArray[np.int64], along: slice
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Paint the given picture rows only, each once, with these columns of the grid; return whose cells there are."""
    width = along.stop - along.start
    painted = np.zeros((len(rows), width), np.int32)
    picks = _spans_on(masks, rows)
    spans = masks.spans[picks]
    owner = (np.searchsorted(masks.starts, picks, side="right")).astype(np.int32)
    first, last = (
        np.clip(np.ceil((spans[:, side] - raster.x0) * raster.scale - 0.5) - along.start, 0, width).astype(np.int64)
        for side in (1, 2)
    )
    lengths = last - first
    full = lengths > 0
    # the last one painted is seen: backwards, so that the earlier object wins
    row = np.searchsorted(rows, spans[full, 0])[::-1]
    lengths, first, owner = lengths[full][::-1], first[full][::-1], owner[full][::-1]
    ends = np.cumsum(lengths)
    at = np.repeat(row * width + first - (ends - lengths), lengths)
    at += np.arange(len(at))
    painted.reshape(-1)[at] = np.repeat(owner, lengths)
    # spans come object by object, and were turned around
    begins = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, np.bool_)
    return painted, (owner[begins][::-1] - 1).astype(np.intp)


def _spans_on(masks: Masks, rows: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return which spans lie on one of the rows, which are sorted."""
    if not len(rows) or not len(masks.spans):
        return np.zeros(0, np.intp)
    y = masks.spans[:, 0]
    near = np.flatnonzero((y >= rows[0]) & (y <= rows[-1]))
    if rows[-1] - rows[0] + 1 == len(rows):
        return near
    wanted = np.zeros(int(rows[-1] - rows[0]) + 1, np.bool_)
    wanted[rows - rows[0]] = True
    picked: NDArray[np.intp] = near[wanted[y[near] - rows[0]]]
    return picked


def inner_edges(labels: NDArray[np.int32], thickness: int) -> NDArray[np.bool_]:
    """Return the cells of objects that lie within `thickness` cells of another object or the ground."""
    edge = np.zeros(labels.shape, np.bool_)
    for step in range(1, thickness + 1):
        across = labels[step:] != labels[:-step]
        edge[step:] |= across
        edge[:-step] |= across
        along = labels[:, step:] != labels[:, :-step]
        edge[:, step:] |= along
        edge[:, :-step] |= along
    edge &= labels > 0
    return edge


def paint(
    labels: NDArray[np.int32],
    edge: NDArray[np.bool_],
    colours: NDArray[np.uint8],
    fill: NDArray[np.floating],
    line: NDArray[np.floating],
) -> NDArray[np.uint8]:
    """Return the picture of a grid.

    Parameters
    ----------
    labels, edge : (H, W) ndarray
        From `rasterise` and `inner_edges`.
    colours : (N, 3) ndarray of uint8
        Red, green, blue of each object.
    fill, line : (N,) ndarray of float
        How opaque the inside and the outline of each object are, in [0, 1]; an object that is not shown has 0.

    Returns
    -------
    (H, W, 4) ndarray of uint8
        Red, green, blue, opacity; not premultiplied.
    """
    return paint_from(labels, edge, ink_table(colours, fill), ink_table(colours, line))


def paint_from(
    labels: NDArray[np.int32], edge: NDArray[np.bool_], fill: NDArray[np.uint32], line: NDArray[np.uint32]
) -> NDArray[np.uint8]:
    """Return the picture of a grid, or of a part of it, from the `ink_table` of insides and that of outlines."""
    seen = fill[labels]
    if line.any():
        at = np.flatnonzero(edge.reshape(-1))
        ink = line[labels.reshape(-1)[at]]
        shown = np.flatnonzero(ink)  # an outline that is not shown leaves the fill as it is
        seen.reshape(-1)[at[shown]] = ink[shown]
    return seen.view(np.uint8).reshape(*labels.shape, 4)


def ink_table(colours: NDArray[np.uint8], opacity: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Return (N + 1,) uint32: red, green, blue and opacity of the ground, which has none, and of each object."""
    table = np.zeros((len(colours) + 1, 4), np.uint8)
    table[1:, :3] = colours
    table[1:, 3] = np.rint(255 * np.clip(opacity, 0, 1))
    table[table[:, 3] == 0] = 0
    return table.view(np.uint32).reshape(-1)
