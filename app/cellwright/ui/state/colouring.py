"""Which colour each cell has: of its class, one of its own, or of any column that was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects, PixelSize
from cellwright.ui.looks.units import length_unit
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.measured import MeasuredColumn
from cellwright.ui.state.plotting import Axis


class ColourBy(str, Enum):
    """What a colour stands for."""

    CLASS = "class"
    """The kind of cell."""
    OBJECT = "object"
    """Nothing: neighbours differ, so that one sees where one cell ends."""
    SCORE = "score"
    """How sure the model is."""
    AREA = "area"
    """How large the cell is."""


@dataclass(frozen=True, slots=True)
class ByColumn:
    """Colours stand for a column of what is measured.

    Parameters
    ----------
    name : str
        Of the column, as tables call it.
    """

    name: str

    @property
    def value(self) -> str:
        """How it is written down in the settings; `colouring_of` reads it."""
        return f"{_COLUMN}{self.name}"


_COLUMN = "column:"

Colouring = ColourBy | ByColumn


def colouring_of(text: str) -> Colouring:
    """Return what colours stand for, as it was written down; the class for anything unknown."""
    if text.startswith(_COLUMN) and len(text) > len(_COLUMN):
        return ByColumn(text.removeprefix(_COLUMN))
    try:
        return ColourBy(text)
    except ValueError:
        return ColourBy.CLASS


TITLES = {
    ColourBy.CLASS: "Class",
    ColourBy.OBJECT: "Each cell",
    ColourBy.SCORE: "Confidence",
    ColourBy.AREA: "Area",
}


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours of a measurement mean.

    Parameters
    ----------
    title : str
        Name and unit.
    low, high : str
        What the first and the last colour of `MAP` stand for.
    """

    title: str
    low: str
    high: str


_ANCHORS = (
    "#440154",
    "#482878",
    "#3e4989",
    "#31688e",
    "#26828e",
    "#1f9e89",
    "#35b779",
    "#6ece58",
    "#b5de2b",
    "#fde725",
)
"""Viridis (Smith and van der Walt, CC0): rises evenly in brightness, also for colour-blind eyes and in print."""

_OWN = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#9BD76A", "#B9A3E3", "#FF8FA3",
        "#7FDBDA", "#C9B458")  # fmt: skip


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 … 255, of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _colour_map() -> NDArray[np.uint8]:
    anchors = np.array([rgb(colour) for colour in _ANCHORS], float)
    at = np.linspace(0, len(anchors) - 1, 256)
    parts = [np.interp(at, np.arange(len(anchors)), anchors[:, part]) for part in range(3)]
    table: NDArray[np.uint8] = np.rint(np.stack(parts, axis=1)).astype(np.uint8)
    return table


MAP: NDArray[np.uint8] = _colour_map()
"""(256, 3) red, green, blue, from low to high."""


def object_colours(
    objects: Objects, styles: tuple[ClassStyle, ...], by: ColourBy, pixel_size: PixelSize | None
) -> tuple[NDArray[np.uint8], Legend | None]:
    """Return the colour of each object, and the legend where colours stand for numbers.

    Parameters
    ----------
    objects : Objects
        N objects.
    styles : tuple of ClassStyle
        One a class.
    by : ColourBy
        What a colour stands for.
    pixel_size : PixelSize or None
        For areas in µm².

    Returns
    -------
    colours, legend : (N, 3) ndarray of uint8, Legend or None
    """
    if by is ColourBy.CLASS:
        table = np.array([rgb(style.colour) for style in styles], np.uint8).reshape(-1, 3)
        of_class: NDArray[np.uint8] = table[objects.class_index]
        return of_class, None
    if by is ColourBy.OBJECT:
        # by a byte of the id: the same cell has the same colour whatever else is shown
        own = np.array([rgb(colour) for colour in _OWN], np.uint8)
        last = objects.ids.view(np.uint8).reshape(len(objects), -1)[:, -1]
        return own[last % len(own)], None
    if by is ColourBy.SCORE:
        return _mapped(objects.scores, 0.0, 1.0), Legend("Confidence", "0", "1")
    areas, unit = areas_of(objects, pixel_size)
    low, high = _middle_range(areas)
    return _mapped(areas, low, high), Legend(f"Area ({unit})", f"≤ {_number(low)}", f"≥ {_number(high)}")


def measured_colours(column: MeasuredColumn) -> tuple[NDArray[np.uint8], Legend]:
    """Return the colour of each object by a column of numbers, and the legend; grey where the number is unknown.

    Parameters
    ----------
    column : MeasuredColumn
        (N,) numbers.

    Returns
    -------
    colours, legend : (N, 3) ndarray of uint8, Legend
        Lowest and highest colour stand for the 2nd and the 98th percentile.
    """
    values = column.numbers
    known = np.isfinite(values)
    low, high = _middle_range(values[known])
    colours = np.full((len(values), 3), _UNKNOWN, np.uint8)
    colours[known] = _mapped(values[known], low, high)
    title = Axis(column.name, column.unit).title
    return colours, Legend(title, f"≤ {_number(low)}", f"≥ {_number(high)}")


_UNKNOWN = 128


def areas_of(objects: Objects, pixel_size: PixelSize | None) -> tuple[NDArray[np.float64], str]:
    """Return (N,) areas and their unit: of the mask, or of the box where there is none."""
    pixels = objects.sizes.prod(axis=1)
    if objects.masks is not None:
        pixels = np.where(objects.masks.counts > 0, objects.masks.areas(), pixels)
    areas = pixels.astype(np.float64)
    unit, height, width = length_unit(pixel_size)
    return areas * (height * width), f"{unit}²"


def _mapped(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    part = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    inks: NDArray[np.uint8] = MAP[np.rint(255 * np.clip(part, 0, 1)).astype(np.intp)]
    return inks


def _middle_range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the range of all but the most unusual values: one giant must not make all others equal."""
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, (2, 98))
    return float(low), float(high)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
