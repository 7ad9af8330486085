"""Two drawings: bars of how many objects a class has, and where on the pictures objects lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from cellwright.ui.looks.theme import OKABE_ITO

_ROW_PX = 26
_NAME_SHARE = 0.3
_NUMBER_PX = 70


class BarChart(QWidget):
    """A bar a class, with its number; the longest fills the width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[tuple[str, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Objects of each class")

    def show_counts(self, rows: Sequence[tuple[str, int]]) -> None:
        """Draw these names and numbers, from top to bottom."""
        self.rows = tuple(rows)
        said = "; ".join(f"{name}: {count:,}" for name, count in rows)
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a row a class."""
        return QSize(320, _ROW_PX * max(1, len(self.rows)))

    def minimumSizeHint(self) -> QSize:
        """Ask for the same height, and little width."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names at the left, bars, and numbers at their ends."""
        painter = QPainter(self)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        name_px = self.width() * _NAME_SHARE
        room = max(1.0, self.width() - name_px - _NUMBER_PX)
        most = max((count for _, count in self.rows), default=0) or 1
        for number, (name, count) in enumerate(self.rows):
            y = number * _ROW_PX
            painter.setPen(text)
            words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(name_px) - 8)
            painter.drawText(QRectF(0, y, name_px - 8, _ROW_PX), int(_RIGHT), words)
            length = room * count / most
            painter.fillRect(QRectF(name_px, y + 5, length, _ROW_PX - 10), QColor(OKABE_ITO[number % len(OKABE_ITO)]))
            painter.drawText(QRectF(name_px + length + 6, y, _NUMBER_PX, _ROW_PX), int(_LEFT), f"{count:,}")


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class HeatMap(QWidget):
    """Where objects lie: a square a cell of the grid, the more the fuller; the top is the top of the pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: NDArray[np.int64] = np.zeros((1, 1), np.int64)
        self.setMinimumSize(180, 180)
        self.setAccessibleName("Where objects lie")

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        """Draw how many objects lie in each cell of the grid, (G, G)."""
        self.counts = counts
        self.setAccessibleDescription(
            f"{int(counts.sum()):,} objects, at most {int(counts.max(initial=0)):,} in a cell."
        )
        self.setToolTip(
            "Middles of all boxes, every picture stretched to the same square. An empty rim means that "
            "cells at the edge were left out."
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the squares."""
        painter = QPainter(self)
        side = min(self.width(), self.height())
        painter.fillRect(QRectF(0, 0, side, side), self.palette().color(QPalette.ColorRole.Base))
        rows, columns = self.counts.shape
        most = max(1, int(self.counts.max(initial=0)))
        step_y, step_x = side / rows, side / columns
        for y, x in np.argwhere(self.counts).tolist():
            colour = QColor(OKABE_ITO[1])
            colour.setAlphaF(min(1.0, 0.1 + 0.9 * int(self.counts[y, x]) / most))
            painter.fillRect(QRectF(x * step_x, y * step_y, step_x + 0.5, step_y + 0.5), colour)
