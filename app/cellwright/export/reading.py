"""Tables read back from the files that they were written into."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from cellwright.core import BadParameter
from cellwright.export.harmless import as_it_was
from cellwright.export.table import Cell, Column, Table


def read_table(path: str | Path, name: str = "objects") -> Table:
    """Read a table that `write_csv`, `write_xlsx`, `write_parquet`, `write_sqlite` or `write_h5ad` wrote.

    CSV keeps neither units nor kinds: each cell is text there, and an unknown one is empty. In a workbook an empty text
    is an unknown one.

    Parameters
    ----------
    path : str or Path
        The file; its suffix says which kind.
    name : str
        Which table of a file that holds several.

    Raises
    ------
    BadParameter
        If the suffix is another, the file is damaged, or it has no such table.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadParameter(f"{path.name} is no table that can be read back; there is {', '.join(_READERS)}.")
    try:
        return reader(path, name)
    except BadParameter:
        raise
    except Exception as error:
        raise BadParameter(f"{path} cannot be read as a table: {type(error).__name__}: {error}.") from error


def _csv(path: Path, name: str) -> Table:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    columns = zip(*rows, strict=True) if rows else ((),) * len(header)
    texts = [[as_it_was(cell) for cell in column] for column in columns]
    return Table(name, tuple(Column(as_it_was(n), cells) for n, cells in zip(header, texts, strict=True)))


def _xlsx(path: Path, name: str) -> Table:
    import openpyxl

    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        sheets = [title for title in book.sheetnames if title == name or title.startswith(f"{name} ")]
        if name not in sheets:
            raise BadParameter(f"{path.name} has no sheet {name!r}.")
        header: tuple[Any, ...] = ()
        rows: list[tuple[Any, ...]] = []
        for title in sheets:
            head, *more = book[title].iter_rows(values_only=True)
            header, rows = head, rows + [_filled(row, len(head)) for row in more]
        said = list(book["units"].iter_rows(values_only=True)) if "units" in book.sheetnames else []
    about = {str(row[1]): (str(row[2] or ""), str(row[3] or "")) for row in said[1:] if row[0] == name}
    columns = [[row[number] for row in rows] for number in range(len(header))]
    return Table(name, tuple(Column(n or "", c, *about.get(n, ("", ""))) for n, c in zip(header, columns, strict=True)))


def _filled(row: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    """Return a row of full width: empty cells at its end are not stored."""
    return (*row, *(None,) * (width - len(row)))


def _parquet(path: Path, name: str) -> Table:
    import pyarrow.parquet as pq

    whole = pq.read_table(path)
    columns = []
    for field, values in zip(whole.schema, whole.columns, strict=True):
        said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        columns.append(Column(field.name, values.to_pylist(), said.get("unit", ""), said.get("description", "")))
    return Table(name, tuple(columns))


def _sqlite(path: Path, name: str) -> Table:
    with closing(sqlite3.connect(f"file:{path.resolve().as_posix()}?mode=ro", uri=True)) as database:
        said = database.execute(
            'SELECT "column", unit, meaning FROM units WHERE "table" = ? ORDER BY position', (name,)
        ).fetchall()
        if not said:
            raise BadParameter(f"{path.name} has no table {name!r}.")
        quoted = '"' + name.replace('"', '""') + '"'
        kinds = [row[2] for row in database.execute(f"PRAGMA table_info({quoted})")]
        rows = database.execute(f"SELECT * FROM {quoted} ORDER BY rowid").fetchall()
    columns = []
    for number, ((column, unit, meaning), kind) in enumerate(zip(said, kinds, strict=True)):
        cells: list[Cell] = [row[number] for row in rows]
        if kind == "BOOLEAN":
            cells = [None if cell is None else bool(cell) for cell in cells]
        columns.append(Column(column, cells, unit, meaning))
    return Table(name, tuple(columns))


def _h5ad(path: Path, name: str) -> Table:
    import h5py

    with h5py.File(path) as file:
        own = file["uns/cellwright"]
        is_main = name == "objects"
        if not is_main and name not in own:
            raise BadParameter(f"{path.name} has no table {name!r}.")
        said = own["columns"] if is_main else own[f"columns of {name}"]
        names = _texts(said["_index"])
        frame = file["obs"] if is_main else own[name]
        stored = dict(zip(_originals(frame, names, is_main), frame.attrs["column-order"], strict=False))
        measured = {n: at for at, n in enumerate(_texts(file["var/_index"]))} if is_main else {}
        columns = []
        for column, unit, meaning in zip(names, _texts(said["unit"]), _texts(said["description"]), strict=True):
            if column in measured:
                cells = _numbers(file["X"][:, measured[column]])
            elif column == "uuid" and is_main:
                cells = list(_texts(frame["_index"]))
            else:
                cells = _cells(frame[stored[column]])
            columns.append(Column(column, cells, unit, meaning))
    return Table(name, tuple(columns))


def _originals(frame: Any, names: Sequence[str], is_main: bool) -> list[str]:
    """Return the columns of a frame under the names they came with, which HDF5 may not take."""
    if not is_main:
        return list(names)
    measured = set(_texts(frame.parent["var/_index"]))
    return [name for name in names if name not in measured and name != "uuid"]


def _texts(item: Any) -> list[str]:
    return [str(cell) for cell in _cells(item)]


def _numbers(values: Any) -> list[Cell]:
    return [None if value != value else value for value in values.tolist()]


def _cells(item: Any) -> list[Cell]:
    kind = item.attrs["encoding-type"]
    if kind == "string-array":
        return list(item.asstr()[:])
    if kind == "categorical":
        named = _texts(item["categories"])
        return [None if code < 0 else named[code] for code in item["codes"][:].tolist()]
    if kind.startswith("nullable"):
        pairs = zip(item["values"][:].tolist(), item["mask"][:].tolist(), strict=True)
        return [None if is_unknown else value for value, is_unknown in pairs]
    values = np.asarray(item[:])
    return _numbers(values) if values.dtype.kind == "f" else list(values.tolist())


_READERS: dict[str, Callable[[Path, str], Table]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".sqlite": _sqlite,
    ".h5ad": _h5ad,
}
