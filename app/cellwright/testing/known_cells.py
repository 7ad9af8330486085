"""Where the cells of a slide of any size lie: on every seam, corner and edge that tiles may have, and in between."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects
from cellwright.testing.smear import CLASSES
from cellwright.testing.stamps import KIND_SHARES, stamp_sizes

_GAP_PX = 4
"""Neighbours stay at least so far apart: nobody can take two cells for one."""
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Constants of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Cells of a slide, column by column.

    Parameters
    ----------
    site : (N, 2) ndarray of int64
        Row and column of the lattice: a cell's identity.
    boxes : (N, 4) ndarray of int64
        y0, x0, y1, x1 in level-0 pixels; they may reach beyond the slide's edges.
    variant : (N,) ndarray of intp
        Which of the drawn cells it looks like; see `stamps`.
    class_index : (N,) ndarray of int16
        Index into `CLASSES`.
    """

    site: NDArray[np.int64]
    boxes: NDArray[np.int64]
    variant: NDArray[np.intp]
    class_index: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.site)

    def take(self, rows: NDArray[np.bool_]) -> Placed:
        """Return the rows that a mask picks."""
        return Placed(self.site[rows], self.boxes[rows], self.variant[rows], self.class_index[rows])


@dataclass(frozen=True, slots=True)
class KnownCells:
    """Cells on an uneven lattice, found for any part of the slide without drawing the rest; no two ever overlap.

    Lines of the lattice run along the slide's edges and along every seam that is named, and evenly between those, so
    that there is a cell on every seam, at every corner where two cross, and cut in half by every edge.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the slide.
    seed : int
        Which slide.
    cell_px : int
        Height and width of the widest cell (a white one), about 8 or more; red cells measure about two thirds.
    occupancy : float
        Share of places that hold a cell, in [0, 1]; on seams, corners and edges each does.
    seams_y, seams_x : tuple of int
        Where cells lie for certain; a seam nearer than a cell to one before it is left out. See `seams_of`.
    islands : tuple of Box
        Where there are cells at all; empty for everywhere. The rest is glass.
    """

    shape: tuple[int, int]
    seed: int = 0
    cell_px: int = 48
    occupancy: float = 0.9
    seams_y: tuple[int, ...] = ()
    seams_x: tuple[int, ...] = ()
    islands: tuple[Box, ...] = ()

    @staticmethod
    def on_seams(
        shape: tuple[int, int],
        tilings: Iterable[tuple[int, int]] = ((512, 64), (1024, 64), (2048, 64)),
        *,
        seed: int = 0,
        cell_px: int = 48,
        occupancy: float = 0.9,
        islands: tuple[Box, ...] = (),
    ) -> KnownCells:
        """Return cells that lie on the seams of several tilings, each a side and a halo in pixels."""
        both = [seams_of(shape, tile_px, halo_px) for tile_px, halo_px in tilings]
        rows = tuple(sorted({y for seams, _ in both for y in seams}))
        columns = tuple(sorted({x for _, seams in both for x in seams}))
        return KnownCells(shape, seed, cell_px, occupancy, rows, columns, islands)

    def placed(self, box: Box) -> Placed:
        """Return the cells whose box reaches into a part of the slide, row by row."""
        rows, on_y = _lines(self.shape[0], self.cell_px + _GAP_PX, self.seams_y)
        columns, on_x = _lines(self.shape[1], self.cell_px + _GAP_PX, self.seams_x)
        i = np.arange(*np.searchsorted(rows, (box.y0 - 2 * self.cell_px, box.y1 + 2 * self.cell_px)))
        j = np.arange(*np.searchsorted(columns, (box.x0 - 2 * self.cell_px, box.x1 + 2 * self.cell_px)))
        site = np.stack(np.meshgrid(i, j, indexing="ij"), -1).reshape(-1, 2)
        drawn = _draws(self.seed, site, 5)
        sizes, kinds = stamp_sizes(self.cell_px)
        variant = _variants(drawn[:, 0], drawn[:, 1])
        size = sizes[variant]
        line = np.stack([rows[site[:, 0]], columns[site[:, 1]]], -1)
        is_fixed = np.stack([on_y[site[:, 0]], on_x[site[:, 1]]], -1)
        # Off the seams a cell lies anywhere between its neighbours; on them its middle is within a pixel of the seam.
        room = np.where(is_fixed, 1, (self.cell_px - size) // 2)
        corner = line - size // 2 + np.floor((2 * drawn[:, 2:4] - 1) * (room + 0.5) + 0.5).astype(np.int64)
        boxes = np.concatenate([corner, corner + size], 1)
        there = is_fixed.any(1) | (drawn[:, 4] < self.occupancy)
        there &= (corner < [box.y1, box.x1]).all(1) & (corner + size > [box.y0, box.x0]).all(1)
        there &= self._is_inside(boxes)
        return Placed(site, boxes, variant, kinds[variant]).take(there)

    def truth(self, box: Box | None = None) -> Objects:
        """Return the cells of the slide, or those that reach into `box`, cut off at the slide's edges alone."""
        found = self.placed(Box(0, 0, *self.shape) if box is None else box)
        limits = np.array([*self.shape, *self.shape])
        boxes = np.clip(found.boxes, 0, limits).astype(np.float32)
        ids = np.zeros(len(found), "V16")
        number = np.concatenate([np.full((len(found), 2), self.seed), found.site], 1).astype("<u4")
        ids[:] = np.frombuffer(number.tobytes(), "V16")
        scores = np.ones(len(found), np.float32)
        return Objects(ids, boxes, found.class_index, scores, CLASSES, f"generator:slide@{self.seed}")

    def _is_inside(self, boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which cells there are at all: not beyond the slide, and in an island where there are some."""
        seen = np.clip(boxes, 0, [*self.shape, *self.shape])
        inside: NDArray[np.bool_] = np.asarray((seen[:, 2:] > seen[:, :2]).all(1))
        if self.islands:
            middle = (boxes[:, :2] + boxes[:, 2:]) / 2
            held = np.zeros(len(boxes), np.bool_)
            for isle in self.islands:
                held |= np.asarray(((middle >= [isle.y0, isle.x0]) & (middle < [isle.y1, isle.x1])).all(1))
            inside &= held
        return inside


def seams_of(shape: tuple[int, int], tile_px: int, halo_px: int, align: int = 1) -> tuple[list[int], list[int]]:
    """Return the rows and columns at which the tiles of a picture meet; see `cellwright.inference.plan_tiles`."""
    from cellwright.inference import plan_tiles

    rows = [tile.owner.y0 for tile in plan_tiles(Box(0, 0, shape[0], 1), tile_px, halo_px, align)]
    columns = [tile.owner.x0 for tile in plan_tiles(Box(0, 0, 1, shape[1]), tile_px, halo_px, align)]
    return rows[1:], columns[1:]


@lru_cache(maxsize=64)
def _lines(length: int, pitch: int, seams: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the lines of the lattice along one axis, and which of them are seams or edges."""
    fixed = [0]
    for seam in sorted(seams):
        if seam - fixed[-1] >= pitch and length - seam >= pitch:
            fixed.append(seam)
    if length >= pitch:
        fixed.append(length)
    lines, is_fixed = [np.array([fixed[0]])], [np.array([True])]
    for before, after in itertools.pairwise(fixed):
        count = max(1, (after - before) // pitch)
        between = before + (after - before) * np.arange(1, count + 1) // count
        lines.append(between)
        is_fixed.append(np.arange(1, count + 1) == count)
    return np.concatenate(lines), np.concatenate(is_fixed)


def _variants(kind: NDArray[np.float64], which: NDArray[np.float64]) -> NDArray[np.intp]:
    """Choose a drawn cell by two random numbers: its kind, and which of that kind."""
    bounds = np.cumsum([share for _, share, _ in KIND_SHARES])
    counts = np.array([count for _, _, count in KIND_SHARES])
    chosen = np.minimum(np.searchsorted(bounds, kind, side="right"), len(counts) - 1)
    first = np.concatenate([[0], np.cumsum(counts)])[chosen]
    result: NDArray[np.intp] = (first + (which * counts[chosen]).astype(np.intp)).astype(np.intp)
    return result


def _draws(seed: int, site: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """(N, count) random numbers in [0, 1) that depend on the seed and the place alone."""
    first, second, third = (np.uint64(number) for number in _MIX)
    place: NDArray[np.uint64] = (site[:, 0].astype(np.uint64) << np.uint64(32)) | site[:, 1].astype(np.uint64)
    state = np.asarray(place[:, None] * np.uint64(count) + np.arange(count, dtype=np.uint64), np.uint64)
    with np.errstate(over="ignore"):
        z: NDArray[np.uint64] = np.asarray((state + np.uint64(seed + 1)) * first, np.uint64)
        z = np.asarray((z ^ (z >> np.uint64(30))) * second, np.uint64)
        z = np.asarray((z ^ (z >> np.uint64(27))) * third, np.uint64)
        z = np.asarray((z ^ (z >> np.uint64(31))) >> np.uint64(11), np.uint64)
    return np.asarray(z.astype(np.float64) / 2.0**53)
