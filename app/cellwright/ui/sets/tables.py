"""A table to be read: rows of words and numbers that can be sorted, and an answer to a double click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from cellwright.ui.looks.widgets import describe

_MOST_ROWS = 5_000
_ROW_PX = 26


class ReadTable(QTableWidget):
    """Rows of text; numbers stand at the right.

    Parameters
    ----------
    name, tooltip : str
        For those who do not see it, and on hovering.
    header : sequence of str
        Of the columns.
    texts : int
        How many of the first columns are text.

    Signals
    -------
    row_chosen(int)
        A row, counted as it was given, was double-clicked or entered.
    """

    row_chosen = Signal(int)

    def __init__(
        self, name: str, tooltip: str, header: Sequence[str], texts: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(0, len(header), parent)
        describe(self, name, tooltip)
        self._texts = texts
        self.setHorizontalHeaderLabels(list(header))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.horizontalHeader().setStretchLastSection(True)
        self.activated.connect(lambda index: self._choose(index.row()))

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show these rows, the first few thousand of them."""
        shown = rows[:_MOST_ROWS]
        self.setRowCount(len(shown))
        for y, row in enumerate(shown):
            for x, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, y)
                if x >= self._texts:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(y, x, item)
        self.resizeColumnsToContents()

    def _choose(self, row: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.row_chosen.emit(int(item.data(Qt.ItemDataRole.UserRole)))
