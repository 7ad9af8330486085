"""`Verdict`: the same answer about each of many objects, where an `Edit` with a change for each would be too long."""

from __future__ import annotations

from dataclasses import dataclass

from cellwright.annotation.edit import EditKind, RecordChange
from cellwright.annotation.records import ClassRecord
from cellwright.annotation.reviews import Drawn
from cellwright.annotation.state import Status
from cellwright.core import BadParameter


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of every object they chose: that it is of a class, that it is right or none, or that it goes.

    It means what `judged`, `sorted_into`, and `deleted` with its reviews, mean: what was corrected stays so when it is
    accepted, and an object that has the class already is accepted.

    Parameters
    ----------
    class_id : int or None
        Number of the class they are of.
    status : Status or None
        Accepted or rejected.
    is_deleted : bool
        Whether they are taken away.
    drawn : Drawn
        How they came before the person; never by an audit, whose draws have a probability each.
    records : tuple of RecordChange
        What comes in the same step, before the objects: a new class, a region that was looked at in full.

    Raises
    ------
    BadParameter
        If it says nothing, more than one thing, or something else.
    """

    class_id: int | None = None
    status: Status | None = None
    is_deleted: bool = False
    drawn: Drawn = Drawn.FREE
    records: tuple[RecordChange, ...] = ()

    def __post_init__(self) -> None:
        said = [self.class_id is not None, self.status is not None, self.is_deleted]
        if sum(said) != 1 or self.status not in (None, Status.ACCEPTED, Status.REJECTED):
            raise BadParameter("Many objects get a class, are accepted or rejected, or are deleted: say one of these.")
        if self.drawn is Drawn.AUDIT:
            raise BadParameter("What an audit drew is answered one by one: each has its own probability.")

    @property
    def kind(self) -> EditKind:
        """What is done, as history tells it."""
        if any(isinstance(each.after, ClassRecord) for each in self.records):
            return EditKind.MIXED
        if self.is_deleted:
            return EditKind.DELETE
        return EditKind.REVIEW if self.class_id is None else EditKind.RECLASSIFY
