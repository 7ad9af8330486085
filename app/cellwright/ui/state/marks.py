"""`Marks`: what people think of each object of a picture, column by column beside `Objects`. Knows no Qt."""

from __future__ import annotations

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
    by_person : (N,) ndarray of bool
        Whether a person drew it.
    """

    status: NDArray[np.uint8]
    by_person: NDArray[np.bool_]

    @staticmethod
    def unreviewed(n: int) -> Marks:
        """Return the marks of `n` objects that nobody has looked at."""
        return Marks(np.zeros(n, np.uint8), np.zeros(n, np.bool_))

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
