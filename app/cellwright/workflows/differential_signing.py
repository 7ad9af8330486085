"""Signing a differential off: refused while cells are unreviewed, a fact of the project from then on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.annotation import SignOffRecord
from cellwright.core import EditRefused
from cellwright.stats import Simultaneous
from cellwright.workflows.cell_roles import CellRole
from cellwright.workflows.differential import Differential, differential
from cellwright.workflows.differential_cells import fields_of_project

if TYPE_CHECKING:
    from cellwright.project import JournalEntry, Project


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and whether it still holds.

    Parameters
    ----------
    record : SignOffRecord
        Who, when, for how many cells.
    holds : bool
        Whether the cells and their classes are those that were signed.
    """

    record: SignOffRecord
    holds: bool

    def __str__(self) -> str:
        cells = "1 cell" if self.record.cells == 1 else f"{self.record.cells:,} cells"
        said = f"Signed off by {self.record.author} on {_day(self.record.time)}: {cells}"
        said += f", {self.record.remark}" if self.record.remark else ""
        return said if self.holds else f"{said}. It no longer holds: cells were changed since"


def project_differential(
    project: Project,
    thresholds: Mapping[str, float] | None = None,
    *,
    roles: Mapping[str, CellRole] | None = None,
    simultaneous: Simultaneous = Simultaneous.NONE,
    level: float = 0.95,
) -> Differential:
    """Return the differential of all pictures of a project, with the laboratory's factors that stand in it.

    Raises
    ------
    BadParameter
        If nobody has looked at any picture.
    """
    factors = project.laboratory_factors().values()
    fields = fields_of_project(project, thresholds, with_areas=any(each.field_mm2 is not None for each in factors))
    return differential(fields, roles=roles, simultaneous=simultaneous, level=level, factors=factors)


def sign_differential(
    project: Project,
    author: str,
    remark: str = "",
    thresholds: Mapping[str, float] | None = None,
    *,
    roles: Mapping[str, CellRole] | None = None,
) -> JournalEntry:
    """Sign off the differential of a project as it stands on disk.

    Parameters
    ----------
    project : Project
        Open for writing.
    author : str
        Whose name stands under it.
    remark : str
        In their words.
    thresholds, roles : mapping, optional
        As they were shown with it.

    Raises
    ------
    EditRefused
        If cells are unreviewed, or there are none.
    BadParameter
        If there is no name.
    """
    found = project_differential(project, thresholds, roles=roles)
    if found.obstacles:
        raise EditRefused(f"The differential cannot be signed off. {' '.join(found.obstacles)}")
    counts = json.dumps(found.counts(), ensure_ascii=False, sort_keys=True)
    return project.sign_off(author, found.cells, found.sha256, counts, remark)


def signatures(records: Sequence[SignOffRecord], found: Differential) -> list[Signature]:
    """Return the signatures of a project, newest first, and whether they hold for a differential of it."""
    return [Signature(each, each.sha256 == found.sha256) for each in reversed(records)]


def _day(time: str) -> str:
    from datetime import datetime

    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d at %H:%M")
