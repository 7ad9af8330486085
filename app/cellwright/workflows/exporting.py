"""`ExportAnalyses`: what was found goes into files that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cellwright import export
from cellwright.core import BadParameter
from cellwright.jobs import Progress, run_inline
from cellwright.measure import MeasureOptions
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import finds_outlines
from cellwright.workflows.exported import ExportedPicture, Results, explained
from cellwright.workflows.exporters import exporter_of, format_name
from cellwright.workflows.formats import (
    Format,
    outputs_of_each,
    refuse_existing_outputs,
    refuse_formats_without_outlines,
)
from cellwright.workflows.manifest import MANIFEST, write_manifest_file
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.tables import Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class ExportAnalyses:
    """Write analyses into a folder; an `Operation` whose result is the tuple of paths written.

    Parameters
    ----------
    analyses : tuple of Analysis
        At least one.
    folder : Path
        Made if it is missing.
    formats : tuple of ExportFormat or str
        Each once; those of other packages by their name.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts; None takes those of the model's card.
    overwrite : bool
        Whether earlier results may be replaced.
    with_pictures : bool
        Whether COCO, YOLO and VOC bring a copy of the pictures along, so that they can be trained on as they are, and
        OME-Zarr the values that the labels belong to.
    left_out : tuple of LeftOut
        What was asked for and could not be analysed; the notes name it.
    manifest : bool
        Whether ``manifest.json`` is written beside the results: what they were made from and with, see `Manifest`.
    measured : tuple of str
        What is measured and joins the table of objects; see `MeasureAnalyses`.
    project : Path or None
        The project that the objects come from; the manifest says where its journal stood.
    options : MeasureOptions
        How measurements are taken.
    keep : str
        A filter: only objects that count and meet it are written; see `KeepObjects`.
    """

    analyses: tuple[Analysis, ...]
    folder: Path
    formats: tuple[Format, ...]
    thresholds: Thresholds = None
    overwrite: bool = False
    with_pictures: bool = False
    left_out: tuple[LeftOut, ...] = ()
    manifest: bool = False
    measured: tuple[str, ...] = ()
    project: Path | None = None
    options: MeasureOptions = field(default_factory=MeasureOptions)
    keep: str = ""

    @property
    def title(self) -> str:
        """Name of the work."""
        many = f"{len(self.analyses)} pictures" if len(self.analyses) != 1 else self.analyses[0].picture.name
        return f"Export {many}"

    def run(self) -> Generator[Progress, None, tuple[Path, ...]]:
        """Write format by format; those that make a file of each picture, picture by picture.

        Raises
        ------
        BadParameter
            If there is nothing to export, or a format cannot hold it.
        OutputExists
            If something is there already and may not be replaced; nothing was written then.
        OutputNotWritable
            If a file cannot be written; what stood there is unchanged.
        """
        if not self.analyses:
            raise BadParameter("There is nothing to export; analyse a picture first.")
        for analysis in self.analyses:
            if analysis.objects.masks is None and not finds_outlines(analysis.card):
                refuse_formats_without_outlines(self.formats, analysis.card.name)
        if not self.overwrite:
            refuse_existing_outputs(self.folder, self.formats, self._names, manifest=self.manifest)
        kept = (yield from self._kept()) if self.keep else self.analyses
        return (yield from replace(self, analyses=kept).write())

    def _kept(self) -> Generator[Progress, None, tuple[Analysis, ...]]:
        from cellwright.workflows.keeping import KeepObjects

        return (yield from KeepObjects(self.analyses, self.keep, self.thresholds, self.options).run())

    def write(self) -> Generator[Progress, None, tuple[Path, ...]]:
        """Write the analyses as they are; `run` asks first whether it may, and filters."""
        more = (yield from self._measured()) if self.measured else ()
        steps = self._steps(more)
        written: list[Path] = []
        for number, (message, write) in enumerate(steps):
            yield Progress(number, len(steps), message)
            written += write()
        if self.manifest:
            written.append((yield from self._manifest(written)))
        yield Progress(len(steps), len(steps), f"Written to {self.folder}")
        return tuple(written)

    def _measured(self) -> Generator[Progress, None, tuple[export.Column, ...]]:
        from cellwright.workflows.measuring import MeasureAnalyses

        measuring = MeasureAnalyses(self.analyses, self.measured, self.options, self.thresholds)
        return (yield from measuring.run()).columns

    def _manifest(self, written: Sequence[Path]) -> Generator[Progress, None, Path]:
        from cellwright.workflows.manifest_making import Circumstances, make_manifest

        formats = tuple(format_name(kind) for kind in dict.fromkeys(self.formats))
        about = Circumstances(self.thresholds, formats, self.measured, self.with_pictures, self.project, self.options)
        made = yield from make_manifest(self.folder, self.analyses, written, about)
        return write_manifest_file(self.folder / MANIFEST, made, overwrite=self.overwrite)

    @property
    def _names(self) -> list[str]:
        return [analysis.picture.name for analysis in self.analyses]

    def _steps(self, more: Sequence[export.Column]) -> list[tuple[str, Callable[[], list[Path]]]]:
        results = Results(self.analyses, self.thresholds, tuple(more), self.left_out, with_pictures=self.with_pictures)
        chosen = list(dict.fromkeys(format_name(kind) for kind in self.formats))
        steps: list[tuple[str, Callable[[], list[Path]]]] = [
            (f"Writing {kind.upper()}", partial(self._write_all, kind, results))
            for kind in chosen
            if exporter_of(kind).outputs
        ]
        for kind in chosen:
            said = "Drawing" if kind == "overlay" else f"Writing {kind} of"
            paths = outputs_of_each(self.folder, kind, self._names)
            for picture, path in zip(results.pictures, paths, strict=False):  # no path where all goes into one file
                steps.append((f"{said} {picture.name}", partial(self._write_one, kind, picture, path)))
        return steps

    def _write_all(self, kind: Format, results: Results) -> list[Path]:
        with explained(kind):
            return list(exporter_of(kind).writer()(self.folder, results, overwrite=self.overwrite))

    def _write_one(self, kind: Format, picture: ExportedPicture, path: Path) -> list[Path]:
        with explained(kind):
            return [exporter_of(kind).writer()(path, picture, overwrite=self.overwrite)]


def export_analyses(
    analyses: Sequence[Analysis],
    folder: str | Path,
    formats: Sequence[Format],
    thresholds: Thresholds = None,
    *,
    overwrite: bool = False,
    with_pictures: bool = False,
) -> tuple[Path, ...]:
    """Run an `ExportAnalyses` on this thread and return the paths written; see there."""
    operation = ExportAnalyses(tuple(analyses), Path(folder), tuple(formats), thresholds, overwrite, with_pictures)
    return run_inline(operation)
