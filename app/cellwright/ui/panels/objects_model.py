"""The rows of the objects table, sorted in numpy, so that a million of them are as quick as a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from cellwright.core import Objects
from cellwright.ui.looks.icons import badge_icon
from cellwright.ui.panels.objects_columns import ID, TableColumn, columns_of
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.measured import Measured, MeasuredColumn

_Index = QModelIndex | QPersistentModelIndex
_Values = NDArray[Any]
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_SELECTED = {
    Qt.ItemDataRole.BackgroundRole: QPalette.ColorRole.Highlight,
    Qt.ItemDataRole.ForegroundRole: QPalette.ColorRole.HighlightedText,
}
_BLOCK = 64
"""So many rows are looked up together."""
_BLOCKS_KEPT = 400


class ObjectsModel(QAbstractTableModel):
    """The shown objects of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self._measured = Measured(Objects.empty(()))
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._place: NDArray[np.intp] | None = None
        self._styles: tuple[ClassStyle, ...] = ()
        self._wanted: tuple[str, ...] = ()
        self._columns: tuple[TableColumn, ...] = columns_of(self._measured)
        self._sort: tuple[str, Qt.SortOrder] = ("score", Qt.SortOrder.DescendingOrder)
        self._blocks: dict[tuple[str, int], _Values] = {}
        self._standing_out: NDArray[np.bool_] | None = None

    def set_measured(self, measured: Measured, rows: NDArray[np.intp], styles: tuple[ClassStyle, ...]) -> None:
        """Show these rows of a picture's objects, in the present sorting.

        Parameters
        ----------
        measured : Measured
            Every column of everything found.
        rows : (M,) ndarray of intp
            Which objects are shown.
        styles : tuple of ClassStyle
            Looks of each class.
        """
        self.beginResetModel()
        self._measured, self._styles = measured, styles
        self._standing_out = None
        self._columns = columns_of(measured, self._wanted)
        self._rows = self._sorted(rows)
        self._forget_places()
        self.endResetModel()

    def set_columns(self, wanted: Sequence[str]) -> None:
        """Show other columns, by their names with or without unit; none for the usual ones."""
        self.beginResetModel()
        self._wanted = tuple(wanted)
        self._columns = columns_of(self._measured, self._wanted)
        self._blocks.clear()
        self.endResetModel()

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        """What is shown, from left to right."""
        return self._columns

    @property
    def objects(self) -> Objects:
        """Everything found, shown or not."""
        return self._measured.objects

    @property
    def object_rows(self) -> NDArray[np.intp]:
        """(M,) row in `objects` of each row of the table."""
        return self._rows

    @property
    def sorting(self) -> tuple[int, Qt.SortOrder]:
        """Column that the rows are sorted by, -1 where it is not shown, and in which order."""
        names = [column.name for column in self._columns]
        wanted = self._measured.name_of(self._sort[0]) or self._sort[0]
        return (names.index(wanted) if wanted in names else -1), self._sort[1]

    def table_row(self, object_row: int) -> int | None:
        """Return where an object stands in the table; None if it is not shown."""
        if not 0 <= object_row < len(self.objects):
            return None
        place = int(self.table_rows(np.array([object_row]))[0])
        return place if place >= 0 else None

    def table_rows(self, object_rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """(K,) where objects stand in the table; -1 for those that are not shown."""
        if self._place is None:
            self._place = np.full(len(self.objects), -1, np.intp)
            self._place[self._rows] = np.arange(len(self._rows))
        return self._place[object_rows]

    def stand_out(self, object_rows: NDArray[np.intp] | None) -> None:
        """Give rows the ground of selected ones: for selections in more pieces than Qt can hold in reasonable time."""
        if object_rows is None and self._standing_out is None:
            return
        self._standing_out = None
        if object_rows is not None:
            self._standing_out = np.zeros(len(self.objects), np.bool_)
            self._standing_out[object_rows] = True
        if len(self._rows):
            last = self.index(len(self._rows) - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.BackgroundRole])

    @property
    def standing_out(self) -> NDArray[np.intp] | None:
        """Rows of the table, rising, that `stand_out` was told of; None where it was told of none."""
        return None if self._standing_out is None else np.flatnonzero(self._standing_out[self._rows])

    def text(self, row: int, column: int) -> str:
        """Return what a cell of the table says."""
        spec = self._columns[column]
        if spec.name == ID:
            return _id_texts(self.objects.ids[self._rows[row : row + 1]])[0]
        value = self._value(spec, row)
        if spec.name == "class":
            return self._styles[int(value)].title
        return self._measured.column(spec.name).words[int(value)] if spec.is_words else spec.written(float(value))

    def _value(self, spec: TableColumn, row: int) -> Any:
        block = row // _BLOCK
        found = self._blocks.get((spec.name, block))
        if found is None:
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.clear()
            found = self._measured.some(spec.name, self._rows[block * _BLOCK : (block + 1) * _BLOCK])
            self._blocks[spec.name, block] = found
        return found[row - block * _BLOCK]

    def as_text(self, rows: Sequence[int] | NDArray[np.intp]) -> str:
        """Return rows with a header, separated by tabs, as spreadsheets and programs take them.

        The header has the names of files, with the unit where a name does not tell it; numbers have all digits that
        mean something, and what nobody knows is empty.
        """
        of = self._rows[np.asarray(rows, np.intp)]
        columns = [self._copied(column, of) for column in self._columns]
        header = "\t".join(ID if column.known is None else column.known.title for column in self._columns)
        return "\n".join([header, *("\t".join(cells) for cells in zip(*columns, strict=True))])

    def _copied(self, spec: TableColumn, of: NDArray[np.intp]) -> list[str]:
        if spec.name == ID:
            return _id_texts(self.objects.ids[of])
        values = self._measured.some(spec.name, of)
        if not spec.is_words:
            return spec.copied(values.astype(np.float64))
        words = [" ".join(word.split()) for word in self._measured.column(spec.name).words]
        return [words[code] for code in values.tolist()]

    # ---- what Qt asks

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what one cell of the table shows."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.DecorationRole and self._columns[index.column()].name == "class":
            style = self._styles[self.objects.class_index[self._rows[index.row()]]]
            return badge_icon(style.letter, style.colour)
        marked = self._standing_out
        if role in _SELECTED and marked is not None and marked[self._rows[index.row()]]:
            return QGuiApplication.palette().brush(_SELECTED[Qt.ItemDataRole(role)])
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title and what it means, or a row's number."""
        if orientation == Qt.Orientation.Vertical:
            return section + 1 if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._columns[section].tooltip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> int:
        return _LEFT if self._columns[column].is_words else _RIGHT

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows that are equal keep the order in which they were found, unknown ones come last."""
        if not 0 <= column < len(self._columns) or (column, order) == self.sorting:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        old = self._rows[[index.row() for index in held]] if held else self._rows[:0]
        self._sort = (self._columns[column].name, order)
        self._rows = self._sorted(np.sort(self._rows))
        self._forget_places()
        places = self.table_rows(old).tolist()
        moved = [self.index(place, index.column()) for place, index in zip(places, held, strict=True)]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _forget_places(self) -> None:
        self._place = None
        self._blocks.clear()

    def _sorted(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        name = ID if self._sort[0] == ID else self._measured.name_of(self._sort[0])
        if name is None or not len(rows):
            return rows
        values = self.objects.ids.view("S16") if name == ID else _to_sort_by(self._measured.column(name))
        return stably_sorted(rows, values[rows], is_rising=self._sort[1] == Qt.SortOrder.AscendingOrder)


def stably_sorted(rows: NDArray[np.intp], values: _Values, *, is_rising: bool) -> NDArray[np.intp]:
    """Return rows sorted by their values: equals in the order in which they come, NaN last whichever the order."""
    if values.dtype.kind == "f" and (unknown := np.isnan(values)).any():
        known = stably_sorted(rows[~unknown], values[~unknown], is_rising=is_rising)
        return np.concatenate([known, rows[unknown]])
    if is_rising:
        return np.take(rows, np.argsort(values, kind="stable"))
    # reversed twice: descending, and equals still in the order in which they come
    return np.take(rows[::-1], np.argsort(values[::-1], kind="stable"))[::-1]


def _to_sort_by(column: MeasuredColumn) -> _Values:
    """Return values to sort by: classes in their order, other words by the alphabet."""
    if not column.is_words or column.name == "class":
        return column.values
    rank = np.empty(len(column.words), np.intp)
    rank[sorted(range(len(column.words)), key=lambda code: column.words[code].casefold())] = np.arange(len(rank))
    return np.take(rank, column.codes)


def _id_texts(ids: NDArray[np.void]) -> list[str]:
    """Return ids as they are written everywhere, 8-4-4-4-12 hexadecimal digits."""
    digits = ids.tobytes().hex()
    each = (digits[at : at + 32] for at in range(0, len(digits), 32))
    return [f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for one in each]
