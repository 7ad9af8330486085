"""`CropView`: one crop as large as there is room, with the thing in question marked in it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

SMALLEST_PX, LARGEST_PX = 96, 360
_MARK = QColor("#F0E442")


class CropView(QWidget):
    """A square picture, as high as the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._mark = QRectF()
        self._found: list[tuple[QRectF, str]] = []
        self.setAccessibleName("The thing to be looked at")
        self.setMinimumSize(SMALLEST_PX, SMALLEST_PX)
        self.setMaximumHeight(LARGEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage | None, mark: QRectF, found: Sequence[tuple[QRectF, str]]) -> None:
        """Show a square image.

        Parameters
        ----------
        image : QImage or None
            None shows nothing.
        mark : QRectF
            The thing in question, in shares of the image's sides.
        found : sequence of (QRectF, str)
            Other things in it, each with its colour.
        """
        self._image, self._mark, self._found = image, mark, list(found)
        self.update()

    def sizeHint(self) -> QSize:
        """Ask to be as wide as high."""
        side = max(SMALLEST_PX, min(LARGEST_PX, self.height()))
        return QSize(side, side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the height."""
        super().resizeEvent(event)
        self.setFixedWidth(max(SMALLEST_PX, self.height()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw."""
        if self._image is None:
            return
        side = min(self.width(), self.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, side, side), self._image)
        for place, colour in self._found:
            painter.setPen(QPen(QColor(colour), 1.5))
            painter.drawRect(_scaled(place, side))
        painter.setPen(QPen(_MARK, 2))
        painter.drawRect(_scaled(self._mark, side))
        painter.end()


def _scaled(place: QRectF, side: int) -> QRectF:
    return QRectF(place.x() * side, place.y() * side, place.width() * side, place.height() * side)
