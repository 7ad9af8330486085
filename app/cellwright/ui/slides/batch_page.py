"""The page of a batch: which slides, how far each has come, what failed and can be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QProgressBar, QTableView, QWidget

from cellwright.ui.looks.widgets import as_panel, button, column, describe, label

if TYPE_CHECKING:
    from cellwright.workflows.batch import BatchItem

_COLUMNS = ("Slide", "State", "Progress", "Cells", "Coverage or reason")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_HINT = "Many slides at once: choose a folder of slides and the model on the right; they are counted into the project."
_Index = QModelIndex | QPersistentModelIndex


class BatchTable(QAbstractTableModel):
    """The slides of a batch as rows."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[BatchItem] = []

    @property
    def items(self) -> tuple[BatchItem, ...]:
        """The slides as they stand."""
        return tuple(self._items)

    def set_items(self, items: Sequence[BatchItem]) -> None:
        """Show another batch."""
        self.beginResetModel()
        self._items = list(items)
        self.endResetModel()

    def change(self, item: BatchItem) -> None:
        """Show how one slide stands now."""
        if item.number < len(self._items):
            self._items[item.number] = item
            self.dataChanged.emit(self.index(item.number, 0), self.index(item.number, len(_COLUMNS) - 1))

    def rowCount(self, _parent: _Index | None = None) -> int:
        """Return the number of slides."""
        return len(self._items)

    def columnCount(self, _parent: _Index | None = None) -> int:
        """Return the number of columns."""
        return len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return what stands in a cell."""
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row_of(item)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_RIGHT if index.column() in (2, 3) else _LEFT)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.path}\n{item.said}"
        return None


def row_of(item: BatchItem) -> tuple[str, str, str, str, str]:
    """Return the words of a slide's row."""
    progress = f"{100 * item.fraction:.0f} %" if item.total or item.state.value == "done" else "–"
    # those that count, as everywhere in the window; `objects` are all down to the floor
    cells = f"{sum(count for _, count in item.counts):,}" if item.objects is not None else ""
    # the file stands in the first column
    said = item.said.removeprefix(f"{item.path}: ").replace(str(item.path), item.path.name)
    return item.name or item.path.name, item.state.value, progress, cells, said


class BatchPage(QWidget):
    """Slides, their progress, and what can be done.

    Signals
    -------
    folder_asked(), open_asked()
        Slides are to be chosen: a folder of them; those that are open in the window.
    start_asked(), stop_asked(), retry_asked()
        The batch is to begin, to stop, to try what failed again.
    stop_one_asked(int)
        One slide is to be stopped.
    shown(object)
        A `BatchItem` that a person wants to see.
    """

    folder_asked = Signal()
    open_asked = Signal()
    start_asked = Signal()
    stop_asked = Signal()
    retry_asked = Signal()
    stop_one_asked = Signal(int)
    shown = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.table = BatchTable()
        self.view = QTableView()
        describe(self.view, "Slides of the batch", "One row a slide; double-click opens it.")
        self.view.setModel(self.table)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setAlternatingRowColors(True)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(24)
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for at, width in enumerate((190, 80, 92, 80)):
            self.view.setColumnWidth(at, width)
        self.view.doubleClicked.connect(lambda index: self.shown.emit(self.table.items[index.row()]))
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        self.said = label(_HINT, "muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        describe(self.bar, "Progress of the batch", "How much of all slides is done.")
        self.folder = button("Folder…", "Choose a folder of slides.", self.folder_asked.emit, "small", name="Folder")
        self.opened = button(
            "Open slides", "Take the slides that are open in the window.", self.open_asked.emit, "small"
        )
        self.start = button("Start", "Count all slides with the chosen model.", self.start_asked.emit, "primary")
        self.stop = button("Stop", "Stop after the tiles in work; it can go on from there.", self.stop_asked.emit)
        self.stop_one = button("Stop slide", "Stop the chosen slide; the others go on.", self._stop_one, "small")
        self.retry = button("Retry", "Try what failed or was stopped again, and nothing else.", self.retry_asked.emit)
        self._is_running = False
        self._lay_out()
        self.set_running(False)

    def _lay_out(self) -> None:
        layout = column(self, margin=8, gap=6)
        row = QHBoxLayout()
        row.addWidget(self.folder)
        row.addWidget(self.opened)
        row.addWidget(self.said, 1)
        for each in (self.stop_one, self.retry, self.stop, self.start):
            row.addWidget(each)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        layout.addWidget(self.view, 1)

    def set_items(self, items: Sequence[BatchItem]) -> None:
        """Show another batch."""
        self.table.set_items(items)
        self._tell()

    def change(self, item: BatchItem) -> None:
        """Show how one slide stands now."""
        self.table.change(item)
        self._tell()

    def set_running(self, running: bool) -> None:
        """Say whether the batch is under way."""
        self._is_running = running
        self._offer()

    def _tell(self) -> None:
        from cellwright.workflows.batch import sentence_of

        items = self.table.items
        self.said.setText(sentence_of(items) if items else _HINT)
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * sum(item.fraction for item in items) / len(items)) if items else 0)
        self._offer()

    def _offer(self) -> None:
        items, running = self.table.items, self._is_running
        self.start.setEnabled(bool(items) and not running)
        self.folder.setEnabled(not running)
        self.opened.setEnabled(not running)
        self.stop.setVisible(running)
        self.retry.setVisible(not running and any(item.is_finished and item.state.value != "done" for item in items))
        rows = {index.row() for index in self.view.selectionModel().selectedRows()}
        self.stop_one.setVisible(running and any(not items[row].is_finished for row in rows if row < len(items)))
        self.bar.setVisible(bool(items))

    def _stop_one(self) -> None:
        for index in self.view.selectionModel().selectedRows():
            self.stop_one_asked.emit(index.row())
