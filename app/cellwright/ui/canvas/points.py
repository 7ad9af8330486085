"""The middles of cells as dots on the graphics card, equally large at any zoom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DOT_PX = 6.0
_ABOVE_BOXES = 1_000_001

# A dot without size draws nothing; see `cellwright.ui.canvas.boxes` for why it is not hidden instead.
_NOWHERE: NDArray[np.float32] = np.zeros((1, 2), np.float32)


class Dots:
    """The centres of all objects in one scene.

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
        self._has_dots = False

    def show(self, centres: NDArray[np.floating], colours: NDArray[np.uint8], opacity: NDArray[np.floating]) -> None:
        """Draw these dots and no others.

        Parameters
        ----------
        centres : (N, 2) ndarray
            y, x in level-0 pixels.
        colours : (N, 3) ndarray of uint8
            Red, green, blue.
        opacity : (N,) ndarray of float
            In [0, 1]; 0 hides a dot.
        """
        seen = opacity > 0
        if not seen.any():
            self.clear()
            return
        if self._node is None:
            self._node = self._new_node()
        inks = np.column_stack([colours[seen] / 255.0, opacity[seen]]).astype(np.float32)
        rims = np.zeros_like(inks)
        rims[:, 3] = inks[:, 3]
        at = np.ascontiguousarray(centres[seen][:, ::-1], np.float32)
        self._node.set_data(at, size=_DOT_PX * self._ratio, edge_width=1.0, face_color=inks, edge_color=rims)
        self._has_dots = True

    def clear(self) -> None:
        """Draw no dots."""
        if self._node is not None and self._has_dots:
            self._node.set_data(_NOWHERE, size=0.0, edge_width=0.0)
            self._has_dots = False

    def remove(self) -> None:
        """Take the dots out of the scene, before the scene itself goes."""
        if self._node is not None:
            self._node.parent = None
            self._node = None

    def _new_node(self) -> Any:
        from vispy.scene.visuals import Markers

        node = Markers(pos=_NOWHERE, size=0.0, parent=self._scene)
        node.order = _ABOVE_BOXES
        node.set_gl_state("translucent", depth_test=False)
        return node
