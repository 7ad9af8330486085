"""`OverviewMap`: the whole picture, small, in the corner; it says where one is, and a click goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.looks.widgets import describe

SIDE_PX, MARGIN_PX = 150, 12
_LEAST_CANVAS_PX = 500
_LEAST_MARK_PX = 6.0


class OverviewMap(QWidget):
    """A map over the lower right corner of the canvas; hidden while the whole picture is in view.

    Parameters
    ----------
    over : QWidget
        The canvas; the map is its child and stays in its corner.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.

    Signals
    -------
    moved(float, float)
        y, x in level-0 pixels that a person wants in the middle.
    """

    moved = Signal(float, float)

    def __init__(self, over: QWidget, viewport: Callable[[], Viewport | None]) -> None:
        super().__init__(over)
        self._viewport = viewport
        self._shape: tuple[int, int] | None = None
        self._pixels: QImage | None = None
        self._scaled: QPixmap | None = None
        self._is_wanted = True
        self._seen: tuple[float, float, float, float] | None = None
        describe(self, "Overview", "The whole picture. Click or drag to look at another place.")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        over.installEventFilter(self)
        self.hide()

    def show_picture(self, pixels: NDArray[np.uint8] | None, shape: tuple[int, int] | None) -> None:
        """Show a small copy of a picture, (Y, X, 3), of which the shape is given; None shows nothing."""
        self._pixels, self._shape, self._scaled = None, shape, None
        if pixels is not None and shape is not None:
            rows, columns = pixels.shape[:2]
            data = np.ascontiguousarray(pixels)
            # copied: QImage would otherwise point into memory that numpy may give back
            self._pixels = QImage(data.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
            scale = SIDE_PX / max(shape)
            self.resize(max(8, round(shape[1] * scale)), max(8, round(shape[0] * scale)))
        self.follow()

    def set_wanted(self, wanted: bool) -> None:
        """Say whether a person wants to see it."""
        self._is_wanted = wanted
        self.follow()

    def follow(self) -> None:
        """Show what is in view now."""
        view = self._viewport()
        bounds = view.bounds if view is not None else None
        is_worth = view is not None and self._shape is not None and _is_part(view, self._shape)
        over = self.parentWidget()
        has_room = over is not None and over.width() >= _LEAST_CANVAS_PX
        self._place()
        self.setVisible(bool(self._is_wanted and self._pixels is not None and is_worth and has_room))
        if bounds != self._seen:
            self._seen = bounds
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if event.type() == QEvent.Type.Resize:
            self.follow()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture and a frame around what is in view."""
        if self._pixels is None or self._shape is None:
            return
        painter = QPainter(self)
        painter.drawPixmap(self.rect(), self._small())
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._seen is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = self._frame(self._seen)
            for colour, line in (("#000000", 3.5), ("#56B4E9", 2.0)):
                painter.setPen(QPen(QColor(colour), line))
                painter.drawRect(frame)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where the mouse is."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse while it is down."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep it from the canvas below."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Keep it from the canvas below."""
        event.accept()

    def _go(self, event: QMouseEvent) -> None:
        event.accept()
        if self._shape is not None:
            place = event.position()
            rows, columns = self._shape
            y = min(1.0, max(0.0, place.y() / self.height())) * rows
            self.moved.emit(y, min(1.0, max(0.0, place.x() / self.width())) * columns)

    def _place(self) -> None:
        over = self.parentWidget()
        if over is not None:
            self.move(over.width() - MARGIN_PX - self.width(), over.height() - MARGIN_PX - self.height())

    def _small(self) -> QPixmap:
        if self._scaled is None and self._pixels is not None:
            ratio = self.devicePixelRatioF()
            smooth = Qt.TransformationMode.SmoothTransformation
            size = self.size() * ratio
            scaled = self._pixels.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled = QPixmap.fromImage(scaled)
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled or QPixmap()

    def _frame(self, bounds: tuple[float, float, float, float]) -> QRectF:
        rows, columns = self._shape or (1, 1)
        y0, x0, y1, x1 = bounds
        across, down = self.width() / columns, self.height() / rows
        seen = QRectF(QPointF(x0 * across, y0 * down), QPointF(x1 * across, y1 * down))
        seen = seen.intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        # at a high zoom the frame would be smaller than a pixel
        wider = max(0.0, _LEAST_MARK_PX - seen.width()) / 2
        higher = max(0.0, _LEAST_MARK_PX - seen.height()) / 2
        return seen.adjusted(-wider, -higher, wider, higher)


def _is_part(viewport: Viewport, shape: tuple[int, int]) -> bool:
    y0, x0, y1, x1 = viewport.bounds
    return (y1 - y0) < 0.9 * shape[0] or (x1 - x0) < 0.9 * shape[1]
