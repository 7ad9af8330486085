"""How measured columns are spread over the cells of a class, a picture or another group. Knows no Qt."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.jobs import Progress
from cellwright.ui.state.measured import Measured
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session


class GroupBy(str, Enum):
    """Which cells are summed up together."""

    CLASS = "class"
    """Cells of one class, on the picture shown."""
    STATUS = "status"
    """Cells that people think the same of, on the picture shown."""
    SOURCE = "source"
    """Cells that the same model or person found, on the picture shown."""
    NOTHING = "nothing"
    """All cells of the picture shown."""
    PICTURE = "picture"
    """All cells of each open picture."""
    PICTURE_AND_CLASS = "picture and class"
    """Cells of one class, on each open picture."""

    @property
    def is_of_all(self) -> bool:
        """Whether every open picture takes part, and not the one shown alone."""
        return self in (GroupBy.PICTURE, GroupBy.PICTURE_AND_CLASS)


@dataclass(frozen=True, slots=True, eq=False)
class GroupedCells:
    """Cells of one picture, sorted into groups.

    Parameters
    ----------
    measured : Measured
        The columns of the picture.
    rows : (K,) ndarray of intp
        Which of its objects.
    codes : (K,) ndarray of int
        The group of each, an index into `labels`.
    labels : tuple of str
        What the groups are called.
    """

    measured: Measured
    rows: NDArray[np.intp]
    codes: NDArray[np.integer]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One column of one group; NaN where it makes no sense.

    Parameters
    ----------
    group, column, unit : str
        Of which cells, what, and in which unit.
    decimals : int
        Digits after the point that mean something.
    n : int
        Cells whose value is known.
    mean, sd, median, low, high : float
        sd is that of a sample (n - 1 below the fraction); low and high are the ends.
    """

    group: str
    column: str
    unit: str
    decimals: int
    n: int
    mean: float
    sd: float
    median: float
    low: float
    high: float


def grouped_cells(session: Session, by: GroupBy) -> tuple[GroupedCells, ...]:
    """Return the cells that are shown, picture by picture, each in its group."""
    pictures = session.pictures if by.is_of_all else tuple(p for p in (session.current,) if p is not None)
    return tuple(_grouped(session, picture, by) for picture in pictures if picture.objects is not None)


def _grouped(session: Session, picture: Picture, by: GroupBy) -> GroupedCells:
    measured, rows = session.measured(picture), session.shown(picture)
    assert measured is not None
    none = np.zeros(len(rows), np.intp)
    titles = {style.name: style.title for style in picture.styles}
    if by is GroupBy.NOTHING:
        return GroupedCells(measured, rows, none, ("All cells",))
    if by is GroupBy.PICTURE:
        return GroupedCells(measured, rows, none, (picture.name,))
    if by is GroupBy.PICTURE_AND_CLASS:
        kinds = measured.column("class")
        labels = tuple(f"{picture.name} · {titles.get(word, word)}" for word in kinds.words)
        return GroupedCells(measured, rows, kinds.values[rows].astype(np.intp), labels)
    if by.value not in measured.known:
        return GroupedCells(measured, rows, none, ("Unreviewed",))
    words = measured.column(by.value)
    return GroupedCells(
        measured, rows, words.values[rows].astype(np.intp), tuple(titles.get(word, word) for word in words.words)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Summarise:
    """Sum columns up group by group; an `Operation` whose result is a tuple of `SummaryRow`.

    Groups come in the order of the cells' words, pictures in that of the list; groups without a cell are left out.
    A column that one picture tells in µm and another in pixels has a row for each.

    Parameters
    ----------
    cells : tuple of GroupedCells
        Picture by picture.
    columns : tuple of str
        Which numbers, with or without unit; words are left out.
    """

    cells: tuple[GroupedCells, ...]
    columns: tuple[str, ...]
    title: str = "Sum up measurements"

    def run(self) -> Generator[Progress, None, tuple[SummaryRow, ...]]:
        """Go through the columns."""
        found: dict[str, dict[str, list[SummaryRow]]] = {label: {} for part in self.cells for label in part.labels}
        ordered = [_in_order(part) for part in self.cells]
        for done, word in enumerate(self.columns):
            yield Progress(done, len(self.columns), self.title)
            for row in _summed(self.cells, ordered, word):
                found[row.group].setdefault(word, []).append(row)
        return tuple(row for of in found.values() for rows in of.values() for row in rows)


def _in_order(part: GroupedCells) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows group by group, and where each group begins among them, with the end of the last."""
    order = np.argsort(part.codes.astype(np.int32), kind="stable")
    return part.rows[order], np.searchsorted(part.codes[order], np.arange(len(part.labels) + 1))


def _summed(
    cells: Sequence[GroupedCells], ordered: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]], word: str
) -> list[SummaryRow]:
    values: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    known = {}
    for part, (rows, ends) in zip(cells, ordered, strict=True):
        name = part.measured.name_of(word)
        if name is None or part.measured.known[name].is_words:
            continue
        known[name] = part.measured.known[name]
        numbers = part.measured.column(name).numbers[rows]
        for label, first, last in zip(part.labels, ends[:-1], ends[1:], strict=True):
            if last > first:
                values.setdefault((label, name), []).append(numbers[first:last])
    return [
        _row(label, known[name].name, known[name].unit, known[name].decimals, np.concatenate(parts))
        for (label, name), parts in values.items()
    ]


def _row(group: str, column: str, unit: str, decimals: int, values: NDArray[np.float64]) -> SummaryRow:
    values = values[~np.isnan(values)]
    n = len(values)
    if not n:
        return SummaryRow(group, column, unit, decimals, 0, *[np.nan] * 5)
    sd = float(values.std(ddof=1)) if n > 1 else np.nan
    ends = float(values.min()), float(values.max())
    return SummaryRow(group, column, unit, decimals, n, float(values.mean()), sd, float(np.median(values)), *ends)
