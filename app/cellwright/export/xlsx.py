"""Tables as a workbook: a sheet a table, one with the units of all columns, one with how the numbers came about."""

from __future__ import annotations

import contextlib
import errno
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellwright.core.atomic import replacing
from cellwright.export.table import Cell, Table, printable

if TYPE_CHECKING:
    from openpyxl import Workbook

SHEET_ROWS = 1_048_575
"""Rows below the header that one sheet holds; a longer table goes on in a second sheet."""

_NARROWEST, _WIDEST = 9, 44
_CELL_CHARACTERS = 32_767


def write_xlsx(
    path: str | Path, tables: Sequence[Table], notes: Sequence[str] = (), *, overwrite: bool = False
) -> Path:
    """Write tables as sheets of one workbook, and two more: ``units`` and ``methods``.

    ``units`` has a row for every column of every table with its unit and meaning, ``methods`` the notes.

    Text is stored as text, whatever it begins with; nothing becomes a formula.

    Parameters
    ----------
    path : str or Path
        The file.
    tables : sequence of Table
        One sheet each, named after the table; a table of more than `SHEET_ROWS` rows takes several.
    notes : sequence of str
        Sentences for the sheet ``methods``.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    from openpyxl import Workbook

    with replacing(path, overwrite=overwrite) as part, _room_for_sheets():
        book = Workbook(write_only=True)
        book.properties.creator = "Cellwright"
        for table in tables:
            _add_table(book, table)
        _add_sheet(book, "units", _unit_rows(tables), [16, 30, 10, 90], header=True)
        _add_sheet(book, "methods", [(printable(note),) for note in notes], [120], header=False)
        # Through memory: when the disk fills up within its zip file, the library leaves a trail of later exceptions.
        whole = io.BytesIO()
        book.save(whole)
        part.write_bytes(whole.getbuffer())
    return Path(path)


@contextlib.contextmanager
def _room_for_sheets() -> Iterator[None]:
    """Say as an `OSError` that the folder for temporary files is full: sheets are written there first, by lxml."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "lxml":
            raise
        raise OSError(errno.ENOSPC, "the folder for temporary files is full", tempfile.gettempdir()) from error


def _add_table(book: Workbook, table: Table) -> None:
    rows = table.rows()
    for number, start in enumerate(range(0, max(1, len(rows)), SHEET_ROWS), start=1):
        title = table.name if number == 1 else f"{table.name} {number}"
        piece = rows[start : start + SHEET_ROWS]
        _add_sheet(book, title, [tuple(table.header), *piece], _widths(table, piece), header=True)


def _add_sheet(book: Workbook, title: str, rows: Sequence[tuple[Cell, ...]], widths: list[int], header: bool) -> None:
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    for i, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    if header:
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(rows[0])))}{len(rows)}"
    for number, row in enumerate(rows):
        sheet.append(list(_cells(sheet, row, is_header=header and number == 0)))


def _cells(sheet: Any, row: tuple[Cell, ...], is_header: bool) -> Iterator[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    for value in row:
        text = value[:_CELL_CHARACTERS] if isinstance(value, str) else None
        if is_header:
            cell = WriteOnlyCell(sheet, text)
            cell.font = Font(bold=True)
            yield cell
        elif text is not None and text[:1] in "=#":
            # The library would make a formula or an error value of it.
            cell = WriteOnlyCell(sheet, text)
            cell.data_type = "s"
            yield cell
        else:
            yield value if text is None else text


def _widths(table: Table, rows: Sequence[tuple[Cell, ...]]) -> list[int]:
    longest = [len(name) for name in table.header]
    for row in rows[:200]:  # enough to see how wide a column is
        longest = [max(width, len(str(value))) for width, value in zip(longest, row, strict=True)]
    return [min(_WIDEST, max(_NARROWEST, width + 2)) for width in longest]


def _unit_rows(tables: Sequence[Table]) -> list[tuple[Cell, ...]]:
    said = [(t.name, c.name, c.unit, c.description) for t in tables for c in t.columns]
    return [("sheet", "column", "unit", "meaning"), *said]
