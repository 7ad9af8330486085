"""Tables as CSV: RFC 4180, UTF-8, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from cellwright.core.atomic import replacing
from cellwright.export.table import Cell, Table

# A spreadsheet takes text that begins so for a formula, and a formula can start programs. Names of files and classes
# come from anywhere.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(path: str | Path, table: Table, *, overwrite: bool = False) -> Path:
    """Write a table as comma-separated values.

    Lines end in CR LF and cells with commas, quotes or line breaks are quoted (RFC 4180). Unknown values are empty.
    Text that a spreadsheet would run as a formula gets an apostrophe in front.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    with replacing(path, overwrite=overwrite) as part, part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)  # its default dialect is RFC 4180's
        writer.writerow(_safe(name) for name in table.header)
        columns = [_texts(column.cells(), column.decimals) for column in table.columns]
        writer.writerows(zip(*columns, strict=True))
    return Path(path)


def _texts(cells: list[Cell], decimals: int | None) -> list[str]:
    # Most values of a column of text are the same few.
    safe = {cell: _safe(cell) for cell in set(cells) if isinstance(cell, str)}
    return [safe[cell] if isinstance(cell, str) else _number(cell, decimals) for cell in cells]


def _number(cell: float | None, decimals: int | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int) or decimals is None:
        return repr(cell)
    return f"{cell:.{decimals}f}"


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
