"""The white-cell differential: kinds in per cent with limits, others per 100 white cells, estimates per microlitre."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cellwright.annotation import LaboratoryFactorRecord
from cellwright.core import BadParameter
from cellwright.stats import (
    Dispersion,
    Interval,
    ShareDifference,
    Simultaneous,
    binomial_interval,
    compare_differentials,
    ratio_interval,
    share_dispersion,
    share_intervals,
)
from cellwright.workflows.cell_roles import CellRole, roles_of
from cellwright.workflows.differential_cells import FieldCells
from cellwright.workflows.per_microlitre import PerMicrolitre, per_microlitre
from cellwright.workflows.sure_counts import FEWEST_FIELDS

NOT_A_DEVICE = (
    "Cellwright is not a medical device: these numbers are for research and teaching. No patient may be diagnosed or "
    "treated by them; whoever uses them in a laboratory answers for that."
)
"""Stands under every differential, wherever it is shown."""

USUAL = 100
"""A differential of fewer white cells than this says so; reference methods count 200 (CLSI H20)."""
_SUSPICIOUS = 0.05

_SIGNED_ROLES = (CellRole.WHITE, CellRole.PER_100, CellRole.UNIDENTIFIED)


@dataclass(frozen=True, slots=True)
class DifferentialRow:
    """The numbers of one class.

    Parameters
    ----------
    name, title : str
        As in files and as shown.
    role : CellRole
        Its part.
    count, unreviewed : int
        Cells, and how many of them nobody has looked at.
    share : float or None
        Of white cells told by kind, for a kind of white cell; of all white cells, for those not told; None for others
        and where there are none.
    interval : Interval or None
        Of the share.
    per_100 : float or None
        For each 100 white cells told by kind, for what is no white cell.
    per_100_interval : Interval or None
        Of it: exact, both numbers being counted.
    """

    name: str
    title: str
    role: CellRole
    count: int
    unreviewed: int
    share: float | None = None
    interval: Interval | None = None
    per_100: float | None = None
    per_100_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Differential:
    """A differential count.

    Parameters
    ----------
    rows : tuple of DifferentialRow
        Kinds of white cells, 100 per cent together.
    beside : tuple of DifferentialRow
        What is told per 100 of them.
    apart : tuple of DifferentialRow
        White cells that were not told by kind.
    white, unidentified : int
        White cells told by kind, and not told.
    unreviewed : int
        Cells of all these that nobody has looked at.
    cells : int
        All of these.
    sha256 : str
        Of their ids and classes: what a signature holds for.
    level : float
        Of the intervals.
    method : str
        What the intervals are, for a methods paragraph.
    pictures : int
        How many it was counted on.
    dispersion : Dispersion or None
        How much more the kinds differ between pictures than chance has it; None with too few pictures.
    estimates : tuple of PerMicrolitre
        Only with the laboratory's own factor.
    notes : tuple of str
        What a person must know, one sentence each; the last says that this is no medical device.
    """

    rows: tuple[DifferentialRow, ...]
    beside: tuple[DifferentialRow, ...]
    apart: tuple[DifferentialRow, ...]
    white: int
    unidentified: int
    unreviewed: int
    cells: int
    sha256: str
    level: float
    method: str
    pictures: int
    dispersion: Dispersion | None
    estimates: tuple[PerMicrolitre, ...]
    notes: tuple[str, ...]

    @property
    def every_row(self) -> tuple[DifferentialRow, ...]:
        """Kinds, then what is told beside them, then what was not told."""
        return (*self.rows, *self.beside, *self.apart)

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Why it cannot be signed off, one sentence each; none where it can."""
        said = []
        if not self.white:
            said.append("There is no white cell whose kind is told.")
        if self.unreviewed:
            are, them, each = (
                ("1 cell is", "it", "it")
                if self.unreviewed == 1
                else (f"{self.unreviewed:,} cells are", "them", "each")
            )
            said.append(f"{are} unreviewed: look at {them} in the gallery, and accept or correct {each}.")
        return tuple(said)

    def row_named(self, name: str) -> DifferentialRow:
        """Return the row of a class; `KeyError` if it has no part in the differential."""
        return {each.name: each for each in self.every_row}[name]

    def counts(self) -> dict[str, int]:
        """Return the cells by class."""
        return {each.name: each.count for each in self.every_row}


def differential(
    fields: Sequence[FieldCells],
    *,
    roles: Mapping[str, CellRole] | None = None,
    simultaneous: Simultaneous = Simultaneous.NONE,
    level: float = 0.95,
    factors: Iterable[LaboratoryFactorRecord] = (),
) -> Differential:
    """Make the differential of one preparation.

    Parameters
    ----------
    fields : sequence of FieldCells
        Its pictures.
    roles : mapping, optional
        What part classes play, where their names do not tell; see `roles_of`.
    simultaneous : Simultaneous
        Whether Rümke's limits hold for each kind alone, as his table does, or for all at once.
    level : float
        In (0, 1).
    factors : iterable of LaboratoryFactorRecord
        The laboratory's own; without one nothing is estimated per microlitre.

    Raises
    ------
    BadParameter
        If there is no picture, or the level is impossible.
    """
    if not fields:
        raise BadParameter("A differential needs at least one picture that was analyzed.")
    names = list(dict.fromkeys(name for each in fields for name in each.classes))
    titles = {name: title for each in fields for name, title in each.titles.items()}
    parts = roles_of(names, titles, roles)
    tallies = _Tallies(fields, names, titles, parts)
    rows = _white_rows(tallies, simultaneous, level)
    white = sum(each.count for each in rows)
    apart = _rows_apart(tallies, white, level)
    every = (*rows, *_rows_beside(tallies, white, level), *apart)
    estimates = tuple(per_microlitre(fields, parts, each, level) for each in factors)
    dispersion = tallies.dispersion()
    found = Differential(
        rows,
        tuple(each for each in every if each.role is CellRole.PER_100),
        apart,
        white,
        sum(each.count for each in apart),
        sum(each.unreviewed for each in every),
        sum(each.count for each in every),
        _digest(fields, parts),
        level,
        _method(simultaneous, len(rows), level),
        len(fields),
        dispersion,
        estimates,
        (),
    )
    return _with_notes(found, fields, estimates)


def compare(first: Differential, second: Differential) -> list[tuple[str, ShareDifference]]:
    """Return how each kind of white cell differs between two differentials of different cells, by title.

    Raises
    ------
    BadParameter
        If either has no white cells.
    """
    titles = {each.name: each.title for each in (*second.rows, *first.rows)}
    counts = [{each.name: each.count for each in one.rows} for one in (first, second)]
    names = [name for name in titles if counts[0].get(name) or counts[1].get(name)]
    numbers = [[each.get(name, 0) for name in names] for each in counts]
    found = compare_differentials(numbers[0], numbers[1], first.level)
    return [(titles[name], each) for name, each in zip(names, found, strict=True)]


class _Tallies:
    """Cells by class, in all and picture by picture."""

    def __init__(
        self,
        fields: Sequence[FieldCells],
        names: Sequence[str],
        titles: Mapping[str, str],
        roles: Mapping[str, CellRole],
    ) -> None:
        self._titles, self._roles = titles, roles
        by_field = [each.counts() for each in fields]
        unreviewed = [each.unreviewed() for each in fields]
        self._by_field = {name: [each.get(name, 0) for each in by_field] for name in names}
        self._unreviewed = {name: sum(each.get(name, 0) for each in unreviewed) for name in names}

    def of(self, role: CellRole) -> list[DifferentialRow]:
        """Return the classes of a part, with their numbers alone."""
        return [
            DifferentialRow(name, self._titles.get(name, name), role, sum(counts), self._unreviewed[name])
            for name, counts in self._by_field.items()
            if self._roles[name] is role
        ]

    def dispersion(self) -> Dispersion | None:
        """Return how much more the kinds differ between pictures than by chance."""
        kinds = [counts for name, counts in self._by_field.items() if self._roles[name] is CellRole.WHITE]
        found = share_dispersion(np.array(kinds).T) if kinds else None
        return found if found is not None and found.fields >= FEWEST_FIELDS else None


def _white_rows(tallies: _Tallies, simultaneous: Simultaneous, level: float) -> tuple[DifferentialRow, ...]:
    rows = tallies.of(CellRole.WHITE)
    white = sum(each.count for each in rows)
    limits = share_intervals([each.count for each in rows], level, simultaneous) if rows else []
    return tuple(
        DifferentialRow(each.name, each.title, each.role, each.count, each.unreviewed, each.count / white, interval)
        if white
        else each
        for each, interval in zip(rows, limits, strict=True)
    )


def _rows_beside(tallies: _Tallies, white: int, level: float) -> tuple[DifferentialRow, ...]:
    made = []
    for each in tallies.of(CellRole.PER_100):
        value = 100 * each.count / white if white else None
        interval = ratio_interval(each.count, white, level).scaled(100) if white else None
        made.append(
            DifferentialRow(
                each.name,
                each.title,
                each.role,
                each.count,
                each.unreviewed,
                per_100=value,
                per_100_interval=interval,
            )
        )
    return tuple(made)


def _rows_apart(tallies: _Tallies, white: int, level: float) -> tuple[DifferentialRow, ...]:
    rows = tallies.of(CellRole.UNIDENTIFIED)
    everything = white + sum(each.count for each in rows)
    return tuple(
        DifferentialRow(
            each.name,
            each.title,
            each.role,
            each.count,
            each.unreviewed,
            each.count / everything,
            binomial_interval(each.count, everything, level),
        )
        if everything
        else each
        for each in rows
    )


def _digest(fields: Sequence[FieldCells], roles: Mapping[str, CellRole]) -> str:
    """Return one hash of the cells that a signature is about, whatever their order."""
    lines = []
    for each in fields:
        signed = np.array([roles[name] in _SIGNED_ROLES for name in each.classes], np.bool_)
        rows = np.flatnonzero(signed[each.class_index]) if len(each.ids) else np.zeros(0, np.intp)
        lines += [f"{each.ids[row].tobytes().hex()} {each.classes[int(each.class_index[row])]}" for row in rows]
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8")).hexdigest()


def _method(simultaneous: Simultaneous, kinds: int, level: float) -> str:
    percent = f"{100 * level:g} %"
    if simultaneous is Simultaneous.NONE:
        return f"{percent} limits as in Rümke's table (exact binomial), each kind for itself"
    if simultaneous is Simultaneous.BONFERRONI:
        return f"{percent} limits, exact binomial, all {kinds} kinds at once (Bonferroni)"
    return f"{percent} limits, score intervals of Goodman (1965), all {kinds} kinds at once"


def _with_notes(found: Differential, fields: Sequence[FieldCells], estimates: Sequence[PerMicrolitre]) -> Differential:
    notes = [each.note for each in fields if each.note]
    if 0 < found.white < USUAL:
        cells = "1 white cell is" if found.white == 1 else f"{found.white} white cells are"
        notes.append(f"Only {cells} told by kind; a differential counts {USUAL} or 200.")
    if found.white and len([each for each in found.rows if each.count]) < 2 and len(found.rows) < 2:
        notes.append("The model tells no kinds of white cells apart; use a classifier, or sort the cells yourself.")
    if found.unidentified:
        everything = found.white + found.unidentified
        notes.append(
            f"{found.unidentified:,} of {everything:,} white cells are not told by kind; they are no part of the 100 %."
        )
    if found.dispersion is not None and found.dispersion.p_value < _SUSPICIOUS and found.dispersion.ratio > 1:
        notes.append(
            f"Kinds differ between pictures by more than chance (dispersion {found.dispersion.ratio:.1f}): the limits, "
            "which suppose independent cells, are too narrow."
        )
    if estimates:
        notes.append("Estimates per µL are right only for fields taken at random where cells lie in one layer.")
    return replace(found, notes=(*notes, NOT_A_DEVICE))
