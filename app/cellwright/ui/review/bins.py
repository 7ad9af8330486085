"""`Sorting`: which cells stand in which bin, in which order, and how many have been looked at. Knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import NOT_CLASSED, UNIDENTIFIED, ClassRecord, Status
from cellwright.project import ReviewProgress
from cellwright.ui.review.cells import Cells
from cellwright.workflows.doubt import Order, ordered, outlierness

ALL, REJECTED, PICKED = "*", "!", "="
"""Names of the bins that are no class."""

SPECIAL = {UNIDENTIFIED: ("Unidentified", "#9AA4B2"), NOT_CLASSED: ("Not classed", "#6C7684")}
"""Title and colour of the two bins that every project has, whether or not a cell stands in them yet."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the gallery.

    Parameters
    ----------
    name : str
        Of its class, or `ALL` or `REJECTED`.
    title, colour, letter, key : str
        How it is shown, and the key that puts cells there.
    count, reviewed : int
        How many cells stand in it, and how many of them people have looked at.
    is_target : bool
        Whether cells can be put there.
    """

    name: str
    title: str
    colour: str
    letter: str
    key: str
    count: int
    reviewed: int
    is_target: bool = True


@dataclass(slots=True)
class Sorting:
    """The cells of the gallery, and the choice among them.

    Parameters
    ----------
    cells : Cells
        All there are.
    classes : tuple of ClassRecord
        Of the project; `Cells.class_index` points into them.
    chosen : str
        Name of the bin that is shown.
    order : Order
        What stands first.
    is_unreviewed_only : bool
        Whether cells that people have looked at are left out.
    features : mapping
        What is known of each cell by its id, see `workflows.cell_features`; for `Order.OUTLIERNESS`.
    """

    cells: Cells = field(default_factory=Cells.empty)
    classes: tuple[ClassRecord, ...] = ()
    chosen: str = ALL
    order: Order = Order.DOUBT
    is_unreviewed_only: bool = False
    features: Mapping[bytes, NDArray[np.float64]] = field(default_factory=dict)
    picked: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, "V16"))
    """Ids of cells that a number elsewhere points at; they have a bin of their own while there are any."""
    picked_title: str = ""
    """What that number says."""
    rows: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    """The rows of `cells` that are shown, in order; see `sort`."""

    def sort(self) -> None:
        """Choose and order the rows anew."""
        rows = np.flatnonzero(self._in_bin(self.chosen) & self._wanted())
        columns = {Order.DOUBT: self.cells.margins[rows], Order.SIZE: self.cells.areas[rows]}
        if self.order is Order.OUTLIERNESS and (unlike := self.unlikeness()) is not None:
            columns[Order.OUTLIERNESS] = unlike[rows]
        # By picture first where nothing else is asked for.
        places = self.cells.boxes[rows].astype(np.float64)
        places[:, 0] += self.cells.picture[rows] * 1e9
        self.rows = rows[ordered(self.order, columns, places)]

    def unlikeness(self) -> NDArray[np.float64] | None:
        """Return how unlike its class each cell is; None while nothing is known of any."""
        if not self.features:
            return None
        width = len(next(iter(self.features.values())))
        unknown = np.full(width, np.nan)
        table = np.array([self.features.get(each.tobytes(), unknown) for each in self.cells.ids]).reshape(-1, width)
        return outlierness(table, self.cells.class_index)

    def bins(self) -> list[Bin]:
        """Return the bins with their counts: all, one a class, the two special ones, and what was rejected."""
        found = [self._bin(ALL, "All cells", "", "", "", is_target=False)]
        if len(self.picked):
            found.append(self._bin(PICKED, self.picked_title, "", "→", "", is_target=False))
        found += [
            self._bin(each.name, each.title, each.colour, letter_of(each), each.key)
            for each in self.classes
            if each.name not in SPECIAL
        ]
        for name, (title, colour) in SPECIAL.items():
            record = self.record(name)
            found.append(
                self._bin(name, title, colour, "?" if name == UNIDENTIFIED else "–", record.key if record else "")
            )
        return [*found, self._bin(REJECTED, "Rejected", "", "×", "X")]

    def record(self, name: str) -> ClassRecord | None:
        """Return a class of the project by its name."""
        return next((each for each in self.classes if each.name == name), None)

    def progress(self) -> ReviewProgress:
        """Return how many cells that count have been looked at."""
        counted = ~self._rejected()
        reviewed = self.cells.marks.is_reviewed
        return ReviewProgress(int(reviewed.sum()), int((counted | reviewed).sum()))

    def next_unreviewed(self, after: int) -> int | None:
        """Return the place among `rows` of the next cell nobody has looked at, around the end; None where all were."""
        waiting = np.flatnonzero(~self.cells.marks.is_reviewed[self.rows])
        if not len(waiting):
            return None
        later = waiting[waiting > after]
        return int(later[0] if len(later) else waiting[0])

    def _bin(self, name: str, title: str, colour: str, letter: str, key: str, *, is_target: bool = True) -> Bin:
        inside = self._in_bin(name)
        reviewed = int((inside & self.cells.marks.is_reviewed).sum())
        return Bin(name, title, colour, letter, key, int(inside.sum()), reviewed, is_target)

    def _in_bin(self, name: str) -> NDArray[np.bool_]:
        if name == REJECTED:
            return self._rejected()
        if name == ALL:
            return ~self._rejected()
        if name == PICKED:
            # as text, which numpy can sort; rejected ones among them, since a number may be about these
            chosen: NDArray[np.bool_] = np.isin(self.cells.ids.view("S16"), self.picked.view("S16"))
            return chosen
        index = next((at for at, each in enumerate(self.classes) if each.name == name), -1)
        inside: NDArray[np.bool_] = (self.cells.class_index == index) & ~self._rejected()
        return inside

    def _rejected(self) -> NDArray[np.bool_]:
        return self.cells.marks.is_status(Status.REJECTED)

    def _wanted(self) -> NDArray[np.bool_]:
        everything = np.ones(len(self.cells), np.bool_)
        return ~self.cells.marks.is_reviewed if self.is_unreviewed_only else everything


def letter_of(kind: ClassRecord) -> str:
    """Return the letter of a class's badge."""
    return {UNIDENTIFIED: "?", NOT_CLASSED: "–"}.get(kind.name, kind.title[:1].upper())


def class_with_key(classes: Sequence[ClassRecord], key: str) -> ClassRecord | None:
    """Return the class that a key gives; none for no key."""
    return next((each for each in classes if key and each.key == key), None)
