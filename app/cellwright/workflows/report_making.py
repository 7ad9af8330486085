"""Reports of a project, of results that were exported, and of what a window shows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import BadParameter
from cellwright.jobs import Progress
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.audited_counts import AuditedCounts, audited_counts
from cellwright.workflows.dataset_source import is_project
from cellwright.workflows.keeping import KeepObjects
from cellwright.workflows.manifest import MANIFEST
from cellwright.workflows.project_export import analyses_of_project
from cellwright.workflows.report import ReportOptions, WriteReport
from cellwright.workflows.report_differential import with_differential
from cellwright.workflows.report_review import reviewers
from cellwright.workflows.report_source import ReportSource
from cellwright.workflows.tables import Thresholds

if TYPE_CHECKING:
    from cellwright.project import Project


Limits = Callable[[Sequence[Analysis]], tuple[tuple[Analysis, ...], Thresholds]]
"""What makes of analyses the same with other limits: in their cards, or beside them for all of them."""


def source_of(
    path: Path, *, pictures: Path | None = None, model: str | Path | None = None, limits: Limits | None = None
) -> ReportSource:
    """Return what a project or a folder of results knows.

    Parameters
    ----------
    path : Path
        A project's folder, or one that an export with a manifest was written into, or that manifest.
    pictures, model
        Of results: where the pictures are now, and the model; see `find_recorded_picture`.
    limits : callable, optional
        From which scores objects count, for all that the report tells; None for those that the models' cards say.

    Raises
    ------
    BadParameter
        If it is neither, or nothing is in it.
    """
    if is_project(path):
        return source_of_project(path, limits=limits)
    manifest = path / MANIFEST if path.is_dir() else path
    if manifest.is_file():
        from cellwright.workflows.report_results import source_of_results

        return with_differential(_limited(source_of_results(manifest, pictures=pictures, model=model), limits))
    raise BadParameter(
        f"{path} is neither a project nor results with a manifest; name a project's folder, or export again with "
        "--manifest."
    )


def _limited(source: ReportSource, limits: Limits | None) -> ReportSource:
    """Return a source with other limits, before anything is counted: every number of a report rests on the same."""
    if limits is None:
        return source
    analyses, thresholds = limits(source.analyses)
    return replace(source, analyses=analyses, thresholds=thresholds)


def source_of_project(folder: Path, thresholds: Thresholds = None, limits: Limits | None = None) -> ReportSource:
    """Return what a project knows, as people left it.

    Raises
    ------
    BadParameter
        If nobody has looked at any picture, or pictures have different classes.
    """
    from cellwright.project import Project

    with Project(folder, read_only=True) as project:
        analyses, left_out = analyses_of_project(project)
    if not analyses:
        raise BadParameter(f"Nobody has looked at a picture of {folder} yet; there is nothing to report.")
    return with_project(_limited(ReportSource(tuple(analyses), thresholds, tuple(left_out)), limits), folder)


def with_project(source: ReportSource, folder: Path) -> ReportSource:
    """Return a source with what a project knows of its people, its signatures and its journal."""
    from cellwright.project import Project, journal_head

    with Project(folder, read_only=True) as project:
        people = reviewers(project)
        factors, signed = tuple(project.laboratory_factors().values()), project.sign_offs()
        audits = _audits(project)
    head = journal_head(folder)
    said = f"Project {folder.absolute().name}, journal entry {head.entry:,} (SHA-256 {head.sha256})."
    return with_differential(replace(source, people=people, audits=audits, said=(*source.said, said)), factors, signed)


def _audits(project: Project) -> tuple[tuple[str, AuditedCounts], ...]:
    """Return what every audit says that has answers enough to say anything."""
    found = []
    for record in project.audits():
        try:
            found.append((f"audit {record.id} of {record.time[:10]}", audited_counts(project, record.id)))
        except BadParameter:  # not answered yet
            continue
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class ReportAnalyses:
    """Write a report of analyses as a window shows them; an `Operation` whose result is the path written.

    Parameters
    ----------
    analyses : tuple of Analysis
        With the same classes.
    path : Path
        See `WriteReport`.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    options : ReportOptions
        What a person says about it.
    overwrite : bool
        Whether a file already there may be replaced.
    project : Path or None
        The project behind them.
    measured : tuple of str
        What is measured and shown in plots.
    measure_options : MeasureOptions
        How.
    keep : str
        A filter that objects must meet; see `KeepObjects`.
    """

    analyses: tuple[Analysis, ...]
    path: Path
    thresholds: Thresholds = None
    options: ReportOptions = field(default_factory=ReportOptions)
    overwrite: bool = False
    project: Path | None = None
    measured: tuple[str, ...] = ()
    measure_options: MeasureOptions = field(default_factory=MeasureOptions)
    keep: str = ""

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Report {self.path.name}"

    def run(self) -> Generator[Progress, None, Path]:
        """Put it together and write it; see `WriteReport.run` and `KeepObjects.run`."""
        analyses = self.analyses
        if self.keep:
            keeping = KeepObjects(analyses, self.keep, self.thresholds, self.measure_options)
            analyses = yield from keeping.run()
        source = ReportSource(
            analyses, self.thresholds, measured=self.measured, options=self.measure_options, keep=self.keep
        )
        source = with_differential(source) if self.project is None else with_project(source, self.project)
        return (yield from WriteReport(source, self.path, self.options, self.overwrite).run())
