"""The kinds of files that the export dialog offers: their names, what is in them, and how they are grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OfferedFormat:
    """One kind of file.

    Parameters
    ----------
    value : str
        Name of the format.
    title : str
        As beside its check box.
    what : str
        What is in it and for whom, in one line.
    """

    value: str
    title: str
    what: str


@dataclass(frozen=True, slots=True)
class FormatGroup:
    """Kinds of files that serve one end."""

    title: str
    formats: tuple[OfferedFormat, ...]


LEFT: Final = (
    FormatGroup(
        "Tables of cells and counts",
        (
            OfferedFormat("xlsx", "Excel workbook", "Sheets with objects, counts, units and methods."),
            OfferedFormat("csv", "CSV", "objects.csv and counts.csv, for any program."),
            OfferedFormat("parquet", "Parquet", "The same for large data."),
            OfferedFormat("sqlite", "SQLite", "One database with tables, units and views."),
        ),
    ),
    FormatGroup(
        "For training other models",
        (
            OfferedFormat("coco", "COCO JSON", "Boxes, and outlines as exact run lengths (RLE)."),
            OfferedFormat("coco-polygons", "COCO JSON with polygons", "Outlines as polygons; holes are lost."),
            OfferedFormat("yolo", "YOLO text", "Boxes: a text file a picture, and data.yaml."),
            OfferedFormat("yolo-polygons", "YOLO text with outlines", "For segmentation; holes are lost."),
            OfferedFormat("voc", "Pascal VOC XML", "Boxes: an XML file a picture."),
        ),
    ),
)
"""Groups in the left half of the dialog."""

RIGHT: Final = (
    FormatGroup(
        "To go on in other programs",
        (
            OfferedFormat("geojson", "GeoJSON for QuPath", "Drag the file onto the picture in QuPath."),
            OfferedFormat("qupath", "Measurements for QuPath (TSV)", "A table with QuPath's names of columns."),
            OfferedFormat("h5ad", "AnnData (.h5ad)", "Cells and measurements for scanpy, SpatialData."),
            OfferedFormat("roi", "ROIs for ImageJ and Fiji", "A zip a picture for the ROI Manager."),
        ),
    ),
    FormatGroup(
        "Pictures of what was found",
        (
            OfferedFormat("overlay", "Picture with results (PNG)", "Outlines or boxes, and a legend with the counts."),
            OfferedFormat("labels", "Label image (TIFF)", "Each pixel holds the number of its object."),
            OfferedFormat("ome-tiff", "Label image (OME-TIFF)", "The same with pixel size and classes."),
            OfferedFormat("ome-zarr", "Label image (OME-Zarr)", "The same in several sizes, with colours."),
            OfferedFormat("index-png", "Class image (PNG)", "Each pixel holds its class, with a palette."),
        ),
    ),
)
"""Groups in the right half."""

OFFERED: Final = tuple(offered for group in (*LEFT, *RIGHT) for offered in group.formats)
"""Every kind of file that can be ticked."""


def other_group() -> FormatGroup:
    """Return what other packages offer; those that cannot be used are left out, and listed under Help ▸ Plugins."""
    from cellwright.workflows.exporters import other_formats

    offered = tuple(OfferedFormat(name, made.title, made.about) for name, made in other_formats())
    return FormatGroup("From plugins", offered)
