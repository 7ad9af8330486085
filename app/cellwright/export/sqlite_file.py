"""Tables as one SQLite file: a table each, their units, the notes, and views that answer the usual questions."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from cellwright.core.atomic import replacing
from cellwright.export.table import Column, Table, printable

APPLICATION_ID = 0x43575442
"""``CWTB`` in the header of the file: tables written by Cellwright, where a project says ``CWJ1``."""

VERSION = 1

_LARGEST = 2**63 - 1


def write_sqlite(
    path: str | Path,
    tables: Sequence[Table],
    notes: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write tables into one SQLite database.

    Each table has its name; ``units`` says unit and meaning of every column, ``notes`` how the numbers came about,
    ``facts`` single values such as hashes. The view ``objects_by_class`` has for every picture and class the number of
    objects and the mean of each measurement, ``pictures`` a row a picture. Floats are not rounded, unknown is NULL,
    truth values are 0 and 1.

    Parameters
    ----------
    path : str or Path
        The file.
    tables : sequence of Table
        With different names, none of them one of the above.
    notes : sequence of str
        Sentences.
    facts : mapping of str to str, optional
        Single values by name.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    with replacing(path, overwrite=overwrite) as part:
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as database:
                _fill(database, tables, notes, facts or {})
        except sqlite3.OperationalError as error:  # a full disk has no other name here
            is_full = error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
            raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error)) from error
    return Path(path)


def _fill(
    database: sqlite3.Connection, tables: Sequence[Table], notes: Sequence[str], facts: Mapping[str, str]
) -> None:
    # The file is nobody else's until it has its name: a journal beside it would only be in the way.
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("BEGIN")
    for table in tables:
        _add(database, table)
    units = [(t.name, n, c.name, c.unit, c.description) for t in tables for n, c in enumerate(t.columns, start=1)]
    database.execute(
        'CREATE TABLE units ("table" TEXT NOT NULL, position INTEGER NOT NULL, "column" TEXT NOT NULL, '
        'unit TEXT NOT NULL, meaning TEXT NOT NULL, PRIMARY KEY ("table", position))'
    )
    database.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?)", units)
    database.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, sentence TEXT NOT NULL)")
    database.executemany("INSERT INTO notes (sentence) VALUES (?)", [(printable(note),) for note in notes])
    database.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    database.executemany("INSERT INTO facts VALUES (?, ?)", [(k, printable(v)) for k, v in facts.items()])
    for table in tables:
        if table.name == "objects" and {"picture", "class"} <= set(table.header):
            _add_views(database, table)
    database.execute("COMMIT")


def _add(database: sqlite3.Connection, table: Table) -> None:
    names = _names(table)
    columns = ", ".join(f"{_quoted(name)} {_kind(each)}" for name, each in zip(names, table.columns, strict=True))
    database.execute(f"CREATE TABLE {_quoted(table.name)} ({columns})")
    marks = ", ".join("?" for _ in table.columns)
    rows = zip(*(_stored(column) for column in table.columns), strict=True)
    database.executemany(f"INSERT INTO {_quoted(table.name)} VALUES ({marks})", rows)
    for name in ("uuid", "picture"):  # what rows are looked for by
        if name in table.header:
            index = _quoted(f"{table.name}_{name}")
            database.execute(f"CREATE INDEX {index} ON {_quoted(table.name)} ({name})")


def _stored(column: Column) -> list[object]:
    # SQLite's whole numbers have 64 bits with sign; larger ones would not be taken at all.
    return [float(cell) if isinstance(cell, int) and abs(cell) > _LARGEST else cell for cell in column.exact_cells()]


def _kind(column: Column) -> str:
    values = column.values
    if isinstance(values, np.ndarray):
        return {"b": "BOOLEAN", "i": "INTEGER", "u": "INTEGER", "f": "REAL"}.get(values.dtype.kind, "TEXT")
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "INTEGER"
    if str in kinds or not (kinds or column.unit):
        return "TEXT"
    return "REAL"


def _add_views(database: sqlite3.Connection, table: Table) -> None:
    measured = [name for name, c in zip(_names(table), table.columns, strict=True) if _kind(c) == "REAL"]
    means = "".join(f", avg({_quoted(name)}) AS {_quoted(f'mean_{name}')}" for name in measured)
    told_apart = "".join(f", {name}" for name in ("picture_sha256",) if name in table.header)
    database.execute(
        f"CREATE VIEW objects_by_class AS SELECT picture, class, count(*) AS objects{means}{told_apart} FROM objects "
        f"GROUP BY picture, class{told_apart} ORDER BY picture, class{told_apart}"
    )
    also = [name for name in ("picture_sha256", "model", "model_sha256") if name in table.header]
    named = ", ".join(("picture", *also))
    database.execute(
        f"CREATE VIEW pictures AS SELECT {named}, count(*) AS objects FROM objects GROUP BY {named} ORDER BY picture"
    )


def _names(table: Table) -> list[str]:
    """Return a name for every column: SQLite takes capitals for the same letters, so some need a number behind."""
    taken: set[str] = set()
    names = []
    for column in table.columns:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name} {number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
