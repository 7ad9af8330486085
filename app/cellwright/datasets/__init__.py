"""Labelled sets: reads YOLO, VOC, COCO and label images into pictures with boxes, and says what it left out."""

from cellwright.datasets.health import ClassHealth, Health, health
from cellwright.datasets.held_out import HashedPicture, split_of
from cellwright.datasets.label_sources import (
    IGNORED_PIXEL,
    ClassImage,
    LabelSource,
    Meaning,
    ObjectImage,
    read_label_image,
)
from cellwright.datasets.labelled import LabelledPicture, LabelledSet
from cellwright.datasets.outlines import Outline, OutlineLabels
from cellwright.datasets.read import FORMATS, dataset_splits, read_dataset
from cellwright.datasets.report import Finding, ImportReport, Kind, Reason
from cellwright.datasets.split import split_by_group

__all__ = [
    "FORMATS",
    "IGNORED_PIXEL",
    "ClassHealth",
    "ClassImage",
    "Finding",
    "HashedPicture",
    "Health",
    "ImportReport",
    "Kind",
    "LabelSource",
    "LabelledPicture",
    "LabelledSet",
    "Meaning",
    "ObjectImage",
    "Outline",
    "OutlineLabels",
    "Reason",
    "dataset_splits",
    "health",
    "read_dataset",
    "read_label_image",
    "split_by_group",
    "split_of",
]
