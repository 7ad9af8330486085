"""Tables as CSV: RFC 4180, UTF-8, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from cellwright.core.atomic import replacing
from cellwright.export.harmless import harmless
from cellwright.export.table import Column, Table


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
        writer.writerow(harmless(name) for name in table.header)
        columns = [cell_texts(column) for column in table.columns]
        writer.writerows(zip(*columns, strict=True))
    return Path(path)


def cell_texts(column: Column) -> list[str]:
    """Return the cells of a column as text that does no harm in a spreadsheet; unknown ones are empty."""
    cells = column.cells()
    # Most values of a column of text are the same few.
    safe = {cell: harmless(cell) for cell in set(cells) if isinstance(cell, str)}
    return [safe[cell] if isinstance(cell, str) else _number(cell, column.decimals) for cell in cells]


def _number(cell: float | None, decimals: int | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int) or decimals is None:
        return repr(cell)
    return f"{cell:.{decimals}f}"
