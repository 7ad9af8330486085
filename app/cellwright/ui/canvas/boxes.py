"""Thousands of boxes as lines on the graphics card, equally thin at any zoom; one batch of lines a class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.canvas.geometry import outline_segments

LINE_PX = 1.5
"""Width of a box's line on the screen, in logical pixels."""

_ABOVE_LAYERS = 1_000_000

# A line without length draws nothing. Lines are emptied so, and neither hidden nor dropped: Mesa's software renderer
# crashes in the second frame after a picture is replaced while a line of the same scene is hidden or taken away.
_NOTHING: NDArray[np.float32] = np.zeros((2, 2), np.float32)


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
        self._segments: list[NDArray[np.float32]] = []
        self._colours: list[Any] = []
        self._is_visible = True

    def show(
        self,
        boxes: NDArray[np.float32],
        class_index: NDArray[np.int16],
        colours: list[str],
        own: NDArray[np.uint8] | None = None,
    ) -> None:
        """Draw these boxes and no others.

        Parameters
        ----------
        boxes : (N, 4) ndarray
            y0, x0, y1, x1 in level-0 pixels.
        class_index : (N,) ndarray
            Index into `colours`.
        colours : list of str
            ``#rrggbb`` of each class.
        own : (N, 3) ndarray of uint8, optional
            Red, green, blue of each box, in place of its class's colour.
        """
        self._colours = list(colours)
        if own is not None:
            self._colours = [_per_corner(own[class_index == index]) for index in range(len(colours))]
        self._segments = [outline_segments(boxes[class_index == index]) for index in range(len(colours))]
        while len(self._lines) < len(colours):
            self._lines.append(self._new_line())
        self._upload()

    def set_look(self, visible: bool, opacities: list[float]) -> None:
        """Show or hide all boxes, and say how opaque each class is, in [0, 1]."""
        for line, opacity in zip(self._lines, opacities, strict=False):
            if line.opacity != opacity:  # each assignment asks for a new frame
                line.opacity = opacity
        if visible != self._is_visible:
            self._is_visible = visible
            self._upload()

    def remove(self) -> None:
        """Take every line out of the scene, before the scene itself goes."""
        for line in self._lines:
            line.parent = None
        self._lines, self._segments, self._colours = [], [], []

    def _upload(self) -> None:
        for index, line in enumerate(self._lines):
            segments = self._segments[index] if index < len(self._segments) and self._is_visible else _NOTHING
            if len(segments) and segments is not _NOTHING:
                line.set_data(pos=segments, color=self._colours[index], connect="segments")
            else:
                line.set_data(pos=_NOTHING, color="#000000", connect="segments")

    def _new_line(self) -> Any:
        from vispy.scene.visuals import Line

        line = Line(pos=_NOTHING, connect="segments", method="gl", width=LINE_PX * self._ratio, parent=self._scene)
        line.order = _ABOVE_LAYERS
        line.set_gl_state("translucent", depth_test=False)
        return line


def _per_corner(colours: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (8 N, 4) red, green, blue, opacity: one for each end of the four sides of a box."""
    inks = np.ones((len(colours), 4), np.float32)
    inks[:, :3] = colours / np.float32(255)
    return np.repeat(inks, 8, axis=0)
