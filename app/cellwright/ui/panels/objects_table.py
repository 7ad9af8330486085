"""The panel with a row a cell: sortable, linked both ways with the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedLayout, QTableView, QVBoxLayout, QWidget

from cellwright.core import Objects, PixelSize
from cellwright.ui.looks.widgets import as_panel, button, describe, label
from cellwright.ui.panels.objects_model import ObjectsModel
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.marks import Marks

_WIDTHS = (140, 116, 76, 76, 116, 122, 112, 300)
_ROW_PX = 26
_MOST_COPIED = 200_000


class ObjectsTable(QWidget):
    """The objects table.

    Signals
    -------
    chosen(object)
        Row, in the picture's objects, of the cell that became the current one; None if none is.
    rows_chosen(object)
        (K,) rows, in the picture's objects, of all selected cells where they are several.
    activated(int)
        The same for a double click or Enter.
    analyze_asked()
        The button of the empty table was pressed.
    """

    chosen = Signal(object)
    rows_chosen = Signal(object)
    activated = Signal(int)
    analyze_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ObjectsModel()
        self.model.setParent(self)
        self.view = QTableView()
        self._set_up_view()
        self._is_following = False
        self._empty, self._words, self._button = self._empty_page()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)

    def _set_up_view(self) -> None:
        view = self.view
        describe(view, "Objects", "One row a cell. Click: mark it in the picture; double click or Enter: go to it.")
        view.setModel(self.model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows, columns = view.verticalHeader(), view.horizontalHeader()
        # fixed heights: a million rows would otherwise be measured one by one
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW_PX)
        rows.hide()
        columns.setSectionsClickable(True)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setSortIndicatorShown(True)
        columns.setSortIndicator(1, Qt.SortOrder.DescendingOrder)
        for section, width in enumerate(_WIDTHS):
            view.setColumnWidth(section, width)
        view.setSortingEnabled(True)
        view.selectionModel().currentRowChanged.connect(self._on_current)
        view.selectionModel().selectionChanged.connect(self._on_selection)
        view.activated.connect(self._on_activated)
        view.doubleClicked.connect(self._on_activated)

    def _empty_page(self) -> tuple[QWidget, QWidget, QWidget]:
        page = QWidget()
        as_panel(page)
        layout = QVBoxLayout(page)
        layout.addStretch(1)
        words = label("", "muted", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(words)
        ask = button("Analyze", "Find and count the cells of this picture (Ctrl+Enter).", self.analyze_asked.emit)
        layout.addWidget(ask, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        return page, words, ask

    def show_empty(self, text: str, can_analyze: bool) -> None:
        """Say why there is no row, and offer the next step."""
        self._words.setText(text)  # type: ignore[attr-defined]
        self._button.setVisible(can_analyze)
        self._stack.setCurrentWidget(self._empty)

    def show_objects(
        self,
        objects: Objects,
        rows: NDArray[np.intp],
        styles: tuple[ClassStyle, ...],
        size: PixelSize | None,
        marks: Marks | None = None,
    ) -> None:
        """Show these rows; see `ObjectsModel.set_objects`."""
        at = self.view.verticalScrollBar().value()
        self._is_following = True
        self.model.set_objects(objects, rows, styles, size, marks)
        self._is_following = False
        self.view.verticalScrollBar().setValue(at)
        self._stack.setCurrentWidget(self.view)

    def select_object(self, object_row: int | None) -> None:
        """Make an object's row the current one, and bring it into view."""
        row = None if object_row is None else self.model.table_row(object_row)
        chosen = self.view.selectionModel()
        if row is None:
            self._is_following = True
            chosen.clear()
            self._is_following = False
            return
        index = self.model.index(row, 0)
        if chosen.currentIndex().row() == row and chosen.isRowSelected(row):
            return
        self._is_following = True
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        chosen.setCurrentIndex(index, flags)
        self._is_following = False
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def select_objects(self, object_rows: NDArray[np.intp], first: int | None) -> None:
        """Select the rows of several objects, and bring the first into view."""
        if len(object_rows) < 2:
            self.select_object(first)
            return
        places = [self.model.table_row(int(row)) for row in object_rows]
        rows = np.sort(np.array([place for place in places if place is not None], np.intp))
        wanted, last = QItemSelection(), self.model.columnCount() - 1
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            if len(run):
                wanted.select(self.model.index(int(run[0]), 0), self.model.index(int(run[-1]), last))
        at = None if first is None else self.model.table_row(first)
        self._is_following = True
        chosen = self.view.selectionModel()
        chosen.select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if at is not None:
            index = self.model.index(at, 0)
            chosen.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self._is_following = False

    def step(self, by: int) -> None:
        """Make the row `by` places further the current one."""
        count = self.model.rowCount()
        if not count:
            return
        now = self.view.selectionModel().currentIndex()
        row = min(count - 1, max(0, now.row() + by)) if now.isValid() else (0 if by > 0 else count - 1)
        self.view.selectRow(row)
        self.view.scrollTo(self.model.index(row, 0))

    def copy(self) -> int:
        """Put the selected rows, or all, on the clipboard; return how many."""
        chosen = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        rows = chosen if len(chosen) > 1 else list(range(self.model.rowCount()))
        rows = rows[:_MOST_COPIED]
        QGuiApplication.clipboard().setText(self.model.as_text(rows))
        return len(rows)

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        # Qt says first which rows are selected: several were told of already
        is_alone = not self._is_following and len(self.view.selectionModel().selectedRows()) < 2
        if is_alone and current.isValid():
            self.chosen.emit(int(self.model.object_rows[current.row()]))

    def _on_selection(self) -> None:
        rows = [] if self._is_following else self.view.selectionModel().selectedRows()
        if len(rows) > 1:
            self.rows_chosen.emit(self.model.object_rows[[index.row() for index in rows]])

    def _on_activated(self, index: QModelIndex) -> None:
        self.activated.emit(int(self.model.object_rows[index.row()]))
