"""The panel with a row a cell: sortable, linked both ways with the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStackedLayout, QTableView, QVBoxLayout, QWidget

from cellwright.ui.looks.widgets import as_panel, button, describe, label
from cellwright.ui.panels.objects_model import ObjectsModel
from cellwright.ui.panels.objects_summary import SummaryPage
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.measured import Measured

_ROW_PX = 26
_MOST_COPIED = 200_000
_MOST_PIECES = 500
"""Qt takes its time with selections in more pieces; their rows get the ground of selected ones in another way."""

_MOST_ROWS = 10_000
"""And with more selected rows: to draw the header it goes through all of them."""


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
    columns_asked()
        A person wants to choose columns.
    columns_chosen(object)
        Names of the columns that are to be shown.
    """

    chosen = Signal(object)
    rows_chosen = Signal(object)
    activated = Signal(int)
    analyze_asked = Signal()
    columns_asked = Signal()
    columns_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ObjectsModel()
        self.model.setParent(self)
        self.view = QTableView()
        self.summary = SummaryPage()
        self._is_following = self._is_summing_up = False
        self._widths: dict[str, int] = {}
        self._set_up_view()
        self._empty, self._words, self._button = self._empty_page()
        self._stack = QStackedLayout(self)
        for page in (self._empty, self.view, self.summary):
            self._stack.addWidget(page)

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
        columns.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        columns.customContextMenuRequested.connect(self._on_header_menu)
        columns.sectionResized.connect(self._on_resized)
        self._lay_out()
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

    def show_objects(self, measured: Measured, rows: NDArray[np.intp], styles: tuple[ClassStyle, ...]) -> None:
        """Show these rows; see `ObjectsModel.set_measured`."""
        before = self.model.columns
        at = self.view.verticalScrollBar().value()
        self._is_following = True
        self.model.set_measured(measured, rows, styles)
        self._is_following = False
        self._lay_out(keeps_widths=[c.name for c in before] == [c.name for c in self.model.columns])
        self.view.verticalScrollBar().setValue(at)
        self._stack.setCurrentWidget(self.summary if self._is_summing_up else self.view)

    def set_columns(self, wanted: tuple[str, ...]) -> None:
        """Show other columns; none for the usual ones. What is selected has to be told again."""
        self._is_following = True
        self.model.set_columns(wanted)
        self._is_following = False
        self._lay_out()

    def sum_up(self, on: bool) -> None:
        """Show how numbers are spread in place of the cells, or the cells again."""
        self._is_summing_up = on
        if self._stack.currentWidget() is not self._empty:
            self._stack.setCurrentWidget(self.summary if on else self.view)

    @property
    def is_summing_up(self) -> bool:
        """Whether the summary is wanted in place of the cells."""
        return self._is_summing_up

    def _lay_out(self, *, keeps_widths: bool = False) -> None:
        """Give new columns their widths, and show what the rows are sorted by, without sorting anew."""
        header = self.view.horizontalHeader()
        for section, each in enumerate(self.model.columns if not keeps_widths else ()):
            header.resizeSection(section, self._widths.get(each.name, each.width))
        header.setSortIndicator(*self.model.sorting)

    def _on_resized(self, section: int, _old: int, new: int) -> None:
        columns = self.model.columns
        is_by_hand = bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)  # Qt resizes sections too
        if is_by_hand and section < len(columns) - 1:  # the last one takes what is left
            self._widths[columns[section].name] = new

    def _on_header_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Choose columns…").triggered.connect(lambda _checked=False: self.columns_asked.emit())
        section = self.view.horizontalHeader().logicalIndexAt(place)
        columns = self.model.columns
        if 0 <= section < len(columns) and len(columns) > 1:
            names = tuple(each.name for each in columns if each is not columns[section])
            leave_out = menu.addAction(f"Leave out {columns[section].title}")
            leave_out.triggered.connect(lambda _checked=False: self.columns_chosen.emit(names))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.horizontalHeader().mapToGlobal(place))

    def select_object(self, object_row: int | None) -> None:
        """Make an object's row the current one, and bring it into view."""
        self.model.stand_out(None)
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
        places = self.model.table_rows(object_rows)
        rows = np.sort(places[places >= 0])
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        is_too_much = len(breaks) >= _MOST_PIECES or len(rows) > _MOST_ROWS
        self.model.stand_out(object_rows if is_too_much else None)
        wanted, last = QItemSelection(), self.model.columnCount() - 1
        for run in np.split(rows, breaks) if not is_too_much else ():
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
        """Put the selected rows, or all, on the clipboard; return how many. Of a summary, all of it."""
        if self._stack.currentWidget() is self.summary:
            QGuiApplication.clipboard().setText(self.summary.copy_text())
            return self.summary.model.rowCount()
        chosen = self.chosen_table_rows()
        rows = chosen if len(chosen) > 1 else np.arange(self.model.rowCount())
        rows = rows[:_MOST_COPIED]
        QGuiApplication.clipboard().setText(self.model.as_text(rows))
        return len(rows)

    def chosen_table_rows(self) -> NDArray[np.intp]:
        """(K,) rows of the table that are selected, rising."""
        standing_out = self.model.standing_out
        if standing_out is not None:
            return standing_out
        # ranges, as a list of a million selected cells takes seconds
        selected = self.view.selectionModel().selection()
        parts = (selected.at(number) for number in range(selected.size()))
        ranges = [(each.top(), each.bottom() + 1) for each in parts]
        if not ranges:
            return np.zeros(0, np.intp)
        return np.sort(np.concatenate([np.arange(*each) for each in ranges]))  # ranges do not overlap

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        # by keys Qt says first which rows are selected, by mouse first which one is the current one
        is_alone = not self._is_following and len(self.chosen_table_rows()) < 2
        if is_alone and current.isValid():
            self.chosen.emit(int(self.model.object_rows[current.row()]))

    def _on_selection(self) -> None:
        if self._is_following:
            return
        self.model.stand_out(None)
        rows = self.chosen_table_rows()
        if len(rows) > _MOST_ROWS:
            self.select_objects(self.model.object_rows[rows], None)
        if len(rows) > 1:
            self.rows_chosen.emit(self.model.object_rows[rows])
        elif len(rows):
            self.chosen.emit(int(self.model.object_rows[rows[0]]))

    def _on_activated(self, index: QModelIndex) -> None:
        self.activated.emit(int(self.model.object_rows[index.row()]))
