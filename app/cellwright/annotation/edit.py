"""`Edit`: one step of work as a value, with its inverse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from uuid import UUID

from cellwright.annotation.records import Record
from cellwright.annotation.state import ObjectState
from cellwright.core import BadParameter


class EditKind(str, Enum):
    """What was done, as history tells it."""

    ADD = "add"
    DELETE = "delete"
    MOVE = "move"
    RECLASSIFY = "reclassify"
    REVIEW = "review"
    PAINT = "paint"
    ERASE = "erase"
    MERGE = "merge"
    SPLIT = "split"
    PICTURES = "pictures"
    CLASSES = "classes"
    ANALYSE = "analyse"
    REGION = "region"
    COUNT_REGION = "region to count"
    AUDIT = "audit"
    SIGN_OFF = "sign-off"
    FACTOR = "laboratory factor"
    PIXEL_SIZE = "pixel size"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object before and after; None where it is not there."""

    id: UUID
    picture_id: int
    before: ObjectState | None
    after: ObjectState | None


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A picture, class, model or run before and after; None where it is not there.

    Raises
    ------
    BadParameter
        If both are None, of different kinds, or have different numbers.
    """

    before: Record | None
    after: Record | None

    def __post_init__(self) -> None:
        there = [record for record in (self.before, self.after) if record is not None]
        if not there or len({(type(record), record.id) for record in there}) != 1:
            raise BadParameter("A change is of one record: give what it was, what it becomes, or both.")


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of work, however many objects it touches.

    Parameters
    ----------
    kind : EditKind
        What was done.
    objects : tuple of ObjectChange
        Each object at most once.
    records : tuple of RecordChange
        Each record at most once.
    reason : str
        Why, in the person's words; may be empty.
    """

    kind: EditKind
    objects: tuple[ObjectChange, ...] = ()
    records: tuple[RecordChange, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if len({change.id for change in self.objects}) != len(self.objects):
            raise BadParameter("An edit changes each object once: join its changes first.")
        named = [change.after or change.before for change in self.records]
        if len({(type(record), record.id) for record in named if record is not None}) != len(named):
            raise BadParameter("An edit changes each record once: join its changes first.")

    def inverse(self) -> Edit:
        """Return the edit that takes this one back; the inverse of the inverse is the edit itself."""
        objects = tuple(replace(change, before=change.after, after=change.before) for change in self.objects)
        records = tuple(replace(change, before=change.after, after=change.before) for change in reversed(self.records))
        return replace(self, objects=objects, records=records)
