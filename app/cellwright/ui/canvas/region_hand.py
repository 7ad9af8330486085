"""`RegionHand`: a region that is there already is changed with the mouse: by a corner, by an edge, or all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal

from cellwright.ui.canvas.surface_watch import Place, SurfaceWatch
from cellwright.ui.state.region_grips import RegionGrip, grip_at, moved
from cellwright.ui.state.region_shapes import RegionShape

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from cellwright.core.regions import Polygon

_REACH_PX = 8.0
"""A corner or an edge is held from so near, on the screen."""

_STILL_PX = 1.0
"""A mouse that moved no further on the screen has not moved."""


class RegionHand(SurfaceWatch):
    """Changes a region while one is in hand.

    Dragging a corner, an edge or the inside moves that; beside the region the mouse does what it does otherwise. Esc
    puts back what is held, or ends it, as Enter does.

    Parameters
    ----------
    surface : QWidget
        The canvas.
    place_of : callable
        From a point of the surface to y, x in level-0 pixels; None while no picture is shown.

    Signals
    -------
    changed(object, object)
        (K, 2) corners as they would be now, None when it is over, and the `RegionKind`.
    reshaped(object, object)
        The `RegionShape` that was taken in hand, and its new corners.
    ended()
        Nothing is being changed any more.
    """

    reshaped = Signal(object, object)

    def __init__(self, surface: QWidget, place_of: Callable[[QPointF], Place | None]) -> None:
        super().__init__(surface, place_of)
        self._shape: RegionShape | None = None
        self._grip: RegionGrip | None = None
        self._start: tuple[QPointF, Place] = (QPointF(), (0.0, 0.0))
        self._now: Polygon | None = None

    @property
    def shape(self) -> RegionShape | None:
        """The region that is being changed, if any."""
        return self._shape

    @property
    def _is_at_work(self) -> bool:
        return self._shape is not None

    def start(self, shape: RegionShape) -> None:
        """Let the mouse change a region."""
        if self._shape is None:
            self._watch()
        self._shape = shape
        self._let_go()
        self._surface.setFocus()

    def follow(self, shape: RegionShape | None) -> None:
        """Go on with the region as it is now; with None it is over."""
        if self._shape is None or shape is self._shape:
            return
        if shape is None:
            self.stop()
            return
        is_same = np.array_equal(shape.corners, self._shape.corners) and shape.kind is self._shape.kind
        self._shape = shape
        if not is_same:
            self._let_go()

    def stop(self) -> None:
        """Change nothing any more."""
        if self._shape is None:
            return
        kind, self._shape = self._shape.kind, None
        self._grip = self._now = None
        self._rest()
        self.changed.emit(None, kind)
        self.ended.emit()

    def _takes_mouse(self, event: QMouseEvent, place: Place) -> bool:
        shape = self._shape
        if shape is None:
            return False
        kind, is_left = event.type(), event.button() == Qt.MouseButton.LeftButton
        if kind == QEvent.Type.MouseMove and self._grip is None and event.buttons() == Qt.MouseButton.NoButton:
            self._surface.setCursor(_cursor(self._grip_at(event.position(), place, shape)))
            return False
        if kind == QEvent.Type.MouseMove and self._grip is not None:
            self._drag(event.position(), place, shape, self._grip)
            return True
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) and is_left:
            self._grip, self._start = self._grip_at(event.position(), place, shape), (event.position(), place)
            return self._grip is not None
        if kind == QEvent.Type.MouseButtonRelease and is_left and self._grip is not None:
            self._release(shape)
            return True
        return False

    def _grip_at(self, point: QPointF, place: Place, shape: RegionShape) -> RegionGrip | None:
        beside = self._place_of(point + QPointF(_REACH_PX, 0))
        reach = abs(beside[1] - place[1]) if beside is not None else 0.0
        return grip_at(shape.corners, place, reach)

    def _drag(self, point: QPointF, place: Place, shape: RegionShape, grip: RegionGrip) -> None:
        began, start = self._start
        away = point - began
        if self._now is None and max(abs(away.x()), abs(away.y())) <= _STILL_PX:
            return
        self._now = moved(shape.corners, grip, (place[0] - start[0], place[1] - start[1]))
        self.changed.emit(self._now, shape.kind)

    def _release(self, shape: RegionShape) -> None:
        now, self._grip, self._now = self._now, None, None
        if now is not None:
            self.reshaped.emit(shape, now)

    def _takes_key(self, event: QKeyEvent) -> bool:
        if event.key() not in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress and self._now is not None:
            self._let_go()
        elif event.type() == QEvent.Type.KeyPress:
            self.stop()
        return True

    def _let_go(self) -> None:
        """Show the region as it is, with nothing held."""
        self._grip = self._now = None
        if self._shape is not None:
            self.changed.emit(self._shape.corners, self._shape.kind)


def _cursor(grip: RegionGrip | None) -> Qt.CursorShape:
    if grip is None:
        return Qt.CursorShape.ArrowCursor
    if grip.is_whole:
        return Qt.CursorShape.SizeAllCursor
    if not grip.ways_x:
        return Qt.CursorShape.SizeVerCursor
    return Qt.CursorShape.SizeHorCursor if not grip.ways_y else Qt.CursorShape.CrossCursor
