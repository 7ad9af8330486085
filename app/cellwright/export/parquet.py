"""Tables as Parquet: full precision, and each column carries its unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellwright.core.atomic import replacing
from cellwright.export.table import Column, Table, printable

if TYPE_CHECKING:
    import pyarrow


def write_parquet(
    path: str | Path, table: Table, metadata: Mapping[str, str] | None = None, *, overwrite: bool = False
) -> Path:
    """Write a table as one Parquet file.

    Floats are not rounded and unknown ones are null. Each field's metadata has ``unit`` and ``description``.

    Parameters
    ----------
    path : str or Path
        The file.
    table : Table
        What to write.
    metadata : mapping of str to str, optional
        Stored with the schema, for example notes.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    import pyarrow.parquet

    columns = [_array(column) for column in table.columns]
    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, array.type, metadata={"unit": column.unit, "description": column.description})
            for column, array in zip(table.columns, columns, strict=True)
        ],
        metadata={"creator": "Cellwright", **(metadata or {})},
    )
    with replacing(path, overwrite=overwrite) as part:
        pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), part, compression="zstd")
    return Path(path)


def _array(column: Column) -> pyarrow.Array[Any]:
    import pyarrow

    values = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind in "biu":
        return pyarrow.array(values)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return pyarrow.array(values, mask=~np.isfinite(values))
    plain = [printable(value) if isinstance(value, str) else value for value in values]
    known = [value for value in plain if value is not None]
    # Without a known value there is nothing to tell the kind from; what may be unknown here is always a number.
    kind = pyarrow.string() if not column.unit and all(isinstance(v, str) for v in known) else None
    return pyarrow.array(plain, type=kind if known or kind else pyarrow.float64(), from_pandas=True)
