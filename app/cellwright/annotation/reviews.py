"""What people were shown and what they said: reviews, audits and regions looked at in full, as records of a project."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from cellwright.core import BadParameter, Box

UNIDENTIFIED = "unidentified"
"""Name of the class of cells that a person has seen and cannot tell."""
NOT_CLASSED = "not-classed"
"""Name of the class of cells that nobody has given a class yet."""

_WINDOW = re.compile(r"window (\d+) (\d+) (\d+) (\d+)")


class Drawn(str, Enum):
    """How something came before a person's eyes."""

    FREE = "free"
    """They came upon it by themselves."""
    DOUBTFUL = "doubtful"
    """It stood in the queue of what the model is least sure of: chosen on purpose, not by chance."""
    EMPTY_WINDOW = "empty window"
    """It stood in the queue of places where cells may have been missed: chosen on purpose, not by chance."""
    AUDIT = "audit"
    """It was drawn at random, with a known probability."""


class Answer(str, Enum):
    """What a person said."""

    ACCEPTED = "accepted"
    """It is there and of this class."""
    REJECTED = "rejected"
    """It is no object."""
    RECLASSIFIED = "reclassified"
    """It is there, and of another class."""
    NOTHING_MISSED = "nothing missed"
    """Every object of this window has been found."""
    MISSED = "missed"
    """Objects of this window were not found."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How something came before a person, and how likely that was.

    Parameters
    ----------
    drawn : Drawn
        Which way.
    probability : float or None
        Of being drawn, in (0, 1], for an audit; None for every other way, where no chance was at work and no honest
        estimate can be made from the answers.
    audit : int or None
        The audit.

    Raises
    ------
    BadParameter
        If an audit lacks its probability, or something else has one.
    """

    drawn: Drawn = Drawn.FREE
    probability: float | None = None
    audit: int | None = None

    def __post_init__(self) -> None:
        _refuse_false_chance(self.drawn, self.probability, self.audit)


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One answer of one person.

    Parameters
    ----------
    id : int
        Its number; never given twice.
    time : str
        When, ISO 8601 in UTC.
    author : str
        Who.
    picture : int
        The picture.
    object : str or None
        The object's id in 32 hexadecimal digits; None where a window was looked at.
    y0, x0, y1, x1 : float
        The object's box as it was, or the window; level-0 pixels, half-open.
    answer : Answer
        What they said.
    class_before, class_after : int or None
        The class they were shown and the one they gave; None for a window.
    score : float or None
        What the model said, in [0, 1].
    drawn : Drawn
        How it came before them.
    probability : float or None
        See `Draw`.
    audit : int or None
        The audit it was drawn for.
    """

    id: int
    time: str
    author: str
    picture: int
    object: str | None
    y0: float
    x0: float
    y1: float
    x1: float
    answer: Answer
    class_before: int | None = None
    class_after: int | None = None
    score: float | None = None
    drawn: Drawn = Drawn.FREE
    probability: float | None = None
    audit: int | None = None

    def __post_init__(self) -> None:
        # From the database these two come as plain words.
        object.__setattr__(self, "answer", Answer(self.answer))
        object.__setattr__(self, "drawn", Drawn(self.drawn))
        _refuse_false_chance(self.drawn, self.probability, self.audit)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A random draw of things to be reviewed.

    Parameters
    ----------
    id : int
        Its number.
    time, author : str
        When (ISO 8601 in UTC) and who.
    seed : int
        The draw can be made again from it and the same population.
    population : int
        How many it was drawn from.
    size : int
        How many were drawn.
    strata : str
        JSON: a list of strata, each with its ``name``, ``population`` and ``size``, and the ``thresholds`` that held.
    """

    id: int
    time: str
    author: str
    seed: int
    population: int
    size: int
    strata: str = "[]"


@dataclass(frozen=True, slots=True)
class AuditItemRecord:
    """One thing that an audit drew, whether or not it has been reviewed since.

    Parameters
    ----------
    id : int
        Its number; rises in the order in which the things are to be looked at, which is random too.
    audit : int
        The audit.
    picture : int
        The picture.
    object : str
        The object's id in 32 hexadecimal digits; for a window its place, see `window_name`.
    stratum : int
        Position in the audit's strata.
    probability : float
        With which it was drawn: of its stratum's objects or windows, the share that was drawn.
    """

    id: int
    audit: int
    picture: int
    object: str
    stratum: int
    probability: float

    @property
    def window(self) -> Box | None:
        """The part of the picture that was drawn; None where an object was."""
        found = _WINDOW.fullmatch(self.object)
        if found is None:
            return None
        y0, x0, y1, x1 = (int(edge) for edge in found.groups())
        return Box(y0, x0, y1, x1)


def window_name(window: Box) -> str:
    """Return how an audit writes a window down in place of an object's id: ``window y0 x0 y1 x1``."""
    return f"window {window.y0} {window.x0} {window.y1} {window.x1}"


@dataclass(frozen=True, slots=True)
class RegionReviewedRecord:
    """A part of a picture that a person looked at in full: what is marked there is all there is.

    Parameters
    ----------
    id, picture : int
        Its number, and the picture's.
    y0, x0, y1, x1 : int
        In level-0 pixels, half-open.
    time, author : str
        When (ISO 8601 in UTC) and who.
    """

    id: int
    picture: int
    y0: int
    x0: int
    y1: int
    x1: int
    time: str
    author: str

    def __post_init__(self) -> None:
        if self.box.is_empty:
            raise BadParameter("A region that was looked at needs at least one pixel.")

    @property
    def box(self) -> Box:
        """The region."""
        return Box(self.y0, self.x0, self.y1, self.x1)


def _refuse_false_chance(drawn: Drawn, probability: float | None, audit: int | None) -> None:
    if (drawn is Drawn.AUDIT) != (probability is not None) or (drawn is Drawn.AUDIT) != (audit is not None):
        raise BadParameter("What an audit drew has its number and a probability, and nothing else has one.")
    if probability is not None and not (math.isfinite(probability) and 0 < probability <= 1):
        raise BadParameter(f"Something is drawn with a probability above 0 and up to 1, not {probability}.")
