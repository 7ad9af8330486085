"""Edits as values: what changes, from what, to what, and how it is taken back. Knows no disk."""

from cellwright.annotation.edit import Edit, EditKind, ObjectChange, RecordChange
from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.annotation.making import added, deleted, merged, reclassified, reshaped, reviewed, split
from cellwright.annotation.records import ClassRecord, ModelRecord, PictureRecord, Record, RunRecord
from cellwright.annotation.state import AnnotatedObject, ObjectState, Status

__all__ = [
    "AnnotatedObject",
    "ClassRecord",
    "Edit",
    "EditKind",
    "Geometry",
    "GeometryKind",
    "ModelRecord",
    "ObjectChange",
    "ObjectState",
    "PictureRecord",
    "Record",
    "RecordChange",
    "RunRecord",
    "Status",
    "added",
    "deleted",
    "merged",
    "reclassified",
    "reshaped",
    "reviewed",
    "split",
]
