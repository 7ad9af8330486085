"""What explains numbers over the picture: measured lines with their text, and the legend of a colour map."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPen

from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.state.colouring import MAP, Legend
from cellwright.ui.state.measured_line import MeasuredLine

_TICK_PX = 7.0
_BAR_WIDTH, _BAR_HEIGHT = 150.0, 10.0


def paint_line(painter: QPainter, viewport: Viewport, line: MeasuredLine) -> None:
    """Draw a measured line with a tick at each end, dark under light so that it stands out from any picture."""
    ends = viewport.points_to_screen(np.array([line.start, line.end], float))
    (y0, x0), (y1, x1) = ((float(y), float(x)) for y, x in ends)
    length = max(1e-6, math.hypot(y1 - y0, x1 - x0))
    across_x, across_y = -(y1 - y0) / length * _TICK_PX, (x1 - x0) / length * _TICK_PX
    for colour, width in (("#000000", 5.0), (line.colour, 2.5)):
        painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(x0, y0), QPointF(x1, y1))
        for x, y in ((x0, y0), (x1, y1)):
            painter.drawLine(QPointF(x - across_x, y - across_y), QPointF(x + across_x, y + across_y))
    if line.text:
        _paint_words(painter, QPointF((x0 + x1) / 2, (y0 + y1) / 2), line.text, line.colour)


def _paint_words(painter: QPainter, middle: QPointF, text: str, colour: str) -> None:
    painter.setFont(font(12, bold=True))
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 14
    ground = QRectF(middle.x() - width / 2, middle.y() - 28, width, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 190))
    painter.drawRoundedRect(ground, 4, 4)
    painter.setPen(QColor(colour))
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)


def paint_legend(painter: QPainter, legend: Legend, margin: float) -> None:
    """Draw the colour map with what its ends stand for, in the upper left corner."""
    painter.setFont(font(11, bold=True))
    width = max(_BAR_WIDTH, QFontMetricsF(painter.font()).horizontalAdvance(legend.title))
    ground = QRectF(margin, margin, width + 20, 52)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(ground, 5, 5)
    bar = QRectF(ground.left() + 10, ground.top() + 22, width, _BAR_HEIGHT)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for step in range(0, 256, 15):
        gradient.setColorAt(step / 255, QColor(*(int(part) for part in MAP[step])))
    painter.fillRect(bar, gradient)
    painter.setPen(QColor("#ffffff"))
    painter.setFont(font(11, bold=True))
    painter.drawText(bar.adjusted(0, -20, 0, -_BAR_HEIGHT - 2), Qt.AlignmentFlag.AlignLeft, legend.title)
    painter.setFont(font(11))
    below = bar.adjusted(0, _BAR_HEIGHT + 1, 0, 18)
    painter.drawText(below, Qt.AlignmentFlag.AlignLeft, legend.low)
    painter.drawText(below, Qt.AlignmentFlag.AlignRight, legend.high)


def font(pixels: int, bold: bool = False) -> QFont:
    """Return the font of words over the picture."""
    made = QFont()
    made.setPixelSize(pixels)
    made.setBold(bold)
    return made
