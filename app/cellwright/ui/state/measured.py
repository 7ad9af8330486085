"""`Measured`: the numbers of a picture's objects, column by column: what is known at once, and what was measured.

Knows no Qt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects, PixelSize, unknown_name
from cellwright.ui.state.marks import STATUSES, Marks

if TYPE_CHECKING:
    from cellwright.measure import Measurement

Values = NDArray[np.generic]

_UNIT = re.compile(r"_(?:um|per_mm)\d*$")

CELLS = "cell"
"""Group of what is known of a cell beside measurements: class, score, status, source."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredColumn:
    """One column about N objects.

    Parameters
    ----------
    name : str
        As in every file: ``"area_um2"``; also what a filter calls it.
    unit : str
        As a person writes it: ``"µm²"``; empty for plain numbers and words.
    values : (N,) ndarray
        float64, NaN where unknown; for words whole numbers, an index into `words`.
    description : str
        What the values are, in plain words.
    key : str
        The name without its unit: ``"area"``; the same whatever is known about pixels.
    group : str
        Name of the set of measurements, or `CELLS`.
    decimals : int
        Digits after the point that mean something.
    words : tuple of str
        The different words of a column of words; none for numbers.
    """

    name: str
    unit: str
    values: Values
    description: str
    key: str
    group: str = CELLS
    decimals: int = 4
    words: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_words(self) -> bool:
        """Whether it holds words and no numbers."""
        return bool(self.words)

    @property
    def numbers(self) -> NDArray[np.float64]:
        """(N,) float64: the numbers; of words their place in `words`."""
        return self.values.astype(np.float64, copy=False)

    @property
    def codes(self) -> NDArray[np.integer]:
        """(N,) int: of words their place in `words`."""
        return self.values.astype(np.intp)

    @property
    def title(self) -> str:
        """The name with the unit, where the name does not tell it."""
        return title_of(self.name, self.unit)


_LONG = 20_000
"""From so many objects on, a column that nobody sorts by is worked out for the rows that are seen alone."""


def title_of(name: str, unit: str) -> str:
    """Return the head of a column: its name, with the unit in brackets where the name does not tell it already."""
    return name if not unit or _UNIT.search(name) else f"{name} ({unit})"


@dataclass(frozen=True, slots=True)
class Known:
    """What a column is called and means, before its values are looked at.

    Parameters
    ----------
    name, unit, description, key, group, decimals
        See `MeasuredColumn`.
    is_words : bool
        Whether it holds words.
    """

    name: str
    unit: str
    description: str
    key: str
    group: str = CELLS
    decimals: int = 4
    is_words: bool = False

    @property
    def title(self) -> str:
        """See `MeasuredColumn.title`."""
        return title_of(self.name, self.unit)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What a measuring job answered about some of N objects.

    Parameters
    ----------
    asked : tuple of str
        What was to be measured, see `cellwright.measure.chosen`.
    columns : mapping of str to MeasuredColumn
        By name; NaN for the objects that were not measured.
    rows : (N,) ndarray of bool
        Which objects were measured: those that counted.
    is_behind : bool
        Whether some of it no longer holds, since objects were changed after it was measured.
    """

    asked: tuple[str, ...]
    columns: Mapping[str, MeasuredColumn]
    rows: NDArray[np.bool_]
    is_behind: bool = False


@dataclass(slots=True, eq=False)
class Measured:
    """The columns of a picture's objects, row by row as these stand. Treat as frozen: `Session.measured` makes anew.

    Parameters
    ----------
    objects : Objects
        N objects.
    marks : Marks or None
        What people think of them.
    pixel_size : PixelSize or None
        With one, names and values are in µm.
    taken : Taken or None
        What a job measured; None before.
    is_behind : bool
        Whether objects, pixel size or what counts changed since the job.
    """

    objects: Objects
    marks: Marks | None = None
    pixel_size: PixelSize | None = None
    taken: Taken | None = None
    is_behind: bool = False
    _made: dict[str, MeasuredColumn] = field(default_factory=dict)
    _known: dict[str, Known] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.objects)

    @property
    def has_outlines(self) -> bool:
        """Whether the objects have pixels and not boxes alone."""
        return self.objects.masks is not None

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that has values now, in the order in which people look at them."""
        return tuple(self.known)

    @property
    def known(self) -> Mapping[str, Known]:
        """What each of `names` means, without working out any value."""
        if not self._known:
            self._known = {each.name: each for each in self._all_known()}
        return self._known

    def column(self, name: str) -> MeasuredColumn:
        """Return a column by its name; its values are worked out when first asked for.

        Raises
        ------
        UnknownName
            If there is none of that name; the nearest is said.
        """
        if name not in self.known:
            raise unknown_name("column", name, set(self.names))
        if name not in self._made:
            self._made[name] = self._make(self.known[name])
        return self._made[name]

    def some(self, name: str, rows: NDArray[np.intp]) -> Values:
        """Return the values of a few rows; of a long table without working out all others.

        Raises
        ------
        UnknownName
            If there is no such column.
        """
        known = self.known.get(name)
        is_quick = name in self._made or len(self) <= _LONG or len(rows) > _LONG
        if known is None or is_quick or not self._is_at_once(known.key):
            return self.column(name).values[rows]
        return at_once_values(self.objects.take(rows), known.key, self.pixel_size if name != known.key else None)

    def name_of(self, word: str) -> str | None:
        """Return the column that a name or a name with another unit means: ``"area_um2"`` is ``"area"`` in pixels."""
        if word in self.known:
            return word
        plain = without_unit(word)
        return next((each.name for each in self.known.values() if each.key == plain), None)

    def _all_known(self) -> Iterator[Known]:
        from cellwright.measure import PLACES, at_once

        yield Known("class", "", "kind of cell", "class", is_words=True)
        yield Known("score", "", "how sure the model is, 0 to 1; nothing for what a person drew", "score")
        if self.marks is not None:
            yield Known("status", "", "what people think of the cell", "status", is_words=True)
        yield Known("source", "", "who or what found the cell", "source", is_words=True)
        in_um = self.pixel_size is not None
        declared = at_once(outlines=self.has_outlines)
        for column in declared:
            name, unit = column.header(in_um=in_um), column.written_unit(in_um=in_um)
            yield Known(name, unit, column.description, column.key, "geometry", column.digits(in_um=in_um))
        if in_um:
            for column in (each for each in declared if each.key in PLACES):
                name, unit = column.header(in_um=False), column.written_unit(in_um=False)
                yield Known(name, unit, column.description, name, "geometry", column.digits(in_um=False))
        known = {column.header(in_um=in_um) for column in declared}
        for each in self.taken.columns.values() if self.taken is not None else ():
            if each.name not in known:
                yield Known(each.name, each.unit, each.description, each.key, each.group, each.decimals)

    def _make(self, known: Known) -> MeasuredColumn:
        if known.group == CELLS:
            return _CELL_COLUMNS[known.name](self, known)
        if self.taken is not None and known.name in self.taken.columns and not self._is_at_once(known.key):
            return self.taken.columns[known.name]
        in_um = known.name != known.key
        size = self.pixel_size if in_um else None
        return _column(known, at_once_values(self.objects, known.key, size))

    @staticmethod
    def _is_at_once(key: str) -> bool:
        from cellwright.measure import OF_BOXES, OF_OUTLINES

        return key in OF_BOXES or key in OF_OUTLINES


def at_once_values(objects: Objects, key: str, size: PixelSize | None) -> NDArray[np.float64]:
    """Return what is known of objects without a job: see `cellwright.measure.at_once`.

    Parameters
    ----------
    objects : Objects
        N objects.
    key : str
        Name without unit.
    size : PixelSize or None
        With one, the values are in µm or µm².
    """
    from cellwright.core import Masks
    from cellwright.measure import OF_BOXES, measure

    masks = objects.masks if objects.masks is not None and key not in OF_BOXES else Masks.empty(len(objects))
    (found,) = measure(masks, (key,), pixel_size=size, boxes=objects.boxes)
    return found.values


def taken_of(
    asked: tuple[str, ...], found: tuple[Measurement, ...], rows: NDArray[np.bool_], groups: Mapping[str, str]
) -> Taken:
    """Return the answer of a job as columns of all objects.

    Parameters
    ----------
    asked : tuple of str
        What was to be measured.
    found : tuple of Measurement
        (K,) values each.
    rows : (N,) ndarray of bool
        Which K of N objects were measured.
    groups : mapping of str to str
        The set of each measurement, by its name without unit.
    """
    columns = {}
    for each in found:
        values = np.full(len(rows), np.nan)
        values[rows] = each.values
        key = without_unit(each.name)
        group = groups.get(key, "")
        columns[each.name] = MeasuredColumn(each.name, each.unit, values, each.description, key, group, each.decimals)
    return Taken(asked, columns, rows)


def without_unit(name: str) -> str:
    """Return the name of a column without the unit that it ends in."""
    return _UNIT.sub("", name)


def _column(known: Known, values: Values, words: tuple[str, ...] = ()) -> MeasuredColumn:
    return MeasuredColumn(
        known.name, known.unit, values, known.description, known.key, known.group, known.decimals, words
    )


def _scores(measured: Measured, known: Known) -> MeasuredColumn:
    scores = measured.objects.scores.astype(np.float64)
    if measured.marks is not None:
        scores[measured.marks.by_person] = np.nan
    return _column(known, scores)


def _status(measured: Measured, known: Known) -> MeasuredColumn:
    words = tuple(status.value for status in STATUSES)
    codes = measured.marks.status if measured.marks is not None else np.zeros(len(measured), np.uint8)
    return _column(known, codes, words)


def _source(measured: Measured, known: Known) -> MeasuredColumn:
    marks = measured.marks
    if marks is None:
        return _column(known, np.zeros(len(measured), np.int32), (measured.objects.source,))
    return _column(known, marks.source_index, marks.sources)


_CELL_COLUMNS: Mapping[str, Callable[[Measured, Known], MeasuredColumn]] = {
    "class": lambda m, known: _column(known, m.objects.class_index, m.objects.classes),
    "score": _scores,
    "status": _status,
    "source": _source,
}
