"""Which columns the objects table has, what they are called, and how one value of each is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.state.measured import Known, Measured

ID = "id"
"""Name of the column of stable ids, which stands beside the measured ones."""

_FOR_OUTLINES = ("area", "perimeter_crofton")
_FOR_BOXES = ("area_bbox",)
_TITLES = {"class": "Class", "score": "Confidence", "status": "Status", "source": "Source", ID: "Id"}
_SHOWN_DECIMALS = {"px": 1, "µm": 2, "px²": 0, "µm²": 1, "counts": 1, "rad": 3, "": 3}
_WIDTHS = {"class": 132, "score": 124, "status": 104, "source": 190, ID: 290}
_LONG_UNITS = 4
"""Significant digits of units that are rare, such as µm⁴, whose numbers are very large or very small."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the table.

    Parameters
    ----------
    name : str
        As in files and filters.
    title, tooltip : str
        Header, and what it means.
    known : Known or None
        What is known of a measured column; None for the ids.
    """

    name: str
    title: str
    tooltip: str
    known: Known | None

    @property
    def is_words(self) -> bool:
        """Whether it stands on the left, as words do."""
        return self.known is None or self.known.is_words

    @property
    def width(self) -> int:
        """Width in pixels that shows title and values."""
        return _WIDTHS.get(self.name, 36 + 9 * max(7, len(self.title)))

    def written(self, value: float) -> str:
        """Return a number as people read it; a dash where nobody knows it."""
        if math.isnan(value):
            return "–"
        assert self.known is not None
        if self.known.unit not in _SHOWN_DECIMALS:
            return f"{value:.{_LONG_UNITS}g}"
        decimals = min(self.known.decimals, _SHOWN_DECIMALS[self.known.unit])
        if value and abs(value) < 0.5 * 10**-decimals:
            return f"{value:.2g}"
        return f"{value:,.{decimals}f}"

    def copied(self, values: NDArray[np.float64]) -> list[str]:
        """Return numbers as other programs read them: as many digits as mean something, nothing where unknown."""
        assert self.known is not None
        write = f"%.{self.known.decimals}f".__mod__
        # an unknown value is the one that does not equal itself
        return ["" if value != value else write(value) for value in values.tolist()]


def usual_columns(measured: Measured) -> tuple[str, ...]:
    """Return what the table shows as long as nobody chose."""
    sizes = _FOR_OUTLINES if measured.has_outlines else _FOR_BOXES
    return ("class", "score", *sizes, "width", "height", "centre-1", "centre-0", "status", ID)


def columns_of(measured: Measured, wanted: Sequence[str] = ()) -> tuple[TableColumn, ...]:
    """Return the columns that were chosen and that the picture has, each once; the usual ones where none is left.

    Parameters
    ----------
    measured : Measured
        The columns there are.
    wanted : sequence of str
        Names, with or without unit.
    """
    words = [*wanted] or [*usual_columns(measured)]
    names = dict.fromkeys(ID if word == ID else measured.name_of(word) for word in words)
    made = tuple(_column(measured, name) for name in names if name is not None)
    return made or columns_of(measured)


def _column(measured: Measured, name: str) -> TableColumn:
    if name == ID:
        about = "Name of this cell that stays the same in every table and file."
        return TableColumn(ID, _TITLES[ID], f"{about} Click to sort.", None)
    known = measured.known[name]
    said = known.description[:1].upper() + known.description[1:]
    tooltip = f"{said}. In filters: {name}. Click to sort."
    return TableColumn(name, _TITLES.get(name, known.title), tooltip, known)
