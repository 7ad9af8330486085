"""The stroke under way as pixels of the screen: only what is in view, only what each movement adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from cellwright.shapes import stroke
from cellwright.ui.canvas.drawing import Place
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.raster import Raster, rasterise


class BrushPatch:
    """The pixels of a stroke so far, as they lie on the screen.

    It has the size of the canvas, however large the picture is. A movement adds the pixels of its last piece alone;
    only a change of the view draws the whole stroke anew.
    """

    def __init__(self) -> None:
        self._pixels: NDArray[np.uint8] = np.zeros((0, 0, 4), np.uint8)
        self._view: Viewport | None = None
        self._drawn = 0

    def clear(self) -> None:
        """Forget the stroke."""
        self._view, self._drawn = None, 0

    def follow(self, path: list[Place], radius: float, view: Viewport, colour: tuple[int, int, int, int]) -> QRect:
        """Draw what is not drawn yet.

        Parameters
        ----------
        path : list of (float, float)
            All corners so far, y, x in level-0 pixels.
        radius : float
            In level-0 pixels.
        view : Viewport
            What is on the screen.
        colour : (int, int, int, int)
            Red, green, blue, opacity, 0 … 255.

        Returns
        -------
        QRect
            What of the screen changed, in logical pixels.
        """
        is_new = view != self._view or self._drawn > len(path)
        if is_new:
            self._pixels = np.zeros((view.height, view.width, 4), np.uint8)
            self._view, self._drawn = view, 0
        piece = np.array(path[max(0, self._drawn - 1) :], np.float64)
        self._drawn = len(path)
        changed = self._add(piece, radius, view, colour) if len(piece) else QRect()
        return QRect(0, 0, view.width, view.height) if is_new else changed

    def paint(self, painter: QPainter) -> None:
        """Draw the patch over the whole canvas."""
        if self._view is not None and self._pixels.size:
            height, width = self._pixels.shape[:2]
            image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            painter.drawImage(QPointF(0, 0), image)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 4) uint8: red, green, blue, opacity of what is drawn."""
        return self._pixels

    def _add(
        self, piece: NDArray[np.float64], radius: float, view: Viewport, colour: tuple[int, int, int, int]
    ) -> QRect:
        low = view.points_to_screen(piece.min(0)[None] - radius - 1)[0]
        high = view.points_to_screen(piece.max(0)[None] + radius + 1)[0]
        top, left = (max(0, int(edge)) for edge in np.floor(low))
        bottom, right = min(view.height, int(np.ceil(high[0]))), min(view.width, int(np.ceil(high[1])))
        if bottom <= top or right <= left:
            return QRect()
        y0, x0 = view.from_screen(top, left)
        grid = Raster(y0, x0, view.zoom, bottom - top, right - left)
        covered = rasterise(stroke(piece, radius), grid) > 0
        self._pixels[top:bottom, left:right][covered] = colour
        return QRectF(left, top, right - left, bottom - top).toAlignedRect()
