"""The panel that says what is drawn: the picture, the boxes, their labels, and how opaque."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSlider, QWidget

from cellwright.ui.canvas.options import CanvasOptions
from cellwright.ui.widgets import as_panel, describe


class LayersPanel(QWidget):
    """Checkboxes and opacities of what lies over each other on the canvas.

    Signals
    -------
    changed(CanvasOptions)
        A person changed something.
    """

    changed = Signal(object)

    def __init__(self, options: CanvasOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._options = options
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 10)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._boxes = self._check("Boxes", "boxes", "Show or hide the boxes around the cells (Ctrl+B).")
        self._labels = self._check("Labels", "labels", "Show class and score on boxes that are large enough (Ctrl+L).")
        self._picture = self._check("Picture", "picture", "Show or hide the picture under the boxes.")
        self._scale_bar = self._check("Scale bar", "scale_bar", "Show or hide the scale bar.")
        self._opacity = self._slider("opacity", "Opacity of the boxes", "How strongly the boxes are drawn.")
        self._picture_opacity = self._slider(
            "picture_opacity",
            "Opacity of the picture",
            "How strongly the picture is drawn; less makes boxes stand out.",
        )
        grid.addWidget(self._boxes, 0, 0)
        grid.addWidget(self._opacity, 0, 1)
        grid.addWidget(self._picture, 1, 0)
        grid.addWidget(self._picture_opacity, 1, 1)
        grid.addWidget(self._labels, 2, 0)
        grid.addWidget(self._scale_bar, 2, 1)
        grid.setRowStretch(3, 1)
        self.set_options(options)

    def set_options(self, options: CanvasOptions) -> None:
        """Show what is drawn, without announcing a change."""
        self._options = options
        for check, name in (
            (self._boxes, "boxes"),
            (self._labels, "labels"),
            (self._picture, "picture"),
            (self._scale_bar, "scale_bar"),
        ):
            check.blockSignals(True)
            check.setChecked(getattr(options, name))
            check.blockSignals(False)
        for slider, name in ((self._opacity, "opacity"), (self._picture_opacity, "picture_opacity")):
            slider.blockSignals(True)
            slider.setValue(round(100 * getattr(options, name)))
            slider.blockSignals(False)

    def _check(self, text: str, name: str, tooltip: str) -> QCheckBox:
        check = QCheckBox(text)
        describe(check, text, tooltip)
        check.toggled.connect(lambda on: self._change(**{name: on}))
        return check

    def _slider(self, name: str, title: str, tooltip: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(10, 100)
        slider.setPageStep(10)
        describe(slider, title, tooltip)
        slider.valueChanged.connect(lambda value: self._change(**{name: value / 100}))
        return slider

    def _change(self, **values: bool | float) -> None:
        self._options = replace(self._options, **values)  # type: ignore[arg-type]
        self.changed.emit(self._options)
