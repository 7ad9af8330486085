"""Hides the results as long as a key is held, so that one sees at once what the model made of the bare picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

_LONGEST_MS = 1200
"""A key that is down repeats sooner than this; without a key the results come back after it."""


class Blink(QObject):
    """Watches for the end of a held key, and only while one is held.

    Signals
    -------
    hidden(bool)
        The results are to be hidden, or shown again.
    """

    hidden = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_hidden = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LONGEST_MS)
        self._timer.timeout.connect(self.stop)

    def start(self) -> None:
        """Hide, until the key that is down comes up, or for a moment where none is."""
        self._timer.start()
        if not self._is_hidden:
            self._is_hidden = True
            app = QApplication.instance()
            if app is not None:
                app.installEventFilter(self)
            self.hidden.emit(True)

    def stop(self) -> None:
        """Show again."""
        self._timer.stop()
        if self._is_hidden:
            self._is_hidden = False
            app = QApplication.instance()
            if app is not None:
                app.removeEventFilter(self)
            self.hidden.emit(False)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Wait on while the key repeats, stop when it comes up; every event goes on to whom it was meant for."""
        if isinstance(event, QKeyEvent):
            if event.isAutoRepeat():
                self._timer.start()
            elif event.type() == QEvent.Type.KeyRelease:
                self.stop()
        return False
