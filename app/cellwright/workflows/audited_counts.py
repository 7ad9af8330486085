"""Counts of a project corrected by one of its random audits, valid under the probabilities that were written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from cellwright.annotation import Answer, AuditItemRecord, AuditRecord, ReviewRecord, Status
from cellwright.core import BadParameter
from cellwright.stats import AuditedStratum, Estimate, corrected_count, rogan_gladen
from cellwright.workflows.audit import strata_of
from cellwright.workflows.missed_cells import MissedCells, has_windows, missed_cells

if TYPE_CHECKING:
    from cellwright.project import Project

_ROUNDING = 1e-9

Kind = int | None
"""A class of the project by its number; None for what is no object."""


@dataclass(frozen=True, slots=True)
class AuditedCount:
    """The numbers of one class.

    Parameters
    ----------
    class_id : int
        The class.
    name : str
        Of the class.
    counted : int
        Objects that the model counts as it, among those the audit was drawn from.
    corrected : Estimate
        How many of those objects really are of it, see `cellwright.stats.corrected_count`.
    rogan_gladen : Estimate or None
        The same as a number by the method of Rogan and Gladen, from the audit's weighted sensitivity and specificity;
        None where these say nothing.
    """

    class_id: int
    name: str
    counted: int
    corrected: Estimate
    rogan_gladen: Estimate | None


@dataclass(frozen=True, slots=True)
class AuditedCounts:
    """What an audit says of the counts of a project.

    Parameters
    ----------
    rows : tuple of AuditedCount
        One a class, in the order of the project.
    real : Estimate
        How many of the objects are real at all, of whatever class.
    population, answered, drawn : int
        Objects that were drawn from, answers given so far, and objects drawn.
    missed : MissedCells or None
        What its windows say of cells that were not found; None where it drew none, or nobody looked at them yet.
    notes : tuple of str
        What a person must know to believe the numbers, one sentence each.
    """

    rows: tuple[AuditedCount, ...]
    real: Estimate
    population: int
    answered: int
    drawn: int
    missed: MissedCells | None
    notes: tuple[str, ...]

    def row_named(self, name: str) -> AuditedCount:
        """Return the row of a class; `KeyError` if there is none."""
        return {each.name: each for each in self.rows}[name]


def audited_counts(project: Project, audit_id: int, level: float = 0.95) -> AuditedCounts:
    """Correct the counts of a project by what an audit's reviewers said.

    An audit draws within each of its groups at random, with the probability it writes down, and what was answered so
    far is a random part of it, because it is shown in random order. Each answer therefore stands for
    population / answers of its group. What nobody drew keeps the model's word. The estimate is for the objects the
    audit was drawn from, under the thresholds it wrote down: cells that the model did not find are not in it.

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
        If there is no such audit, or a group of it has no answer yet.
    """
    record = next((each for each in project.audits() if each.id == audit_id), None)
    if record is None:
        raise BadParameter(f"The project has no audit {audit_id}; it has {[a.id for a in project.audits()]}.")
    items = [each for each in project.audit_items(audit_id) if each.window is None]
    answers = _answers(project.audit_reviews(audit_id))
    found = _Found(project, record, items, answers)
    rows = tuple(found.row(each.id, each.name, level) for each in project.classes())
    real = corrected_count(found.population, found.strata(lambda kind: kind is not None), level)
    missed, why_not = _missed(project, record, level)
    notes = (*_notes(items, answers, found), *(missed.notes if missed is not None else ()), why_not)
    said = tuple(note for note in notes if note)
    return AuditedCounts(rows, real, found.population, len(answers), len(items), missed, said)


def _missed(project: Project, record: AuditRecord, level: float) -> tuple[MissedCells | None, str]:
    """Return what the windows of an audit say, or None and why."""
    if not has_windows(record):
        return None, "Cells that the model did not find are not in these numbers: this audit drew no windows."
    try:
        return missed_cells(project, record.id, level), ""
    except BadParameter as error:
        return None, f"Cells that the model did not find are not in these numbers. {error}"


class _Found:
    """What was drawn and what was said of it, group by group."""

    def __init__(
        self,
        project: Project,
        record: AuditRecord,
        items: Sequence[AuditItemRecord],
        answers: Mapping[str, ReviewRecord],
    ) -> None:
        # windows are groups of the same audit, and tell of what was missed
        place = {at: number for number, (at, _) in enumerate(_of_objects(record))}
        self.groups = [group for _, group in _of_objects(record)]
        if not self.groups:
            raise BadParameter("This audit drew windows alone; it corrects no count. Draw one with cells.")
        self.population = sum(int(str(each["population"])) for each in self.groups)
        self.said: list[list[tuple[Kind, Kind]]] = [[] for _ in self.groups]
        for item in items:
            if answer := answers.get(item.object):
                self.said[place[item.stratum]].append((answer.class_before, _truth(answer)))
        empty = [str(each["name"]) for each, said in zip(self.groups, self.said, strict=True) if not said]
        if empty:
            raise BadParameter(
                f"Nobody has answered for the group {empty[0]!r} of this audit yet; review at least one of each group."
            )
        self.counted = _counted(project, record, self.groups)
        # Answers weigh population / answers; that is one over the written probability times the share answered.
        sizes = [int(str(each["size"])) / int(str(each["population"])) for each in self.groups]
        if any(abs(item.probability - sizes[place[item.stratum]]) > _ROUNDING for item in items):
            raise BadParameter(
                "The probabilities written down with this audit are not those of its groups: it was not drawn as it "
                "says, and nothing can be concluded from it."
            )

    def strata(self, is_of: Callable[[Kind], bool]) -> list[AuditedStratum]:
        """Return what was found about objects of the kinds that `is_of` is true for."""
        made = []
        for group, said in zip(self.groups, self.said, strict=True):
            pairs = [(is_of(before), is_of(true)) for before, true in said]
            missed, wrong, right = (pairs.count(pair) for pair in ((False, True), (True, False), (True, True)))
            made.append(AuditedStratum(int(str(group["population"])), len(said), missed, wrong, right))
        return made

    def row(self, class_id: int, name: str, level: float) -> AuditedCount:
        """Return the numbers of one class."""
        strata = self.strata(lambda kind: kind == class_id)
        counted = self.counted.get(class_id, 0)
        return AuditedCount(
            class_id, name, counted, corrected_count(counted, strata, level), self._by_rates(counted, strata, level)
        )

    def _by_rates(self, counted: int, strata: Sequence[AuditedStratum], level: float) -> Estimate | None:
        """Return the count by Rogan and Gladen: rates are weighted, samples as large as they are worth (Kish)."""
        weights = [each.population / each.looked_at for each in strata]
        total = [(w * s.right, w * s.missed, w * s.wrong, w * _spared(s)) for w, s in zip(weights, strata, strict=True)]
        right, missed, wrong, spared = (sum(part) for part in zip(*total, strict=True))
        positive = _worth(weights, [s.right + s.missed for s in strata])
        negative = _worth(weights, [s.wrong + _spared(s) for s in strata])
        if not positive or not negative:
            return None
        sensitivity = (round(positive * right / (right + missed)), positive)
        specificity = (round(negative * spared / (spared + wrong)), negative)
        try:
            share = rogan_gladen(counted, self.population, sensitivity, specificity, level)
        except BadParameter:
            return None
        return Estimate(
            share.value * self.population, share.interval.scaled(self.population), f"{share.method}, weights of Kish"
        )


def _of_objects(record: AuditRecord) -> list[tuple[int, Mapping[str, object]]]:
    """Return the groups of an audit that are of objects, each with its number."""
    return [(at, each) for at, each in enumerate(strata_of(record)) if each.get("of", "objects") == "objects"]


def _spared(group: AuditedStratum) -> int:
    return group.looked_at - group.right - group.missed - group.wrong


def _worth(weights: Sequence[float], counts: Sequence[int]) -> int:
    """Return how many equally likely draws say as much as these (Kish, Survey sampling, 1965)."""
    total = sum(w * n for w, n in zip(weights, counts, strict=True))
    square = sum(w * w * n for w, n in zip(weights, counts, strict=True))
    return round(total * total / square) if square else 0


def _truth(answer: ReviewRecord) -> Kind:
    return None if answer.answer is Answer.REJECTED else answer.class_after


def _answers(reviews: Sequence[ReviewRecord]) -> dict[str, ReviewRecord]:
    """Return the answer that stands for each object: the last one, with the class that was shown first."""
    found: dict[str, ReviewRecord] = {}
    for review in reviews:
        if review.object is None:
            continue
        first = found.get(review.object)
        shown = review.class_before if first is None else first.class_before
        found[review.object] = replace(review, class_before=shown)
    return found


def _counted(project: Project, record: AuditRecord, groups: Sequence[Mapping[str, object]]) -> dict[Kind, int]:
    """Return how many objects the model counted of each class when the audit was drawn.

    Groups that are classes say so themselves. For other groups the objects are counted as they stand, each with the
    class it had before people looked at it.
    """
    names = {each.name: each.id for each in project.classes()}
    if all(str(group["name"]) in names for group in groups):
        return {names[str(group["name"])]: int(str(group["population"])) for group in groups}
    before: dict[UUID, Kind] = {}
    for review in reversed(project.reviews()):
        if review.object is not None and review.time >= record.time:
            before[UUID(hex=review.object)] = review.class_before
    counts: dict[Kind, int] = {}
    for class_id, each, is_rejected in _present(project, groups):
        if is_rejected and each not in before:
            continue  # it was so before the audit, which does not draw it
        kind = before.get(each, class_id)
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def _present(project: Project, groups: Sequence[Mapping[str, object]]) -> list[tuple[int, UUID, bool]]:
    """Return class, id and whether it is rejected of the objects that count under the thresholds of the audit."""
    limits: dict[str, float] = {}
    for group in groups:
        thresholds = group.get("thresholds")
        limits.update(thresholds if isinstance(thresholds, dict) else {})
    by_id = {each.id: limits.get(each.name, 0.0) for each in project.classes()}
    unreviewed, rejected = (tuple(Status).index(each) for each in (Status.UNREVIEWED, Status.REJECTED))
    found = []
    for picture in project.pictures():
        columns = project.columns(picture.id)
        least = np.array([by_id.get(int(c), 0.0) for c in columns.class_ids], np.float32)
        counts = np.isnan(columns.scores) | (columns.scores >= least) | columns.by_person
        counts |= columns.status != unreviewed
        found += [
            (int(columns.class_ids[row]), UUID(bytes=columns.ids[row].tobytes()), bool(columns.status[row] == rejected))
            for row in np.flatnonzero(counts)
        ]
    return found


def _notes(items: Sequence[AuditItemRecord], answers: Mapping[str, ReviewRecord], found: _Found) -> list[str]:
    lines = [
        f"Valid for the {found.population:,} objects the audit was drawn from, under the thresholds it wrote down."
    ]
    done = [item.object in answers for item in items]
    if not all(done):
        lines.append(f"{sum(done):,} of {len(items):,} drawn objects are answered; they stand for the rest.")
        if False in done[: sum(done)]:
            lines.append("Answers were not given in the order drawn: if hard cells were left out, the numbers are off.")
    counted = sum(found.counted.values())
    if counted != found.population:
        lines.append(
            f"The project now has {counted:,} objects that would be drawn from: it was changed since, so that "
            f"corrected counts are off by up to {abs(counted - found.population):,}."
        )
    return lines
