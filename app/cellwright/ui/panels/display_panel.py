"""The panel of how bright the picture is and, where it has several channels, which are seen and which is analyzed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from cellwright.ui.looks.widgets import button, column, describe, empty, label
from cellwright.ui.panels.channel_row import ChannelRow
from cellwright.ui.state.look import Look, PictureFacts, Rgb

_STEPS = 1000
_ALL = "All channels"


class DisplayPanel(QWidget):
    """Edits the look of the picture that is shown.

    Signals
    -------
    look_changed(object)
        A `Look` that a person asked for.
    analysed_channel_changed(object)
        Index of the one channel that a model is to be shown, None for all.
    """

    look_changed = Signal(object)
    analysed_channel_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: PictureFacts | None = None
        self._look: Look | None = None
        self.rows: list[ChannelRow] = []
        self._hint = label("Brightness and channels of the picture are chosen here.", "muted", wrap=True)
        self._body = QWidget()
        self._channels = column(margin=0, gap=2)
        self._of_title = label("Brightness of")
        self.of = QComboBox()
        describe(self.of, "Brightness of", "Which channel the two sliders below change.")
        self.of.currentIndexChanged.connect(lambda _at: self._show_window())
        self.level = self._slider("Level", "The value shown as middle grey; drag up or down with the right button.")
        self.window_width = self._slider(
            "Window", "How wide a range of values is shown; drag left or right with the right button."
        )
        self.level_number = self._number("Level, as a number", "The value shown as middle grey.")
        self.window_number = self._number("Window, as a number", "How wide a range of values is shown.")
        self.reset = button(
            "Reset", "Go back to the brightness that the file or its values suggest.", self.reset_brightness, "small",
            name="Reset brightness",
        )  # fmt: skip
        self._analysed_title = label("Analyze", wrap=False)
        self.analysed = QComboBox()
        describe(self.analysed, "Analyzed channel", "What the model is shown: all channels in their colours, or one.")
        self.analysed.activated.connect(lambda at: self.analysed_channel_changed.emit(None if at == 0 else at - 1))
        for choice in (self.of, self.analysed):
            # long names of channels are cut, not the panel
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(6)
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
        layout = column(self, margin=10, gap=6)
        layout.addWidget(self._hint)
        layout.addWidget(self._body)
        layout.addStretch(1)
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addLayout(self._channels)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        rows = (
            (self._analysed_title, self.analysed, None),
            (self._of_title, self.of, None),
            (label("Level"), self.level, self.level_number),
            (label("Window"), self.window_width, self.window_number),
        )
        for at, (words, widget, number) in enumerate(rows):
            grid.addWidget(words, at, 0)
            if number is None:
                grid.addWidget(widget, at, 1, 1, 2)
            else:
                grid.addWidget(widget, at, 1)
                grid.addWidget(number, at, 2)
        inside.addLayout(grid)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.reset)
        inside.addLayout(last)

    def clear(self) -> None:
        """Show no picture."""
        self._facts, self._look = None, None
        self._hint.show()
        self._body.hide()

    def show_picture(self, facts: PictureFacts, look: Look, analysed: int | None) -> None:
        """Show what there is to choose of a picture, and what is chosen."""
        is_other = self._facts is None or (facts.names, facts.is_rgb) != (self._facts.names, self._facts.is_rgb)
        self._facts, self._look = facts, look
        if is_other:
            self._build(facts)
        for row, channel in zip(self.rows, look.channels, strict=False):
            row.show_look(channel)
        self.analysed.setCurrentIndex(0 if analysed is None else analysed + 1)
        for number in (self.level_number, self.window_number):
            number.blockSignals(True)
            number.setDecimals(0 if facts.is_whole else 3)
            number.blockSignals(False)
        self._show_window()
        self._hint.hide()
        self._body.show()

    def drag(self, across: float, down: float) -> None:
        """Change window and level as by a drag with the mouse, in parts of the canvas' width and height."""
        if self._look is None or self._facts is None:
            return
        span = self._facts.highest - self._facts.lowest
        now = self._look.channels[self._index or 0]
        window = min(span, max(span / _STEPS, now.window + across * span))
        level = min(self._facts.highest, max(self._facts.lowest, now.level + down * span))
        self._set_window(level, window)

    @property
    def _index(self) -> int | None:
        """The channel that the sliders change; None for all of a picture whose channels are always alike."""
        if self._facts is None or not self._facts.has_channels:
            return None
        return max(0, self.of.currentIndex())

    def _build(self, facts: PictureFacts) -> None:
        empty(self._channels)
        self.rows = []
        if facts.has_channels:
            for index, name in enumerate(facts.names):
                row = ChannelRow(name)
                row.visible_changed.connect(lambda on, at=index: self._set_visible(at, on))
                row.colour_changed.connect(lambda colour, at=index: self._set_colour(at, colour))
                self.rows.append(row)
                self._channels.addWidget(row)
        for choice, names in ((self.of, facts.names), (self.analysed, (_ALL, *facts.names))):
            choice.blockSignals(True)
            choice.clear()
            choice.addItems(names)
            choice.blockSignals(False)
        for widget in (self.of, self._of_title, self.analysed, self._analysed_title):
            widget.setVisible(facts.has_channels)

    def _show_window(self) -> None:
        if self._look is None or self._facts is None:
            return
        facts, now = self._facts, self._look.channels[self._index or 0]
        span = max(1e-9, facts.highest - facts.lowest)
        for slider, part in (
            (self.level, (now.level - facts.lowest) / span),
            (self.window_width, now.window / span),
        ):
            slider.blockSignals(True)
            slider.setValue(round(_STEPS * part))
            slider.blockSignals(False)
        for number, value, low, high in (
            (self.level_number, now.level, facts.lowest, facts.highest),
            (self.window_number, now.window, 0.0, 2 * span),
        ):
            number.blockSignals(True)
            number.setRange(low, high)
            number.setValue(value)
            number.blockSignals(False)

    def _slider(self, name: str, tooltip: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _STEPS)
        slider.setSingleStep(5)
        slider.setPageStep(50)
        describe(slider, name, tooltip)
        slider.valueChanged.connect(lambda _value: self._on_slider())
        return slider

    def _number(self, name: str, tooltip: str) -> QDoubleSpinBox:
        number = QDoubleSpinBox()
        number.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        number.setFixedWidth(58)
        number.setKeyboardTracking(False)
        describe(number, name, tooltip)
        number.valueChanged.connect(
            lambda _value: self._set_window(self.level_number.value(), self.window_number.value())
        )
        return number

    def _on_slider(self) -> None:
        if self._facts is None:
            return
        span = self._facts.highest - self._facts.lowest
        level = self._facts.lowest + span * self.level.value() / _STEPS
        self._set_window(level, span * max(1, self.window_width.value()) / _STEPS)

    def _set_window(self, level: float, window: float) -> None:
        if self._look is not None:
            self._change(self._look.with_window(self._index, level, window))

    def _set_visible(self, index: int, on: bool) -> None:
        if self._look is not None:
            self._change(self._look.changed(index, lambda channel: replace(channel, visible=on)))

    def _set_colour(self, index: int, colour: Rgb) -> None:
        if self._look is not None:
            self._change(self._look.changed(index, lambda channel: replace(channel, colour=colour)))

    def reset_brightness(self) -> None:
        """Go back to the first range of values of every channel."""
        if self._look is not None and self._facts is not None:
            first = self._facts.look.channels
            kept = zip(self._look.channels, first, strict=True)
            self._change(replace(self._look, channels=tuple(replace(c, low=f.low, high=f.high) for c, f in kept)))

    def _change(self, look: Look) -> None:
        if self._facts is not None and look != self._look:
            chosen = self.analysed.currentIndex()
            self.show_picture(self._facts, look, None if chosen < 1 else chosen - 1)
            self.look_changed.emit(look)
