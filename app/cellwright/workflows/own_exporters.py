"""Our own formats, declared as those of other packages are; nothing that writes is imported here."""

from __future__ import annotations

from cellwright.workflows.exporters import Exporter

_WRITING = "cellwright.workflows.exported"

CSV = Exporter(
    "CSV",
    "objects.csv and counts.csv, for any program.",
    f"{_WRITING}:write_csv",
    outputs=("objects.csv", "counts.csv"),
)

XLSX = Exporter(
    "Excel workbook",
    "Sheets with objects, counts, units and methods.",
    f"{_WRITING}:write_xlsx",
    outputs=("results.xlsx",),
)

PARQUET = Exporter(
    "Parquet", "The same for large data.", f"{_WRITING}:write_parquet", outputs=("objects.parquet", "counts.parquet")
)

SQLITE = Exporter(
    "SQLite", "One database with tables, units and views.", f"{_WRITING}:write_sqlite", outputs=("results.sqlite",)
)

H5AD = Exporter(
    "AnnData (.h5ad)",
    "Cells and measurements for scanpy, SpatialData.",
    f"{_WRITING}:write_h5ad",
    outputs=("objects.h5ad",),
)

QUPATH = Exporter(
    "Measurements for QuPath (TSV)",
    "A table with QuPath's names of columns.",
    f"{_WRITING}:write_qupath",
    outputs=("measurements.tsv",),
)

COCO = Exporter(
    "COCO JSON", "Boxes, and outlines as exact run lengths (RLE).", f"{_WRITING}:write_coco", outputs=("coco",)
)

COCO_POLYGONS = Exporter(
    "COCO JSON with polygons",
    "Outlines as polygons; holes are lost.",
    f"{_WRITING}:write_coco_polygons",
    outputs=("coco-polygons",),
    needs_outlines=True,
)

YOLO = Exporter(
    "YOLO text", "Boxes: a text file a picture, and data.yaml.", f"{_WRITING}:write_yolo", outputs=("yolo",)
)

YOLO_POLYGONS = Exporter(
    "YOLO text with outlines",
    "For segmentation; holes are lost.",
    f"{_WRITING}:write_yolo_polygons",
    outputs=("yolo-polygons",),
    needs_outlines=True,
)

VOC = Exporter("Pascal VOC XML", "Boxes: an XML file a picture.", f"{_WRITING}:write_voc", outputs=("voc",))

LABELS = Exporter(
    "Label image (TIFF)",
    "Each pixel holds the number of its object.",
    f"{_WRITING}:write_labels",
    of_each=("labels", ".tif"),
    needs_outlines=True,
)

OME_TIFF = Exporter(
    "Label image (OME-TIFF)",
    "The same with pixel size and classes.",
    f"{_WRITING}:write_ome_tiff",
    of_each=("ome-tiff", ".ome.tif"),
    needs_outlines=True,
)

OME_ZARR = Exporter(
    "Label image (OME-Zarr)",
    "The same in several sizes, with colours.",
    f"{_WRITING}:write_ome_zarr",
    of_each=("ome-zarr", ".ome.zarr"),
    needs_outlines=True,
)

INDEX_PNG = Exporter(
    "Class image (PNG)",
    "Each pixel holds its class, with a palette.",
    f"{_WRITING}:write_index_png",
    of_each=("index-png", ".png"),
    needs_outlines=True,
)

GEOJSON = Exporter(
    "GeoJSON for QuPath",
    "Drag the file onto the picture in QuPath.",
    f"{_WRITING}:write_geojson",
    of_each=("geojson", ".geojson"),
)

ROI = Exporter(
    "ROIs for ImageJ and Fiji", "A zip a picture for the ROI Manager.", f"{_WRITING}:write_roi", of_each=("roi", ".zip")
)

OVERLAY = Exporter(
    "Picture with results (PNG)",
    "Outlines or boxes, and a legend with the counts.",
    f"{_WRITING}:write_overlay",
    of_each=("overlays", ".png"),
)
