"""A differential as a table for a file."""

from __future__ import annotations

from pathlib import Path

from cellwright.core import BadParameter
from cellwright.export import Column, Table, write_csv, write_parquet, write_xlsx
from cellwright.stats import Interval
from cellwright.workflows.differential import Differential

WRITERS = (".csv", ".xlsx", ".parquet")
"""Endings of files that a differential can be written to."""


def differential_table(found: Differential) -> Table:
    """Return the rows of a differential; what has no share or no number per 100 is unknown there."""
    rows = found.every_row
    level = f"{100 * found.level:g} %"
    return Table(
        "differential",
        (
            Column("class", [each.name for each in rows], description="Name of the class."),
            Column("title", [each.title for each in rows], description="The class as people call it."),
            Column("part", [each.role.value for each in rows], description="Its part in the differential."),
            Column("n", [each.count for each in rows], description="Cells."),
            Column("unreviewed", [each.unreviewed for each in rows], description="Cells nobody has looked at."),
            Column("share", [each.share for each in rows], description="Of white cells; of those told, for kinds."),
            Column("share_low", [_low(each.interval) for each in rows], description=f"{level} limit below."),
            Column("share_high", [_high(each.interval) for each in rows], description=f"{level} limit above."),
            Column("per_100", [each.per_100 for each in rows], description="For each 100 white cells told."),
            Column("per_100_low", [_low(each.per_100_interval) for each in rows], description=f"{level} limit below."),
            Column(
                "per_100_high", [_high(each.per_100_interval) for each in rows], description=f"{level} limit above."
            ),
        ),
    )


def write_differential(path: Path, found: Differential, *, overwrite: bool = False) -> None:
    """Write a differential as CSV, XLSX or Parquet, as its ending says; workbooks tell its method and notes too.

    Raises
    ------
    BadParameter
        If the ending is another.
    OutputExists, OutputNotWritable
        If the file is there already, or cannot be written.
    """
    kind, table = path.suffix.lower(), differential_table(found)
    notes = (found.method, *found.notes)
    if kind == ".csv":
        write_csv(path, table, overwrite=overwrite)
    elif kind == ".xlsx":
        write_xlsx(path, [table], notes, overwrite=overwrite)
    elif kind == ".parquet":
        write_parquet(path, table, {"notes": "\n".join(notes)}, overwrite=overwrite)
    else:
        raise BadParameter(f"{path.name} tells no kind of table; end it in {', '.join(WRITERS)}.")


def _low(interval: Interval | None) -> float | None:
    return None if interval is None else interval.low


def _high(interval: Interval | None) -> float | None:
    return None if interval is None else interval.high
