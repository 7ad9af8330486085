"""Files that other programs read: tables, boxes, outlines, label images, overlays; from `core`, `shapes`, `measure`."""

from cellwright.export.boxed import BoxedPicture, unique_file_names
from cellwright.export.coco import Segmentation, write_coco
from cellwright.export.colour import rgb_of
from cellwright.export.coverage import write_tiles_geojson
from cellwright.export.csv_file import write_csv
from cellwright.export.divided import write_manifest
from cellwright.export.geojson import write_geojson
from cellwright.export.h5ad import write_h5ad
from cellwright.export.index_png import INDEX_PIXELS, write_index_png
from cellwright.export.label_tiff import write_label_tiff, write_ome_tiff
from cellwright.export.ome_zarr import write_ome_zarr
from cellwright.export.outlined import OutlinedPicture, polygons_of
from cellwright.export.overlay import LegendEntry, draw_overlay, write_png
from cellwright.export.parquet import write_parquet
from cellwright.export.pixels import PicturePixels
from cellwright.export.qupath import write_qupath_tsv
from cellwright.export.reading import read_table
from cellwright.export.report_document import Report
from cellwright.export.report_html import write_html_report
from cellwright.export.report_pdf import write_pdf_report
from cellwright.export.roi import write_roi_zip
from cellwright.export.sqlite_file import write_sqlite
from cellwright.export.table import Column, Table
from cellwright.export.voc import write_voc
from cellwright.export.xlsx import write_xlsx
from cellwright.export.yolo import write_yolo

__all__ = [
    "INDEX_PIXELS",
    "BoxedPicture",
    "Column",
    "LegendEntry",
    "OutlinedPicture",
    "PicturePixels",
    "Report",
    "Segmentation",
    "Table",
    "draw_overlay",
    "polygons_of",
    "read_table",
    "rgb_of",
    "unique_file_names",
    "write_coco",
    "write_csv",
    "write_geojson",
    "write_h5ad",
    "write_html_report",
    "write_index_png",
    "write_label_tiff",
    "write_manifest",
    "write_ome_tiff",
    "write_ome_zarr",
    "write_parquet",
    "write_pdf_report",
    "write_png",
    "write_qupath_tsv",
    "write_roi_zip",
    "write_sqlite",
    "write_tiles_geojson",
    "write_voc",
    "write_xlsx",
    "write_yolo",
]
