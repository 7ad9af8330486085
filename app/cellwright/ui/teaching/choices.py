"""`TeachChoices`: what is taught, for how long, and what it is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QFormLayout, QHBoxLayout, QSpinBox, QWidget

from cellwright.ui.looks.widgets import button, describe, label

LAYERS = {
    "full": "Everything (best)",
    "frozen": "All but what looks",
    "head": "What answers alone (fastest)",
}
_NO_REPLAY = "none"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose."""

    model: str
    layers: str
    minutes: float
    held_out: float
    replay: Path | None


class TeachChoices(QWidget):
    """A form with a sensible value in every field.

    Signals
    -------
    changed()
        A choice that decides what is learned from has another value.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._replay: Path | None = None
        self.model = QComboBox()
        describe(self.model, "Model to teach", "The model to begin from; it is kept as it is.")
        self.layers = QComboBox()
        for key, title in LAYERS.items():
            self.layers.addItem(title, key)
        describe(
            self.layers,
            "What is taught",
            "Everything learns most. Teaching only the part that answers takes a minute, from features computed once.",
        )
        self.minutes = QDoubleSpinBox()
        self.minutes.setRange(0.2, 600)
        self.minutes.setDecimals(1)
        self.minutes.setValue(5)
        self.minutes.setSuffix(" min")
        describe(self.minutes, "Time", "How long to teach; the learning rate falls to its end in this time.")
        self.held_out = QSpinBox()
        self.held_out.setRange(0, 60)
        self.held_out.setValue(25)
        self.held_out.setSuffix(" %")
        describe(
            self.held_out,
            "Held out",
            "Share of the pictures that are not learned from: on them it is judged whether the model became better.",
        )
        self._folder = label(_NO_REPLAY, "muted")
        self._choose = button("Choose…", "Choose the set that the model was first taught with.", self._ask, "small")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._folder, 1)
        row.addWidget(self._choose)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Model", self.model)
        form.addRow("Teach", self.layers)
        form.addRow("Time", self.minutes)
        form.addRow("Held out", self.held_out)
        form.addRow("Replay", row)
        self.model.currentIndexChanged.connect(lambda _row: self.changed.emit())
        self.held_out.valueChanged.connect(lambda _share: self.changed.emit())

    def set_models(self, names: list[str], chosen: str | None) -> None:
        """Offer models by name."""
        before = chosen or self.model.currentText()
        self.model.blockSignals(True)
        self.model.clear()
        self.model.addItems(names)
        if before in names:
            self.model.setCurrentText(before)
        self.model.blockSignals(False)

    def set_replay(self, folder: Path | None) -> None:
        """Show where the original data lies."""
        self._replay = folder
        self._folder.setText(_NO_REPLAY if folder is None else folder.name)
        self._folder.setToolTip("" if folder is None else str(folder))

    def chosen(self) -> Chosen:
        """Return what stands in the fields."""
        return Chosen(
            self.model.currentText(),
            str(self.layers.currentData()),
            self.minutes.value(),
            self.held_out.value() / 100,
            self._replay,
        )

    def _ask(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "The set that the model was first taught with")
        if folder:
            self.set_replay(Path(folder))
