"""Edits as values: what changes, from what, to what, and how it is taken back. Knows no disk."""

from cellwright.annotation.answering import Reviewer, judged, region_marked, sorted_into, window_judged
from cellwright.annotation.edit import Edit, EditKind, ObjectChange, RecordChange
from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.annotation.making import added, deleted, merged, reclassified, reshaped, reviewed, split
from cellwright.annotation.records import ClassRecord, ModelRecord, PictureRecord, Record, RunRecord
from cellwright.annotation.reviews import (
    NOT_CLASSED,
    UNIDENTIFIED,
    Answer,
    AuditItemRecord,
    AuditRecord,
    Draw,
    Drawn,
    RegionReviewedRecord,
    ReviewRecord,
)
from cellwright.annotation.state import AnnotatedObject, ObjectState, Status

__all__ = [
    "NOT_CLASSED",
    "UNIDENTIFIED",
    "AnnotatedObject",
    "Answer",
    "AuditItemRecord",
    "AuditRecord",
    "ClassRecord",
    "Draw",
    "Drawn",
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
    "RegionReviewedRecord",
    "ReviewRecord",
    "Reviewer",
    "RunRecord",
    "Status",
    "added",
    "deleted",
    "judged",
    "merged",
    "reclassified",
    "region_marked",
    "reshaped",
    "reviewed",
    "sorted_into",
    "split",
    "window_judged",
]
