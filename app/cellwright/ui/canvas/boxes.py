"""Thousands of boxes as lines on the graphics card, equally thin at any zoom; one batch of lines a class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.canvas.geometry import outline_segments

LINE_PX = 1.5
"""Width of a box's line on the screen, in logical pixels."""

_ABOVE_LAYERS = 1_000_000


class BoxLines:
    """The boxes of all classes in one scene.

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
        self._lines: list[Any] = []
        self._filled: list[bool] = []
        self._is_visible = True

    def show(self, boxes: NDArray[np.float32], class_index: NDArray[np.int16], colours: list[str]) -> None:
        """Draw these boxes and no others.

        Parameters
        ----------
        boxes : (N, 4) ndarray
            y0, x0, y1, x1 in level-0 pixels.
        class_index : (N,) ndarray
            Index into `colours`.
        colours : list of str
            ``#rrggbb`` of each class.
        """
        self._match_count(len(colours))
        for index, colour in enumerate(colours):
            mine = boxes[class_index == index]
            self._filled[index] = bool(len(mine))
            if len(mine):
                self._lines[index].set_data(pos=outline_segments(mine), color=colour, connect="segments")
        self._update_visible()

    def set_look(self, visible: bool, opacities: list[float]) -> None:
        """Show or hide all boxes, and say how opaque each class is, in [0, 1]."""
        self._is_visible = visible
        for line, opacity in zip(self._lines, opacities, strict=False):
            line.opacity = opacity
        self._update_visible()

    def remove(self) -> None:
        """Take every line out of the scene."""
        self._match_count(0)

    def _match_count(self, count: int) -> None:
        while len(self._lines) > count:
            self._lines.pop().parent = None
            self._filled.pop()
        while len(self._lines) < count:
            self._lines.append(self._new_line())
            self._filled.append(False)

    def _new_line(self) -> Any:
        from vispy.scene.visuals import Line

        line = Line(
            pos=np.zeros((2, 2), np.float32),
            connect="segments",
            method="gl",
            width=LINE_PX * self._ratio,
            parent=self._scene,
        )
        line.order = _ABOVE_LAYERS
        line.set_gl_state("translucent", depth_test=False)
        line.visible = False
        return line

    def _update_visible(self) -> None:
        for line, filled in zip(self._lines, self._filled, strict=True):
            line.visible = self._is_visible and filled
