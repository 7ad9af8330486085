"""`Tidying`: garbage is looked for by the window's thread alone, since whoever finds a widget there destroys it."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class Tidying(QObject):
    """Takes the look for garbage from the interpreter, which does it on whatever thread is at work.

    Objects that refer to each other are let go of only by that look. Where there is a widget among them and a worker
    looks, Qt's half of the widget dies on the worker, beside the window that paints it: the process ends.
    """

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_EVERY_MS)

    def look(self) -> None:
        """Look as often as the interpreter would, by its own thresholds."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    def end(self) -> None:
        """Give it back to the interpreter."""
        self._timer.stop()
        gc.enable()
