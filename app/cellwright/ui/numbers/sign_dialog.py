"""Two questions of a laboratory: whose name stands under a differential, and what its own factors per µL are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLineEdit, QWidget

from cellwright.annotation import Estimated, LaboratoryFactorRecord
from cellwright.ui.looks.widgets import column, describe, label
from cellwright.workflows.differential import NOT_A_DEVICE, Differential

_FACTOR_WORDS = (
    "What your laboratory found for its own microscope: how many cells a microlitre of blood has for each cell of a "
    "field. Count smears of blood whose number you know, and divide. Without it nothing is estimated. It is kept in "
    "the project with your name and the time."
)
_MOST = 10_000_000.0


class SignDialog(QDialog):
    """Asks for a name and a remark.

    Parameters
    ----------
    found : Differential
        What is signed.
    author : str
        Name to begin with.

    Signals
    -------
    signed(str, str)
        Name and remark.
    """

    signed = Signal(str, str)

    def __init__(self, found: Differential, author: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sign off the differential")
        self.name, self.remark = QLineEdit(author), QLineEdit()
        describe(self.name, "Name", "Whose name stands under it.")
        describe(self.remark, "Remark", "What is to stand beside the name; may be empty.")
        layout = column(self, margin=16, gap=12)
        kinds = ", ".join(f"{each.title} {each.count}" for each in found.rows if each.count)
        layout.addWidget(label(f"{found.white:,} white cells: {kinds}.", wrap=True))
        said = "Your name and the time are written into the project. The signature holds as long as no cell is changed."
        layout.addWidget(label(said, "muted", wrap=True))
        form = QFormLayout()
        form.addRow("Name", self.name)
        form.addRow("Remark", self.remark)
        layout.addLayout(form)
        layout.addWidget(label(NOT_A_DEVICE, "muted", wrap=True))
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.sign = buttons.addButton("Sign off", QDialogButtonBox.ButtonRole.AcceptRole)
        self.sign.setProperty("kind", "primary")
        self.sign.setToolTip("Put this name under the differential.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)
        self.name.textChanged.connect(lambda text: self.sign.setEnabled(bool(text.strip())))
        self.sign.setEnabled(bool(author.strip()))

    def accept(self) -> None:
        """Sign."""
        if self.name.text().strip():
            self.signed.emit(self.name.text().strip(), self.remark.text().strip())
            super().accept()


@dataclass(frozen=True, slots=True)
class FactorChoice:
    """A laboratory's factor as it was entered; None where there is none, or each picture is a field."""

    estimated: Estimated
    per_ul: float | None
    field_mm2: float | None


class FactorDialog(QDialog):
    """Asks for factors.

    Parameters
    ----------
    known : mapping
        Those that stand.

    Signals
    -------
    entered(object)
        A list of `FactorChoice`, one for each thing that can be estimated.
    """

    entered = Signal(object)

    def __init__(self, known: Mapping[Estimated, LaboratoryFactorRecord], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("The laboratory's own factors")
        self.factors: dict[Estimated, QDoubleSpinBox] = {}
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(_FACTOR_WORDS, "muted", wrap=True))
        form = QFormLayout()
        for each in Estimated:
            record = known.get(each)
            box = _number(_MOST, 0, f"Factor for {each.value}", f"Per µL for each of the {each.value} of a field.")
            box.setSpecialValueText("none")
            box.setSuffix(" per µL")
            box.setValue(0.0 if record is None else record.per_ul)
            self.factors[each] = box
            form.addRow(each.value.capitalize(), box)
            if record is not None:
                form.addRow("", label(f"entered by {record.author} on {record.time[:10]}", "muted"))
        self.field = _number(100.0, 4, "Area of a field", "On what area the factors were found; none: each picture.")
        self.field.setSpecialValueText("each picture")
        self.field.setSuffix(" mm²")
        areas = [each.field_mm2 for each in known.values() if each.field_mm2 is not None]
        self.field.setValue(areas[0] if areas else 0.0)
        form.addRow("A field is", self.field)
        layout.addLayout(form)
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        keep = buttons.addButton("Keep", QDialogButtonBox.ButtonRole.AcceptRole)
        keep.setProperty("kind", "primary")
        keep.setToolTip("Keep these factors in the project.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)

    def accept(self) -> None:
        """Keep what was entered."""
        field = self.field.value() or None
        self.entered.emit(
            [
                FactorChoice(each, box.value() or None, field if box.value() else None)
                for each, box in self.factors.items()
            ]
        )
        super().accept()


def _number(most: float, decimals: int, name: str, tooltip: str) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0.0, most)
    made.setDecimals(decimals)
    made.setGroupSeparatorShown(True)
    describe(made, name, tooltip)
    return made
