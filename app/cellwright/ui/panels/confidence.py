"""A slider with a number beside it, for one confidence threshold."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from cellwright.ui.looks.widgets import describe

_STEPS = 1000


class ConfidenceSlider(QWidget):
    """A threshold in [0, 1], by hand, wheel, key or number.

    Signals
    -------
    changed(float)
        A person chose another threshold.
    """

    changed = Signal(float)

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setSingleStep(10)
        self.slider.setPageStep(50)
        describe(self.slider, name, tooltip)
        self.number = QDoubleSpinBox()
        self.number.setRange(0.0, 1.0)
        self.number.setDecimals(2)
        self.number.setSingleStep(0.01)
        self.number.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setFixedWidth(58)
        self.number.setKeyboardTracking(False)
        describe(self.number, f"{name}, as a number", f"{tooltip} Type a value from 0 to 1.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.number)
        self.slider.valueChanged.connect(lambda value: self._change(value / _STEPS))
        self.number.valueChanged.connect(self._change)
        self.setFocusProxy(self.slider)

    def set_value(self, value: float, lowest: float = 0.0) -> None:
        """Show a threshold and the lowest that makes sense, without announcing a change."""
        for widget in (self.slider, self.number):
            widget.blockSignals(True)
        self.slider.setMinimum(round(lowest * _STEPS))
        self.number.setMinimum(lowest)
        self.slider.setValue(round(value * _STEPS))
        self.number.setValue(value)
        for widget in (self.slider, self.number):
            widget.blockSignals(False)

    def _change(self, value: float) -> None:
        self.set_value(value, self.number.minimum())
        self.changed.emit(value)
