"""How many cells a model missed, from the windows that an audit drew at random and people looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from cellwright.annotation import Answer, AuditRecord, ReviewRecord, Status
from cellwright.core import BadParameter, Box
from cellwright.stats import Estimate, SampledWindows, sampled_total
from cellwright.workflows.audit import strata_of

if TYPE_CHECKING:
    from cellwright.project import Project

WINDOWS = "windows"
_LIMIT = 0.5


@dataclass(frozen=True, slots=True)
class MissedCells:
    """What windows say of cells that were not found.

    Parameters
    ----------
    by_class : mapping of int to Estimate
        Missed cells of each class of the project on all pictures the windows were drawn from.
    total : Estimate
        Of all classes together.
    found : int
        Missed cells that people drew in windows they looked at.
    answered, drawn, population : int
        Windows that were looked at, drawn, and drawn from.
    notes : tuple of str
        What a person must know to believe the numbers.
    """

    by_class: Mapping[int, Estimate]
    total: Estimate
    found: int
    answered: int
    drawn: int
    population: int
    notes: tuple[str, ...]


def has_windows(record: AuditRecord) -> bool:
    """Whether an audit drew windows at all."""
    return any(each.get("of") == WINDOWS for each in strata_of(record))


def missed_cells(project: Project, audit_id: int, level: float = 0.95) -> MissedCells:
    """Return how many cells were missed on the pictures of an audit, by what people found in its windows.

    Windows tile the pictures and were drawn at random, so what was missed in them stands for the rest. A cell was
    missed where it counts now, its middle lies in a window that was looked at, and it did not count when the audit was
    drawn: people drew it since, or accepted what the model was not sure enough of.

    Parameters
    ----------
    project : Project
        Open.
    audit_id : int
        See `Project.audits`.
    level : float
        Of the intervals, in (0, 1).

    Raises
    ------
    BadParameter
        If there is no such audit, it drew no windows, or nobody has looked at one of each group.
    """
    record = next((each for each in project.audits() if each.id == audit_id), None)
    if record is None or not has_windows(record):
        raise BadParameter(f"There is no audit {audit_id} that drew windows; draw one with windows.")
    groups = {at: each for at, each in enumerate(strata_of(record)) if each.get("of") == WINDOWS}
    items = [each for each in project.audit_items(audit_id) if each.window is not None]
    said = _answers(project.audit_reviews(audit_id))
    classes = [each.id for each in project.classes()]
    missed = _Missed(project, record)
    counts: dict[int, list[dict[int, int]]] = {at: [] for at in groups}
    undrawn = 0
    for item in items:
        window = item.window
        assert window is not None
        answer = said.get((item.picture, window))
        if answer is None:
            continue
        found = missed.within(item.picture, window)
        undrawn += answer.answer is Answer.MISSED and not found
        counts[item.stratum].append(found)
    empty = [str(groups[at]["name"]) for at, seen in counts.items() if not seen]
    if empty:
        raise BadParameter(f"Nobody has looked at a window of the group {empty[0]!r} yet; look at one of each group.")

    def estimate(of: Sequence[int]) -> Estimate:
        sampled = [
            SampledWindows(int(str(groups[at]["population"])), [sum(each.get(c, 0) for c in of) for each in seen])
            for at, seen in counts.items()
        ]
        return sampled_total(sampled, level)

    answered = sum(len(seen) for seen in counts.values())
    return MissedCells(
        {each: estimate([each]) for each in classes},
        estimate(classes),
        sum(sum(each.values()) for seen in counts.values() for each in seen),
        answered,
        len(items),
        sum(int(str(each["population"])) for each in groups.values()),
        tuple(_notes(answered, len(items), undrawn)),
    )


class _Missed:
    """The cells of a project that count now and did not when the audit was drawn, picture by picture."""

    def __init__(self, project: Project, record: AuditRecord) -> None:
        self._project, self._record = project, record
        self._names = {each.id: each.name for each in project.classes()}
        self._limits = _limits(record)
        self._known: dict[int, list[tuple[float, float, int]]] = {}

    def within(self, picture: int, window: Box) -> dict[int, int]:
        """Return how many were missed of each class in a window."""
        if picture not in self._known:
            self._known[picture] = self._on(picture)
        found: dict[int, int] = {}
        for y, x, kind in self._known[picture]:
            if window.contains_point(y, x):
                found[kind] = found.get(kind, 0) + 1
        return found

    def _on(self, picture: int) -> list[tuple[float, float, int]]:
        columns = self._project.columns(picture)
        confirmed = [tuple(Status).index(each) for each in (Status.ACCEPTED, Status.CORRECTED)]
        rejected = tuple(Status).index(Status.REJECTED)
        counts = (columns.by_person | np.isin(columns.status, confirmed)) & (columns.status != rejected)
        rows = np.flatnonzero(counts).tolist()
        names = {row: UUID(bytes=columns.ids[row].tobytes()) for row in rows}
        before = self._project.before(self._record, names.values())
        middles = (columns.boxes[:, :2] + columns.boxes[:, 2:]) / 2
        found = []
        for row, name in names.items():
            state = before.get(name)
            if state is not None and state.status is not Status.REJECTED:
                least = self._limits.get(self._names.get(state.class_id, ""), _LIMIT)
                is_sure = state.score is None or np.float32(state.score) >= np.float32(least)
                if is_sure or state.by_person or state.status is not Status.UNREVIEWED:
                    continue  # it counted already
            found.append((float(middles[row, 0]), float(middles[row, 1]), int(columns.class_ids[row])))
        return found


def _limits(record: AuditRecord) -> dict[str, float]:
    limits: dict[str, float] = {}
    for each in strata_of(record):
        thresholds = each.get("thresholds")
        limits.update(thresholds if isinstance(thresholds, dict) else json.loads(str(thresholds or "{}")))
    return limits


def _answers(reviews: Sequence[ReviewRecord]) -> dict[tuple[int, Box], ReviewRecord]:
    """Return the answer that stands for each window: the last one."""
    return {
        (each.picture, Box(int(each.y0), int(each.x0), int(each.y1), int(each.x1))): each
        for each in reviews
        if each.object is None
    }


def _notes(answered: int, drawn: int, undrawn: int) -> list[str]:
    lines = []
    if answered < drawn:
        lines.append(f"{answered:,} of {drawn:,} drawn windows are looked at; they stand for the rest.")
    if undrawn:
        windows = "1 window" if undrawn == 1 else f"{undrawn:,} windows"
        lines.append(
            f"In {windows} cells were said to be missed and none is drawn: draw them, or the number is too low."
        )
    return lines
