"""Measuring with the ruler: what is drawn and said, and another scale where cells are unlike those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cellwright.ui.measuring_cells import MeasuringCells
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.ruler import Ruler, scale_words

if TYPE_CHECKING:
    from cellwright.ui.canvas import PictureCanvas
    from cellwright.ui.main_window import MainWindow

_WORDS = "Drag across one typical cell, or any distance; Esc puts the ruler away."
_SHORTEST_PX = 2.0


class Measuring(QObject):
    """The ruler of one window, and what is measured on its cells.

    Parameters
    ----------
    window : MainWindow
        Where it is used.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._is_on = False
        self.cells = MeasuringCells(window)

    def watch(self, canvas: PictureCanvas) -> None:
        """Follow the mouse on a canvas."""
        canvas.drags.ruled.connect(self._on_ruled)
        canvas.drags.set_ruling(self._is_on)

    def rule(self, on: bool) -> None:
        """Let the mouse measure, or put the ruler away."""
        self._is_on = on
        window = self._window
        canvas, picture = window.centre.canvas, window.session.current
        if canvas is not None:
            canvas.drags.set_ruling(on)
        if picture is not None and not on:
            picture.ruler = None
            window.presenter.draw_lines(picture)
        if on:
            window.status.showMessage(_WORDS)
        else:
            window.status.clearMessage()

    def _on_ruled(self, start: tuple[float, float], end: tuple[float, float], is_done: bool) -> None:
        picture = self._window.session.current
        if picture is None:
            return
        picture.ruler = Ruler(start, end)
        self._window.presenter.draw_lines(picture)
        if is_done and picture.ruler.length_px >= _SHORTEST_PX:
            self._window.status.showMessage(picture.ruler.text(picture.pixel_size))
            self._offer_scale(picture, picture.ruler.length_px)

    def _offer_scale(self, picture: Picture, across_px: float) -> None:
        """Offer to analyze at another scale, where cells are far larger or smaller than the model knows them."""
        words = scale_words(across_px, self._window.session.card)
        if not words:
            return

        def analyze() -> None:
            picture.object_px = across_px
            self._window.controller.analyze([picture])

        self._window.say(Message(Level.INFO, words, action_text="Analyze at that scale", action=analyze))
