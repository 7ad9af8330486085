"""The panel that says what is drawn: the picture and what was found on it, how opaque and in which colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSlider, QWidget

from cellwright.ui.canvas.options import CanvasOptions
from cellwright.ui.looks.widgets import describe, label
from cellwright.ui.state.colouring import TITLES, ByColumn, ColourBy, Colouring
from cellwright.ui.state.measured import Known

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Layer:
    """One row: a box to tick and a slider."""

    name: str
    title: str
    opacity: str
    tooltip: str


_LAYERS = (
    _Layer("picture", "Picture", "picture_opacity", "Show or hide the picture under the results."),
    _Layer("outlines", "Outlines", "outlines_opacity", "Show or hide the outlines of the cells (Ctrl+U)."),
    _Layer("fill", "Fill", "fill_opacity", "Show or hide the coloured insides of the cells (Ctrl+I)."),
    _Layer("boxes", "Boxes", "opacity", "Show or hide the boxes around the cells (Ctrl+B)."),
    _Layer("points", "Points", "points_opacity", "Show or hide a dot in the middle of each cell (Ctrl+D)."),
    _Layer("density", "Density", "density_opacity", "Where cells are too many to be drawn, show how densely they lie."),
)
_ONLY_WITH_MASKS = ("outlines", "fill")


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
        self._options = options
        self._has_masks = False
        self._colourings: tuple[Colouring, ...] = tuple(ColourBy)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(10, 8, 10, 10)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self.checks = {layer.name: self._check(layer.name, layer.title, layer.tooltip) for layer in _LAYERS}
        self.sliders = {layer.name: self._slider(layer) for layer in _LAYERS}
        for row, layer in enumerate(_LAYERS):
            self._grid.addWidget(self.checks[layer.name], row, 0)
            self._grid.addWidget(self.sliders[layer.name], row, 1)
        self.colour_by = self._colour_choice()
        self._grid.addWidget(label("Colour by"), len(_LAYERS), 0)
        self._grid.addWidget(self.colour_by, len(_LAYERS), 1)
        for at, (name, title, tooltip) in enumerate(
            (
                ("labels", "Labels", "Show class and score on cells that are large enough (Ctrl+L)."),
                ("scale_bar", "Scale bar", "Show or hide the scale bar."),
                ("coverage", "Coverage", "Show which tiles were analyzed, failed, skipped or left out."),
                ("overview", "Overview", "Show the whole picture in the corner while a part of it is looked at."),
            )
        ):
            self.checks[name] = self._check(name, title, tooltip)
            self._grid.addWidget(self.checks[name], len(_LAYERS) + 1 + at // 2, at % 2)
        self._grid.setRowStretch(len(_LAYERS) + 3, 1)
        self.set_options(options)
        self.set_has_masks(False)

    def set_options(self, options: CanvasOptions) -> None:
        """Show what is drawn, without announcing a change."""
        self._options = options
        for name, check in self.checks.items():
            is_on = options.draws_boxes(self._has_masks) if name == "boxes" else getattr(options, name)
            _quietly(check, check.setChecked, is_on)
        for layer in _LAYERS:
            slider = self.sliders[layer.name]
            _quietly(slider, slider.setValue, round(100 * getattr(options, layer.opacity)))
        self._show_colouring()

    @property
    def has_masks(self) -> bool:
        """Whether the cells shown have outlines."""
        return self._has_masks

    def set_has_masks(self, has_masks: bool) -> None:
        """Say whether the cells shown have outlines; where they have none, boxes are all there is."""
        if has_masks != self._has_masks:
            self._has_masks = has_masks
            self.set_options(self._options)
        for layer in _LAYERS:
            if layer.name in _ONLY_WITH_MASKS:
                for widget in (self.checks[layer.name], self.sliders[layer.name]):
                    widget.setEnabled(has_masks)
                tooltip = layer.tooltip if has_masks else f"{layer.title}: of these cells only the boxes are known."
                self.checks[layer.name].setToolTip(tooltip)

    def _check(self, name: str, title: str, tooltip: str) -> QCheckBox:
        check = QCheckBox(title)
        describe(check, title, tooltip)
        check.toggled.connect(lambda on: self._on_check(name, on))
        return check

    def _slider(self, layer: _Layer) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(5 if layer.name == "fill" else 10, 100)
        slider.setPageStep(10)
        describe(slider, f"Opacity: {layer.title.lower()}", f"How strongly this is drawn: {layer.title.lower()}.")
        slider.valueChanged.connect(lambda value: self._change(**{layer.opacity: value / 100}))
        return slider

    def _colour_choice(self) -> QComboBox:
        choice = QComboBox()
        for by in ColourBy:
            choice.addItem(TITLES[by])
        choice.setMinimumContentsLength(8)
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMaxVisibleItems(24)
        describe(choice, "Colour by", "What the colours of the cells stand for: their class, nothing, or a number.")
        choice.currentIndexChanged.connect(lambda at: self._change(colour_by=self._colourings[at]))
        return choice

    def offer_columns(self, columns: Sequence[Known]) -> None:
        """Offer to colour cells by these columns, of which those of words have no number."""
        offered = tuple(ByColumn(each.name) for each in columns if not each.is_words and each.name != "score")
        if self._colourings[len(ColourBy) :] == offered:
            return
        titles = {each.name: each.title for each in columns}
        self._colourings = (*ColourBy, *offered)
        self.colour_by.blockSignals(True)
        while self.colour_by.count() > len(ColourBy):
            self.colour_by.removeItem(self.colour_by.count() - 1)
        self.colour_by.addItems([titles[each.name] for each in offered])
        self.colour_by.blockSignals(False)
        self._show_colouring()

    def _show_colouring(self) -> None:
        """Show what colours stand for; nothing where the picture has no such column."""
        by = self._options.colour_by
        at = self._colourings.index(by) if by in self._colourings else -1
        _quietly(self.colour_by, self.colour_by.setCurrentIndex, at)

    def _on_check(self, name: str, on: bool) -> None:
        if name == "boxes":
            self._options = self._options.with_boxes(on, self._has_masks)
            self.changed.emit(self._options)
        else:
            self._change(**{name: on})

    def _change(self, **values: bool | float | Colouring) -> None:
        self._options = replace(self._options, **values)  # type: ignore[arg-type]
        self.changed.emit(self._options)


def _quietly(widget: QWidget, setter: Callable[[T], object], value: T) -> None:
    widget.blockSignals(True)
    setter(value)
    widget.blockSignals(False)
