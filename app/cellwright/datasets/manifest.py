"""manifest.csv: a row per picture, which may say its split and its group."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cellwright.core import DatasetNotReadable
from cellwright.datasets.files import is_file, read_text

_FILE_COLUMNS = ("file", "filename", "file_name", "image", "path")
_GROUP_COLUMNS = ("group", "subject", "patient", "slide")
_SPLIT_NAMES = {"valid": "val", "validation": "val", "training": "train", "testing": "test"}


def split_name(name: str) -> str:
    """Return the usual name of a split: ``"valid"`` and ``"validation"`` are ``"val"``."""
    plain = name.strip().lower()
    return _SPLIT_NAMES.get(plain, plain)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What a manifest says about one picture; empty where it says nothing."""

    split: str
    group: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest by the path they name.

    Parameters
    ----------
    rows : dict of str to ManifestRow
        Keys as written, with forward slashes.
    names_splits : bool
        Whether there is a column ``split``.
    """

    rows: dict[str, ManifestRow]
    names_splits: bool

    def row_of(self, path: Path, root: Path) -> ManifestRow | None:
        """Return the row of a picture: by its path in the set, else by its bare name."""
        row = self.rows.get(path.relative_to(root).as_posix())
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
        split = columns.get("split")
        group = next((columns[c] for c in _GROUP_COLUMNS if c in columns), None)
        rows = {
            PurePosixPath(row[file_column].strip().replace("\\", "/")).as_posix(): ManifestRow(
                split_name(row.get(split) or "") if split else "", (row.get(group) or "").strip() if group else ""
            )
            for row in table
            if row.get(file_column)
        }
    except csv.Error as error:
        raise DatasetNotReadable(f"{path} is not a table of comma-separated values ({error}); repair it.") from error
    return Manifest(rows, split is not None)
