"""The edits of a person who reviews: each answer changes the object and is written down with how it was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from cellwright.annotation.edit import Edit, EditKind, ObjectChange, RecordChange
from cellwright.annotation.records import ClassRecord
from cellwright.annotation.reviews import Answer, Draw, Drawn, RegionReviewedRecord, ReviewRecord
from cellwright.annotation.state import AnnotatedObject, ObjectState, Status
from cellwright.core import BadParameter, Box

_FROM_QUEUE = Draw(Drawn.EMPTY_WINDOW)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who answers, and from which numbers on their records count.

    Parameters
    ----------
    author : str
        Name of the person.
    first_review, first_region : int
        Numbers that no review and no region of the project has had; `Project.reviewer` knows them.
    time : str
        ISO 8601 in UTC; now where none is given.
    """

    author: str
    first_review: int
    first_region: int
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


def judged(
    objects: Sequence[AnnotatedObject],
    reviewer: Reviewer,
    status: Status,
    draws: Mapping[UUID, Draw] | None = None,
    reason: str = "",
) -> Edit:
    """Return the edit that accepts or rejects objects, as one step with a review each.

    What a person has corrected stays corrected when it is accepted.

    Parameters
    ----------
    objects : sequence of AnnotatedObject
        As they stand.
    reviewer : Reviewer
        Who says so.
    status : Status
        Accepted or rejected.
    draws : mapping, optional
        How each came before them; freely where nothing is said.
    reason : str
        Why, in their words.

    Raises
    ------
    BadParameter
        If `status` is another.
    """
    answers = {Status.ACCEPTED: Answer.ACCEPTED, Status.REJECTED: Answer.REJECTED}
    if status not in answers:
        raise BadParameter(f"A review accepts or rejects; {status.value!r} is no answer.")
    changes = []
    for each in objects:
        was_corrected = each.state.status is Status.CORRECTED and status is Status.ACCEPTED
        after = each.state if was_corrected else replace(each.state, status=status)
        if after != each.state:
            changes.append(ObjectChange(each.id, each.picture_id, each.state, after))
    reviews = _reviews(objects, reviewer, answers[status], draws, None)
    return Edit(EditKind.REVIEW, tuple(changes), reviews, reason)


def sorted_into(
    objects: Sequence[AnnotatedObject],
    reviewer: Reviewer,
    kind: ClassRecord | int,
    draws: Mapping[UUID, Draw] | None = None,
    reason: str = "",
) -> Edit:
    """Return the edit that gives objects a class, as one step with a review each; their own class is accepted.

    Parameters
    ----------
    objects, reviewer, draws, reason
        See `judged`.
    kind : ClassRecord or int
        The number of the class; a record where the project does not have it yet, and the step adds it.
    """
    number = kind if isinstance(kind, int) else kind.id
    stays = [each for each in objects if each.state.class_id == number]
    moves = [each for each in objects if each.state.class_id != number]
    accepted = judged(stays, reviewer, Status.ACCEPTED, draws)
    changes = tuple(
        ObjectChange(
            each.id, each.picture_id, each.state, replace(each.state, class_id=number, status=Status.CORRECTED)
        )
        for each in moves
    )
    later = replace(reviewer, first_review=reviewer.first_review + len(stays))
    reviews = _reviews(moves, later, Answer.RECLASSIFIED, draws, number)
    new = () if isinstance(kind, int) else (RecordChange(None, kind),)
    what = EditKind.MIXED if new else EditKind.RECLASSIFY if moves else EditKind.REVIEW
    return Edit(what, accepted.objects + changes, new + accepted.records + reviews, reason)


def window_judged(
    picture_id: int, window: Box, reviewer: Reviewer, *, is_complete: bool, draw: Draw = _FROM_QUEUE
) -> Edit:
    """Return the edit that says whether everything in a window has been found; then it counts as looked at in full.

    Parameters
    ----------
    picture_id, window : int, Box
        Which part of which picture.
    reviewer : Reviewer
        Who says so.
    is_complete : bool
        Whether nothing was missed there.
    draw : Draw
        How the window came before them: from the queue of likely places, or by an audit.
    """
    answer = Answer.NOTHING_MISSED if is_complete else Answer.MISSED
    review = ReviewRecord(
        reviewer.first_review,
        reviewer.time,
        reviewer.author,
        picture_id,
        None,
        float(window.y0),
        float(window.x0),
        float(window.y1),
        float(window.x1),
        answer,
        drawn=draw.drawn,
        probability=draw.probability,
        audit=draw.audit,
    )
    region = region_marked(picture_id, window, reviewer).records if is_complete else ()
    return Edit(EditKind.REVIEW, records=(RecordChange(None, review), *region))


def region_marked(picture_id: int, box: Box, reviewer: Reviewer) -> Edit:
    """Return the edit that says that a part of a picture was looked at in full."""
    place = (box.y0, box.x0, box.y1, box.x1)
    record = RegionReviewedRecord(reviewer.first_region, picture_id, *place, reviewer.time, reviewer.author)
    return Edit(EditKind.REGION, records=(RecordChange(None, record),))


def all_marked(objects: Sequence[AnnotatedObject], picture_id: int, box: Box, reviewer: Reviewer) -> Edit:
    """Return the edit that accepts objects and says that they are all there is in `box`, as one step."""
    accepted = judged(objects, reviewer, Status.ACCEPTED)
    region = region_marked(picture_id, box, reviewer)
    return Edit(EditKind.REVIEW, accepted.objects, (*accepted.records, *region.records))


def with_reviews(edit: Edit, reviewer: Reviewer) -> Edit:
    """Return an edit made with the tools on the picture, with a review of each object that it is an answer about.

    Who repaints, moves, merges or deletes what nobody had looked at has looked at it, upon their own accord. What they
    change further is no second answer, and what they draw anew was never shown to them. An edit that tells its reviews
    itself is left as it is.

    Parameters
    ----------
    edit : Edit
        As the tool made it.
    reviewer : Reviewer
        Who drew.

    Returns
    -------
    Edit
        One step: the same objects, and a record for each that was unreviewed before: reclassified where it has another
        class now, rejected where it is gone or was said to be no object, else accepted.
    """
    if any(isinstance(change.after, ReviewRecord) for change in edit.records):
        return edit
    made: list[RecordChange] = []
    for change in edit.objects:
        before = change.before
        if before is None or before.status is not Status.UNREVIEWED or change.after == before:
            continue
        answer, kind = _answer_in(before, change.after)
        first = replace(reviewer, first_review=reviewer.first_review + len(made))
        made += _reviews([AnnotatedObject(change.id, change.picture_id, before)], first, answer, None, kind)
    return replace(edit, records=(*edit.records, *made))


def _answer_in(before: ObjectState, after: ObjectState | None) -> tuple[Answer, int | None]:
    """Return what a change says of an object, and which class it was given."""
    if after is None or after.status is Status.REJECTED:
        return Answer.REJECTED, None
    if after.class_id != before.class_id:
        return Answer.RECLASSIFIED, after.class_id
    return Answer.ACCEPTED, None


def _reviews(
    objects: Sequence[AnnotatedObject],
    reviewer: Reviewer,
    answer: Answer,
    draws: Mapping[UUID, Draw] | None,
    class_after: int | None,
) -> tuple[RecordChange, ...]:
    made = []
    for number, each in enumerate(objects, reviewer.first_review):
        draw = (draws or {}).get(each.id, Draw())
        record = ReviewRecord(
            number,
            reviewer.time,
            reviewer.author,
            each.picture_id,
            each.id.hex,
            *each.state.geometry.box,
            answer,
            each.state.class_id,
            each.state.class_id if class_after is None else class_after,
            each.state.score,
            draw.drawn,
            draw.probability,
            draw.audit,
        )
        made.append(RecordChange(None, record))
    return tuple(made)
