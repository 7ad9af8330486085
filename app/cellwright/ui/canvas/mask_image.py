"""Outlines and filled cells as one transparent picture over the screen: moved with the picture, then drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.raster import Raster, inner_edges, paint, plan_raster, rasterise, screen_scale

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
        self._colours: NDArray[np.uint8] = np.zeros((0, 3), np.uint8)
        self._strength: NDArray[np.float32] = np.zeros(0, np.float32)
        self._fill, self._line = 0.0, 0.0
        self._extent = (0, 0)
        self._raster: Raster | None = None
        self._labels: NDArray[np.int32] = np.zeros((0, 0), np.int32)
        self._edge: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._is_empty = True

    @property
    def raster(self) -> Raster | None:
        """The grid that is drawn at present; None while nothing is."""
        return None if self._is_empty else self._raster

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
            self._masks, self._raster = masks, None
            self._extent = _extent(masks)
        self._colours, self._strength = colours, strength
        self._fill, self._line = fill, line
        self._draw(viewport)

    def follow(self, viewport: Viewport | None) -> None:
        """Draw anew if what is on the screen now is not on the grid, or too coarse."""
        if viewport is None or self._masks is None or not self._is_seen:
            return
        scale = screen_scale(viewport.bounds, viewport.zoom * self._ratio)
        if self._raster is None or not self._raster.serves(self._within(viewport.bounds), scale):
            self._draw(viewport)

    def remove(self) -> None:
        """Take the picture out of the scene, before the scene itself goes."""
        if self._node is not None:
            self._node.parent = None
            self._node = None

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
        if self._raster is None or not self._raster.serves(self._within(viewport.bounds), scale):
            raster = plan_raster(viewport.bounds, scale, self._extent)
            if raster is None:
                self._clear()
                return
            self._labels = rasterise(self._masks, raster)
            self._edge = inner_edges(self._labels, max(1, round(OUTLINE_PX * self._ratio)))
            self._raster = raster
        shown = paint(self._labels, self._edge, self._colours, self._fill * self._strength, self._line * self._strength)
        self._upload(shown, self._raster)

    def _upload(self, pixels: NDArray[np.uint8], raster: Raster) -> None:
        from vispy.visuals.transforms import STTransform

        node = self._node if self._node is not None else self._new_node()
        node.set_data(pixels)
        node.transform = STTransform(scale=(1 / raster.scale, 1 / raster.scale), translate=(raster.x0, raster.y0))
        node.update()
        self._is_empty = False

    def _clear(self) -> None:
        self._raster = None
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
