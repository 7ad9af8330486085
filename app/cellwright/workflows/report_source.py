"""What a report is made of: analyses as they stand, and what a project or a manifest knows beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cellwright.core import BadParameter
from cellwright.export import Table
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.audited_counts import AuditedCounts
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.report_review import Readiness, Reviewing, readiness
from cellwright.workflows.tables import Thresholds


@dataclass(frozen=True, slots=True)
class DifferentialRow:
    """One kind of cell of a differential.

    Parameters
    ----------
    name : str
        As shown.
    count : int
        Cells.
    share, low, high : float or None
        Share of all cells of the differential and its interval, in [0, 1]; None for what stands beside it.
    said : str
        What else there is to say, as ``"3.2 per 100 white cells"``.
    """

    name: str
    count: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class DifferentialSummary:
    """A differential as a report shows it.

    Parameters
    ----------
    rows : tuple of DifferentialRow
        Kinds whose shares add up to 1.
    beside : tuple of DifferentialRow
        What is counted apart: cells that nobody could tell, nucleated red cells, estimates per volume.
    n : int
        Cells that shares are of.
    method : str
        What the intervals are.
    level : float
        Of the intervals.
    classes : tuple of str
        Classes of objects that it is about, for asking whether they were reviewed.
    notes : tuple of str
        What else must be known, in sentences.
    """

    rows: tuple[DifferentialRow, ...]
    n: int
    method: str
    level: float = 0.95
    beside: tuple[DifferentialRow, ...] = ()
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """That somebody put their name to it: who, when (ISO 8601 in UTC), and whether it holds for what stands here."""

    who: str
    when: str
    holds: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ReportSource:
    """What a report is made of.

    Parameters
    ----------
    analyses : tuple of Analysis
        At least one, all with the same classes.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    left_out : tuple of LeftOut
        What was asked for and is not in it.
    people : tuple of Reviewing or None
        Who reviewed what; None where no project knows.
    differential : DifferentialSummary or None
        Where there is one.
    signature : Signature or None
        Where somebody signed.
    said : tuple of str
        Where the numbers come from, one sentence each.
    measured : tuple of str
        What is measured and shown in plots; see `cellwright.measure.chosen`.
    options : MeasureOptions
        How.
    table : Table or None
        Measurements that were taken before, as of results that are read back; one row an object that counts.
    keep : str
        The filter that objects had to meet; empty for none.
    coverage : tuple of str
        What was looked at on each picture, in a sentence, where `Analysis.coverage` does not know; empty where it does.
    confirmed : int or None
        How many of the objects people drew, corrected or accepted, where `Analysis.confirmed` does not know.
    audits : tuple of (str, AuditedCounts)
        What random audits make of the counts, each with what it is called.
    """

    analyses: tuple[Analysis, ...]
    thresholds: Thresholds = None
    left_out: tuple[LeftOut, ...] = ()
    people: tuple[Reviewing, ...] | None = None
    differential: DifferentialSummary | None = None
    signature: Signature | None = None
    said: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    options: MeasureOptions = field(default_factory=MeasureOptions)
    table: Table | None = None
    keep: str = ""
    coverage: tuple[str, ...] = ()
    confirmed: int | None = None
    audits: tuple[tuple[str, AuditedCounts], ...] = ()

    def __post_init__(self) -> None:
        if not self.analyses:
            raise BadParameter("There is nothing to report; analyze a picture first.")
        if len({analysis.objects.classes for analysis in self.analyses}) != 1:
            raise BadParameter("A report is about pictures with the same classes; make one for each kind.")

    @property
    def coverage_said(self) -> tuple[str, ...]:
        """What was looked at on each picture, in a sentence."""
        return self.coverage or tuple(analysis.coverage.sentence() for analysis in self.analyses)

    @property
    def readiness(self) -> Readiness:
        """Whether what is counted was reviewed: the cells of the differential where there is one, else all."""
        found = readiness(self.analyses, self.thresholds, self.differential.classes if self.differential else ())
        if self.confirmed is None:
            return found
        return Readiness(found.counted, max(0, found.counted - self.confirmed), found.about)
