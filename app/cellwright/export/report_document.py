"""`Report`: what a report says, block by block, before it becomes HTML or PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.export.overlay import LegendEntry
from cellwright.export.table import printable

# Letters that turn the direction of what follows: a file name could make another text of the line it stands in.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


def plain_text(text: str) -> str:
    """Return text as a report shows it: printable, in one direction, line breaks as blanks."""
    return " ".join(_TURNING.sub("\ufffd", printable(text)).split())


class Tone(str, Enum):
    """How loudly a paragraph speaks."""

    PLAIN = "plain"
    """As the rest."""
    QUIET = "quiet"
    """Small and grey: what belongs to a table or picture."""
    WARNING = "warning"
    """In a frame: what nobody may overlook."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what is so called, line by line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column of a `Grid`: its header, and whether it holds numbers, which stand to the right."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for people.

    Parameters
    ----------
    title : str
        What it shows.
    columns : tuple of GridColumn
        Their headers.
    rows : tuple of tuple of str
        As they are read, rounded and with units; one cell a column.
    sums : int
        How many of the last rows are sums, set apart by a line.
    note : str
        Below it: what intervals suppose, what is missing.

    Raises
    ------
    BadParameter
        If a row has another number of cells than there are columns.
    """

    title: str
    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    sums: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise BadParameter(f"A row of the table {self.title!r} does not fit its {len(self.columns)} columns.")


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A picture.

    Parameters
    ----------
    pixels : (H, W, 3) ndarray of uint8
        What is seen.
    alt : str
        What is seen, for who cannot see it.
    caption : str
        Below it.
    keys : tuple of LegendEntry
        What the colours mean.
    width : float
        Share of the page's width, in (0, 1].
    """

    pixels: NDArray[np.uint8]
    alt: str
    caption: str
    keys: tuple[LegendEntry, ...] = ()
    width: float = 1.0


class ChartKind(str, Enum):
    """How a `Chart` is drawn."""

    INTERVALS = "intervals"
    """A line for each series: a point, and its interval as a bar."""
    HISTOGRAM = "histogram"
    """How often values occur, one outline a series."""
    CURVES = "curves"
    """Values against places, with a band where there are ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Numbers of one class.

    Parameters
    ----------
    name : str
        As shown.
    colour : str
        ``#RRGGBB``.
    values : (N,) ndarray of float64
        What is drawn; for intervals one.
    low, high : (N,) ndarray of float64 or None
        Ends of intervals.
    places : (N,) ndarray of float64 or None
        Of curves, along the level axis.
    marker : float or None
        A place along the level axis that is marked, as a threshold.
    """

    name: str
    colour: str
    values: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    places: NDArray[np.float64] | None = None
    marker: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A plot.

    Parameters
    ----------
    kind : ChartKind
        How.
    series : tuple of Series
        What.
    x, y : str
        Titles of the axes, with units.
    alt : str
        What it shows, for who cannot see it.
    caption : str
        Below it.
    width : float
        Share of the page's width, in (0, 1]; two of a half stand side by side.
    """

    kind: ChartKind
    series: tuple[Series, ...]
    x: str
    y: str
    alt: str
    caption: str
    width: float = 0.5


@dataclass(frozen=True, slots=True)
class SignOff:
    """Where somebody takes responsibility.

    Parameters
    ----------
    said : str
        How it stands, in a sentence.
    is_blocked : bool
        Whether nobody may sign yet.
    who, when : str
        Who signed and when; empty where nobody has, so that there is room for a pen.
    """

    said: str
    is_blocked: bool = False
    who: str = ""
    when: str = ""


Block: TypeAlias = Heading | Paragraph | Facts | Grid | Figure | Chart | SignOff


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report says.

    Parameters
    ----------
    title, subtitle : str
        At its head.
    blocks : sequence of Block
        In their order.
    foot : str
        At the foot of every page.
    author : str
        Who made it, for the file's properties.
    """

    title: str
    subtitle: str
    blocks: Sequence[Block]
    foot: str = ""
    author: str = ""
