"""`DensityImage`: how many objects lie where, as a transparent colour map over the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.state.density import Bounds, Density

SQUARE_PX = 9.0
"""A square has at least this side on the screen, in logical pixels."""

_UNDER_MASKS = 998_000

# Nothing is drawn by an empty picture and not by a hidden one; see `cellwright.ui.canvas.boxes`.
_NOTHING: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)


class DensityImage:
    """The density of one picture in a scene.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._node: Any = None
        self._density: Density | None = None
        self._placed: tuple[int, tuple[int, int], tuple[int, int]] | None = None
        self._opacity = 1.0

    @property
    def scale(self) -> int | None:
        """The scale that is drawn; None while nothing is."""
        return self._placed[0] if self._placed is not None else None

    def show(self, density: Density, viewport: Viewport) -> None:
        """Draw what is in view, and as much again around it."""
        scale = density.scale_for(SQUARE_PX / viewport.zoom)
        if density is self._density and self._placed is not None and self._placed[0] == scale:
            placed, seen = self._placed[1:], density.window(viewport.bounds, scale)
            if all(now[0] >= then[0] and now[1] <= then[1] for now, then in zip(seen, placed, strict=True)):
                return
        rows, columns = density.window(grown(viewport.bounds, 0.5), scale)
        self._density, self._placed = density, (scale, rows, columns)
        self._upload(density.image(scale, rows, columns), density.side << scale, rows[0], columns[0])

    def clear(self) -> None:
        """Draw nothing."""
        if self._placed is not None:
            self._density, self._placed = None, None
            self._upload(_NOTHING, 1, 0, 0)

    def set_opacity(self, opacity: float) -> None:
        """Say how opaque it is drawn, in [0, 1]."""
        self._opacity = opacity
        if self._node is not None and self._node.opacity != opacity:
            self._node.opacity = opacity

    def remove(self) -> None:
        """Take it out of the scene, before the scene itself goes."""
        if self._node is not None:
            self._node.parent = None
            self._node = None

    def _upload(self, image: NDArray[np.uint8], side: int, row: int, column: int) -> None:
        from vispy.visuals.transforms import STTransform

        node = self._node if self._node is not None else self._new_node()
        node.set_data(image if image.size else _NOTHING)
        node.transform = STTransform(scale=(side, side), translate=(column * side, row * side))
        node.update()

    def _new_node(self) -> Any:
        from vispy.scene.visuals import Image

        node = Image(_NOTHING, interpolation="nearest", parent=self._scene)
        node.order = _UNDER_MASKS
        node.opacity = self._opacity
        node.set_gl_state("translucent", depth_test=False)
        self._node = node
        return node


def grown(bounds: Bounds, share: float) -> Bounds:
    """Return y0, x0, y1, x1 with a share of the height and of the width more on each side."""
    y0, x0, y1, x1 = bounds
    dy, dx = share * (y1 - y0), share * (x1 - x0)
    return y0 - dy, x0 - dx, y1 + dy, x1 + dx
