"""Files that other programs read: tables (CSV, XLSX, Parquet), boxes (COCO, YOLO, VOC), overlays. Knows only `core`."""

from cellwright.export.boxed import BoxedPicture, unique_file_names
from cellwright.export.coco import write_coco
from cellwright.export.csv_file import write_csv
from cellwright.export.overlay import LegendEntry, draw_overlay, rgb_of, write_png
from cellwright.export.parquet import write_parquet
from cellwright.export.table import Column, Table
from cellwright.export.voc import write_voc
from cellwright.export.xlsx import write_xlsx
from cellwright.export.yolo import write_yolo

__all__ = [
    "BoxedPicture",
    "Column",
    "LegendEntry",
    "Table",
    "draw_overlay",
    "rgb_of",
    "unique_file_names",
    "write_coco",
    "write_csv",
    "write_parquet",
    "write_png",
    "write_voc",
    "write_xlsx",
    "write_yolo",
]
