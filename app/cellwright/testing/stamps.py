"""A few dozen drawn cells, ready to be put down anywhere: what makes a slide of any size cheap to draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cellwright.testing.cells import Kind, Outline, draw_cell, draw_outline, radius_of
from cellwright.testing.noise import local_generator

KIND_SHARES = (
    (Kind.RED, 0.88, 24),
    (Kind.NEUTROPHIL, 0.03, 6),
    (Kind.LYMPHOCYTE, 0.03, 6),
    (Kind.PLATELET, 0.06, 8),
)
"""Kinds of cells, what share of all each is, and how many are drawn of it."""

GLASS = np.array([247.0, 243.0, 246.0])
"""Colour of the lamp through glass and dried plasma."""

_SEED = 5150
_SOFTNESS = 0.06
_WIDEST = 1.35
"""No outline of a kind is wider than so many of its mean diameters."""
_CLASS_OF = {Kind.RED: 1, Kind.PLATELET: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """One drawn cell.

    Parameters
    ----------
    pixels : (Y, X, 3) ndarray of uint8
        The cell and the glass around it.
    offset : (int, int)
        Where its box begins in the pixels, y and x.
    """

    pixels: NDArray[np.uint8]
    offset: tuple[int, int]

    def reduced(self, factor: int) -> Stamp:
        """Return the cell as a coarser level shows it."""
        pixels = np.full([-(-side // factor) * factor for side in self.pixels.shape[:2]] + [3], GLASS, np.float32)
        pixels[: self.pixels.shape[0], : self.pixels.shape[1]] = self.pixels
        rows, columns = pixels.shape[0] // factor, pixels.shape[1] // factor
        mean = pixels.reshape(rows, factor, columns, factor, 3).mean((1, 3))
        return Stamp(np.rint(mean).astype(np.uint8), self.offset)


@lru_cache(maxsize=16)
def stamp_sizes(cell_px: int) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return (V, 2) heights and widths of the boxes of all drawn cells, and their (V,) classes."""
    extents = np.array([outline.extent() for _, outline in _outlines(cell_px)])
    sizes = np.clip(np.ceil(extents[:, 2:] - extents[:, :2]), 2, cell_px).astype(np.int64)
    kinds = np.array([_CLASS_OF.get(kind, 0) for kind, _ in _outlines(cell_px)], np.int16)
    return sizes, kinds


@lru_cache(maxsize=16)
def stamps(cell_px: int, factor: int = 1) -> tuple[Stamp, ...]:
    """Return all drawn cells whose widest measures `cell_px`, `factor` times coarser."""
    if factor > 1:
        return tuple(stamp.reduced(factor) for stamp in stamps(cell_px))
    return tuple(_drawn(kind, outline, number, cell_px) for number, (kind, outline) in enumerate(_outlines(cell_px)))


@lru_cache(maxsize=16)
def stamp_means(cell_px: int) -> NDArray[np.float64]:
    """Return (V, 3) how much darker than glass each cell is, added up over its pixels."""
    return np.array([(GLASS - stamp.pixels).sum((0, 1)) for stamp in stamps(cell_px)])


@lru_cache(maxsize=16)
def _outlines(cell_px: int) -> tuple[tuple[Kind, Outline], ...]:
    """Draw the rims; the widest white cell is as wide as asked, the others follow from it."""
    red_radius_px = cell_px / 2 / _WIDEST / (radius_of(Kind.NEUTROPHIL, 1.0) * 0.9)
    kinds = [kind for kind, _, count in KIND_SHARES for _ in range(count)]
    return tuple(
        (kind, draw_outline(kind, red_radius_px, local_generator(_SEED, 1, number, cell_px)))
        for number, kind in enumerate(kinds)
    )


def _drawn(kind: Kind, outline: Outline, number: int, cell_px: int) -> Stamp:
    y0, x0, _, _ = outline.extent()
    softness = max(0.8, _SOFTNESS * cell_px)
    # The rim's outermost point lies on the grid, so that the box of whole pixels just holds it.
    patch = draw_cell(kind, (-y0, -x0), outline, softness, local_generator(_SEED, 2, number, cell_px))
    pixels = np.clip(np.rint(GLASS * np.exp(-patch.density)), 0, GLASS.astype(int)).astype(np.uint8)
    return Stamp(pixels, (-patch.y0, -patch.x0))
