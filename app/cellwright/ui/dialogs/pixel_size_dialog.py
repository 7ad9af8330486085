"""The dialog in which a person says how large a pixel is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDoubleSpinBox, QGridLayout, QHBoxLayout, QWidget

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.looks.widgets import button, column, describe, label

_SMALLEST_UM, _LARGEST_UM = 0.0001, 10_000.0


class PixelSizeDialog(QDialog):
    """Asks for µm per pixel; the window stays usable beside it.

    Signals
    -------
    chosen(object, bool)
        A `PixelSize`, or None for what the file says; and whether it holds for every open picture.
    """

    chosen = Signal(object, bool)

    def __init__(
        self, picture_name: str, now: PixelSize | None, tag: PixelSize | None, note: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Pixel size")
        self.setAccessibleName("Pixel size")
        self.setMinimumWidth(400)
        self.width_um = self._field("Width of a pixel in µm")
        self.height_um = self._field("Height of a pixel in µm")
        self.is_square = QCheckBox("Pixels are square")
        describe(self.is_square, "Pixels are square", "Height and width of a pixel are the same.")
        self.for_all = QCheckBox("Use for every open picture")
        describe(self.for_all, "Use for every open picture", "All open pictures were taken at this magnification.")
        known = now or tag
        self.is_square.setChecked(known is None or abs(known.y_um - known.x_um) < 1e-9)
        if known is not None:
            self.width_um.setValue(known.x_um)
            self.height_um.setValue(known.y_um)
        said = _what_the_file_says(tag, note)
        self._lay_out(picture_name, said, tag)
        self.is_square.toggled.connect(self._follow)
        self.width_um.valueChanged.connect(self._follow)
        self._follow()

    def _field(self, name: str) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setDecimals(4)
        field.setRange(0.0, _LARGEST_UM)
        field.setSpecialValueText("unknown")
        field.setSingleStep(0.01)
        field.setSuffix(" µm")
        describe(field, name, f"{name}; for many 100× smear pictures about 0.1, for 40× about 0.25.")
        return field

    def _lay_out(self, picture_name: str, said: str, tag: PixelSize | None) -> None:
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(picture_name, "heading", wrap=True))
        layout.addWidget(label(said, "muted", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.addWidget(label("Width of a pixel"), 0, 0)
        grid.addWidget(self.width_um, 0, 1)
        grid.addWidget(label("Height of a pixel"), 1, 0)
        grid.addWidget(self.height_um, 1, 1)
        grid.addWidget(self.is_square, 2, 1)
        grid.setColumnStretch(1, 1)
        layout.addLayout(grid)
        layout.addWidget(self.for_all)
        row = QHBoxLayout()
        reset = button("Use what the file says", "Forget what was entered here.", self._reset, "small")
        reset.setVisible(tag is not None)
        row.addWidget(reset)
        row.addStretch(1)
        row.addWidget(button("Cancel", "Change nothing.", self.reject))
        self.accept_button = button(
            "Set", "Use this pixel size; densities follow at once.", self._accept, "primary", name="Set pixel size"
        )
        self.accept_button.setDefault(True)
        row.addWidget(self.accept_button)
        layout.addLayout(row)

    def _follow(self) -> None:
        if self.is_square.isChecked():
            self.height_um.setValue(self.width_um.value())
        self.height_um.setEnabled(not self.is_square.isChecked())
        self.accept_button.setEnabled(self.width_um.value() >= _SMALLEST_UM)

    def _accept(self) -> None:
        if self.width_um.value() < _SMALLEST_UM or self.height_um.value() < _SMALLEST_UM:
            return
        size = PixelSize(self.height_um.value(), self.width_um.value(), PixelSizeSource.USER)
        self.chosen.emit(size, self.for_all.isChecked())
        self.accept()

    def _reset(self) -> None:
        self.chosen.emit(None, self.for_all.isChecked())
        self.accept()


def _what_the_file_says(tag: PixelSize | None, note: str) -> str:
    if tag is not None:
        return f"The file says {tag.x_um:.4g} µm" + (f" ({note})." if note else ".")
    return f"{note[:1].upper()}{note[1:].rstrip('.')}." if note else "The file does not say."
