"""How far a run has come, and what some of its tiles brought: the values that go in and out of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cellwright.annotation import RunRecord
from cellwright.core import Objects, TileState


class RunStage(str, Enum):
    """How far a run has come."""

    UNFINISHED = "unfinished"
    """Under way, or stopped before its end; it goes on where it was."""
    FINISHED = "finished"
    """Every tile was tried; some may have failed."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands.

    Parameters
    ----------
    run : RunRecord
        Picture, model and parameters.
    stage : RunStage
        Finished or not.
    entry : int
        The step of the journal that its objects belong to.
    began, ended : str
        ISO 8601 in UTC; `ended` is when it ended last, empty where it never did.
    whole : str
        See `Coverage.whole`.
    totals : mapping of str to int
        Objects found so far under names that the writer chose, such as classes.
    """

    run: RunRecord
    stage: RunStage
    entry: int
    began: str
    ended: str
    whole: str
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class RunStep:
    """What some tiles brought: all of it reaches the disk, or nothing.

    Parameters
    ----------
    objects : Objects or None
        What became final, none of them twice.
    tiles : mapping of int to (TileState, str)
        What became of tiles, and why.
    kept : mapping of int to bytes or None
        What tiles keep until their neighbours have answered; None where nothing is kept any more.
    totals : mapping of str to int
        Added to those of the run.
    """

    objects: Objects | None = None
    tiles: Mapping[int, tuple[TileState, str]] = field(default_factory=dict)
    kept: Mapping[int, bytes | None] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
