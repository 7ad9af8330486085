"""Labelled sets: reads YOLO, Pascal VOC and COCO into pictures with boxes, and says what it left out."""

from cellwright.datasets.health import ClassHealth, Health, health
from cellwright.datasets.labelled import LabelledPicture, LabelledSet
from cellwright.datasets.read import FORMATS, read_dataset
from cellwright.datasets.report import Finding, ImportReport, Kind, Reason
from cellwright.datasets.split import split_by_group

__all__ = [
    "FORMATS",
    "ClassHealth",
    "Finding",
    "Health",
    "ImportReport",
    "Kind",
    "LabelledPicture",
    "LabelledSet",
    "Reason",
    "health",
    "read_dataset",
    "split_by_group",
]
