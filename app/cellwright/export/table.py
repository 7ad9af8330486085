"""`Table`: named columns with units, the form in which results leave for a file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter

Cell = str | int | float | bool | None

# What no XML and no spreadsheet can hold; a file name may contain any of it.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column.

    Parameters
    ----------
    name : str
        The header: family first, unit last, as in ``"box_area_um2"``.
    values : sequence
        All of one kind: text, whole numbers, truth values, or floats, in which NaN and None mean unknown.
    unit : str
        As a person writes it (``"µm²"``); empty for text and plain numbers.
    description : str
        What the values are, in one sentence.
    decimals : int or None
        Digits after the point in files made for people (CSV, XLSX); None writes floats in full.
    """

    name: str
    values: Sequence[Cell] | NDArray[np.generic]
    unit: str = ""
    description: str = ""
    decimals: int | None = None

    def __post_init__(self) -> None:
        # Channels name columns, and files name channels: what no file format can hold ends here.
        for said in ("name", "unit", "description"):
            object.__setattr__(self, said, printable(getattr(self, said)))

    def __len__(self) -> int:
        return len(self.values)

    def cells(self) -> list[Cell]:
        """Return the values as plain Python ones: unknown is None, floats are rounded, text is printable."""
        if isinstance(self.values, np.ndarray):
            return self._numbers(self.values)
        # Most text stands in many rows, so each is looked at once.
        texts = {value: printable(value) for value in set(self.values) if isinstance(value, str)}
        return [texts[value] if isinstance(value, str) else self._number(value) for value in self.values]

    def exact_cells(self) -> list[Cell]:
        """Return the values like `cells`, with every digit; for files that programs read."""
        return Column(self.name, self.values).cells()

    def _numbers(self, values: NDArray[np.generic]) -> list[Cell]:
        if values.dtype.kind != "f":
            return list(values.tolist())
        floats = values.astype(np.float64)
        if self.decimals is not None:
            floats = np.round(floats, self.decimals)
        cells: list[Cell] = floats.tolist()
        for row in np.flatnonzero(~np.isfinite(floats)).tolist():
            cells[row] = None
        return cells

    def _number(self, value: Cell) -> Cell:
        if isinstance(value, float):
            if not math.isfinite(value):
                return None
            return value if self.decimals is None else round(value, self.decimals)
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of equal length.

    Parameters
    ----------
    name : str
        Name of the sheet or the file: ``"objects"``.
    columns : tuple of Column
        In the order of the file.

    Raises
    ------
    BadParameter
        If the columns differ in length or two share a name.
    """

    name: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns}) > 1:
            lengths = ", ".join(f"{column.name} {len(column)}" for column in self.columns)
            raise BadParameter(f"The columns of table {self.name!r} differ in length: {lengths}.")
        if len(set(self.header)) != len(self.columns):
            raise BadParameter(f"Two columns of table {self.name!r} share a name.")

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @property
    def header(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def rows(self) -> list[tuple[Cell, ...]]:
        """Return the rows as plain values; see `Column.cells`."""
        return list(zip(*(column.cells() for column in self.columns), strict=True))

    def column(self, name: str) -> Column:
        """Return a column by name.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self.columns[{header: i for i, header in enumerate(self.header)}[name]]


def printable(text: str) -> str:
    """Return text that every file format can hold: no control characters, no bytes that are no UTF-8."""
    # Names of files that are no valid UTF-8 arrive with lone surrogates, which cannot be written anywhere.
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _CONTROL.sub("\ufffd", whole)
