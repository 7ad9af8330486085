"""What a running analysis has found so far, put together at most once a second."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from cellwright.core import Objects

REPAINT_MS = 1000
_FIRST_MS = 60


class PartialObjects(QObject):
    """Collects the objects of tiles and hands them over joined.

    Parameters
    ----------
    hand_over : callable
        Receives everything found so far; the first time soon after the first tile, later at most every `REPAINT_MS`.
    """

    def __init__(self, hand_over: Callable[[Objects], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hand_over = hand_over
        self._parts: list[Objects] = []
        self._is_new = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._flush)
        self._has_shown = False

    def add(self, objects: Objects) -> None:
        """Take the objects that one tile settled."""
        self._parts.append(objects)
        self._is_new = True
        if not self._timer.isActive():
            self._timer.start(REPAINT_MS if self._has_shown else _FIRST_MS)

    def stop(self) -> None:
        """Hand nothing over any more."""
        self._timer.stop()
        self._parts.clear()

    def finish(self) -> None:
        """Hand over what is left, then stop."""
        if self._is_new:
            self._flush()
        self.stop()

    def _flush(self) -> None:
        self._has_shown = True
        self._is_new = False
        joined = Objects.concatenate(self._parts)
        # joined once: the next second does not join the first tiles again
        self._parts = [joined]
        self._hand_over(joined)
