"""manifest.csv: a row per picture, which may say its split and its group."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cellwright.core import DatasetNotReadable
from cellwright.datasets.files import is_file, read_text

_FILE_COLUMNS = ("file", "filename", "file_name", "image", "path")
_GROUP_COLUMNS = ("group", "subject", "patient", "slide")
_KIND_COLUMNS = ("kind", "domain", "hospital", "stain", "set")
_FOLDER_COLUMNS = ("set", "split", "folder")
_LEAK_COLUMNS = ("same_field_as_test",)
_NO = frozenset({"", "0", "no", "false", "none"})
_SPLIT_NAMES = {"valid": "val", "validation": "val", "training": "train", "testing": "test"}


def split_name(name: str) -> str:
    """Return the usual name of a split: ``"valid"`` and ``"validation"`` are ``"val"``."""
    plain = name.strip().lower()
    return _SPLIT_NAMES.get(plain, plain)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What a manifest says about one picture; empty where it says nothing.

    Parameters
    ----------
    split, group, kind : str
        As in `LabelledPicture`.
    facts : mapping of str to str
        Every column as written.
    is_leak : bool
        Whether the column ``same_field_as_test`` says that a test picture shows the same field.
    """

    split: str
    group: str
    kind: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    is_leak: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest by the path they name.

    Parameters
    ----------
    rows : dict of str to ManifestRow
        Keys as written, with forward slashes.
    names_splits : bool
        Whether there is a column ``split``.
    in_folder : dict of (str, str) to ManifestRow
        The same rows by the folder that a column ``set``, ``split`` or ``folder`` names and the file's bare name, for
        sets whose folders hold files of equal names.
    """

    rows: dict[str, ManifestRow]
    names_splits: bool
    in_folder: dict[tuple[str, str], ManifestRow] = field(default_factory=dict)

    def row_of(self, path: Path, root: Path) -> ManifestRow | None:
        """Return the row of a picture: by its path in the set, by a folder of the path and its name, by its name."""
        inner = path.relative_to(root)
        row = self.rows.get(inner.as_posix())
        for folder in inner.parts[:-1]:
            row = row or self.in_folder.get((folder, path.name))
        return row if row is not None else self.rows.get(path.name)


def read_manifest(folder: Path) -> Manifest | None:
    """Read ``manifest.csv`` of a folder; None where there is none, or none with a column of file names.

    Raises
    ------
    DatasetNotReadable
        If the file is there but is not a table.
    """
    path = folder / "manifest.csv"
    if not is_file(path):
        return None
    try:
        table = csv.DictReader(io.StringIO(read_text(path), newline=""))
        columns = {name.strip().lower(): name for name in (table.fieldnames or ()) if name}
        file_column = next((columns[c] for c in _FILE_COLUMNS if c in columns), None)
        if file_column is None:
            return None
        rows: dict[str, ManifestRow] = {}
        in_folder: dict[tuple[str, str], ManifestRow] = {}
        for cells in table:
            if cells.get(file_column):
                name = PurePosixPath(cells[file_column].strip().replace("\\", "/"))
                row = _row(_Cells(columns, cells))
                rows[name.as_posix()] = row
                in_folder |= {(row.facts[c], name.name): row for c in _FOLDER_COLUMNS if row.facts.get(c)}
    except csv.Error as error:
        raise DatasetNotReadable(f"{path} is not a table of comma-separated values ({error}); repair it.") from error
    return Manifest(rows, "split" in columns, in_folder)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row of the table, asked by the plain names of its columns."""

    columns: Mapping[str, str]
    cells: Mapping[str, str | None]

    def first(self, names: tuple[str, ...]) -> str:
        """Return what stands in the first of the columns that there is; empty where there is none."""
        column = next((self.columns[name] for name in names if name in self.columns), None)
        return (self.cells.get(column) or "").strip() if column is not None else ""

    def all(self) -> dict[str, str]:
        return {plain: (self.cells.get(column) or "").strip() for plain, column in self.columns.items()}


def _row(cells: _Cells) -> ManifestRow:
    return ManifestRow(
        split_name(cells.first(("split",))),
        cells.first(_GROUP_COLUMNS),
        cells.first(_KIND_COLUMNS),
        cells.all(),
        cells.first(_LEAK_COLUMNS).lower() not in _NO,
    )
