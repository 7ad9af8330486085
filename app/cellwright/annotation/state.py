"""An object as it stands, and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from cellwright.annotation.geometry import Geometry
from cellwright.core import BadParameter


class Status(str, Enum):
    """What a person thinks of an object."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ObjectState:
    """Everything about an object that can change.

    Parameters
    ----------
    geometry : Geometry
        Where it lies.
    class_id : int
        A `ClassRecord`.
    score : float or None
        Calibrated probability in [0, 1]; None where no model said one.
    source : str
        What made it: ``"model:NAME@HASH12"`` or ``"person:NAME"``.
    status : Status
        What a person thinks of it.
    """

    geometry: Geometry
    class_id: int
    score: float | None
    source: str
    status: Status = Status.UNREVIEWED

    def __post_init__(self) -> None:
        if self.score is not None and not (math.isfinite(self.score) and 0 <= self.score <= 1):
            raise BadParameter(f"A score lies between 0 and 1, not at {self.score}.")


@dataclass(frozen=True, slots=True)
class AnnotatedObject:
    """An object of a project: its id for life, the picture it lies on, and its state."""

    id: UUID
    picture_id: int
    state: ObjectState
