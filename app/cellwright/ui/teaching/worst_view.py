"""`WorstView`: what a taught model gets wrong, each case shown with what either model found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from cellwright.ui.looks.widgets import describe

_WIDE, _HIGH = 180, 88
"""Two squares beside each other, as `workflows.case_crops` draws them."""
_WORDS_PX = 40
_KINDS = {"missed": "Missed", "invented": "Invented", "poor": "Poor"}


class WorstView(QListWidget):
    """Pairs of crops: left before, right after. White is what is true; colours are what was found.

    Signals
    -------
    case_chosen(object)
        A case, as in `Verdict.to_dict`.
    """

    case_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        describe(
            self,
            "Worst cases",
            "What the taught model gets wrong on held-out pictures: left what the old model found, right what the "
            "taught one does; white is what is true. Click to see the place.",
        )
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setIconSize(QSize(_WIDE, _HIGH))
        self.setGridSize(QSize(_WIDE + 12, _HIGH + _WORDS_PX))
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        for chosen in (self.itemClicked, self.itemActivated):
            chosen.connect(lambda item: self.case_chosen.emit(item.data(Qt.ItemDataRole.UserRole)))

    def show_cases(self, cases: Sequence[Mapping[str, Any]], folder: Path | None) -> None:
        """Show cases, as in `Verdict.to_dict`, with their crops from a folder; without one, in words alone."""
        self.clear()
        for case in cases:
            item = QListWidgetItem(case_text(case).replace("; ", "\n"))
            item.setData(Qt.ItemDataRole.UserRole, case)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, _whole_text(case))
            item.setToolTip(_whole_text(case))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            if folder is not None and case.get("crop"):
                item.setIcon(QIcon(QPixmap(str(folder / case["crop"]))))
            self.addItem(item)


def case_text(case: Mapping[str, Any]) -> str:
    """Return what went wrong, in a few words."""
    words = f"{_KINDS[case['kind']]} {case['class_name']}".strip()
    if case["kind"] == "poor":
        return f"{words}: {case.get('before', '')} → {case.get('after', '')}"
    return f"{words}; was right before" if case["was_right"] else words


def _whole_text(case: Mapping[str, Any]) -> str:
    name = str(case["picture"]).replace("\\", "/").rpartition("/")[2]
    words = f"{case_text(case)}, on {name}"
    if case["kind"] != "poor" and case.get("before"):
        words += f". Before: {case['before']}; after: {case['after']}"
    return words
