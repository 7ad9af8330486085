"""`ExportAnalyses`: what was found goes into files that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import cellwright
from cellwright import export
from cellwright.core import BadParameter, Box, Region
from cellwright.jobs import Progress, run_inline
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import area_table, finds_areas, finds_outlines
from cellwright.workflows.chest import chest_ratio
from cellwright.workflows.counts import count_table
from cellwright.workflows.exported_pictures import picture_writer, suffix_in_set, write_with_pixels
from cellwright.workflows.formats import (
    ExportFormat,
    outputs_of_each,
    refuse_existing_outputs,
    refuse_formats_without_outlines,
)
from cellwright.workflows.manifest import MANIFEST, write_manifest_file
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.tables import Thresholds, counts_table, notes, objects_table

OVERLAY_LONGEST_PX = 8192
"""Overlays of larger pictures are drawn at a fraction of their size."""


_Writer = Callable[..., Path]
_WRITERS: dict[ExportFormat, _Writer] = {
    ExportFormat.LABELS: export.write_label_tiff,
    ExportFormat.OME_TIFF: export.write_ome_tiff,
    ExportFormat.OME_ZARR: export.write_ome_zarr,
    ExportFormat.INDEX_PNG: export.write_index_png,
    ExportFormat.GEOJSON: export.write_geojson,
    ExportFormat.ROI: export.write_roi_zip,
}


@dataclass(frozen=True, slots=True, eq=False)
class ExportAnalyses:
    """Write analyses into a folder; an `Operation` whose result is the tuple of paths written.

    Parameters
    ----------
    analyses : tuple of Analysis
        At least one.
    folder : Path
        Made if it is missing.
    formats : tuple of ExportFormat
        Each once.
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
    """

    analyses: tuple[Analysis, ...]
    folder: Path
    formats: tuple[ExportFormat, ...]
    thresholds: Thresholds = None
    overwrite: bool = False
    with_pictures: bool = False
    left_out: tuple[LeftOut, ...] = ()
    manifest: bool = False
    measured: tuple[str, ...] = ()
    project: Path | None = None

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

        measuring = MeasureAnalyses(self.analyses, self.measured, thresholds=self.thresholds)
        return (yield from measuring.run()).columns

    def _manifest(self, written: Sequence[Path]) -> Generator[Progress, None, Path]:
        from cellwright.workflows.manifest_making import Circumstances, make_manifest

        formats = tuple(kind.value for kind in dict.fromkeys(self.formats))
        about = Circumstances(self.thresholds, formats, self.measured, self.with_pictures, self.project)
        made = yield from make_manifest(self.folder, self.analyses, written, about)
        return write_manifest_file(self.folder / MANIFEST, made, overwrite=self.overwrite)

    @property
    def _names(self) -> list[str]:
        return [analysis.picture.name for analysis in self.analyses]

    def _steps(self, more: Sequence[export.Column]) -> list[tuple[str, Callable[[], list[Path]]]]:
        tables = cache(partial(self._tables, more))
        writers: dict[ExportFormat, Callable[[], list[Path]]] = {
            ExportFormat.CSV: lambda: self._csv(tables()),
            ExportFormat.XLSX: lambda: self._xlsx(tables()),
            ExportFormat.PARQUET: lambda: self._parquet(tables()),
            ExportFormat.SQLITE: lambda: self._sqlite(tables()),
            ExportFormat.H5AD: lambda: self._h5ad(tables()),
            ExportFormat.QUPATH: lambda: self._qupath(tables()),
            ExportFormat.COCO: partial(self._coco, "coco", "rle"),
            ExportFormat.COCO_POLYGONS: partial(self._coco, "coco-polygons", "polygons"),
            ExportFormat.YOLO: partial(self._yolo, "yolo", outlines=False),
            ExportFormat.YOLO_POLYGONS: partial(self._yolo, "yolo-polygons", outlines=True),
            ExportFormat.VOC: self._voc,
        }
        chosen = list(dict.fromkeys(self.formats))
        steps = [(f"Writing {kind.value.upper()}", writers[kind]) for kind in chosen if kind in writers]
        for kind in chosen:
            said = "Drawing" if kind is ExportFormat.OVERLAY else f"Writing {kind.value} of"
            paths = outputs_of_each(self.folder, kind, self._names)
            for analysis, path in zip(self.analyses, paths, strict=False):  # no path where all goes into one file
                steps.append((f"{said} {analysis.picture.name}", partial(self._write_one, kind, analysis, path)))
        return steps

    def _write_one(self, kind: ExportFormat, analysis: Analysis, path: Path) -> list[Path]:
        if kind is ExportFormat.OVERLAY:
            return [write_overlay(analysis, path, self.thresholds, overwrite=self.overwrite)]
        picture = export.OutlinedPicture(
            analysis.picture.name,
            analysis.picture.shape,
            analysis.counted(self.thresholds),
            tuple(each.colour for each in analysis.card.classes),
            analysis.picture.pixel_size,
        )
        if kind is ExportFormat.OME_ZARR and self.with_pictures:
            return [write_with_pixels(analysis, path, picture, overwrite=self.overwrite)]
        return [_WRITERS[kind](path, picture, overwrite=self.overwrite)]

    def _csv(self, tables: Sequence[export.Table]) -> list[Path]:
        return [export.write_csv(self.folder / f"{t.name}.csv", t, overwrite=self.overwrite) for t in tables]

    def _xlsx(self, tables: Sequence[export.Table]) -> list[Path]:
        return [export.write_xlsx(self.folder / "results.xlsx", tables, self._notes(), overwrite=self.overwrite)]

    def _parquet(self, tables: Sequence[export.Table]) -> list[Path]:
        said = {"notes": "\n".join(self._notes())}
        return [
            export.write_parquet(self.folder / f"{t.name}.parquet", t, said, overwrite=self.overwrite) for t in tables
        ]

    def _sqlite(self, tables: Sequence[export.Table]) -> list[Path]:
        path = self.folder / "results.sqlite"
        return [export.write_sqlite(path, tables, self._notes(), self._facts(), overwrite=self.overwrite)]

    def _h5ad(self, tables: Sequence[export.Table]) -> list[Path]:
        objects, *others = tables
        path = self.folder / "objects.h5ad"
        return [export.write_h5ad(path, objects, self._notes(), self._facts(), others, overwrite=self.overwrite)]

    def _qupath(self, tables: Sequence[export.Table]) -> list[Path]:
        path = self.folder / "measurements.tsv"
        outlined = all(analysis.objects.masks is not None for analysis in self.analyses)
        return [export.write_qupath_tsv(path, tables[0], has_outlines=outlined, overwrite=self.overwrite)]

    def _facts(self) -> dict[str, str]:
        """Return the hashes of what the numbers rest on, by name."""
        facts = {"cellwright": cellwright.__version__}
        for analysis in self.analyses:
            facts[f"model {analysis.card.name} sha256"] = analysis.model_hash
            facts[f"picture {analysis.picture.name} sha256"] = analysis.picture.sha256
        return facts

    def _notes(self) -> list[str]:
        missing = [f"Not in these tables: {left}" for left in self.left_out]
        return [*missing, *notes(self.analyses, self.thresholds)]

    def _tables(self, more: Sequence[export.Column]) -> list[export.Table]:
        objects = objects_table(self.analyses, self.thresholds)
        there = set(objects.header)
        joined = (*objects.columns, *(column for column in more if column.name not in there))
        return [export.Table(objects.name, joined), counts_table(self.analyses, self.thresholds)]

    def _coco(self, name: str, segmentation: export.Segmentation) -> list[Path]:
        said = f"Found by {self.analyses[0].objects.source}"
        return [
            export.write_coco(
                self.folder / name,
                self._boxed(),
                description=said,
                segmentation=segmentation,
                overwrite=self.overwrite,
            )
        ]

    def _yolo(self, name: str, *, outlines: bool) -> list[Path]:
        return [export.write_yolo(self.folder / name, self._boxed(), outlines=outlines, overwrite=self.overwrite)]

    def _voc(self) -> list[Path]:
        return [export.write_voc(self.folder / "voc", self._boxed(), overwrite=self.overwrite)]

    def _boxed(self) -> list[export.BoxedPicture]:
        suffixes = [suffix_in_set(analysis) for analysis in self.analyses]
        names = export.unique_file_names(self._names, suffixes)
        return [
            export.BoxedPicture(
                name,
                analysis.picture.shape,
                analysis.counted(self.thresholds),
                picture_writer(analysis, suffix) if self.with_pictures else None,
            )
            for analysis, name, suffix in zip(self.analyses, names, suffixes, strict=True)
        ]


def export_analyses(
    analyses: Sequence[Analysis],
    folder: str | Path,
    formats: Sequence[ExportFormat],
    thresholds: Thresholds = None,
    *,
    overwrite: bool = False,
    with_pictures: bool = False,
) -> tuple[Path, ...]:
    """Run an `ExportAnalyses` on this thread and return the paths written; see there."""
    operation = ExportAnalyses(tuple(analyses), Path(folder), tuple(formats), thresholds, overwrite, with_pictures)
    return run_inline(operation)


def write_overlay(analysis: Analysis, path: Path, thresholds: Thresholds = None, *, overwrite: bool = False) -> Path:
    """Draw what was counted over the picture and write it as PNG, with the counts in a legend below.

    Raises
    ------
    SlideNotReadable
        If the picture is gone.
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written.
    """
    from cellwright.imaging import contrast_limits, read_rgb

    rows, columns = analysis.picture.shape
    downsample = max(1.0, max(rows, columns) / OVERLAY_LONGEST_PX)
    with analysis.picture.ref.open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, rows, columns), downsample), contrast_limits(slide))
    chest = chest_ratio(analysis, thresholds)
    caption = f"{analysis.picture.name} · {analysis.objects.source} · {analysis.coverage.sentence()}"
    drawn = export.draw_overlay(
        rgb,
        analysis.counted(thresholds),
        _legend(analysis, thresholds),
        downsample=downsample,
        caption=caption if chest is None else f"Cardiothoracic ratio {chest.ratio:.3f} · {caption}",
        lines=() if chest is None else [(w.y, w.x0, w.x1) for w in (chest.heart_line, chest.thorax_line)],
    )
    return export.write_png(path, drawn, overwrite=overwrite)


def _legend(analysis: Analysis, thresholds: Thresholds) -> list[export.LegendEntry]:
    if finds_areas(analysis.card):
        return _area_legend(analysis, thresholds)
    table = count_table(analysis, thresholds)
    return [
        export.LegendEntry(
            kind.colour,
            kind.badge,
            f"{kind.name} {row.count:,} ({row.count_interval.low:,.0f} to {row.count_interval.high:,.0f})",
        )
        for kind, row in zip(analysis.card.classes, table.rows, strict=True)
    ]


def _area_legend(analysis: Analysis, thresholds: Thresholds) -> list[export.LegendEntry]:
    entries = []
    for kind, row in zip(analysis.card.classes, area_table(analysis, thresholds).rows, strict=True):
        # The font of the legend has neither a Greek letter nor a superscript.
        area = f"{row.area_px2:,} px" if row.area_um2 is None else f"{row.area_um2:,.0f} square microns"
        share = "" if row.percent is None else f" ({row.percent:.1f} %)"
        entries.append(export.LegendEntry(kind.colour, kind.badge, f"{kind.title} {area}{share}"))
    return entries
