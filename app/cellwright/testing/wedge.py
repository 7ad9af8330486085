"""A drawn smear as a spreader leaves it: cells piled up at one end, one layer in the middle, a feathered edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.testing.cells import draw_cell
from cellwright.testing.layout import Cell, Layout
from cellwright.testing.noise import Field, grain, local_generator, soften

_LAMP = np.array([250.0, 226.0, 203.0])
_KEPT, _SENSOR = 41, 42
_LAYER_SEEDS = 1000
"""Far enough apart that layers of one wedge and wedges of neighbouring seeds share no cell."""


@dataclass(frozen=True, slots=True)
class Wedge:
    """A smear whose thickness falls from left to right in a known way.

    Parameters
    ----------
    seed : int
        Which smear, >= 0.
    shape : (int, int)
        Rows and columns in pixels.
    red_cell_px : float
        Mean diameter of a red cell in pixels, about 20 or more.
    thick_until, thin_from : float
        Shares of the width, 0 < thick_until < thin_from < 1: cells lie in up to four layers left of the first, in one
        between the two, and ever farther apart right of the second.
    glass_from : float
        Share of the width from which the slide is bare.
    blurred : Box or None
        Cells here are out of focus by more than a third of their diameter.
    """

    seed: int
    shape: tuple[int, int]
    red_cell_px: float = 24.0
    thick_until: float = 0.35
    thin_from: float = 0.65
    glass_from: float = 0.9
    blurred: Box | None = None

    @property
    def pixel_size_um(self) -> float:
        """Side of a pixel in µm, from a red cell of 7.5 µm."""
        return 7.5 / self.red_cell_px

    def layers_at(self, x: float) -> float:
        """Return how many layers of cells lie on one another at a column: 4 at the left, 1, then less, 0 on glass."""
        share = x / self.shape[1]
        if share < self.thick_until:
            return 4.0 - 3.0 * share / self.thick_until
        if share < self.thin_from:
            return 1.0
        if share < self.glass_from:
            return 0.75 - 0.72 * (share - self.thin_from) / (self.glass_from - self.thin_from)
        return 0.0

    def cells_in(self, box: Box) -> Iterator[Cell]:
        """Yield the cells that may reach into `box`, layer by layer."""
        for layer in range(4):
            end = int(self.shape[1] * (self.thick_until * (4 - layer) / 3 if layer else self.glass_from)) + 1
            part = Box(box.y0, box.x0, box.y1, max(box.x0, min(box.x1, end)))
            # Cells reach over the edge of where their middles lie.
            if part.x0 > end + 2 * self.red_cell_px:
                continue
            layout = Layout(self.seed + layer * _LAYER_SEEDS, self.red_cell_px, 0.62, 0.003 if layer == 0 else 0.0, 0.0)
            for cell in layout.cells_in(part):
                if self._is_kept(cell, layer):
                    yield cell

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, *self.shape)

    def read(self, box: Box) -> NDArray[np.uint8]:
        """Draw a part of the smear: (Y, X, 3) uint8, the same pixels whichever box they are read through."""
        density = np.zeros((box.height, box.width, 3)) + 0.01
        for cell in self.cells_in(box):
            self._add(cell, box, density)
        noisy = _LAMP * np.exp(-density) + soften(1.8 * grain(self.seed, _SENSOR, box.grow(2)), 0.7, 2)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)

    def _is_kept(self, cell: Cell, layer: int) -> bool:
        # A layer of which a share is there keeps that share of its cells, each by a draw of its own.
        share = self.layers_at(cell.centre[1]) - layer
        return share > 0 and float(local_generator(self.seed, _KEPT + layer, *cell.site[1:]).random()) < share

    def _add(self, cell: Cell, box: Box, density: Field) -> None:
        is_blurred = self.blurred is not None and self.blurred.contains_point(*cell.centre)
        softness = (0.4 if is_blurred else 0.07) * self.red_cell_px
        purpose, i, j = cell.site
        random = local_generator(self.seed, purpose + 100, i, j)
        patch = draw_cell(cell.kind, cell.centre, cell.outline, softness, random)
        height, width = patch.density.shape[:2]
        y0, x0, y1, x1 = patch.y0, patch.x0, patch.y0 + height, patch.x0 + width
        if y1 <= box.y0 or x1 <= box.x0 or y0 >= box.y1 or x0 >= box.x1:
            return
        drawn = Box(y0, x0, y1, x1)
        both = drawn.intersect(box)
        into = density[both.y0 - box.y0 : both.y1 - box.y0, both.x0 - box.x0 : both.x1 - box.x0]
        into += patch.density[both.y0 - y0 : both.y1 - y0, both.x0 - x0 : both.x1 - x0]
