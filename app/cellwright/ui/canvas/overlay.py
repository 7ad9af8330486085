"""What is painted over the picture in screen pixels: labels, the selected cell and the scale bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF

from cellwright.core import PixelSize
from cellwright.ui.canvas.geometry import Viewport, scale_bar
from cellwright.ui.canvas.glass import GlassSheet
from cellwright.ui.canvas.labels import LABEL_HEIGHT, place_labels
from cellwright.ui.canvas.marks import font, paint_legend, paint_line
from cellwright.ui.canvas.options import ShownObjects
from cellwright.ui.canvas.provenance import ProvenanceLines
from cellwright.ui.looks.theme import ink_on
from cellwright.ui.state.marks import Provenance
from cellwright.ui.state.measured_line import MeasuredLine

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_MARGIN_PX = 12
_MOST_MARKED = 2_000
"""So many selected cells are marked one by one; of more, one sees that they are many."""


class CanvasOverlay(GlassSheet):
    """Labels, the selected cells and the scale bar, over the canvas; see `GlassSheet` for the parameters."""

    def __init__(self, over: QWidget, viewport: Callable[[], Viewport | None]) -> None:
        super().__init__(over, viewport, "Labels and scale bar over the picture")
        self.provenance = ProvenanceLines()
        self.show_objects(ShownObjects())
        self.selected: NDArray[np.float32] | None = None
        self.selected_rings: tuple[NDArray[np.float32], ...] = ()
        self.also_selected: NDArray[np.float32] = np.zeros((0, 4), np.float32)
        self.lines: tuple[MeasuredLine, ...] = ()
        self.ruler: MeasuredLine | None = None
        self.pixel_size: PixelSize | None = None
        self.show_labels = True
        self.show_marks = True
        self.show_provenance = True
        self.show_scale_bar = True
        self.labels_drawn = 0

    def show_objects(self, shown: ShownObjects) -> None:
        """Take what is drawn, for its labels and its legend."""
        self.provenance.show(shown)
        objects, rows = shown.objects, shown.rows
        self._boxes, self._class_index, self._scores = (
            objects.boxes[rows],
            objects.class_index[rows],
            objects.scores[rows],
        )
        self._styles, self._colours, self._legend = shown.styles, shown.colours[rows], shown.legend
        # The score is what a model was sure of; beside the class that a person gave it would be a number for nothing.
        self._scored = None if shown.provenance is None else shown.provenance[rows] != Provenance.CORRECTED

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint everything anew; there are never more than some hundred things."""
        viewport = self._viewport()
        if viewport is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.show_provenance:
            self.provenance.paint(painter, viewport)
        if self.show_marks:
            self._paint_also_selected(painter, viewport)
            self._paint_selected(painter, viewport)
            for line in self.lines:
                paint_line(painter, viewport, line)
        if self.ruler is not None:
            paint_line(painter, viewport, self.ruler)
        self.labels_drawn = self._paint_labels(painter, viewport) if self.show_labels else 0
        if self._legend is not None and self.show_marks and len(self._boxes):
            paint_legend(painter, self._legend, _MARGIN_PX)
        if self.show_scale_bar:
            self._paint_scale_bar(painter, viewport)
        painter.end()

    def _paint_labels(self, painter: QPainter, viewport: Viewport) -> int:
        rows = viewport.visible_rows(self._boxes)
        if not len(rows):
            return 0
        scored = None if self._scored is None else self._scored[rows]
        placed = place_labels(viewport.to_screen(self._boxes[rows]), self._scores[rows], self.width(), scored)
        if len(self._styles) == 1:
            placed = [label for label in placed if label.has_score]  # the same letter on every cell says nothing
        painter.setFont(font(10, bold=True))
        for label in placed:
            row = rows[label.row]
            style = self._styles[self._class_index[row]]
            place = QRectF(label.x - 0.75, label.y, label.width, LABEL_HEIGHT)
            ground = QColor(*(int(part) for part in self._colours[row]))
            painter.fillRect(place, ground)
            painter.setPen(QColor(ink_on(ground.name())))
            text = f"{style.letter} {self._scores[row]:.2f}" if label.has_score else style.letter
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        return len(placed)

    def _paint_selected(self, painter: QPainter, viewport: Viewport) -> None:
        if self.selected is None:
            return
        path = QPainterPath()
        for ring in self.selected_rings:
            corners = viewport.points_to_screen(ring)
            path.addPolygon(QPolygonF([QPointF(float(x), float(y)) for y, x in corners]))
            path.closeSubpath()
        if not self.selected_rings:
            y0, x0, y1, x1 = viewport.to_screen(self.selected[None])[0]
            path.addRoundedRect(QRectF(x0 - 3, y0 - 3, x1 - x0 + 6, y1 - y0 + 6), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # dark under light: it stands out from any picture
        for colour, width in (("#000000", 5.0), ("#ffffff", 2.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPath(path)

    def _paint_also_selected(self, painter: QPainter, viewport: Viewport) -> None:
        rows = viewport.visible_rows(self.also_selected)[:_MOST_MARKED] if len(self.also_selected) else ()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for y0, x0, y1, x1 in viewport.to_screen(self.also_selected[rows]) if len(rows) else ():
            place = QRectF(x0 - 2, y0 - 2, x1 - x0 + 4, y1 - y0 + 4)
            for colour, width in (("#000000", 3.0), ("#ffffff", 1.5)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawRoundedRect(place, 3, 3)

    def _paint_scale_bar(self, painter: QPainter, viewport: Viewport) -> None:
        length, text = scale_bar(self.pixel_size, viewport.zoom)
        ground = QRectF(_MARGIN_PX, self.height() - _MARGIN_PX - 32, length + 20, 32)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(ground, 5, 5)
        painter.setPen(QColor("#ffffff"))
        painter.setFont(font(12))
        words = ground.adjusted(-20, 2, 20, -10)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)
        painter.fillRect(QRectF(ground.left() + 10, ground.bottom() - 8, length, 3), QColor("#ffffff"))
