"""`ExportFormat`: the ways out, which files each makes, and which a model's answers allow."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from cellwright import export
from cellwright.core import BadParameter, OutputExists, unknown_name
from cellwright.workflows import own_exporters
from cellwright.workflows.exporters import EXPORTERS, exporter_of, format_name
from cellwright.workflows.manifest import MANIFEST

OVERLAY_FOLDER = "overlays"
"""Where a PNG a picture goes."""


class ExportFormat(str, Enum):
    """A way out."""

    CSV = "csv"
    """``objects.csv`` and ``counts.csv``."""
    XLSX = "xlsx"
    """``results.xlsx`` with sheets objects, counts, units and methods."""
    PARQUET = "parquet"
    """``objects.parquet`` and ``counts.parquet``."""
    SQLITE = "sqlite"
    """``results.sqlite`` with tables objects, counts, units, notes and facts, and views."""
    H5AD = "h5ad"
    """``objects.h5ad``: AnnData with SpatialData's keys."""
    QUPATH = "qupath"
    """``measurements.tsv`` with QuPath's names of columns."""
    COCO = "coco"
    """Folder ``coco`` with one JSON file; outlines as run lengths."""
    COCO_POLYGONS = "coco-polygons"
    """Folder ``coco-polygons`` with one JSON file; outlines as polygons, holes lost."""
    YOLO = "yolo"
    """Folder ``yolo`` with a text file a picture and data.yaml."""
    YOLO_POLYGONS = "yolo-polygons"
    """Folder ``yolo-polygons``: the same for segmentation, outlines as polygons; holes lost."""
    VOC = "voc"
    """Folder ``voc`` with an XML file a picture."""
    LABELS = "labels"
    """Folder ``labels`` with a TIFF a picture: the number of the object that each pixel belongs to."""
    OME_TIFF = "ome-tiff"
    """Folder ``ome-tiff``: the same as OME-TIFF, with pixel size and classes."""
    OME_ZARR = "ome-zarr"
    """Folder ``ome-zarr``: the same as OME-Zarr, a pyramid with the colour and properties of every object."""
    INDEX_PNG = "index-png"
    """Folder ``index-png`` with a PNG a picture: the class that each pixel belongs to, with a palette."""
    GEOJSON = "geojson"
    """Folder ``geojson`` with a file a picture for QuPath."""
    ROI = "roi"
    """Folder ``roi`` with a zip a picture for ImageJ and Fiji."""
    OVERLAY = "overlay"
    """Folder ``overlays`` with a PNG a picture: boxes or outlines, and legend."""

    @property
    def needs_outlines(self) -> bool:
        """Whether boxes alone are not enough."""
        return exporter_of(self).needs_outlines


Format = ExportFormat | str
"""One of ours, or the name of a format that another package brings."""

PICTURE_FOLDERS = frozenset(
    made.of_each[0] for kind in ExportFormat if (made := getattr(own_exporters, kind.name)).of_each is not None
)
"""Names of the folders that hold one file, or folder, a picture."""


def format_named(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    UnknownName
        If there is none.
    """
    if name not in EXPORTERS:
        raise unknown_name("format", name, EXPORTERS.entries())
    return ExportFormat(name) if EXPORTERS.is_own_name(name) else name


def outputs_of_each(folder: Path, kind: Format, picture_names: Sequence[str]) -> list[Path]:
    """Return the file, or folder, that a format makes of each picture; none for formats that hold all in one."""
    of_each = exporter_of(kind).of_each
    if of_each is None:
        return []
    inside, suffix = of_each
    return [folder / inside / name for name in export.unique_file_names(picture_names, [suffix] * len(picture_names))]


def planned_outputs(
    folder: Path, formats: Sequence[Format], picture_names: Sequence[str], *, manifest: bool = False
) -> list[Path]:
    """Return every file, or folder of a format that is one, that an export will write."""
    chosen = list(dict.fromkeys(formats))
    paths = [folder / name for kind in chosen for name in exporter_of(kind).outputs]
    paths += [path for kind in chosen for path in outputs_of_each(folder, kind, picture_names)]
    return [*paths, folder / MANIFEST] if manifest else paths


def refuse_existing_outputs(
    folder: Path, formats: Sequence[Format], picture_names: Sequence[str], *, manifest: bool = False
) -> None:
    """Raise before any work is done if an export would have to replace something.

    Raises
    ------
    OutputExists
        Naming what is there.
    """
    there = [path for path in planned_outputs(folder, formats, picture_names, manifest=manifest) if _is_taken(path)]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise OutputExists(
            f"{there[0]}{more} already exist{'' if more else 's'}; allow overwriting or choose another folder."
        )


def refuse_formats_without_outlines(formats: Sequence[Format], model: str) -> None:
    """Raise if a format needs outlines; to be asked where `model` finds boxes alone.

    Raises
    ------
    BadParameter
        Naming the formats.
    """
    wanting = [format_name(kind) for kind in dict.fromkeys(formats) if exporter_of(kind).needs_outlines]
    if wanting:
        many = len(wanting) > 1
        raise BadParameter(
            f"{model} finds boxes and no outlines, which {', '.join(wanting)} need{'' if many else 's'}; leave "
            f"{'them' if many else 'it'} out or choose a model that finds outlines."
        )


def _is_taken(path: Path) -> bool:
    return path.exists() and not (path.is_dir() and not any(path.iterdir()))
