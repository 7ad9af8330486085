"""`AuditDialog`: how many cells and windows are drawn at random, within what groups, and from which seed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QSpinBox, QWidget

from cellwright.ui.looks.widgets import column, describe, label
from cellwright.workflows.audit import Strata

_GROUPS = {Strata.CLASS: "In each class", Strata.PICTURE: "On each picture", Strata.NONE: "Among all cells"}
_WORDS = (
    "An audit draws cells by chance alone, so that what you find holds for all of them. It is kept apart from the queue"
    " of doubtful cells, which are the worst ones and say nothing about the rest."
)
_WINDOWS, _MOST_WINDOWS = 20, 1000
_MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AuditChoice:
    """What a person asked for: how many cells, within what groups, from which seed, and how many windows."""

    size: int
    strata: Strata
    seed: int
    windows: int = 0


class AuditDialog(QDialog):
    """Asks how to draw.

    Parameters
    ----------
    population : int
        How many cells there are to draw from.

    Signals
    -------
    chosen(object)
        An `AuditChoice`.
    """

    chosen = Signal(object)

    def __init__(self, population: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Draw an audit")
        self._size, self._strata, self._seed = QSpinBox(), QComboBox(), QSpinBox()
        describe(self._size, "How many cells", "So many cells are drawn.")
        self._size.setRange(1, max(1, population))
        self._size.setValue(min(100, population))
        describe(self._strata, "Drawn", "Within what groups: in each class, rare ones are looked at as well.")
        for strata, words in _GROUPS.items():
            self._strata.addItem(words, strata)
        describe(self._seed, "Seed", "The same seed draws the same cells again.")
        self._seed.setRange(0, _MOST_SEED)
        self._seed.setValue(secrets.randbelow(100_000))
        self._windows = QSpinBox()
        self._windows.setRange(0, _MOST_WINDOWS)
        self._windows.setValue(_WINDOWS)
        self._windows.setSpecialValueText("none")
        describe(
            self._windows,
            "How many windows",
            "So many places are drawn beside the cells: only they can show what was missed.",
        )
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(_WORDS, "muted", wrap=True))
        form = QFormLayout()
        form.addRow(f"Cells (of {population:,})", self._size)
        form.addRow("Drawn", self._strata)
        form.addRow("Windows, for missed cells", self._windows)
        form.addRow("Seed", self._seed)
        layout.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        draw = buttons.addButton("Draw", QDialogButtonBox.ButtonRole.AcceptRole)
        draw.setProperty("kind", "primary")
        draw.setToolTip("Draw the cells and write the draw down.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.setMinimumWidth(420)

    def choice(self) -> AuditChoice:
        """Return what is set."""
        strata = Strata(self._strata.currentData())
        return AuditChoice(self._size.value(), strata, self._seed.value(), self._windows.value())

    def accept(self) -> None:
        """Draw."""
        self.chosen.emit(self.choice())
        super().accept()
