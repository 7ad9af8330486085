"""`PlotControls`: what is drawn: kind, columns, groups and whose cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QWidget

from cellwright.ui.looks.widgets import as_panel, describe, label
from cellwright.ui.state.measured import Known
from cellwright.ui.state.plotting import (
    GROUP_TITLES,
    KIND_TITLES,
    REACH_TITLES,
    PlotKind,
    PlotSpec,
)

E = TypeVar("E", bound=Enum)

_WIDTH_PX = 242
_UPRIGHT = (PlotKind.BOX, PlotKind.VIOLIN)
"""Their one column stands where that of a histogram lies; who changes from one to the other means the same column."""
_BINS = {0: "By the values", 10: "10", 20: "20", 50: "50", 100: "100", 200: "200"}


class PlotControls(QWidget):
    """Choosers.

    Signals
    -------
    changed(PlotSpec)
        A person wants to see something else.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setFixedWidth(_WIDTH_PX)
        self.spec = PlotSpec()
        self._label_of: dict[QWidget, QLabel] = {}
        # beside the choosers: Qt would make plain text of what is text among other things
        self._values: dict[QComboBox, list[object]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 6, 4, 4)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.kind = self._choice("Plot", KIND_TITLES, "What is drawn: points, bars, boxes or counts.")
        self.x_log = self._log("x_log", "Equal steps across are equal ratios; needs values above 0.")
        self.y_log = self._log("y_log", "Equal steps up are equal ratios; needs values above 0.")
        self.across = self._columns("X", "The column that the lower axis stands for.", self.x_log)
        self.up = self._columns("Y", "The column that the left axis stands for.", self.y_log)
        self.bins = self._choice("Bins", _BINS, "Into how many parts the values go.")
        self.as_shares = QCheckBox("As shares (%)")
        describe(self.as_shares, "As shares", "Tell shares of all cells that count, with their intervals.")
        self._grid.addWidget(self.as_shares, self._grid.rowCount(), 1, 1, 2)
        self.group = self._choice("Group", GROUP_TITLES, "What cells of one colour have in common.")
        self.reach = self._choice("Cells", REACH_TITLES, "Whose cells are drawn.")
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        for choice, name in (
            (self.kind, "kind"),
            (self.across, "x"),
            (self.up, "y"),
            (self.bins, "bins"),
            (self.group, "group"),
            (self.reach, "reach"),
        ):
            choice.activated.connect(lambda at, one=choice, of=name: self._change(**{of: self._values[one][at]}))
        self.as_shares.clicked.connect(lambda on: self._change(as_shares=on))
        self.show_spec(self.spec)

    def show_spec(self, spec: PlotSpec) -> None:
        """Show what is drawn, and only what that kind of plot can be asked."""
        self.spec = spec
        for choice, value in (
            (self.kind, spec.kind),
            (self.across, spec.x),
            (self.up, spec.y),
            (self.bins, spec.bins),
            (self.group, spec.group),
            (self.reach, spec.reach),
        ):
            _show(choice, self._values[choice], value)
        self.x_log.setChecked(spec.x_log)
        self.y_log.setChecked(spec.y_log)
        self.as_shares.setChecked(spec.as_shares)
        has_x = spec.kind in (PlotKind.SCATTER, PlotKind.HISTOGRAM)
        has_y = spec.kind in (PlotKind.SCATTER, PlotKind.BOX, PlotKind.VIOLIN)
        for widgets, is_there in (
            ((self._label_of[self.across], self.across, self.x_log), has_x),
            ((self._label_of[self.up], self.up, self.y_log), has_y),
            ((self._label_of[self.bins], self.bins), spec.kind is PlotKind.HISTOGRAM),
            ((self.as_shares,), spec.kind is PlotKind.COUNTS),
        ):
            for widget in widgets:
                widget.setVisible(is_there)

    def offer_columns(self, known: Mapping[str, Known]) -> None:
        """Offer these columns, of which those of words have no place on an axis."""
        numbers = [each for each in known.values() if not each.is_words]
        names: list[object] = [each.name for each in numbers]
        for choice, chosen in ((self.across, self.spec.x), (self.up, self.spec.y)):
            if self._values[choice] != names:
                self._values[choice] = names
                choice.clear()
                for at, each in enumerate(numbers):
                    choice.addItem(each.title)
                    said = each.description[:1].upper() + each.description[1:]
                    choice.setItemData(at, said, Qt.ItemDataRole.ToolTipRole)
            _show(choice, names, chosen)

    def _row(self, title: str, widget: QWidget, beside: QWidget | None = None) -> None:
        row = self._grid.rowCount()
        words = label(title, "muted")
        self._label_of[widget] = words
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(widget, row, 1, 1, 2 if beside is None else 1)
        if beside is not None:
            self._grid.addWidget(beside, row, 2)

    def _choice(self, title: str, entries: Mapping[E, str] | Mapping[int, str], tooltip: str) -> QComboBox:
        choice = _combo()
        choice.addItems(list(entries.values()))
        self._values[choice] = list(entries)
        describe(choice, title, tooltip)
        self._row(title, choice)
        return choice

    def _columns(self, title: str, tooltip: str, beside: QWidget) -> QComboBox:
        choice = _combo()
        choice.setMaxVisibleItems(24)
        self._values[choice] = []
        describe(choice, title, f"{tooltip} More columns are measured in the page Objects.")
        self._row(title, choice, beside)
        return choice

    def _log(self, name: str, tooltip: str) -> QCheckBox:
        check = QCheckBox("log")
        describe(check, f"Logarithmic {'across' if name == 'x_log' else 'up'}", tooltip)
        check.clicked.connect(lambda on: self._change(**{name: on}))
        return check

    def _change(self, **values: object) -> None:
        before, self.spec = self.spec, replace(self.spec, **values)  # type: ignore[arg-type]
        if before.kind is PlotKind.HISTOGRAM and self.spec.kind in _UPRIGHT:
            self.spec = replace(self.spec, y=before.x, y_log=before.x_log)
        elif before.kind in _UPRIGHT and self.spec.kind is PlotKind.HISTOGRAM:
            self.spec = replace(self.spec, x=before.y, x_log=before.y_log)
        self.show_spec(self.spec)
        self.changed.emit(self.spec)


def _show(choice: QComboBox, values: Sequence[object], value: object) -> None:
    choice.setCurrentIndex(values.index(value) if value in values else -1)


def _combo() -> QComboBox:
    choice = QComboBox()
    choice.setMinimumContentsLength(6)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return choice
