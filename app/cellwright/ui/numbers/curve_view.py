"""The drawing of a count against its threshold."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cellwright.stats import CountCurve, Estimate
from cellwright.ui.looks.wording import count_text

_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 12, 26, 24
_BAND_OPACITY = 0.25
_STEP = 0.01


class CurveView(QWidget):
    """A count with its interval at every threshold, the threshold that is set, and what scores lead one to expect.

    Signals
    -------
    threshold_chosen(float)
        A place was clicked, or the line was dragged there.
    """

    threshold_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 110)
        self.setAccessibleName("Count against threshold")
        self.setToolTip("How the count falls as the threshold rises; click, drag or press an arrow key to set it.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.curve: CountCurve | None = None
        self.threshold = 0.5
        self._expected: Estimate | None = None
        self._colour = "#0072B2"

    def show_curve(self, curve: CountCurve | None, threshold: float, expected: Estimate | None, colour: str) -> None:
        """Draw a curve; None for nothing."""
        self.curve, self.threshold, self._expected, self._colour = curve, threshold, expected, colour
        said = "" if curve is None else f"{curve.at(threshold):,} cells at {threshold:.2f}"
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw band, curve, threshold, expectation and axes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.curve is None:
            return
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Link), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        most = self._most()
        self._paint_axes(painter, most)
        self._paint_band(painter, most)
        self._paint_lines(painter, most)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Set the threshold."""
        self._choose(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the threshold along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by a hundredth with the arrow keys."""
        step = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()))
        if step is None or self.curve is None:
            super().keyPressEvent(event)
        else:
            self.threshold_chosen.emit(round(min(1.0, max(0.0, self.threshold + step)), 2))

    def _choose(self, x: float) -> None:
        if self.curve is not None:
            share = (x - _LEFT) / max(1.0, self._area().width())
            self.threshold_chosen.emit(round(min(1.0, max(0.0, share)), 2))

    def _area(self) -> QRectF:
        width, height = max(1, self.width() - _LEFT - _RIGHT), max(1, self.height() - _TOP - _BOTTOM)
        return QRectF(_LEFT, _TOP, width, height)

    def _most(self) -> float:
        """Return the count at the top: that where the model's answers begin, so that a long tail does not hide it."""
        assert self.curve is not None
        top = float(self.curve.high[0])
        return max(top, 1.0)

    def _place(self, threshold: float, count: float, most: float) -> QPointF:
        area = self._area()
        return QPointF(area.left() + threshold * area.width(), area.bottom() - count / most * area.height())

    def _paint_axes(self, painter: QPainter, most: float) -> None:
        area, palette = self._area(), self.palette()
        ink = palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(ink, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.topLeft())
        for count in _ticks(most):
            at = self._place(0, count, most)
            painter.drawLine(QPointF(at.x() - 4, at.y()), at)
            painter.drawText(QRectF(0, at.y() - 9, _LEFT - 8, 18), int(_RIGHT_MIDDLE), count_text(count))
        for tenth in (0, 25, 50, 75, 100):
            at = self._place(tenth / 100, 0, most)
            painter.drawLine(at, QPointF(at.x(), at.y() + 4))
            box = QRectF(at.x() - 24, at.y() + 5, 48, 18)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), f"{tenth / 100:.2f}")

    def _paint_band(self, painter: QPainter, most: float) -> None:
        curve = self.curve
        assert curve is not None
        path = QPainterPath(self._place(float(curve.thresholds[0]), float(curve.high[0]), most))
        for threshold, high in zip(curve.thresholds.tolist(), curve.high.tolist(), strict=True):
            path.lineTo(self._place(threshold, high, most))
        for threshold, low in zip(curve.thresholds[::-1].tolist(), curve.low[::-1].tolist(), strict=True):
            path.lineTo(self._place(threshold, low, most))
        path.closeSubpath()
        colour = QColor(self._colour)
        colour.setAlphaF(_BAND_OPACITY)
        painter.fillPath(path, colour)

    def _paint_lines(self, painter: QPainter, most: float) -> None:
        curve = self.curve
        assert curve is not None
        painter.setPen(QPen(QColor(self._colour), 2))
        points = [
            self._place(t, n, most) for t, n in zip(curve.thresholds.tolist(), curve.counts.tolist(), strict=True)
        ]
        painter.drawPolyline(points)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        if self._expected is not None:
            painter.setPen(QPen(text, 1, Qt.PenStyle.DashLine))
            y = self._place(0, min(self._expected.value, most), most).y()
            painter.drawLine(QPointF(self._area().left(), y), QPointF(self._area().right(), y))
            said = f"expected {self._expected.value:,.0f}"
            painter.drawText(QRectF(self._area().right() - 160, y - 18, 156, 16), int(_RIGHT_MIDDLE), said)
        painter.setPen(QPen(text, 1.5))
        top = self._place(self.threshold, most, most)
        painter.drawLine(top, self._place(self.threshold, 0, most))
        painter.setBrush(text)
        painter.drawEllipse(self._place(self.threshold, curve.at(self.threshold), most), 4, 4)


_RIGHT_MIDDLE = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _ticks(most: float) -> list[float]:
    """Return three or four round numbers from 0 up to `most`."""
    rough = most / 3
    size = 10 ** np.floor(np.log10(max(rough, 1e-9)))
    step = next(each for each in (1, 2, 5, 10) if each * size >= rough or each == 10) * size
    step = max(step, 1.0)
    return [float(n) for n in np.arange(0, most + 1e-9, step)]
