"""`Marks`: what people think of each object of a picture, column by column beside `Objects`. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Status

STATUSES = tuple(Status)
"""In the order of the numbers in `Marks.status`."""

_NUMBER = {status: number for number, status in enumerate(STATUSES)}


class Provenance(IntEnum):
    """Whose word an object is; each is drawn in a line of its own."""

    MODEL = 0
    """Found by a model; nobody has looked yet."""
    ACCEPTED = 1
    """Found by a model and accepted by a person."""
    CORRECTED = 2
    """Corrected or drawn by a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What people think of N objects.

    Parameters
    ----------
    status : (N,) ndarray of uint8
        Index into `STATUSES`.
    source_index : (N,) ndarray of int
        Index into `sources`.
    sources : tuple of str
        What made them: ``"model:NAME@HASH12"`` or ``"person:NAME"``.
    """

    status: NDArray[np.uint8]
    source_index: NDArray[np.int32]
    sources: tuple[str, ...]

    @staticmethod
    def unreviewed(n: int, source: str) -> Marks:
        """Return the marks of `n` objects of one source that nobody has looked at."""
        return Marks(np.zeros(n, np.uint8), np.zeros(n, np.int32), (source,))

    @property
    def by_person(self) -> NDArray[np.bool_]:
        """(N,) bool: whether a person drew it."""
        drawn = np.array([name.startswith("person:") for name in self.sources], np.bool_)
        found: NDArray[np.bool_] = drawn[self.source_index] if len(drawn) else np.zeros(len(self), np.bool_)
        return found

    def take(self, rows: NDArray[np.intp]) -> Marks:
        """Return the marks of some objects."""
        return Marks(self.status[rows], self.source_index[rows], self.sources)

    def replaced(self, rows: NDArray[np.intp], news: Marks) -> Marks:
        """Return the marks with those of some objects in the place of theirs."""
        both = Marks.concatenate([self, news])
        order = np.arange(len(self))
        order[rows] = len(self) + np.arange(len(rows))
        return both.take(order)

    @staticmethod
    def concatenate(parts: Sequence[Marks]) -> Marks:
        """Return the marks of all parts, one after the other."""
        if not parts:
            return Marks.unreviewed(0, "")
        names = tuple(dict.fromkeys(name for part in parts for name in part.sources))
        index = [_renumbered(part, names) for part in parts]
        return Marks(np.concatenate([part.status for part in parts]), np.concatenate(index), names)

    def __len__(self) -> int:
        return len(self.status)

    def is_status(self, *wanted: Status) -> NDArray[np.bool_]:
        """(N,) bool: which objects have one of these statuses."""
        found: NDArray[np.bool_] = np.isin(self.status, [_NUMBER[status] for status in wanted])
        return found

    @property
    def is_reviewed(self) -> NDArray[np.bool_]:
        """(N,) bool: which objects a person has looked at, or drawn."""
        looked_at: NDArray[np.bool_] = self.status != _NUMBER[Status.UNREVIEWED]
        return looked_at | self.by_person

    def counted(self, is_sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (N,) which objects count, given which are sure enough: a person's word is worth more than a score."""
        kept = self.is_status(Status.ACCEPTED, Status.CORRECTED) | self.by_person
        return (is_sure | kept) & ~self.is_status(Status.REJECTED)

    @property
    def provenance(self) -> NDArray[np.uint8]:
        """(N,) uint8: `Provenance` of each object."""
        found = np.full(len(self), Provenance.MODEL, np.uint8)
        found[self.is_status(Status.ACCEPTED)] = Provenance.ACCEPTED
        found[self.is_status(Status.CORRECTED) | self.by_person] = Provenance.CORRECTED
        return found


def _renumbered(marks: Marks, names: tuple[str, ...]) -> NDArray[np.int32]:
    if marks.sources == names[: len(marks.sources)]:
        return marks.source_index
    place = np.array([names.index(name) for name in marks.sources], np.int32)
    return place[marks.source_index]
