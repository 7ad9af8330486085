"""What is written of a batch besides its summary: its objects, measured, and a manifest of all of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cellwright.core import BadParameter
from cellwright.jobs import Progress
from cellwright.measure import MeasureOptions
from cellwright.project import Project
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.exporting import ExportAnalyses
from cellwright.workflows.formats import format_named, planned_outputs
from cellwright.workflows.keeping import KeepObjects
from cellwright.workflows.manifest import MANIFEST, write_manifest_file
from cellwright.workflows.manifest_making import Circumstances, make_manifest
from cellwright.workflows.project_export import analysis_of_picture
from cellwright.workflows.tables import Thresholds

TABLES = ("csv", "xlsx")
"""Formats of a batch's summary that are tables, and so hold objects too."""


@dataclass(frozen=True, slots=True, eq=False)
class WriteBatchResults:
    """Write objects of a batch and its manifest; an `Operation` whose result is the tuple of paths written.

    Parameters
    ----------
    project : Path
        The project that the slides were counted into.
    pictures : tuple of int
        Numbers of the batch's slides that were counted, at least in part.
    folder : Path
        Where the summary stands.
    summaries : tuple of Path
        Its files, which the manifest vouches for too.
    formats : tuple of str
        Formats of the summary; those that are tables hold the objects.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    measured : tuple of str
        What is measured and joins the table of objects; with none, and no filter, no objects are written.
    options : MeasureOptions
        How.
    keep : str
        A filter; see `KeepObjects`.
    manifest : bool
        Whether ``manifest.json`` is written.
    overwrite : bool
        Whether earlier results may be replaced.
    models : tuple of str or Path
        Where the model stands that counted, and the classifier where there was one.
    """

    project: Path
    pictures: tuple[int, ...]
    folder: Path
    summaries: tuple[Path, ...]
    formats: tuple[str, ...]
    thresholds: Thresholds = None
    measured: tuple[str, ...] = ()
    options: MeasureOptions = field(default_factory=MeasureOptions)
    keep: str = ""
    manifest: bool = False
    overwrite: bool = False
    models: tuple[str | Path, ...] = ()

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Write results of {len(self.pictures):,} slides"

    def run(self) -> Generator[Progress, None, tuple[Path, ...]]:
        """Read the objects, measure, write, and take fingerprints.

        Raises
        ------
        BadParameter
            If nothing was counted, or the filter or a measurement is unknown.
        OutputExists, OutputNotWritable
            If a file is there and may not be replaced, or cannot be written.
        """
        yield Progress(0, 0, "Reading the objects")
        analyses = self._analyses()
        if self.keep:
            analyses = yield from KeepObjects(analyses, self.keep, self.thresholds, self.options).run()
        written: tuple[Path, ...] = ()
        if self.measured or self.keep:
            export = ExportAnalyses(
                analyses,
                self.folder,
                tuple(format_named(name) for name in self.tables),
                self.thresholds,
                self.overwrite,
                measured=self.measured,
                options=self.options,
            )
            written = yield from export.run()
        if self.manifest:
            about = Circumstances(
                self.thresholds,
                self.formats,
                self.measured,
                project=self.project,
                options=self.options,
                models=self.models,
            )
            made = yield from make_manifest(self.folder, analyses, (*self.summaries, *written), about)
            written += (write_manifest_file(self.folder / MANIFEST, made, overwrite=self.overwrite),)
        return written

    @property
    def tables(self) -> tuple[str, ...]:
        """Formats in which objects are written."""
        return tables_of(self.formats)

    def _analyses(self) -> tuple[Analysis, ...]:
        wanted = set(self.pictures)
        with Project(self.project, read_only=True) as project:
            records = [record for record in project.pictures() if record.id in wanted]
            found = [analysis_of_picture(project, record) for record in records]
        analyses = tuple(each for each in found if each is not None)
        if not analyses:
            raise BadParameter("No slide was counted, so that there is nothing to measure or to vouch for.")
        # How a slide was asked about stands in the project; its results are verified, not repeated.
        return tuple(replace(each, asked=None) for each in analyses)


def tables_of(formats: Sequence[str]) -> tuple[str, ...]:
    """Return the formats in which the objects of a batch are written; CSV where the summary has no table."""
    return tuple(name for name in formats if name in TABLES) or ("csv",)


def planned_results(folder: Path, formats: Sequence[str], *, objects: bool, manifest: bool) -> list[Path]:
    """Return the files that `WriteBatchResults` will write."""
    tables = [format_named(name) for name in tables_of(formats)] if objects else []
    return planned_outputs(folder, tables, (), manifest=manifest)
