"""Where the objects of a table lie: in the middle of their pixels, or of the box where only that is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.export.table import Column, Table

_PLACES = (("centroid-1", "centroid-0"), ("centre-1", "centre-0"))
"""Columns of x and y, the surer place first."""


def place_columns(table: Table, ending: str = "") -> tuple[Column, Column] | None:
    """Return x and y of every object, looked up row by row; None where a table knows no place.

    An object that is known by its box alone has no centroid, also where the column is there for the sake of others.

    Parameters
    ----------
    table : Table
        With the columns ``centroid-0`` and ``centroid-1``, ``centre-0`` and ``centre-1``, or both.
    ending : str
        Of the names of the columns: ``"_um"`` for places in µm.
    """
    named = [tuple(f"{name}{ending}" for name in pair) for pair in _PLACES]
    there = [pair for pair in named if set(pair) <= set(table.header)]
    if not there:
        return None
    x, y = (_first_known([table.column(pair[axis]) for pair in there]) for axis in (0, 1))
    return x, y


def place_names(table: Table, ending: str = "") -> frozenset[str]:
    """Return the names of the two columns with the surer place, which need not be written once more."""
    for pair in _PLACES:
        named = frozenset(f"{name}{ending}" for name in pair)
        if named <= set(table.header):
            return named
    return frozenset()


def floats(column: Column) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where there is none."""
    values = column.values
    if not isinstance(values, np.ndarray):
        return np.array([np.nan if cell is None else cell for cell in column.exact_cells()], np.float64)
    numbers = values.astype(np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _first_known(columns: list[Column]) -> Column:
    values = floats(columns[0])
    for other in columns[1:]:
        values = np.where(np.isnan(values), floats(other), values)
    first = columns[0]
    return Column(first.name, values, first.unit, first.description, first.decimals)
