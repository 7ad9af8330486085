"""A drawn blood smear of any size with every cell known: the bundled sample, and slides too large to label by hand.

Light passes through a smear and cells absorb it, so cells add up as optical density: where two red cells overlap both
are seen and the place is darker. What a place looks like depends on the seed and the place alone: tiles of one smear
fit together without a seam, and a slide of any size needs no more memory than the tile being read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects
from cellwright.testing.cells import Kind, draw_cell
from cellwright.testing.layout import Cell, Layout
from cellwright.testing.noise import Field, grain, local_generator, soften, waves

CLASSES = ("WBC", "RBC", "PLT")
"""Names of the classes, as the shipped model has them."""

_LAMP = np.array([250.0, 226.0, 203.0])
_FOCUS, _LIGHT, _FILM, _SENSOR, _TEXTURE = 11, 12, 13, 14, 15
_BLUR_MARGIN = 6
_CLASS_OF = {Kind.RED: 1, Kind.PLATELET: 2}
RED_CELL_UM = 7.5
"""Diameter of a red cell on a slide, which sets the sample's pixel size."""


@dataclass(frozen=True, slots=True)
class Smear:
    """A Wright-stained blood smear under an oil-immersion lens, drawn and not photographed.

    Parameters
    ----------
    seed : int
        Which smear, >= 0.
    shape : (int, int)
        Rows and columns in pixels; any size.
    red_cell_px : float
        Mean diameter of a red cell in pixels, about 20 or more.
    crowding, white_share, platelet_share : float
        Shares of places that hold a cell, of cells that are white, of gaps that hold a platelet; each in [0, 1].
    """

    seed: int
    shape: tuple[int, int]
    red_cell_px: float = 90.0
    crowding: float = 0.86
    white_share: float = 0.004
    platelet_share: float = 0.09

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, *self.shape)

    @property
    def pixel_size_um(self) -> float:
        """Side of a pixel in µm, from the size of a red cell."""
        return RED_CELL_UM / self.red_cell_px

    @property
    def source(self) -> str:
        """What the rows of `truth` say about where they come from."""
        return f"generator:smear@{self.seed}"

    def read(self, box: Box) -> NDArray[np.uint8]:
        """Draw a part of the smear.

        Parameters
        ----------
        box : Box
            Which part; it may reach beyond the picture, since the plane goes on.

        Returns
        -------
        (Y, X, 3) ndarray of uint8
            Red, green, blue. The same pixels whichever box they are read through.
        """
        around = box.grow(_BLUR_MARGIN)
        light = _LAMP * (1.0 + 0.035 * waves(self.seed, _LIGHT, around, 22 * self.red_cell_px))[..., None]
        picture = soften(light * np.exp(-self._density(around)), self._scaled(0.0115), _BLUR_MARGIN)
        noisy = picture + soften(0.9 * 2.0 * grain(self.seed, _SENSOR, box.grow(2)), 0.7, 2)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)

    def truth(self, box: Box | None = None, least_visible: float = 0.2) -> Objects:
        """Return every cell that can be seen in a part of the smear.

        Parameters
        ----------
        box : Box or None
            Which part; None for the whole picture. Boxes reach to the foot of each cell's soft rim, are
            cut at the part's edges and stay in level-0 pixels.
        least_visible : float
            Cells of whose box a smaller share lies inside are left out, as a person would not mark them.
        """
        part = self.box if box is None else box.intersect(self.box)
        seen = (self._row(cell, part, least_visible) for cell in self._layout.cells_in(part))
        rows = [row for row in seen if row is not None]
        if not rows:
            return Objects.empty(CLASSES, self.source)
        ids, boxes, classes = zip(*rows, strict=True)
        return Objects(
            np.array(ids, "V16"),
            np.array(boxes, np.float32),
            np.array(classes, np.int16),
            np.ones(len(rows), np.float32),
            CLASSES,
            self.source,
        )

    @property
    def _layout(self) -> Layout:
        return Layout(self.seed, self.red_cell_px, self.crowding, self.white_share, self.platelet_share)

    def _scaled(self, share: float) -> float:
        """Turn a share of the red cell's diameter into pixels, at least half of one."""
        return max(0.5, share * self.red_cell_px)

    def _density(self, box: Box) -> Field:
        film = 1.0 + waves(self.seed, _FILM, box, 3 * self.red_cell_px, count=9)
        texture = waves(self.seed, _TEXTURE, box, 0.5 * self.red_cell_px, count=12)
        # Dried plasma: next to nothing, and never quite even.
        density: Field = (0.012 * film + 0.006 * texture)[..., None] * np.array([0.7, 1.0, 0.9])
        for cell in self._layout.cells_in(box):
            self._add(cell, box, density)
        return density

    def _add(self, cell: Cell, box: Box, density: Field) -> None:
        softness = self._softness(cell)
        y0, x0, y1, x1 = cell.extent
        reach = 4 * softness + 8
        if y1 + reach < box.y0 or y0 - reach > box.y1 or x1 + reach < box.x0 or x0 - reach > box.x1:
            return
        purpose, i, j = cell.site
        random = local_generator(self.seed, purpose + 100, i, j)
        patch = draw_cell(cell.kind, cell.centre, cell.outline, softness, random)
        height, width = patch.density.shape[:2]
        drawn = Box(patch.y0, patch.x0, patch.y0 + height, patch.x0 + width)
        both = drawn.intersect(box)
        if both.is_empty:
            return
        into = density[both.y0 - box.y0 : both.y1 - box.y0, both.x0 - box.x0 : both.x1 - box.x0]
        into += patch.density[both.y0 - drawn.y0 : both.y1 - drawn.y0, both.x0 - drawn.x0 : both.x1 - drawn.x0]

    def _softness(self, cell: Cell) -> float:
        """Width of the cell's rim in pixels: the film is not quite flat, so some places are out of focus."""
        y, x = (int(c) for c in cell.centre)
        out_of_focus = float(waves(self.seed, _FOCUS, Box(y, x, y + 1, x + 1), 14 * self.red_cell_px)[0, 0])
        return self._scaled(0.045 + 0.055 * abs(out_of_focus))

    def _row(self, cell: Cell, part: Box, least_visible: float) -> tuple[bytes, Sequence[float], int] | None:
        # People draw boxes around all that is dark, so to the foot of the rim's ramp and not to its middle.
        foot = self._softness(cell) / 2
        y0, x0, y1, x1 = (side + sign * foot for side, sign in zip(cell.extent, (-1, -1, 1, 1), strict=True))
        seen = (max(y0, part.y0), max(x0, part.x0), min(y1, part.y1), min(x1, part.x1))
        height, width = seen[2] - seen[0], seen[3] - seen[1]
        if height <= 0 or width <= 0 or height * width < least_visible * (y1 - y0) * (x1 - x0):
            return None
        identity = f"{self.source}/{'/'.join(map(str, cell.site))}".encode()
        rounded = [round(side, 1) for side in seen]
        return hashlib.blake2b(identity, digest_size=16).digest(), rounded, _CLASS_OF.get(cell.kind, 0)
