"""What a drag over the picture does other than move it: brightness with the right button, a ruler with the left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

_Place = tuple[float, float]


class CanvasDrags(QObject):
    """Looks at the mouse before the viewer does.

    Parameters
    ----------
    surface : QWidget
        What the mouse moves over.
    place_of : callable
        From a point on it to y, x in level-0 pixels; None while no picture is shown.

    Signals
    -------
    contrast_dragged(float, float)
        Moved with the right button down: so far across and down, in parts of the surface.
    ruled(object, object, bool)
        The ruler reaches from one y, x to another; whether the button is up again.
    """

    contrast_dragged = Signal(float, float)
    ruled = Signal(object, object, bool)

    def __init__(self, surface: QWidget, place_of: Callable[[QPointF], _Place | None]) -> None:
        super().__init__(surface)
        self._surface = surface
        self._place_of = place_of
        self._grip: QPointF | None = None
        self._from: _Place | None = None
        self._is_ruling = False

    def set_ruling(self, on: bool) -> None:
        """Let the left button draw a ruler instead of moving the picture."""
        self._is_ruling, self._from = on, None
        self._surface.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    @property
    def is_ruling(self) -> bool:
        """Whether the left button draws a ruler."""
        return self._is_ruling

    def takes(self, event: QMouseEvent) -> bool:
        """Act on a movement of the mouse; return whether nobody else should."""
        return self._drag_contrast(event) or (self._is_ruling and self._drag_ruler(event))

    def _drag_contrast(self, event: QMouseEvent) -> bool:
        kind, place = event.type(), event.position()
        is_right = event.button() == Qt.MouseButton.RightButton
        if kind == QEvent.Type.MouseButtonPress and is_right:
            self._grip = place
            return True
        if self._grip is None:
            return False
        if kind == QEvent.Type.MouseMove:
            moved = place - self._grip
            self._grip = place
            surface = self._surface
            self.contrast_dragged.emit(moved.x() / max(1, surface.width()), moved.y() / max(1, surface.height()))
        elif kind == QEvent.Type.MouseButtonRelease and is_right:
            self._grip = None
        return True

    def _drag_ruler(self, event: QMouseEvent) -> bool:
        kind, here = event.type(), self._place_of(event.position())
        is_left = event.button() == Qt.MouseButton.LeftButton
        if here is None:
            return False
        if kind == QEvent.Type.MouseButtonPress and is_left:
            self._from = here
            return True
        if self._from is None:
            return False
        if kind in (QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
            is_done = kind == QEvent.Type.MouseButtonRelease and is_left
            self.ruled.emit(self._from, here, is_done)
            if is_done:
                self._from = None
        return True
