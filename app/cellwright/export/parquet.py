"""Tables as Parquet: full precision, and each column carries its unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellwright.core.atomic import replacing
from cellwright.export.table import Column, Table, printable

if TYPE_CHECKING:
    import pyarrow as pa


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
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [_array(column) for column in table.columns]
    schema = pa.schema(
        [
            pa.field(column.name, array.type, metadata={"unit": column.unit, "description": column.description})
            for column, array in zip(table.columns, columns, strict=True)
        ],
        metadata={"creator": "Cellwright", **(metadata or {})},
    )
    with replacing(path, overwrite=overwrite) as part:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), part, compression="zstd")
    return Path(path)


def _array(column: Column) -> pa.Array:
    import pyarrow as pa

    values = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind in "biu":
        return pa.array(values)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return pa.array(values, mask=~np.isfinite(values))
    plain = [printable(value) if isinstance(value, str) else value for value in values]
    known = [value for value in plain if value is not None]
    # Without a known value there is nothing to tell the kind from; what may be unknown here is always a number.
    kind = pa.string() if not column.unit and all(isinstance(v, str) for v in known) else None
    return pa.array(plain, type=kind if known or kind else pa.float64(), from_pandas=True)
