"""The page beside the table of cells: how their numbers are spread, class by class or picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QHeaderView, QTableView, QWidget

from cellwright.ui.looks.widgets import as_panel, column, describe, label
from cellwright.ui.looks.wording import plural
from cellwright.ui.panels.objects_columns import TableColumn
from cellwright.ui.state.measured import Known, title_of
from cellwright.ui.state.summary import GroupBy, SummaryRow

_Index = QModelIndex | QPersistentModelIndex
_HEADER = ("Group", "Column", "n", "Mean", "SD", "Median", "Min", "Max")
_COPIED = ("group", "column", "unit", "n", "mean", "sd", "median", "min", "max")
_MEANINGS = (
    "Which cells.",
    "What was measured; its unit stands in the name or in brackets.",
    "Cells whose value is known.",
    "Arithmetic mean.",
    "Standard deviation of a sample.",
    "Half of the cells lie below.",
    "Smallest value.",
    "Largest value.",
)
_WIDTHS = (132, 160, 52, 70, 66, 70, 66, 66)
_TITLES = {
    GroupBy.CLASS: "Class",
    GroupBy.STATUS: "Status",
    GroupBy.SOURCE: "Who found them",
    GroupBy.NOTHING: "All cells together",
    GroupBy.PICTURE: "Picture or slide",
    GroupBy.PICTURE_AND_CLASS: "Picture and class",
}


class SummaryModel(QAbstractTableModel):
    """Rows of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[SummaryRow, ...] = ()

    def set_rows(self, rows: Sequence[SummaryRow]) -> None:
        """Show these."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def text(self, row: int, section: int) -> str:
        """Return what a cell of the page says."""
        one = self.rows[row]
        if section < 3:
            return (one.group, title_of(one.column, one.unit), f"{one.n:,}")[section]
        numbers = (one.mean, one.sd, one.median, one.low, one.high)
        return TableColumn("", "", "", _as_known(one)).written(numbers[section - 3])

    def as_text(self) -> str:
        """Return all rows, separated by tabs, with a header; every digit that means something."""
        lines = ["\t".join(_COPIED)]
        for one in self.rows:
            numbers = (one.mean, one.sd, one.median, one.low, one.high)
            digits = one.decimals + 2
            written = ("" if number != number else f"{number:.{digits}f}" for number in numbers)
            lines.append("\t".join((" ".join(one.group.split()), one.column, one.unit, str(one.n), *written)))
        return "\n".join(lines)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_HEADER)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what one cell shows."""
        if index.isValid() and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _aligned(index.column())
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title and what it means."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADER[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _MEANINGS[section]
        return _aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None


class SummaryPage(QWidget):
    """Numbers by group.

    Signals
    -------
    asked()
        Another grouping was chosen: somebody is to work it out and call `show_rows`.
    """

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.model = SummaryModel()
        self.model.setParent(self)
        self.by = QComboBox()
        for each, title in _TITLES.items():
            self.by.addItem(title, each.value)
        describe(self.by, "Group cells by", "Which cells are summed up together.")
        self.by.currentIndexChanged.connect(lambda _index: self.asked.emit())
        self.said = label("", "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label("By", "muted"))
        row.addWidget(self.by)
        row.addWidget(self.said, 1)
        self.view = self._table()
        layout = column(self, margin=6, gap=6)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)

    def _table(self) -> QTableView:
        view = QTableView()
        describe(view, "Summary", "A row for each group and column of the table.")
        view.setModel(self.model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(26)
        view.verticalHeader().hide()
        view.horizontalHeader().setHighlightSections(False)
        for section, width in enumerate(_WIDTHS):
            view.setColumnWidth(section, width)
        return view

    @property
    def group_by(self) -> GroupBy:
        """What was chosen."""
        return GroupBy(self.by.currentData())

    def show_rows(self, rows: Sequence[SummaryRow], note: str = "") -> None:
        """Show the numbers, and in a sentence what to know of them."""
        self.model.set_rows(rows)
        self.said.setText(note or f"{plural(len({row.group for row in rows}), 'group')}, cells that are shown")

    def copy_text(self) -> str:
        """Return all rows as text for the clipboard."""
        return self.model.as_text()


def _as_known(one: SummaryRow) -> Known:
    # one digit more than the values themselves have: a mean of whole numbers is none
    return Known(one.column, one.unit, "", one.column, decimals=max(one.decimals, 2))


def _aligned(section: int) -> int:
    side = Qt.AlignmentFlag.AlignLeft if section < 2 else Qt.AlignmentFlag.AlignRight
    return int(side | Qt.AlignmentFlag.AlignVCenter)
