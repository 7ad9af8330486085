"""Outlines and filled cells as one transparent picture over the screen: moved with the picture, then drawn anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.mask_change import ChangedMasks, Grid, changed_row
from cellwright.ui.canvas.raster import (
    Raster,
    ink_table,
    inner_edges,
    paint_from,
    plan_raster,
    rasterised,
    screen_scale,
)

OUTLINE_PX = 1.5
"""Width of an outline on the screen, in logical pixels."""

_UNDER_BOXES = 999_000

# Nothing is drawn by an empty picture and not by a hidden one; see `cellwright.ui.canvas.boxes`.
_NOTHING: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)


class MaskImage:
    """The masks of one picture in a scene.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    ratio : float
        Device pixels per logical pixel.
    """

    def __init__(self, scene: Any, ratio: float = 1.0) -> None:
        self._scene = scene
        self._ratio = ratio
        self._node: Any = None
        self._masks: Masks | None = None
        self._changed: ChangedMasks | None = None
        self._inks = (np.zeros(1, np.uint32), np.zeros(1, np.uint32))
        self._fill, self._line = 0.0, 0.0
        self._extent = (0, 0)
        self._grid: Grid | None = None
        self._placed: Raster | None = None
        self._shown: NDArray[np.uint8] = _NOTHING
        self._is_empty = True

    @property
    def raster(self) -> Raster | None:
        """The grid that is drawn at present; None while nothing is."""
        return None if self._is_empty or self._grid is None else self._grid.raster

    def show(
        self,
        masks: Masks | None,
        colours: NDArray[np.uint8],
        strength: NDArray[np.float32],
        *,
        fill: float,
        line: float,
        viewport: Viewport | None,
    ) -> None:
        """Draw these masks and no others.

        Parameters
        ----------
        masks : Masks or None
            Of N objects, shown or not, so that showing fewer of the same needs only new colours.
        colours : (N, 3) ndarray of uint8
            Red, green, blue.
        strength : (N,) ndarray of float32
            How much of an object is seen, in [0, 1]; 0 hides it.
        fill, line : float
            How opaque insides and outlines are, in [0, 1]; 0 hides them.
        viewport : Viewport or None
            What is on the screen; None draws nothing.
        """
        if masks is not self._masks:
            if not self._takes_one_change(masks):
                self._grid = None
            self._masks, self._changed = masks, None
            self._extent = _extent(masks)
        self._inks = (ink_table(colours, fill * strength), ink_table(colours, line * strength))
        self._fill, self._line = fill, line
        self._draw(viewport)

    def _takes_one_change(self, masks: Masks | None) -> bool:
        """Bring the grid to other masks of which only one is another, as after a stroke; return whether that was so."""
        grid, before = self._grid, self._masks
        if grid is None or before is None or masks is None or self._changed is not None:
            return False
        row = changed_row(before, masks)
        if row is None:
            return False
        changed = ChangedMasks(before)
        changed.change(row, masks.take(np.array([row])))
        changed.redraw(grid, row, self._thickness)
        # a grid is known by being itself: what was worked out for it holds no more
        self._grid = replace(grid, rows=np.union1d(grid.rows, [row]))
        return True

    def change(self, row: int, mask: Masks) -> None:
        """Draw one object as another mask from now on; what it takes does not depend on how many there are.

        Parameters
        ----------
        row : int
            Which of the masks of the last `show`; they stay as they are otherwise until other masks are shown.
        mask : Masks
            One object, perhaps without pixels.
        """
        if self._masks is None:
            return
        if self._changed is None:
            self._changed = ChangedMasks(self._masks)
        self._changed.change(row, mask)
        rows, columns = _extent(mask)
        self._extent = max(self._extent[0], rows), max(self._extent[1], columns)
        grid = self._grid
        part = None if grid is None else self._changed.redraw(grid, row, self._thickness)
        if grid is not None and part is not None:
            self._shown[part] = paint_from(grid.labels[part], grid.edge[part], *self._inks)
            self._upload(grid.raster)

    def follow(self, viewport: Viewport | None) -> None:
        """Draw anew if what is on the screen now is not on the grid, or too coarse."""
        if viewport is None or self._masks is None or not self._is_seen:
            return
        scale = screen_scale(viewport.bounds, viewport.zoom * self._ratio)
        if self._grid is None or not self._grid.raster.serves(self._within(viewport.bounds), scale):
            self._draw(viewport)

    def remove(self) -> None:
        """Take the picture out of the scene, before the scene itself goes."""
        if self._node is not None:
            self._node.parent = None
            self._node = None

    @property
    def _thickness(self) -> int:
        return max(1, round(OUTLINE_PX * self._ratio))

    @property
    def _is_seen(self) -> bool:
        return self._fill > 0 or self._line > 0

    def _within(self, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Clip what is on the screen to where there are masks."""
        rows, columns = self._extent
        y0, x0, y1, x1 = bounds
        return max(0.0, y0), max(0.0, x0), min(float(rows), y1), min(float(columns), x1)

    def _draw(self, viewport: Viewport | None) -> None:
        if viewport is None or self._masks is None or not len(self._masks) or not self._is_seen:
            self._clear()
            return
        scale = screen_scale(viewport.bounds, viewport.zoom * self._ratio)
        if self._grid is None or not self._grid.raster.serves(self._within(viewport.bounds), scale):
            raster = plan_raster(viewport.bounds, scale, self._extent)
            if raster is None:
                self._clear()
                return
            self._grid = self._drawn(self._masks, raster)
        self._shown = paint_from(self._grid.labels, self._grid.edge, *self._inks)
        self._upload(self._grid.raster)

    def _drawn(self, masks: Masks, raster: Raster) -> Grid:
        labels, rows = rasterised(masks, raster)
        grid = Grid(raster, labels, inner_edges(labels, self._thickness), rows)
        if self._changed is not None:
            for row in self._changed.rows:
                self._changed.redraw(grid, row, self._thickness)
        return grid

    def _upload(self, raster: Raster) -> None:
        from vispy.visuals.transforms import STTransform

        node = self._node if self._node is not None else self._new_node()
        node.set_data(self._shown)
        if raster != self._placed:
            node.transform = STTransform(scale=(1 / raster.scale, 1 / raster.scale), translate=(raster.x0, raster.y0))
            self._placed = raster
        node.update()
        self._is_empty = False

    def _clear(self) -> None:
        self._grid = None
        if self._node is not None and not self._is_empty:
            self._node.set_data(_NOTHING)
            self._node.update()
        self._is_empty = True

    def _new_node(self) -> Any:
        from vispy.scene.visuals import Image

        node = Image(_NOTHING, interpolation="nearest", parent=self._scene)
        node.order = _UNDER_BOXES
        node.set_gl_state("translucent", depth_test=False)
        self._node = node
        return node


def _extent(masks: Masks | None) -> tuple[int, int]:
    """Return the row and the column behind the last pixel of any mask."""
    if masks is None or not len(masks.spans):
        return 0, 0
    return int(masks.spans[:, 0].max()) + 1, int(masks.spans[:, 2].max())
