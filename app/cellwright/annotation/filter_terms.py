"""The parts of a filter: comparisons of a column with a value, and what joins them. Values, each of which answers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize

Rows = NDArray[np.bool_]


class FilterMistake(BadParameter):
    """A filter that cannot be understood or does not fit the objects.

    Parameters
    ----------
    text : str
        What is wrong, without the place.
    start, end : int
        Which characters of the filter it is about, counted from 0.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(f"{text} (character {start + 1})")
        self.start, self.end = start, end


class Unmeasured(FilterMistake):
    """A filter names a column that could be measured and has not been."""


class Quantity(str, Enum):
    """What a column holds, and so which units fit."""

    AREA = "area"
    LENGTH = "length"
    NUMBER = "number"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column holds, and in which unit.

    Parameters
    ----------
    quantity : Quantity
    unit : str
        Of areas and lengths: one of `UNITS` that fits; empty for px and px².
    """

    quantity: Quantity
    unit: str = ""


UNITS: Mapping[str, tuple[Quantity, float | None]] = {
    "px": (Quantity.LENGTH, None),
    "nm": (Quantity.LENGTH, 1e-3),
    "µm": (Quantity.LENGTH, 1.0),
    "mm": (Quantity.LENGTH, 1e3),
    "px²": (Quantity.AREA, None),
    "nm²": (Quantity.AREA, 1e-6),
    "µm²": (Quantity.AREA, 1.0),
    "mm²": (Quantity.AREA, 1e6),
    "%": (Quantity.NUMBER, 0.01),
}
"""What each unit measures, and how many µm or µm² it is; None for pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of words.

    Parameters
    ----------
    codes : (N,) ndarray of int
        Index into `names`.
    names : tuple of str
        The different words.
    """

    codes: NDArray[np.integer]
    names: tuple[str, ...]

    @staticmethod
    def of(words: Iterable[str]) -> Words:
        """Return the column of these words."""
        names: dict[str, int] = {}
        codes = [names.setdefault(word, len(names)) for word in words]
        return Words(np.array(codes, np.int32), tuple(names))

    def __len__(self) -> int:
        return len(self.codes)

    def where(self, is_meant: Callable[[str], bool]) -> Rows:
        """Return the rows whose word is meant."""
        meant = np.array([is_meant(name) for name in self.names], np.bool_)
        found: Rows = meant[self.codes] if len(self.names) else np.zeros(len(self.codes), np.bool_)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What a filter is asked about: N objects, column by column.

    Parameters
    ----------
    numbers : mapping of str to (N,) ndarray
        Areas in px² and lengths in px, or as the filter was told by `Kind`; NaN where nobody knows.
    words : mapping of str to Words
    n : int
        How many objects.
    pixel_size : PixelSize or None
        Without one, only pixels can be asked for.
    """

    numbers: Mapping[str, NDArray[np.generic]]
    words: Mapping[str, Words]
    n: int
    pixel_size: PixelSize | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Which characters of the text a part was written in; parts that say the same are equal wherever they stand."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, with the unit of its numbers; see `Kind`."""

    name: str
    quantity: Quantity
    place: Place = Place()
    unit: str = ""

    def __str__(self) -> str:
        return written_name(self.name)

    def values(self, columns: Columns) -> NDArray[np.float64]:
        """Return the numbers of a column; `FilterMistake` where these objects have none."""
        if self.name not in columns.numbers:
            raise FilterMistake(f"Nothing is known about {self.name!r} of these objects.", *_ends(self.place))
        return np.asarray(columns.numbers[self.name], np.float64)

    def words(self, columns: Columns) -> Words:
        """Return the words of a column; `FilterMistake` where these objects have none."""
        if self.name not in columns.words:
            raise FilterMistake(f"Nothing is known about {self.name!r} of these objects.", *_ends(self.place))
        return columns.words[self.name]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, which may be empty."""

    value: float
    unit: str = ""
    place: Place = Place()

    def __str__(self) -> str:
        number = f"{self.value:.15g}" if float(f"{self.value:.15g}") == self.value else repr(self.value)
        return f"{number} {self.unit}".rstrip() if self.unit != "%" else f"{number}%"

    def in_unit_of(self, like: Column, columns: Columns) -> float:
        """Return the number in the unit of a column; `FilterMistake` where the pixel size is needed and unknown."""
        if not self.unit:
            return self.value
        factor, wanted = UNITS[self.unit][1], UNITS[like.unit][1] if like.unit else None
        if like.quantity is Quantity.NUMBER:
            return self.value * (factor or 1.0)
        if factor is None and wanted is None:
            return self.value
        if factor is not None and wanted is not None:
            return self.value * factor / wanted
        side = self._pixel_um(like, columns)
        return self.value * factor / side if factor is not None else self.value * side / (wanted or 1.0)

    def _pixel_um(self, like: Column, columns: Columns) -> float:
        """Return how long, or how large, a pixel is along what a column measures, in µm or µm²."""
        size = columns.pixel_size
        if size is None:
            pixels = "px²" if like.quantity is Quantity.AREA else "px"
            text = f"Nobody said how large a pixel here is: give {like.name} in {pixels}, or set the pixel size."
            raise FilterMistake(text, *_ends(self.place))
        if like.quantity is Quantity.AREA:
            return size.area_um2
        name = like.name.removesuffix("_um")
        return size.x_um if name in _ALONG_X else size.y_um if name in _ALONG_Y else math.sqrt(size.area_um2)


@dataclass(frozen=True, slots=True)
class Compare:
    """Numbers compared: a column with an amount, or with another column of the same quantity."""

    left: Column
    sign: str
    right: Column | Amount

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant; one whose number nobody knows is not."""
        left, right = self.left.values(columns), self._right(columns)
        with np.errstate(invalid="ignore"):
            meant = SIGNS[self.sign](left, right)
        known: Rows = meant & ~np.isnan(left) & ~np.isnan(right)
        return known

    def _right(self, columns: Columns) -> NDArray[np.float64]:
        if isinstance(self.right, Column):
            return self.right.values(columns)
        return np.asarray(self.right.in_unit_of(self.left, columns), np.float64)


SIGNS: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.float64]], Rows]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column of words is one of several; capital and small letters are the same."""

    column: Column
    words: tuple[str, ...]

    def __str__(self) -> str:
        if len(self.words) == 1:
            return f"{self.column} == {quoted(self.words[0])}"
        return f"{self.column} in ({', '.join(quoted(word) for word in self.words)})"

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant."""
        meant = {word.casefold() for word in self.words}
        return self.column.words(columns).where(lambda name: name.casefold() in meant)


@dataclass(frozen=True, slots=True)
class Contains:
    """A column of words holds a piece of text; capital and small letters are the same."""

    column: Column
    piece: str

    def __str__(self) -> str:
        return f"{self.column} contains {quoted(self.piece)}"

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant."""
        return self.column.words(columns).where(lambda name: self.piece.casefold() in name.casefold())


@dataclass(frozen=True, slots=True)
class Not:
    """The objects that are not meant."""

    term: Term

    def __str__(self) -> str:
        return f"not {_bracketed(self.term)}"

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant."""
        return ~self.term.rows(columns)


@dataclass(frozen=True, slots=True)
class All:
    """The objects that every term means; at least two terms."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return " and ".join(_bracketed(term) for term in self.terms)

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant."""
        meant: Rows = np.logical_and.reduce([term.rows(columns) for term in self.terms])
        return meant


@dataclass(frozen=True, slots=True)
class Any:
    """The objects that at least one term means; at least two terms."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return " or ".join(_bracketed(term) for term in self.terms)

    def rows(self, columns: Columns) -> Rows:
        """Return which objects are meant."""
        meant: Rows = np.logical_or.reduce([term.rows(columns) for term in self.terms])
        return meant


PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
"""Names of columns that need no backticks: letters, digits, and dashes inside."""

_ALONG_X = ("width", "x", "centre-1", "centroid-1", "bbox-1", "bbox-3")
_ALONG_Y = ("height", "y", "centre-0", "centroid-0", "bbox-0", "bbox-2")

Term = Compare | OneOf | Contains | Not | All | Any


def quoted(word: str) -> str:
    """Return a word as it is written in a filter."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written_name(name: str) -> str:
    """Return the name of a column as it is written in a filter: one with unusual signs between backticks."""
    return name if PLAIN_NAME.fullmatch(name) else f"`{name}`"


def _bracketed(term: Term) -> str:
    return f"({term})" if isinstance(term, All | Any) else str(term)


def _ends(place: Place) -> tuple[int, int]:
    return place.start, place.end
