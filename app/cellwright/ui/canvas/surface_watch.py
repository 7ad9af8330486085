"""`SurfaceWatch`: something that takes mouse and keys of the canvas while it is at work, and otherwise leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Place = tuple[float, float]
"""y, x in level-0 pixels."""


class SurfaceWatch(QObject):
    """Watches a surface while it is at work; at other times it does nothing.

    Parameters
    ----------
    surface : QWidget
        The canvas.
    place_of : callable
        From a point of the surface to y, x in level-0 pixels; None while no picture is shown.

    Signals
    -------
    changed(object, object)
        (K, 2) corners as they are now, None when it is over, and the `RegionKind`.
    ended()
        It is no longer at work.
    """

    changed = Signal(object, object)
    ended = Signal()

    def __init__(self, surface: QWidget, place_of: Callable[[QPointF], Place | None]) -> None:
        super().__init__(surface)
        self._surface, self._place_of = surface, place_of

    @property
    def _is_at_work(self) -> bool:
        raise NotImplementedError

    def _takes_mouse(self, event: QMouseEvent, place: Place) -> bool:
        raise NotImplementedError

    def _takes_key(self, event: QKeyEvent) -> bool:
        raise NotImplementedError

    def _watch(self) -> None:
        # the filter installed last is asked first: mouse and keys are ours until this is over
        self._surface.installEventFilter(self)

    def _rest(self) -> None:
        self._surface.removeEventFilter(self)
        self._surface.setCursor(Qt.CursorShape.ArrowCursor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the mouse and the keys that are wanted."""
        if not self._is_at_work:
            return False
        if isinstance(event, QKeyEvent):
            return self._takes_key(event)
        if not isinstance(event, QMouseEvent) or event.type() == QEvent.Type.Leave:
            return super().eventFilter(watched, event)
        place = self._place_of(event.position())
        return place is not None and self._takes_mouse(event, place)
