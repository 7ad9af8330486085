"""`RegionTool`: a region drawn with the mouse: a rectangle by dragging, a polygon corner by corner."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal

from cellwright.ui.canvas.surface_watch import Place, SurfaceWatch
from cellwright.ui.state.region_shapes import RegionKind

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

_LEAST_PX = 4.0
"""A rectangle smaller than this on the screen is a click that slipped."""

_CLOSES_PX = 9.0
"""A click this near to the first corner closes the polygon."""


class RegionTool(SurfaceWatch):
    """Draws a region while it is asked to.

    Dragging draws a rectangle; single clicks set the corners of a polygon, closed by a double click, Enter, or a click
    on the first corner. Backspace takes the last corner back, Esc gives up.

    Parameters
    ----------
    surface : QWidget
        The canvas.
    place_of : callable
        From a point of the surface to y, x in level-0 pixels; None while no picture is shown.
    on_screen : callable
        From y, x in level-0 pixels to a point of the surface.

    Signals
    -------
    changed(object, object)
        (K, 2) corners so far, or None, and the `RegionKind`.
    drawn(object, object)
        (K, 2) corners of a finished region, and the `RegionKind`.
    ended()
        Nothing is being drawn any more.
    """

    drawn = Signal(object, object)

    def __init__(
        self,
        surface: QWidget,
        place_of: Callable[[QPointF], Place | None],
        on_screen: Callable[[Place], QPointF],
    ) -> None:
        super().__init__(surface, place_of)
        self._on_screen = on_screen
        self._kind: RegionKind | None = None
        self._corners: list[Place] = []
        self._grip: tuple[QPointF, Place] | None = None
        self._is_box = False

    @property
    def is_drawing(self) -> bool:
        """Whether the mouse draws."""
        return self._kind is not None

    @property
    def _is_at_work(self) -> bool:
        return self._kind is not None

    def start(self, kind: RegionKind) -> None:
        """Let the mouse draw a region."""
        if self._kind is None:
            self._watch()
        self._kind, self._corners, self._grip, self._is_box = kind, [], None, False
        self._surface.setCursor(Qt.CursorShape.CrossCursor)
        self._surface.setFocus()

    def stop(self) -> None:
        """Give up what is being drawn."""
        if self._kind is None:
            return
        kind, self._kind = self._kind, None
        self._rest()
        self.changed.emit(None, kind)
        self.ended.emit()

    def _takes_mouse(self, event: QMouseEvent, place: Place) -> bool:
        kind, is_left = event.type(), event.button() == Qt.MouseButton.LeftButton
        if kind == QEvent.Type.MouseButtonDblClick and is_left:
            self._finish()
            return True
        if kind == QEvent.Type.MouseButtonPress and is_left:
            self._grip = (event.position(), place)
            return True
        if kind == QEvent.Type.MouseMove:
            self._move(event.position(), place)
            return self._grip is not None
        if kind == QEvent.Type.MouseButtonRelease and is_left and self._grip is not None:
            self._release(event.position(), place)
            return True
        return False

    def _move(self, point: QPointF, place: Place) -> None:
        if self._grip is not None and not self._corners:
            began, start = self._grip
            self._is_box = self._is_box or _distance(point, began) > _LEAST_PX
            if self._is_box:
                self._tell(_box(start, place))
        elif self._corners:
            self._tell(np.array([*self._corners, place], np.float64))

    def _release(self, point: QPointF, place: Place) -> None:
        grip, self._grip = self._grip, None
        if self._is_box and grip is not None:
            self._corners = [(float(y), float(x)) for y, x in _box(grip[1], place)]
            self._finish()
        elif len(self._corners) >= 3 and _distance(point, self._on_screen(self._corners[0])) < _CLOSES_PX:
            self._finish()
        elif not self._corners or place != self._corners[-1]:
            self._corners.append(place)
            self._tell(np.array(self._corners, np.float64))

    def _takes_key(self, event: QKeyEvent) -> bool:
        keys = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)
        if event.key() not in keys:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._on_key(Qt.Key(event.key()))
        return True

    def _on_key(self, key: Qt.Key) -> None:
        if key == Qt.Key.Key_Escape:
            self.stop()
        elif key == Qt.Key.Key_Backspace:
            self._corners = self._corners[:-1]
            self._tell(np.array(self._corners, np.float64).reshape(-1, 2))
        else:
            self._finish()

    def _tell(self, corners: NDArray[np.float64]) -> None:
        self.changed.emit(corners, self._kind)

    def _finish(self) -> None:
        kind, corners = self._kind, np.array(self._corners, np.float64).reshape(-1, 2)
        if len(corners) < 3 or kind is None:
            return
        self.stop()
        self.drawn.emit(corners, kind)


def _box(one: Place, other: Place) -> NDArray[np.float64]:
    (y0, y1), (x0, x1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]], np.float64)


def _distance(one: QPointF, other: QPointF) -> float:
    return max(abs(one.x() - other.x()), abs(one.y() - other.y()))
