"""The strip below the picture of a stack: which plane and time point is seen, and what of it is analyzed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from cellwright.ui.looks.widgets import as_panel, button, describe, label
from cellwright.ui.state.look import Look, PictureFacts


class PlaneBar(QWidget):
    """A slider for depth and one for time, each where there is something to choose.

    Signals
    -------
    look_changed(object)
        A `Look` at another plane.
    plane_asked(), all_asked()
        This plane, or all of them, are to be analyzed.
    """

    look_changed = Signal(object)
    plane_asked = Signal()
    all_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._look: Look | None = None
        self.z = self._slider("Plane", "Which plane in depth is shown (keys , and .).", "z")
        self.t = self._slider("Time point", "Which time point is shown (keys < and >).", "t")
        self._z_title, self._t_title = label("z"), label("t")
        self._z_place, self._t_place = label("", "muted"), label("", "muted")
        self._done = label("", "muted")
        self.this = button(
            "Analyze this plane", "Find the cells of the plane that is shown.", self.plane_asked.emit, "small"
        )
        self.every = button(
            "Analyze all planes", "Find the cells of every plane and time point.", self.all_asked.emit, "small"
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 4, 10, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, parts in enumerate(((self._z_title, self.z, self._z_place), (self._t_title, self.t, self._t_place))):
            for at, part in enumerate(parts):
                grid.addWidget(part, row, at)
        grid.addWidget(self._done, 0, 3)
        grid.addWidget(self.this, 0, 4)
        grid.addWidget(self.every, 0, 5)
        self.hide()

    def _slider(self, name: str, tooltip: str, axis: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setPageStep(1)
        describe(slider, name, tooltip)
        slider.valueChanged.connect(lambda value: self._go(**{axis: value}))
        return slider

    def show_picture(self, facts: PictureFacts | None, look: Look | None, analyzed: int) -> None:
        """Show where in a stack one is and how many planes have a result; a single plane needs no bar."""
        self._look = look
        if facts is None or look is None or not facts.is_stack:
            self.hide()
            return
        rows = (
            (self.z, self._z_title, self._z_place, look.z, facts.n_z),
            (self.t, self._t_title, self._t_place, look.t, facts.n_t),
        )
        for slider, title, place, at, count in rows:
            _show_place(slider, place, at, count)
            for widget in (slider, title, place):
                widget.setVisible(count > 1)
        total = facts.n_z * facts.n_t
        self._done.setText(f"{analyzed:,} of {total:,} analyzed")
        self.show()

    def step(self, axis: str, by: int) -> None:
        """Go to the next plane (axis ``"z"``) or time point (``"t"``), or back."""
        slider = self.z if axis == "z" else self.t
        slider.setValue(slider.value() + by)

    def _go(self, **place: int) -> None:
        if self._look is not None:
            look = replace(self._look, **place)  # type: ignore[arg-type]
            if look != self._look:
                self.look_changed.emit(look)


def _show_place(slider: QSlider, place: QLabel, at: int, count: int) -> None:
    slider.blockSignals(True)
    slider.setRange(0, count - 1)
    slider.setValue(at)
    slider.blockSignals(False)
    place.setText(f"{at + 1:,} / {count:,}")
