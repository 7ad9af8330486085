"""How far two readings of the same cells agree, cell by cell and picture by picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.stats import (
    ConfusionLimits,
    Interval,
    Kappa,
    LimitsOfAgreement,
    binomial_interval,
    cohen_kappa,
    confusion_limits,
    limits_of_agreement,
)

NOTHING = "no cell"
"""Name of the last row and column: one of the two says that there is nothing."""

FEWEST_PICTURES = 3
"""With fewer nothing can be said of how counts differ."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReadCell:
    """One cell as both saw it.

    Parameters
    ----------
    id : bytes
        Of the object, 16 bytes.
    picture : int
        Number of its picture.
    first, second : str or None
        The class each gave it; None for "there is no cell". Never both None.
    """

    id: bytes
    picture: int
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Two readings of the same cells.

    Parameters
    ----------
    first, second : str
        Who read: a name, or a model.
    classes : tuple of str
        Classes, as in files.
    titles : tuple of str
        As shown, in the same order.
    cells : tuple of ReadCell
        What both were asked about.
    pictures : tuple of int
        Numbers of the pictures.
    level : float
        Of the intervals.
    notes : tuple of str
        What must be known to believe the numbers.
    table : (C + 1, C + 1) ndarray of int64
        Cells by the class of the first (rows) and of the second (columns); last is `NOTHING`.
    """

    first: str
    second: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    cells: tuple[ReadCell, ...]
    pictures: tuple[int, ...]
    level: float
    notes: tuple[str, ...]
    table: Counts = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.classes) + 1
        table = np.zeros((size, size), np.int64)
        for cell in self.cells:
            table[self._at(cell.first), self._at(cell.second)] += 1
        object.__setattr__(self, "table", table)

    @property
    def named(self) -> Counts:
        """(C, C) int64: the cells that both saw."""
        return self.table[:-1, :-1]

    @property
    def kappa(self) -> Kappa | None:
        """Cohen's, over the cells that both saw; None where there is none."""
        return cohen_kappa(self.named, self.level) if self.named.sum() else None

    @property
    def agreed(self) -> tuple[int, int, Interval]:
        """Cells that both gave the same class, of how many that both saw, and the exact interval of the share."""
        same, seen = int(np.trace(self.named)), int(self.named.sum())
        return same, seen, binomial_interval(same, seen, self.level)

    def limits(self) -> ConfusionLimits:
        """Return the shares of each row with their exact limits."""
        return confusion_limits(self.table, self.level)

    def ids(self, row: int, column: int) -> list[bytes]:
        """Return the cells of one place of the table."""
        return [each.id for each in self.cells if self._at(each.first) == row and self._at(each.second) == column]

    def counts(self, name: str | None = None) -> tuple[Counts, Counts]:
        """Return how many cells of a class each counted on each picture, of all where `name` is None; (P,) int64."""
        place = {number: at for at, number in enumerate(self.pictures)}
        found = np.zeros((2, len(self.pictures)), np.int64)
        for cell in self.cells:
            for side, kind in enumerate((cell.first, cell.second)):
                if kind is not None and name in (None, kind):
                    found[side, place[cell.picture]] += 1
        return found[0], found[1]

    def bland_altman(self, name: str | None = None) -> LimitsOfAgreement | None:
        """Return the limits of agreement of the counts of a class; None with fewer than `FEWEST_PICTURES`."""
        if len(self.pictures) < FEWEST_PICTURES:
            return None
        return limits_of_agreement(*self.counts(name), level=self.level)

    def title(self, place: int) -> str:
        """Return what a row or column is called."""
        return self.titles[place] if place < len(self.titles) else NOTHING.capitalize()

    def _at(self, name: str | None) -> int:
        return len(self.classes) if name is None else self.classes.index(name)


def agreement_of(
    readers: tuple[str, str],
    classes: Sequence[tuple[str, str]],
    cells: Iterable[ReadCell],
    pictures: Sequence[int],
    level: float,
    notes: Sequence[str],
) -> Agreement:
    """Return the agreement of two readings, with the classes that either used.

    Parameters
    ----------
    readers : (str, str)
        Who.
    classes : sequence of (str, str)
        Name and title of every class there is.
    cells : iterable of ReadCell
        At least one.
    pictures : sequence of int
        Those that both read.
    level : float
        In (0, 1).
    notes : sequence of str
        What must be known.

    Raises
    ------
    BadParameter
        If there is no cell.
    """
    read = tuple(cells)
    if not read:
        raise BadParameter(f"There is no cell that both {readers[0]} and {readers[1]} have read.")
    used = {kind for each in read for kind in (each.first, each.second)}
    kept = [(name, title) for name, title in classes if name in used]
    names, titles = tuple(name for name, _ in kept), tuple(title for _, title in kept)
    return Agreement(readers[0], readers[1], names, titles, read, tuple(pictures), level, tuple(notes))
