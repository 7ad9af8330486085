"""What is seen of a tool at work, on glass over the canvas: rubber bands, handles, lines, seeds, the brush."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF

from cellwright.ui.canvas.brush_patch import BrushPatch
from cellwright.ui.canvas.drawing import Marks, Place
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.gestures import Corners
from cellwright.ui.canvas.glass import GlassSheet
from cellwright.ui.canvas.handles import HANDLE_PX, handles_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_INK = "#F0E442"
_DOT_PX = 9.0


@dataclass(frozen=True, slots=True)
class ToolView:
    """What there is to see.

    Parameters
    ----------
    marks : Marks
        Of the drawing under way.
    handles : (float, float, float, float) or None
        The box that has handles, in level-0 pixels.
    points : tuple of (float, float)
        Points that can be dragged.
    brush : ((float, float), float) or None
        The middle of the brush in level-0 pixels and its radius in screen pixels.
    """

    marks: Marks = field(default_factory=Marks)
    handles: Corners | None = None
    points: tuple[Place, ...] = ()
    brush: tuple[Place, float] | None = None


class ToolSheet(GlassSheet):
    """What a tool at work draws, over the canvas; see `GlassSheet` for the parameters."""

    def __init__(self, over: QWidget, viewport: Callable[[], Viewport | None]) -> None:
        super().__init__(over, viewport, "What the tool draws")
        self._view = ToolView()
        self.patch = BrushPatch()
        self._brush_seen = QRect()

    @property
    def view(self) -> ToolView:
        """What is seen."""
        return self._view

    def show_view(self, view: ToolView, changed: QRect | None = None) -> None:
        """Draw this; where only the brush moved, only where it was and is, and `changed`."""
        before, self._view = self._view, view
        if (before.marks, before.handles, before.points) != (view.marks, view.handles, view.points) or changed is None:
            self._brush_seen = self._brush_place()
            self.update()
            return
        place = self._brush_place()
        self.update(place.united(self._brush_seen).united(changed))
        self._brush_seen = place

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint everything anew, as far as it changed."""
        viewport = self._viewport()
        if viewport is None or self._view == ToolView():
            return
        painter = QPainter(self)
        self.patch.paint(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter, viewport)
        self._paint_brush(painter, viewport)
        painter.end()

    def _paint_marks(self, painter: QPainter, viewport: Viewport) -> None:
        view, marks = self._view, self._view.marks
        box = marks.box or view.handles
        if box is not None:
            self._paint_box(painter, viewport, box, has_handles=view.handles is not None)
        if len(marks.line) > 1:
            corners = viewport.points_to_screen(np.array(marks.line))
            line = QPolygonF([QPointF(float(x), float(y)) for y, x in corners])
            draw = painter.drawPolygon if marks.is_closed else painter.drawPolyline
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in _pens():
                painter.setPen(pen)
                draw(line)
        for place in (*view.points, *marks.dots):
            y, x = viewport.points_to_screen(np.array([place]))[0]
            painter.setPen(QPen(QColor("#000000"), 1.5))
            painter.setBrush(QColor(_INK))
            painter.drawEllipse(QPointF(float(x), float(y)), _DOT_PX / 2, _DOT_PX / 2)

    def _paint_box(self, painter: QPainter, viewport: Viewport, box: Corners, *, has_handles: bool) -> None:
        y0, x0, y1, x1 = (float(edge) for edge in viewport.to_screen(np.array([box]))[0])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in _pens():
            painter.setPen(pen)
            painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        if not has_handles:
            return
        painter.setPen(QPen(QColor("#000000"), 1.0))
        painter.setBrush(QColor("#ffffff"))
        half = HANDLE_PX / 2
        for y, x in viewport.points_to_screen(handles_of(box)):
            painter.drawRect(QRectF(float(x) - half, float(y) - half, HANDLE_PX, HANDLE_PX))

    def _paint_brush(self, painter: QPainter, viewport: Viewport) -> None:
        if self._view.brush is None:
            return
        place, radius = self._view.brush
        y, x = viewport.points_to_screen(np.array([place]))[0]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#000000", 2.5), ("#ffffff", 1.2)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(QPointF(float(x), float(y)), radius, radius)

    def _brush_place(self) -> QRect:
        viewport = self._viewport()
        if viewport is None or self._view.brush is None:
            return QRect()
        place, radius = self._view.brush
        y, x = viewport.points_to_screen(np.array([place]))[0]
        reach = radius + 3
        return QRectF(float(x) - reach, float(y) - reach, 2 * reach, 2 * reach).toAlignedRect()


def _pens() -> tuple[QPen, QPen]:
    """Dark under light: it stands out from any picture."""
    return QPen(QColor("#000000"), 3.5), QPen(QColor(_INK), 1.6, Qt.PenStyle.DashLine)
