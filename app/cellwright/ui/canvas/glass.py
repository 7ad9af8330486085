"""`GlassSheet`: something to paint on that lies over the canvas and lets the mouse through."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from cellwright.ui.canvas.geometry import Viewport


class GlassSheet(QWidget):
    """A sheet of glass over the canvas; the mouse does not notice it.

    Parameters
    ----------
    over : QWidget
        The canvas; the sheet is its child and follows its size.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.
    name : str
        What is painted on it, for whoever listens to the window.
    """

    def __init__(self, over: QWidget, viewport: Callable[[], Viewport | None], name: str) -> None:
        super().__init__(over)
        self._viewport = viewport
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(name)
        over.installEventFilter(self)
        self.resize(over.size())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the canvas."""
        if event.type() == QEvent.Type.Resize and isinstance(event, QResizeEvent):
            self.resize(event.size())
        return super().eventFilter(watched, event)
