"""The rows of the objects table, sorted in numpy, so that a million of them are as quick as a hundred."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from cellwright.core import Objects, PixelSize
from cellwright.ui.looks.icons import badge_icon
from cellwright.ui.looks.units import length_unit
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.colouring import areas_of
from cellwright.ui.state.marks import STATUSES, Marks

_Index = QModelIndex | QPersistentModelIndex
_Values = NDArray[Any]
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the table.

    Parameters
    ----------
    title, tooltip : str
        Header with unit, and what it means.
    values : callable
        From all objects and the pixel size (or None) to (N,) values to sort by.
    show : callable
        From one value to text.
    """

    title: str
    tooltip: str
    values: Callable[[Objects, PixelSize | None], _Values]
    show: Callable[[Any], str]


STATUS = TableColumn("Status", "What people think of the cell.", lambda o, _: np.zeros(len(o), np.uint8), str)
"""Its values stand beside the objects, in `Marks`."""


def columns_for(
    pixel_size: PixelSize | None, has_masks: bool = False, has_status: bool = False
) -> tuple[TableColumn, ...]:
    """Return the columns; sizes are of the outline where there is one, in µm or mm where the pixel size is known."""
    unit, _, _ = length_unit(pixel_size)
    area = "Area within the outline." if has_masks else "Area of the box; a round cell fills about 79 % of it."
    around = TableColumn(f"Perimeter ({unit})", "Length of the outline.", _perimeter, "{:,.1f}".format)
    return (
        TableColumn("Class", "Kind of cell.", lambda o, _: o.class_index, str),
        TableColumn("Confidence", "How sure the model is, from 0 to 1.", lambda o, _: o.scores, "{:.3f}".format),
        TableColumn(
            "x (px)", "Column of the middle of the box, in pixels of the picture.", _centre_x, "{:,.1f}".format
        ),
        TableColumn("y (px)", "Row of the middle of the box, in pixels of the picture.", _centre_y, "{:,.1f}".format),
        TableColumn(f"Width ({unit})", "Width of the box.", _width, "{:,.1f}".format),
        TableColumn(f"Height ({unit})", "Height of the box.", _height, "{:,.1f}".format),
        TableColumn(f"Area ({unit}²)", area, lambda o, size: areas_of(o, size)[0], "{:,.0f}".format),
        *((around,) if has_masks else ()),
        *((STATUS,) if has_status else ()),
        TableColumn(
            "Id", "Name of this cell that stays the same in every table and file.", lambda o, _: o.ids, _id_text
        ),
    )


class ObjectsModel(QAbstractTableModel):
    """The shown objects of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self._objects = Objects.empty(())
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._place: NDArray[np.intp] | None = None
        self._styles: tuple[ClassStyle, ...] = ()
        self._pixel_size: PixelSize | None = None
        self._marks: Marks | None = None
        self._columns = columns_for(None)
        self._sort: tuple[int, Qt.SortOrder] = (1, Qt.SortOrder.DescendingOrder)

    def set_objects(
        self,
        objects: Objects,
        rows: NDArray[np.intp],
        styles: tuple[ClassStyle, ...],
        pixel_size: PixelSize | None,
        marks: Marks | None = None,
    ) -> None:
        """Show these rows of a table of objects, in the present sorting.

        Parameters
        ----------
        objects : Objects
            Everything found.
        rows : (M,) ndarray of intp
            Which of them are shown.
        styles : tuple of ClassStyle
            Looks of each class of `objects`.
        pixel_size : PixelSize or None
            For sizes in µm.
        marks : Marks or None
            What people think of `objects`.
        """
        self.beginResetModel()
        self._objects, self._styles, self._pixel_size, self._marks = objects, styles, pixel_size, marks
        self._columns = columns_for(pixel_size, objects.masks is not None, marks is not None)
        self._rows = self._sorted(rows)
        self._place = None
        self.endResetModel()

    @property
    def objects(self) -> Objects:
        """Everything found, shown or not."""
        return self._objects

    @property
    def object_rows(self) -> NDArray[np.intp]:
        """(M,) row in `objects` of each row of the table."""
        return self._rows

    def table_row(self, object_row: int) -> int | None:
        """Return where an object stands in the table; None if it is not shown."""
        if self._place is None:
            self._place = np.full(len(self._objects), -1, np.intp)
            self._place[self._rows] = np.arange(len(self._rows))
        place = int(self._place[object_row]) if 0 <= object_row < len(self._place) else -1
        return place if place >= 0 else None

    def text(self, row: int, column: int) -> str:
        """Return what a cell of the table says."""
        spec, at = self._columns[column], int(self._rows[row])
        if column == 0:
            return self._styles[int(self._objects.class_index[at])].title
        if spec is STATUS and self._marks is not None:
            return str(STATUSES[self._marks.status[at]].value)
        return spec.show(spec.values(self._objects.take(np.array([at])), self._pixel_size)[0])

    def as_text(self, rows: list[int]) -> str:
        """Return rows with a header, separated by tabs, as spreadsheets take them."""
        lines = ["\t".join(column.title for column in self._columns)]
        lines += ["\t".join(self.text(row, c).replace(",", "") for c in range(len(self._columns))) for row in rows]
        return "\n".join(lines)

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
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            style = self._styles[self._objects.class_index[self._rows[index.row()]]]
            return badge_icon(style.letter, style.colour)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title and what it means, or a row's number."""
        if orientation == Qt.Orientation.Vertical:
            return section + 1 if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self._columns[section].tooltip} Click to sort."
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> int:
        is_words = column in (0, len(self._columns) - 1) or self._columns[column] is STATUS
        return _LEFT if is_words else _RIGHT

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows that are equal keep the order in which they were found."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        old = [self._rows[index.row()] for index in held]
        self._sort = (column, order)
        self._rows = self._sorted(np.sort(self._rows))
        self._place = None
        moved = [
            self.index(self.table_row(int(row)) or 0, index.column()) for row, index in zip(old, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _sorted(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        column, order = self._sort
        if not 0 <= column < len(self._columns) or not len(rows):
            return rows
        if self._columns[column] is STATUS and self._marks is not None:
            values = self._marks.status[rows]
        else:
            values = self._columns[column].values(self._objects, self._pixel_size)[rows]
        if values.dtype.kind == "V":
            values = values.view("S16")
        if order == Qt.SortOrder.AscendingOrder:
            return rows[np.argsort(values, kind="stable")]
        # reversed twice: descending, and equals still in the order in which they were found
        return rows[::-1][np.argsort(values[::-1], kind="stable")][::-1]


def _centre_x(objects: Objects, _size: PixelSize | None) -> _Values:
    return (objects.boxes[:, 1] + objects.boxes[:, 3]) / 2


def _centre_y(objects: Objects, _size: PixelSize | None) -> _Values:
    return (objects.boxes[:, 0] + objects.boxes[:, 2]) / 2


def _width(objects: Objects, size: PixelSize | None) -> _Values:
    return (objects.boxes[:, 3] - objects.boxes[:, 1]) * length_unit(size)[2]


def _height(objects: Objects, size: PixelSize | None) -> _Values:
    return (objects.boxes[:, 2] - objects.boxes[:, 0]) * length_unit(size)[1]


def _perimeter(objects: Objects, size: PixelSize | None) -> _Values:
    from cellwright.measure import perimeters

    if objects.masks is None:
        return np.full(len(objects), np.nan)
    return perimeters(objects.masks, length_unit(size)[1:])


def _id_text(value: Any) -> str:
    return str(uuid.UUID(bytes=value.tobytes()))
