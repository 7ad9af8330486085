"""`Hand`: the mouse over a plot, which draws rectangles, lassos and stretches, and clicks on cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent

from cellwright.ui.plots.tools import PlotTool

_STILL_PX = 4.0
_STEP_PX = 3.0


class Hand(QObject):
    """Follows the mouse.

    Parameters
    ----------
    view : PlotWidget
        Over which.

    Signals
    -------
    drawn(object, bool)
        A form was drawn: (K, 2) places on the axes; whether Shift was held.
    clicked(QPointF, bool)
        A place of the axes; whether Shift was held.
    double_clicked()
        Twice at one place.
    """

    drawn = Signal(object, bool)
    clicked = Signal(QPointF, bool)
    double_clicked = Signal()

    def __init__(self, view: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._box = view.getPlotItem().getViewBox()
        self.tool = PlotTool.LOOK
        self.is_upright = False
        self._path: list[QPointF] = []
        self._line = pg.PlotCurveItem()
        self._line.setZValue(50)
        view.getPlotItem().addItem(self._line, ignoreBounds=True)
        view.viewport().installEventFilter(self)

    def set_ink(self, colour: str) -> None:
        """Draw in this colour."""
        self._line.setPen(pg.mkPen(colour, width=2))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the left button where a tool is at hand; see a click in any case."""
        kind = event.type()
        if not isinstance(event, QMouseEvent) or not self._is_over_plot(event):
            return super().eventFilter(watched, event)
        if kind == QEvent.Type.MouseButtonDblClick and event.button() == Qt.MouseButton.LeftButton:
            self._path = []
            self.double_clicked.emit()
            return True
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._path = [event.position()]
            return self.tool is not PlotTool.LOOK
        if kind == QEvent.Type.MouseMove and self._path and event.buttons() & Qt.MouseButton.LeftButton:
            self._follow(event.position())
            return self.tool is not PlotTool.LOOK
        if kind == QEvent.Type.MouseButtonRelease and self._path and event.button() == Qt.MouseButton.LeftButton:
            self._end(event)
            return self.tool is not PlotTool.LOOK
        return super().eventFilter(watched, event)

    def _is_over_plot(self, event: QMouseEvent) -> bool:
        """Whether a drag is under way or the pointer is between the axes, where it draws."""
        return bool(self._path) or self._box.sceneBoundingRect().contains(
            self._view.mapToScene(event.position().toPoint())
        )

    def _follow(self, at: QPointF) -> None:
        last = self._path[-1]
        if (at - last).manhattanLength() < _STEP_PX:
            return
        self._path.append(at)
        if self.tool is not PlotTool.LOOK:
            form = self._form()
            closed = np.concatenate([form, form[:1]])
            self._line.setData(closed[:, 0], closed[:, 1])

    def _end(self, event: QMouseEvent) -> None:
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._follow(event.position())
        start = self._path[0]
        is_still = all((at - start).manhattanLength() < _STILL_PX for at in self._path)
        form, place = self._form(), self._on_axes(start)
        self._path = []
        self._line.setData([], [])
        if is_still:
            self.clicked.emit(place, adds)
        elif self.tool is not PlotTool.LOOK:
            self.drawn.emit(form, adds)

    def _form(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the corners of what is drawn so far, (K, 2) places on the axes."""
        places = np.array([[at.x(), at.y()] for at in map(self._on_axes, self._path)], np.float64)
        if self.tool is PlotTool.LASSO:
            return places
        first, last = places[0].tolist(), places[-1].tolist()
        (x0, x1), (y0, y1) = sorted((first[0], last[0])), sorted((first[1], last[1]))
        if self.tool is PlotTool.RANGE:
            (low_x, high_x), (low_y, high_y) = self._box.viewRange()
            (x0, x1), (y0, y1) = ((low_x, high_x), (y0, y1)) if self.is_upright else ((x0, x1), (low_y, high_y))
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)

    def _on_axes(self, at: QPointF) -> QPointF:
        return QPointF(self._box.mapSceneToView(self._view.mapToScene(at.toPoint())))
