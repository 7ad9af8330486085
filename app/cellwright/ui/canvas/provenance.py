"""What people looked at, over the thin lines of the model: accepted in a thick line, corrected in a dashed one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from cellwright.core import Masks
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.options import ShownObjects
from cellwright.ui.state.marks import Provenance

MOST_DRAWN = 1500
"""Of more cells on the screen at once the lines would run into each other; then only the model's are drawn."""

_THICK_PX, _POINT_PX = 3.0, 6.0
_DASHES = (3.0, 2.0)


class ProvenanceLines:
    """The lines around reviewed cells."""

    def __init__(self) -> None:
        self._boxes: NDArray[np.float32] = np.zeros((0, 4), np.float32)
        self._colours: NDArray[np.uint8] = np.zeros((0, 3), np.uint8)
        self._kinds: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._masks: Masks | None = None
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._rings: dict[int, tuple[NDArray[np.float32], ...]] = {}

    def show(self, shown: ShownObjects) -> None:
        """Take what is drawn; outlines are traced when they come into view."""
        rows = shown.rows
        if shown.provenance is None:
            rows = rows[:0]
        else:
            rows = rows[shown.provenance[rows] != Provenance.MODEL]
            self._kinds = shown.provenance[rows]
        masks = shown.objects.masks
        if masks is not self._masks or not np.array_equal(rows, self._rows):
            self._rings.clear()
        self._rows, self._masks = rows, masks
        self._boxes, self._colours = shown.objects.boxes[rows], shown.colours[rows]

    def paint(self, painter: QPainter, viewport: Viewport, lit: NDArray[np.bool_] | None = None) -> int:
        """Draw the lines that are in view; return how many."""
        if not len(self._rows):
            return 0
        seen = np.flatnonzero(_in_view(self._boxes, viewport.bounds))
        if lit is not None:
            seen = seen[lit[seen]]
        if len(seen) > MOST_DRAWN:
            return 0
        self._trace(seen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row in seen.tolist():
            self._paint_one(painter, self._path(row, viewport), row)
        return len(seen)

    def _trace(self, seen: NDArray[np.intp]) -> None:
        new = np.array([row for row in seen.tolist() if row not in self._rings], np.intp)
        if self._masks is None or not len(new):
            return
        from cellwright.shapes import contours

        found = contours(self._masks.take(self._rows[new]))
        rings: dict[int, list[NDArray[np.float32]]] = {int(row): [] for row in new}
        for k, owner in enumerate(found.object_of_ring.tolist()):
            rings[int(new[owner])].append(found.ring(k))
        self._rings.update({row: tuple(parts) for row, parts in rings.items()})

    def _path(self, row: int, viewport: Viewport) -> QPainterPath:
        path = QPainterPath()
        for ring in self._rings.get(row, ()):
            corners = viewport.points_to_screen(ring)
            path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for y, x in corners]))
            path.closeSubpath()
        if not path.isEmpty():
            return path
        y0, x0, y1, x1 = (float(edge) for edge in viewport.to_screen(self._boxes[row][None])[0])
        if y1 - y0 < 1 and x1 - x0 < 1:  # a single point
            path.addEllipse(QPointF(x0, y0), _POINT_PX, _POINT_PX)
            path.addEllipse(QPointF(x0, y0), 1.0, 1.0)
        else:
            path.addRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        return path

    def _paint_one(self, painter: QPainter, path: QPainterPath, row: int) -> None:
        colour = QColor(*(int(part) for part in self._colours[row]))
        painter.setPen(QPen(colour, _THICK_PX))
        painter.drawPath(path)
        if self._kinds[row] == Provenance.CORRECTED:
            dashes = QPen(QColor("#ffffff"), _THICK_PX)
            dashes.setDashPattern(list(_DASHES))
            dashes.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(dashes)
            painter.drawPath(path)


def _in_view(boxes: NDArray[np.float32], bounds: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return which boxes are on the screen; points, which are boxes of no size, too."""
    y0, x0, y1, x1 = bounds
    inside: NDArray[np.bool_] = (boxes[:, 0] <= y1) & (boxes[:, 2] >= y0) & (boxes[:, 1] <= x1) & (boxes[:, 3] >= x0)
    return inside
