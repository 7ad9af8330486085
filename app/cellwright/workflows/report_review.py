"""Who reviewed what in a project, and whether enough was reviewed for somebody to sign."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import Answer, Drawn, RegionReviewedRecord, ReviewRecord
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import finds_areas
from cellwright.workflows.tables import Thresholds

if TYPE_CHECKING:
    from cellwright.project import Project


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What one person reviewed.

    Parameters
    ----------
    who : str
        Their name.
    accepted, corrected, rejected : int
        Answers about cells: right, of another class, no cell.
    windows : int
        Answers about windows in which cells may have been missed.
    regions : int
        Parts of pictures that they looked at in full.
    audited : int
        How many of all answers were given for random audits.
    first, last : str
        Dates, ISO 8601.
    """

    who: str
    accepted: int
    corrected: int
    rejected: int
    windows: int
    regions: int
    audited: int
    first: str
    last: str


def reviewers(project: Project) -> tuple[Reviewing, ...]:
    """Return what every person reviewed, in the order of their first answers."""
    answers = project.reviews()
    regions = [region for picture in project.pictures() for region in project.region_reviews(picture.id)]
    said = [(each.time, each.author) for each in answers] + [(each.time, each.author) for each in regions]
    names = dict.fromkeys(author for _, author in sorted(said))
    return tuple(
        _of(name, [a for a in answers if a.author == name], [r for r in regions if r.author == name]) for name in names
    )


def _of(who: str, answers: Sequence[ReviewRecord], regions: Sequence[RegionReviewedRecord]) -> Reviewing:
    days = sorted([each.time[:10] for each in answers] + [each.time[:10] for each in regions])

    def number(*kinds: Answer) -> int:
        return sum(each.answer in kinds for each in answers)

    return Reviewing(
        who,
        number(Answer.ACCEPTED),
        number(Answer.RECLASSIFIED),
        number(Answer.REJECTED),
        number(Answer.NOTHING_MISSED, Answer.MISSED),
        len(regions),
        sum(each.drawn is Drawn.AUDIT for each in answers),
        days[0],
        days[-1],
    )


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether what is counted was reviewed.

    Parameters
    ----------
    counted : int
        Objects that count.
    unreviewed : int
        Those of them that no person drew, accepted or corrected.
    about : str
        Which objects, in words: ``"counted cells"``.
    """

    counted: int
    unreviewed: int
    about: str = "counted cells"

    @property
    def is_blocked(self) -> bool:
        """Whether nobody may sign yet."""
        return self.unreviewed > 0 or not self.counted

    def sentence(self) -> str:
        """Return how it stands."""
        if not self.counted:
            return f"Sign-off is blocked: there are no {self.about}."
        if self.unreviewed:
            said = f"{self.unreviewed:,} of {self.counted:,} {self.about} are unreviewed"
            return f"Sign-off is blocked: {said}. Review them, then make the report again."
        return f"All {self.counted:,} {self.about} were reviewed by people."


def readiness(analyses: Iterable[Analysis], thresholds: Thresholds, classes: Collection[str] = ()) -> Readiness:
    """Return whether the objects that count were reviewed.

    Parameters
    ----------
    analyses : iterable of Analysis
        Of all pictures.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    classes : collection of str
        Only of these classes, as of a differential; empty for all.
    """
    counted = unreviewed = 0
    about = "cells of the differential" if classes else "counted cells"
    for analysis in analyses:
        if finds_areas(analysis.card):
            about = "regions"
        objects = analysis.objects
        limits = analysis.default_thresholds if thresholds is None else thresholds
        of_class = np.broadcast_to(np.asarray(limits, np.float32), (len(objects.classes),))
        confirmed = np.zeros(len(objects), bool) if analysis.confirmed is None else analysis.confirmed
        counts = (objects.scores >= of_class[objects.class_index]) | confirmed
        if classes:
            counts &= np.array([name in classes for name in objects.classes], bool)[objects.class_index]
        counted += int(counts.sum())
        unreviewed += int((counts & ~confirmed).sum())
    return Readiness(counted, unreviewed, about)
