"""What an exporter is given to write, and how our own formats write it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cellwright
from cellwright import export
from cellwright.core import CellwrightError, Objects, OutputNotWritable, PluginNotUsable
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.exported_pictures import picture_writer, suffix_in_set, write_with_pixels
from cellwright.workflows.exporters import EXPORTERS, format_name
from cellwright.workflows.overlays import write_overlay as draw_overlay
from cellwright.workflows.pictures import LeftOut
from cellwright.workflows.tables import Thresholds, counts_table, notes, objects_table

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ExportedPicture:
    """One picture and what counts on it.

    Parameters
    ----------
    analysis : Analysis
        Everything that is known of it.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts.
    with_pictures : bool
        Whether a person wants the pixels along.
    """

    analysis: Analysis
    thresholds: Thresholds = None
    with_pictures: bool = False

    @property
    def name(self) -> str:
        """Of the picture."""
        return self.analysis.picture.name

    @property
    def objects(self) -> Objects:
        """What counts."""
        return self.analysis.counted(self.thresholds)

    @cached_property
    def outlined(self) -> export.OutlinedPicture:
        """The same as the writers of `cellwright.export` take it: name, shape, objects, colours, pixel size."""
        picture = self.analysis.picture
        colours = tuple(each.colour for each in self.analysis.card.classes)
        return export.OutlinedPicture(picture.name, picture.shape, self.objects, colours, picture.pixel_size)


@dataclass(frozen=True, eq=False)
class Results:
    """All that is written together.

    Parameters
    ----------
    analyses : tuple of Analysis
        At least one; all have the same classes.
    thresholds : float or sequence of float, optional
        Confidence from which an object counts.
    more : tuple of Column
        What was measured of the objects, a row each.
    left_out : tuple of LeftOut
        What was asked for and could not be analysed.
    with_pictures : bool
        Whether a person wants copies of the pictures along.
    """

    analyses: tuple[Analysis, ...]
    thresholds: Thresholds = None
    more: tuple[export.Column, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    with_pictures: bool = False

    @cached_property
    def pictures(self) -> tuple[ExportedPicture, ...]:
        """The pictures one by one."""
        return tuple(ExportedPicture(each, self.thresholds, self.with_pictures) for each in self.analyses)

    @cached_property
    def objects(self) -> export.Table:
        """A row for every object that counts, with all that was measured."""
        objects = objects_table(self.analyses, self.thresholds)
        there = set(objects.header)
        joined = (*objects.columns, *(column for column in self.more if column.name not in there))
        return export.Table(objects.name, joined)

    @cached_property
    def counts(self) -> export.Table:
        """A row for every class of every picture, with intervals."""
        return counts_table(self.analyses, self.thresholds)

    @property
    def tables(self) -> tuple[export.Table, export.Table]:
        """Objects and counts."""
        return self.objects, self.counts

    @property
    def notes(self) -> list[str]:
        """In sentences, how the numbers came about."""
        missing = [f"Not in these tables: {left}" for left in self.left_out]
        return [*missing, *notes(self.analyses, self.thresholds)]

    @property
    def facts(self) -> dict[str, str]:
        """The hashes of what the numbers rest on, by name."""
        facts = {"cellwright": cellwright.__version__}
        for analysis in self.analyses:
            facts[f"model {analysis.card.name} sha256"] = analysis.model_hash
        # the number tells which of several pictures of one name, in the order of the tables
        seen: dict[str, int] = {}
        for picture in (analysis.picture for analysis in self.analyses):
            seen[picture.name] = number = seen.get(picture.name, 0) + 1
            facts[f"picture {picture.name}{f' {number}' if number > 1 else ''} sha256"] = picture.sha256
        return facts

    @property
    def boxed(self) -> list[export.BoxedPicture]:
        """The pictures as labelled sets take them, with copies where they are wanted."""
        suffixes = [suffix_in_set(analysis) for analysis in self.analyses]
        names = export.unique_file_names([each.name for each in self.pictures], suffixes)
        return [
            export.BoxedPicture(
                name,
                analysis.picture.shape,
                analysis.counted(self.thresholds),
                picture_writer(analysis, suffix) if self.with_pictures else None,
            )
            for analysis, name, suffix in zip(self.analyses, names, suffixes, strict=True)
        ]


@contextlib.contextmanager
def explained(kind: str) -> Iterator[None]:
    """Turn whatever goes wrong in another package's exporter into a sentence, and note it in the list of plugins.

    Raises
    ------
    PluginNotUsable
        If it failed in a way of its own; what can be acted on passes as it is.
    OutputNotWritable
        If the disk did not take it.
    """
    name = format_name(kind)
    entry = EXPORTERS.entries()[name]
    try:
        yield
    except CellwrightError:
        raise
    except Exception as error:
        if entry.is_own:
            raise
        if isinstance(error, OSError):
            raise OutputNotWritable(
                f"{error.filename or name} could not be written: {error.strerror}. Choose another folder."
            ) from error
        _log.exception("The exporter %r failed", name)
        reason = f"{type(error).__name__}: {error}"
        EXPORTERS.fail(name, reason)
        raise PluginNotUsable(
            f"The format {name!r} of the package {entry.distribution!r} could not be written ({reason}). "
            "Choose another format, or update that package."
        ) from error


def write_csv(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write ``objects.csv`` and ``counts.csv``."""
    return [export.write_csv(folder / f"{t.name}.csv", t, overwrite=overwrite) for t in results.tables]


def write_xlsx(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write a workbook."""
    return [export.write_xlsx(folder / "results.xlsx", results.tables, results.notes, overwrite=overwrite)]


def write_parquet(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write ``objects.parquet`` and ``counts.parquet``."""
    said = {"notes": "\n".join(results.notes)}
    return [export.write_parquet(folder / f"{t.name}.parquet", t, said, overwrite=overwrite) for t in results.tables]


def write_sqlite(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write a database."""
    path = folder / "results.sqlite"
    return [export.write_sqlite(path, results.tables, results.notes, results.facts, overwrite=overwrite)]


def write_h5ad(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write AnnData."""
    path = folder / "objects.h5ad"
    said = results.notes, results.facts
    return [export.write_h5ad(path, results.objects, *said, [results.counts], overwrite=overwrite)]


def write_qupath(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write a table with QuPath's names of columns."""
    outlined = all(analysis.objects.masks is not None for analysis in results.analyses)
    path = folder / "measurements.tsv"
    return [export.write_qupath_tsv(path, results.objects, has_outlines=outlined, overwrite=overwrite)]


def write_coco(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write COCO with run lengths."""
    return _coco(folder / "coco", results, "rle", overwrite=overwrite)


def write_coco_polygons(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write COCO with polygons."""
    return _coco(folder / "coco-polygons", results, "polygons", overwrite=overwrite)


def _coco(path: Path, results: Results, segmentation: export.Segmentation, *, overwrite: bool) -> list[Path]:
    said = f"Found by {results.analyses[0].objects.source}"
    return [
        export.write_coco(path, results.boxed, description=said, segmentation=segmentation, overwrite=overwrite),
    ]


def write_yolo(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write YOLO text files of boxes."""
    return [export.write_yolo(folder / "yolo", results.boxed, outlines=False, overwrite=overwrite)]


def write_yolo_polygons(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write YOLO text files of outlines."""
    return [export.write_yolo(folder / "yolo-polygons", results.boxed, outlines=True, overwrite=overwrite)]


def write_voc(folder: Path, results: Results, *, overwrite: bool) -> list[Path]:
    """Write Pascal VOC."""
    return [export.write_voc(folder / "voc", results.boxed, overwrite=overwrite)]


def write_labels(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write a label image."""
    return export.write_label_tiff(path, picture.outlined, overwrite=overwrite)


def write_ome_tiff(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write a label image as OME-TIFF."""
    return export.write_ome_tiff(path, picture.outlined, overwrite=overwrite)


def write_ome_zarr(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write a label image as OME-Zarr, with the values it belongs to where they are wanted."""
    if picture.with_pictures:
        return write_with_pixels(picture.analysis, path, picture.outlined, overwrite=overwrite)
    return export.write_ome_zarr(path, picture.outlined, overwrite=overwrite)


def write_index_png(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write a class image."""
    return export.write_index_png(path, picture.outlined, overwrite=overwrite)


def write_geojson(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write outlines for QuPath."""
    return export.write_geojson(path, picture.outlined, overwrite=overwrite)


def write_roi(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Write outlines for ImageJ."""
    return export.write_roi_zip(path, picture.outlined, overwrite=overwrite)


def write_overlay(path: Path, picture: ExportedPicture, *, overwrite: bool) -> Path:
    """Draw what was found over the picture."""
    return draw_overlay(picture.analysis, path, picture.thresholds, overwrite=overwrite)
