"""Two readings of the same cells as a table; a click on a number shows its cells."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from cellwright.ui.looks.theme import OKABE_ITO
from cellwright.ui.looks.widgets import describe
from cellwright.ui.looks.wording import percent_interval_text, percent_text
from cellwright.workflows.agreement import Agreement

_SAME, _OTHER = OKABE_ITO[3], OKABE_ITO[1]
_FAINTEST, _STRONGEST = 0.12, 0.55
_ROW_PX = 26


class ConfusionTable(QTableWidget):
    """The table.

    Signals
    -------
    place_chosen(int, int)
        Row and column of a number that was clicked or entered.
    """

    place_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__(0, 0)
        describe(self, "Confusion matrix", "Click a number to see its cells in the gallery.")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.horizontalHeader().setMinimumSectionSize(56)
        self.cellClicked.connect(self._choose)
        self.activated.connect(lambda index: self._choose(index.row(), index.column()))

    def show_agreement(self, found: Agreement | None) -> None:
        """Show a table; None for none."""
        size = 0 if found is None else len(found.table)
        self.setRowCount(size)
        self.setColumnCount(size)
        if found is None:
            return
        limits = found.limits()
        titles = [found.title(at) for at in range(size)]
        # the shorter of name and title, since many classes stand beside each other
        short = [min(pair, key=len) for pair in zip(found.classes, found.titles, strict=True)]
        self.setVerticalHeaderLabels([*short, titles[-1]])
        self.setHorizontalHeaderLabels([*short, titles[-1]])
        for at, title in enumerate(titles):
            for header in (self.verticalHeaderItem(at), self.horizontalHeaderItem(at)):
                if header is not None:
                    header.setToolTip(title)
        for row in range(size):
            for column in range(size):
                number = int(found.table[row, column])
                item = QTableWidgetItem(f"{number:,}" if number else "")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                share = float(limits.shares[row, column])
                if number:
                    item.setBackground(_shade(share, same=row == column))
                    ends = percent_interval_text((float(limits.low[row, column]), float(limits.high[row, column])))
                    item.setToolTip(
                        f"{number:,} cells: {titles[row]} for {found.first}, {titles[column]} for {found.second}.\n"
                        f"{percent_text(share)} ({ends}) of the row. Click to see them."
                    )
                self.setItem(row, column, item)
        self.resizeColumnsToContents()

    def _choose(self, row: int, column: int) -> None:
        item = self.item(row, column)
        if item is not None and item.text():
            self.place_chosen.emit(row, column)


def _shade(share: float, *, same: bool) -> QColor:
    colour = QColor(_SAME if same else _OTHER)
    colour.setAlphaF(_FAINTEST + (_STRONGEST - _FAINTEST) * share)
    return colour
