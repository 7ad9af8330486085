"""The panel of a slide's regions: drawn, named, taken away; which of it is counted; what the count covers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cellwright.core import Coverage, PixelSize
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.state.region_shapes import WHERE_TITLES, CountWhere, RegionKind, RegionShape

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

_COLUMNS = ("Region", "Its cells", "Area")
_MARKS = {RegionKind.INCLUDE: "count", RegionKind.EXCLUDE: "do not count", RegionKind.PROPOSED: "proposed"}
_HINT = "No regions: all of the tissue is counted. Draw one to count only there, or one to leave a place out."


class RegionsPanel(QWidget):
    """Regions of the picture that is shown.

    Signals
    -------
    draw_asked(object)
        A region of this `RegionKind` is to be drawn.
    reshape_asked()
        The chosen region is to be changed, or no longer.
    renamed(object, str), delete_asked(object), chosen(object)
        Of a `RegionShape`; `chosen` with None where none is.
    propose_asked(), accept_asked()
        A reading zone is to be looked for; those proposed become regions.
    where_chosen(object)
        `CountWhere`.
    count_asked(), retry_asked()
        The slide is to be counted; the tiles that failed are to be tried again.
    """

    draw_asked = Signal(object)
    reshape_asked = Signal()
    renamed = Signal(object, str)
    delete_asked = Signal(object)
    chosen = Signal(object)
    propose_asked = Signal()
    accept_asked = Signal()
    where_chosen = Signal(object)
    count_asked = Signal()
    retry_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._shapes: tuple[RegionShape, ...] = ()
        self.list = _Table()
        describe(self.list, "Regions", "Click a region to see it; double-click to name it; Delete takes it away.")
        self.list.itemChanged.connect(self._on_item)
        self.list.currentCellChanged.connect(lambda *_: self.chosen.emit(self.current))
        self.list.delete_pressed.connect(self._on_delete)
        self._hint = label(_HINT, "muted", wrap=True)
        self.coverage = label("", wrap=True)
        self.retry = button("Retry", "Try the tiles that failed again.", self.retry_asked.emit, "small")
        self.where = QComboBox()
        for where in CountWhere:
            self.where.addItem(WHERE_TITLES[where], where)
        describe(self.where, "Which part is counted", "All tissue, only the regions drawn, or every pixel of it.")
        self.where.currentIndexChanged.connect(lambda _at: self.where_chosen.emit(self.chosen_where))
        self.count = button(
            "Count", "Count this part of the slide into the project.", self.count_asked.emit, "primary", name="Count"
        )
        self.accept = button(
            "Accept",
            "Count in what is proposed; it can be changed and taken back.",
            self.accept_asked.emit,
            "small",
        )
        self.reshape = button(
            "Change",
            "Move corners, edges or all of the chosen region with the mouse.",
            self.reshape_asked.emit,
            "small",
            name="Change the region",
        )
        self.reshape.setCheckable(True)
        self._lay_out()
        self.show_regions((), None)
        self.show_coverage(None)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(12)
        left = QVBoxLayout()
        left.addWidget(self._hint)
        left.addWidget(self.list, 1)
        row = QHBoxLayout()
        for text, tooltip, kind in (
            ("Draw region", "Drag a rectangle or click corner by corner: cells in it count.", RegionKind.INCLUDE),
            ("Leave out", "Drag a rectangle or click corner by corner: cells in it do not count.", RegionKind.EXCLUDE),
        ):
            row.addWidget(button(text, tooltip, partial(self.draw_asked.emit, kind), "small"))
        row.addWidget(self.reshape)
        tooltip = "Look where cells lie in one layer, sharp: there a smear is read."
        row.addWidget(button("Propose", tooltip, self.propose_asked.emit, "small", name="Propose a reading zone"))
        row.addWidget(self.accept)
        row.addStretch(1)
        left.addLayout(row)
        layout.addLayout(left, 1)
        right = column(gap=8)
        counted = QHBoxLayout()
        counted.addWidget(label("Count in"))
        counted.addWidget(self.where, 1)
        counted.addWidget(self.count)
        right.addLayout(counted)
        right.addWidget(self.coverage)
        right.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignLeft)
        right.addStretch(1)
        layout.addLayout(right, 1)

    @property
    def current(self) -> RegionShape | None:
        """The region that is chosen in the list."""
        row = self.list.currentRow()
        return self._shapes[row] if 0 <= row < len(self._shapes) else None

    @property
    def chosen_where(self) -> CountWhere:
        """Which part is counted; Qt keeps but the word of it."""
        return CountWhere(self.where.currentData())

    def choose_only(self) -> RegionShape | None:
        """Return the chosen region; where none is chosen and there is but one, that is chosen."""
        if self.current is None and len(self._shapes) == 1:
            self.list.setCurrentCell(0, 0)
        return self.current

    def set_reshaping(self, on: bool) -> None:
        """Say whether the mouse changes a region."""
        self.reshape.setChecked(on)

    def show_regions(self, shapes: Sequence[RegionShape], pixel_size: PixelSize | None) -> None:
        """Show these regions."""
        row, chosen = self.list.currentRow(), self.current.name if self.current is not None else ""
        self._shapes = tuple(shapes)
        self.list.blockSignals(True)
        self.list.setRowCount(len(self._shapes))
        for at, shape in enumerate(self._shapes):
            self._fill(at, shape, pixel_size)
        names = [shape.name for shape in self._shapes]
        if names[row : row + 1] != [chosen]:  # two may have the same name: then the row decides
            row = names.index(chosen) if chosen in names else -1
        self.list.setCurrentCell(row, 0)
        self.list.blockSignals(False)
        self.list.setVisible(bool(self._shapes))
        self._hint.setVisible(not self._shapes)
        self.reshape.setVisible(bool(self._shapes))
        self.accept.setVisible(any(shape.kind is RegionKind.PROPOSED for shape in self._shapes))

    def _fill(self, row: int, shape: RegionShape, pixel_size: PixelSize | None) -> None:
        for column_at, text in enumerate((shape.name, _MARKS[shape.kind], area_text(shape.area_px, pixel_size))):
            item = QTableWidgetItem(text)
            if column_at:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            if column_at == 2:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.setItem(row, column_at, item)

    def set_where(self, where: CountWhere) -> None:
        """Show which part is counted, without announcing it."""
        self.where.blockSignals(True)
        self.where.setCurrentIndex(list(CountWhere).index(where))
        self.where.blockSignals(False)

    def set_can_count(self, can: bool) -> None:
        """Say whether there is a slide and a model to count with."""
        self.count.setEnabled(can)

    def show_coverage(self, coverage: Coverage | None) -> None:
        """Say what the count of the picture covers."""
        self.coverage.setText(coverage.sentence() if coverage is not None else "Not counted yet.")
        self.retry.setVisible(coverage is not None and not coverage.is_complete)

    def _on_item(self, item: QTableWidgetItem) -> None:
        if item.column() or item.row() >= len(self._shapes):
            return
        shape, name = self._shapes[item.row()], item.text().strip()
        if name and name != shape.name:
            self.renamed.emit(shape, name)
        elif not name:
            item.setText(shape.name)

    def _on_delete(self) -> None:
        if self.current is not None:
            self.delete_asked.emit(self.current)


class _Table(QTableWidget):
    """A table that says when Delete is pressed."""

    delete_pressed = Signal()

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell of Delete; the table knows the other keys."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


def area_text(area_px: float, pixel_size: PixelSize | None) -> str:
    """Return an area as a person would say it: mm², µm², or pixels where nobody knows how large they are."""
    if pixel_size is None:
        return f"{area_px:,.0f} px²"
    area_um2 = area_px * pixel_size.area_um2
    return f"{area_um2 / 1e6:,.3g} mm²" if area_um2 >= 1e4 else f"{area_um2:,.0f} µm²"
