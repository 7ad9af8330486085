"""Labelled sets: reads YOLO, Pascal VOC and COCO into pictures with boxes, and says what it left out."""

from cellwright.datasets.labelled import LabelledPicture, LabelledSet
from cellwright.datasets.read import FORMATS, read_dataset
from cellwright.datasets.report import Finding, ImportReport, Kind, Reason

__all__ = [
    "FORMATS",
    "Finding",
    "ImportReport",
    "Kind",
    "LabelledPicture",
    "LabelledSet",
    "Reason",
    "read_dataset",
]
