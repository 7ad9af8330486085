"""The drawing of how counts of two readings differ, picture by picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cellwright.stats import Estimate, LimitsOfAgreement
from cellwright.ui.looks.theme import OKABE_ITO

_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 12, 120, 26
_BAND_OPACITY = 0.18


class BlandAltmanView(QWidget):
    """A dot a picture: mean of both counts against their difference, with bias and limits of agreement."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 110)
        self.setAccessibleName("Differences of counts")
        self.setToolTip(
            "Bland and Altman: each dot is a picture; across, the mean of both counts; up, first less second. Lines: "
            "bias and limits of agreement, each with its interval."
        )
        self._means: NDArray[np.float64] = np.zeros(0)
        self._apart: NDArray[np.float64] = np.zeros(0)
        self.limits: LimitsOfAgreement | None = None

    def show_counts(
        self, first: NDArray[np.int64], second: NDArray[np.int64], limits: LimitsOfAgreement | None
    ) -> None:
        """Draw the counts of each picture; nothing where `limits` is None."""
        self._means, self._apart, self.limits = (first + second) / 2, (first - second).astype(np.float64), limits
        self.setAccessibleDescription(
            "" if limits is None else f"Bias {limits.bias.value:+.1f} on {limits.pairs} pictures"
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bands, lines, dots and axes."""
        limits = self.limits
        if limits is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(_LEFT, _TOP, max(1, self.width() - _LEFT - _RIGHT), max(1, self.height() - _TOP - _BOTTOM))
        ends = [limits.lower.interval.low, limits.upper.interval.high, *self._apart.tolist(), 0.0]
        low, high = min(ends), max(ends)
        rim = 0.08 * (high - low) or 1.0
        low, high = low - rim, high + rim
        left, right = float(self._means.min()), float(self._means.max())
        spread = 0.06 * (right - left) or 1.0
        left, right = left - spread, right + spread

        def y_of(value: float) -> float:
            return float(area.bottom() - (value - low) / (high - low) * area.height())

        self._paint_axes(painter, area, (left, right), y_of(0.0))
        for words, estimate, colour in (
            ("upper", limits.upper, OKABE_ITO[1]),
            ("bias", limits.bias, OKABE_ITO[0]),
            ("lower", limits.lower, OKABE_ITO[1]),
        ):
            top, bottom = y_of(estimate.interval.high), y_of(estimate.interval.low)
            self._paint_line(painter, area, (top, y_of(estimate.value), bottom), colour, _said(words, estimate))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.WindowText))
        for mean, apart in zip(self._means.tolist(), self._apart.tolist(), strict=True):
            x = area.left() + (mean - left) / (right - left) * area.width()
            painter.drawEllipse(QPointF(x, y_of(apart)), 3.5, 3.5)

    def _paint_axes(self, painter: QPainter, area: QRectF, across: tuple[float, float], zero: float) -> None:
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(ink, 1))
        painter.drawLine(area.bottomLeft(), area.topLeft())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QPen(ink, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        painter.setPen(ink)
        middle = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, zero - 9, _LEFT - 8, 18), middle, "0")
        line = QRectF(area.left(), area.bottom() + 5, area.width(), 18)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft), f"{across[0]:,.0f}")
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), f"{across[1]:,.0f}")
        painter.drawText(line, int(Qt.AlignmentFlag.AlignHCenter), "mean of both counts")

    def _paint_line(
        self, painter: QPainter, area: QRectF, places: tuple[float, float, float], colour: str, words: str
    ) -> None:
        top, middle, bottom = places
        band = QColor(colour)
        band.setAlphaF(_BAND_OPACITY)
        painter.fillRect(QRectF(area.left(), top, area.width(), max(1.0, bottom - top)), band)
        painter.setPen(QPen(QColor(colour), 1.5))
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        box = QRectF(area.right() + 6, middle - 9, _RIGHT - 8, 18)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)


def _said(words: str, estimate: Estimate) -> str:
    return f"{words} {estimate.value:+.1f}"
