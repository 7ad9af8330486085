"""A mouse over a canvas, for tests of what people draw."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest

from cellwright.ui.canvas import PictureCanvas
from cellwright.ui.canvas.gestures import Gesture

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hand:
    """A mouse over a canvas, in level-0 pixels, that remembers what the canvas said."""

    def __init__(self, canvas: PictureCanvas) -> None:
        self.canvas = canvas
        self.gestures: list[Gesture] = []
        canvas.gesture.connect(self.gestures.append)

    def on_screen(self, y: float, x: float) -> QPoint:
        view = self.canvas.viewport()
        assert view is not None
        place = view.points_to_screen(np.array([[y, x]]))[0]
        return QPoint(round(place[1]), round(place[0]))

    def move(self, y: float, x: float) -> None:
        QTest.mouseMove(self.canvas._native, self.on_screen(y, x))
        QCoreApplication.processEvents()

    def drag(self, *places: tuple[float, float], keys: Qt.KeyboardModifier = NONE) -> None:
        self.move(*places[0])
        QTest.mousePress(self.canvas._native, LEFT, keys, self.on_screen(*places[0]))
        for place in places[1:]:
            self.move(*place)
        QTest.mouseRelease(self.canvas._native, LEFT, keys, self.on_screen(*places[-1]))

    def click(self, y: float, x: float) -> None:
        self.drag((y, x))

    def double_click(self, y: float, x: float) -> None:
        self.click(y, x)
        QTest.mouseDClick(self.canvas._native, LEFT, NONE, self.on_screen(y, x))

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.canvas._native, key)

    def take(self) -> Gesture:
        """Return the one gesture since the last call."""
        (gesture,) = self.gestures
        self.gestures.clear()
        return gesture
