"""Objects as the tab-separated measurements that QuPath exports, under QuPath's names of columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cellwright.core.atomic import replacing
from cellwright.export.csv_file import cell_texts
from cellwright.export.harmless import harmless
from cellwright.export.places import place_columns, place_names
from cellwright.export.table import Column, Table

# Ours → QuPath's. QuPath gives micrometres where it knows the pixel size and pixels where not, never both, and spells
# units with ^2.
_NAMES = {
    "area": "Area {}^2",
    "perimeter_crofton": "Length {}",
    "feret_diameter_max": "Max diameter {}",
    "feret_diameter_min": "Min diameter {}",
    "circularity": "Circularity",
    "solidity": "Solidity",
    "score": "Detection probability",
}
_STATISTICS = {"mean": "Mean", "median": "Median", "min": "Min", "max": "Max", "std": "Std.Dev."}
_INTENSITY = re.compile(r"intensity_(?P<what>mean|median|min|max|std)-(?P<channel>.+)")
_FIRST = ("uuid", "picture", "class", "model", "model_sha256", "picture_sha256", "label")
"""Columns that stand elsewhere in QuPath's table, or nowhere."""
_IN_UM = re.compile(r"_um\d*$")


def write_qupath_tsv(path: str | Path, objects: Table, *, has_outlines: bool, overwrite: bool = False) -> Path:
    """Write objects as QuPath's measurement exporter writes detections.

    Values separated by tabs, one line an object: ``Image``, ``Object ID``, ``Object type``, ``Name``,
    ``Classification``, ``Parent``, ``ROI``, ``Centroid X``, ``Centroid Y`` and the measurements. Lengths are in µm if
    the pixel size of every picture is known, else in pixels; what QuPath has no name for keeps ours. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; tabs and line breaks in text become spaces.

    Parameters
    ----------
    path : str or Path
        The file.
    objects : Table
        With the columns uuid, picture and class, and centres or centroids in pixels.
    has_outlines : bool
        Whether the objects are polygons, or boxes alone.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    columns = list(_columns(objects, has_outlines))
    with replacing(path, overwrite=overwrite) as part, part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, dialect="excel-tab", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(harmless(_flat(name)) for name, _ in columns)
        writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return Path(path)


def _columns(table: Table, has_outlines: bool) -> Iterable[tuple[str, list[str]]]:
    count = len(table)
    in_um = _knows_sizes(table)
    sign, ending = ("µm", "_um") if in_um else ("px", "")
    yield "Image", _texts(table.column("picture"))
    yield "Object ID", _texts(table.column("uuid"))
    yield "Object type", ["Detection"] * count
    yield "Name", [""] * count
    yield "Classification", _texts(table.column("class"))
    yield "Parent", ["Root object (Image)"] * count
    yield "ROI", ["Polygon" if has_outlines else "Rectangle"] * count
    used = set(_FIRST)
    if (place := place_columns(table, ending)) is not None:
        for axis, column in zip("XY", place, strict=True):
            yield f"Centroid {axis} {sign}", cell_texts(column)
        used |= place_names(table, ending)
    titles: set[str] = set()
    twins = {_IN_UM.sub("", name) for name in table.header if _IN_UM.search(name)}
    for column in table.columns:
        is_other_unit = column.name in twins if in_um else _IN_UM.search(column.name) is not None
        if column.name in used or is_other_unit:
            continue
        title = _title(column, sign)
        while title in titles:
            title += " "
        titles.add(title)
        yield title, _texts(column)


def _knows_sizes(table: Table) -> bool:
    known = [column for column in table.columns if column.name.endswith("_um")]
    values = [np.array([np.nan if c is None else c for c in column.cells()], np.float64) for column in known[:1]]
    return bool(values) and bool(np.isfinite(values[0]).all())


def _title(column: Column, sign: str) -> str:
    plain = _IN_UM.sub("", column.name)
    if plain in _NAMES:
        return _NAMES[plain].format(sign)
    found = _INTENSITY.fullmatch(column.name)
    if found:
        return f"{found['channel']}: {_STATISTICS[found['what']]}"
    spelled = column.unit.replace("²", "^2").replace("³", "^3")
    return f"{plain} {spelled}" if spelled and not spelled.startswith("1/") else column.name


def _texts(column: Column) -> list[str]:
    texts = cell_texts(column)
    if isinstance(column.values, np.ndarray):
        return texts
    # Most text stands in many rows, so each is looked at once.
    flat = {text: _flat(text) for text in set(texts)}
    return [flat[text] for text in texts]


def _flat(text: str) -> str:
    return re.sub(r"[\t\r\n]", " ", text)
