"""Labelled sets: reads them in every format and says what it left out; their health, splits, frozen versions."""

from cellwright.datasets.augmenting import Augmentation, Turning
from cellwright.datasets.files import picture_size
from cellwright.datasets.health import ClassHealth, Health, health
from cellwright.datasets.held_out import HashedPicture, split_of
from cellwright.datasets.label_sources import (
    IGNORED_PIXEL,
    ClassImage,
    KeptMasks,
    LabelSource,
    Meaning,
    ObjectImage,
    read_label_image,
)
from cellwright.datasets.labelled import LabelledPicture, LabelledSet
from cellwright.datasets.near_duplicates import Look, NearDuplicate, look_at, near_duplicates
from cellwright.datasets.outlines import Outline, OutlineLabels
from cellwright.datasets.positions import heat_map
from cellwright.datasets.preparing import Piece, Preparation, Resize
from cellwright.datasets.read import FORMATS, dataset_splits, read_dataset
from cellwright.datasets.report import Finding, ImportReport, Kind, Reason
from cellwright.datasets.split import rebalance_by_group, split_by_group
from cellwright.datasets.versions import (
    VERSION_FILE,
    DatasetVersion,
    VersionChanges,
    VersionPicture,
    changed_files,
    compare_versions,
    labels_digest,
    read_version,
)

__all__ = [
    "FORMATS",
    "IGNORED_PIXEL",
    "VERSION_FILE",
    "Augmentation",
    "ClassHealth",
    "ClassImage",
    "DatasetVersion",
    "Finding",
    "HashedPicture",
    "Health",
    "ImportReport",
    "KeptMasks",
    "Kind",
    "LabelSource",
    "LabelledPicture",
    "LabelledSet",
    "Look",
    "Meaning",
    "NearDuplicate",
    "ObjectImage",
    "Outline",
    "OutlineLabels",
    "Piece",
    "Preparation",
    "Reason",
    "Resize",
    "Turning",
    "VersionChanges",
    "VersionPicture",
    "changed_files",
    "compare_versions",
    "dataset_splits",
    "health",
    "heat_map",
    "labels_digest",
    "look_at",
    "near_duplicates",
    "picture_size",
    "read_dataset",
    "read_label_image",
    "read_version",
    "rebalance_by_group",
    "split_by_group",
    "split_of",
]
