"""Tables as AnnData (``.h5ad``): a row of ``obs`` a cell, measurements in ``X``, places in ``obsm``, units in ``uns``.

Written after AnnData's on-disk format (version 0.1.0 of the whole, 0.2.0 of its parts), so that the `anndata` package,
which is large, is needed by nobody here. The table also keeps SpatialData's conventions: ``uns["spatialdata_attrs"]``
names the column that tells the region and the one that tells the object's number in the region's labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core.atomic import replacing
from cellwright.export.places import floats, place_columns
from cellwright.export.table import Cell, Column, Table, printable

if TYPE_CHECKING:
    import h5py

REGION, INSTANCE = "region", "instance_id"
"""Columns of ``obs`` that SpatialData looks for."""

_COMPRESSED_FROM = 4096
_CATEGORIES_UP_TO = 0.5
"""A column of text is kept as categories where at most so many of its values, as a share, are different."""


def write_h5ad(
    path: str | Path,
    objects: Table,
    notes: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
    others: Sequence[Table] = (),
    *,
    overwrite: bool = False,
) -> Path:
    """Write a table of objects as AnnData.

    ``obs`` is indexed by the column ``uuid`` and holds text, whole numbers and truth values; ``X`` the floats, in
    float64 and unrounded, unknown ones NaN; ``var`` a row for each of them with ``unit`` and ``description``;
    ``obsm["spatial"]`` x and y in pixels, x first as other programs have it. In ``uns`` stand ``units`` (by column),
    ``cellwright`` (``columns`` in the order of the table, ``notes`` and ``facts``) and ``spatialdata_attrs``.

    Parameters
    ----------
    path : str or Path
        The file.
    objects : Table
        A row an object.
    notes : sequence of str
        How the numbers came about.
    facts : mapping of str to str, optional
        Single values by name, such as hashes.
    others : sequence of Table
        More tables, kept as data frames in ``uns["cellwright"]`` under their names.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    import h5py

    with replacing(path, overwrite=overwrite) as part:
        part.unlink()
        with h5py.File(part, "w", track_order=False) as file:
            _tag(file, "anndata", "0.1.0")
            _fill(file, _split(objects), notes, facts or {}, others)
    return Path(path)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A table, taken apart."""

    index: list[str]
    about: list[Column]
    measured: list[Column]
    table: Table


def _split(table: Table) -> _Parts:
    measured = [column for column in table.columns if _is_float(column)]
    about = [column for column in table.columns if not _is_float(column) and column.name != "uuid"]
    if "uuid" in table.header:
        index = [str(cell) for cell in table.column("uuid").exact_cells()]
    else:
        index = [str(number) for number in range(len(table))]
    return _Parts(index, about, measured, table)


def _is_float(column: Column) -> bool:
    values = column.values
    if isinstance(values, np.ndarray):
        return values.dtype.kind == "f"
    known = [value for value in values if value is not None]
    if not known:
        return bool(column.unit)
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in known) and not all(
        isinstance(value, int) for value in known
    )


def _fill(
    file: h5py.File, parts: _Parts, notes: Sequence[str], facts: Mapping[str, str], others: Sequence[Table]
) -> None:
    rows = len(parts.index)
    values = np.empty((rows, len(parts.measured)), np.float64)
    for number, column in enumerate(parts.measured):
        values[:, number] = floats(column)
    _array(file, "X", values)
    _obs(file, parts)
    about = [
        Column("unit", [c.unit for c in parts.measured]),
        Column("description", [c.description for c in parts.measured]),
    ]
    _frame(file, "var", [column.name for column in parts.measured], about)
    for name in ("layers", "obsp", "varm", "varp"):
        _group(file, name)
    places = _group(file, "obsm")
    if (place := place_columns(parts.table)) is not None:
        _array(places, "spatial", np.stack([floats(each) for each in place], axis=1))
    _uns(file, parts, notes, facts, others)


def _obs(file: h5py.File, parts: _Parts) -> None:
    taken = {column.name for column in parts.about}
    more = []
    if "picture" in parts.table.header:
        regions = _regions(parts.table)
        if REGION not in taken:
            more.append(Column(REGION, regions))
        if INSTANCE not in taken:
            more.append(Column(INSTANCE, _instances(parts.table, regions)))
    _frame(file, "obs", parts.index, [*parts.about, *more], categories={REGION})


def _regions(table: Table) -> list[str]:
    """Return the region of each object: its picture, numbered as label images are where others have its name."""
    names = [str(cell) for cell in table.column("picture").exact_cells()]
    if "picture_sha256" not in table.header:
        return names
    called: dict[tuple[str, Cell], str] = {}
    for picture in dict.fromkeys(zip(names, table.column("picture_sha256").exact_cells(), strict=True)):
        path, number, region = PurePath(picture[0]), 1, picture[0]
        while region.casefold() in {each.casefold() for each in called.values()}:
            number += 1
            region = f"{path.stem}_{number}{path.suffix}"
        called[picture] = region
    return [called[each] for each in zip(names, table.column("picture_sha256").exact_cells(), strict=True)]


def _instances(table: Table, pictures: list[str]) -> NDArray[np.int64]:
    """Return each object's number in the label image of its picture, from 1."""
    if "label" in table.header:
        return np.asarray(table.column("label").values, np.int64)
    seen: dict[str, int] = {}
    numbers = []
    for picture in pictures:
        seen[picture] = seen.get(picture, 0) + 1
        numbers.append(seen[picture])
    return np.asarray(numbers, np.int64)


def _uns(
    file: h5py.File, parts: _Parts, notes: Sequence[str], facts: Mapping[str, str], others: Sequence[Table]
) -> None:
    uns = _group(file, "uns")
    units = _group(uns, "units")
    for column in parts.table.columns:
        if column.unit:
            _text(units, _key(column.name), column.unit)
    own = _group(uns, "cellwright")
    _columns(own, "columns", parts.table)
    _array_of_text(own, "notes", notes)
    hashes = _group(own, "facts")
    for name, value in facts.items():
        _text(hashes, _key(name), value)
    for table in others:
        _frame(own, _key(table.name), [str(number) for number in range(len(table))], list(table.columns))
        _columns(own, f"columns of {_key(table.name)}", table)
    if "picture" in parts.table.header and parts.index:
        attributes = _group(uns, "spatialdata_attrs")
        pictures = list(dict.fromkeys(_regions(parts.table)))
        if len(pictures) == 1:
            _text(attributes, "region", pictures[0])
        else:
            _array_of_text(attributes, "region", pictures)
        _text(attributes, "region_key", REGION)
        _text(attributes, "instance_key", INSTANCE)


def _columns(group: h5py.Group, name: str, table: Table) -> None:
    columns = table.columns
    _frame(
        group,
        name,
        table.header,
        [
            Column("unit", [column.unit for column in columns]),
            Column("description", [column.description for column in columns]),
            Column("decimals", np.array([-1 if c.decimals is None else c.decimals for c in columns], np.int64)),
        ],
    )


def _frame(
    group: h5py.Group,
    name: str,
    index: Sequence[str],
    columns: Sequence[Column],
    categories: set[str] = frozenset(),  # type: ignore[assignment]
) -> None:
    frame = _group(group, name, "dataframe", "0.2.0")
    keys = _unique_keys([column.name for column in columns])
    frame.attrs["_index"] = "_index"
    frame.attrs.create("column-order", np.array(keys, dtype=object), dtype=_string_kind())
    _array_of_text(frame, "_index", index)
    for key, column in zip(keys, columns, strict=True):
        _column(frame, key, column, is_category=column.name in categories)


def _column(frame: h5py.Group, key: str, column: Column, *, is_category: bool) -> None:
    values = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        _array(frame, key, values)
        return
    cells = column.exact_cells()
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds and column.unit:
        _array(frame, key, np.full(len(cells), np.nan))
    elif kinds <= {str}:
        different = len(set(cells))
        is_few = different <= _CATEGORIES_UP_TO * len(cells)
        if is_category or None in cells or is_few:
            _category(frame, key, cells)
        else:
            _array_of_text(frame, key, [str(cell) for cell in cells])
    elif kinds == {bool} or kinds == {int}:
        _whole(frame, key, cells, "nullable-boolean" if kinds == {bool} else "nullable-integer")
    else:
        _array(frame, key, np.array([np.nan if cell is None else float(cell) for cell in cells], np.float64))


def _whole(frame: h5py.Group, key: str, cells: list[Cell], kind: str) -> None:
    """Write whole numbers or truth values, some of which may be unknown."""
    dtype = np.bool_ if kind == "nullable-boolean" else np.int64
    values: NDArray[np.generic] = np.array([cell or 0 for cell in cells], dtype)
    if None not in cells:
        _array(frame, key, values)
        return
    group = _group(frame, key, kind, "0.1.0")
    _array(group, "values", values)
    _array(group, "mask", np.array([cell is None for cell in cells], np.bool_))


def _category(frame: h5py.Group, key: str, cells: list[Cell]) -> None:
    named = list(dict.fromkeys(str(cell) for cell in cells if cell is not None))
    place = {name: number for number, name in enumerate(named)}
    group = _group(frame, key, "categorical", "0.2.0")
    group.attrs["ordered"] = False
    _array_of_text(group, "categories", named)
    codes = [-1 if cell is None else place[str(cell)] for cell in cells]
    _array(group, "codes", np.array(codes, np.min_scalar_type(-max(1, len(named)))))


def _unique_keys(names: Sequence[str]) -> list[str]:
    keys: list[str] = []
    for name in names:
        key = base = _key(name)
        number = 1
        while key in keys or key == "_index":
            number += 1
            key = f"{base} {number}"
        keys.append(key)
    return keys


def _key(name: str) -> str:
    """Return a name that HDF5 does not take for a path."""
    return name.replace("/", "∕") if name.strip(".") else f"_{name}"


def _string_kind() -> np.dtype[np.object_]:
    import h5py

    kind: np.dtype[np.object_] = h5py.string_dtype("utf-8")
    return kind


def _tag(item: h5py.Group | h5py.Dataset, kind: str, version: str) -> None:
    item.attrs["encoding-type"] = kind
    item.attrs["encoding-version"] = version


def _group(parent: h5py.Group, name: str, kind: str = "dict", version: str = "0.1.0") -> h5py.Group:
    made = parent.create_group(name)
    _tag(made, kind, version)
    return made


def _array(parent: h5py.Group, name: str, values: NDArray[np.generic]) -> None:
    more = {"compression": "gzip", "shuffle": True} if values.nbytes >= _COMPRESSED_FROM else {}
    _tag(parent.create_dataset(name, data=values, **more), "array", "0.2.0")


def _array_of_text(parent: h5py.Group, name: str, texts: Sequence[str]) -> None:
    data = np.array([printable(text) for text in texts], dtype=object)
    _tag(parent.create_dataset(name, data=data, dtype=_string_kind()), "string-array", "0.2.0")


def _text(parent: h5py.Group, name: str, text: str) -> None:
    _tag(parent.create_dataset(name, data=printable(text), dtype=_string_kind()), "string", "0.2.0")
