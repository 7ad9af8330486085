"""Edits as values: what changes, from what, to what, and how it is taken back. Knows no disk."""

from cellwright.annotation.answering import (
    Reviewer,
    all_marked,
    judged,
    region_marked,
    sorted_into,
    window_judged,
    with_reviews,
)
from cellwright.annotation.choosing import inside_lasso
from cellwright.annotation.dividing import cut, joined, split_by_seeds
from cellwright.annotation.edit import Edit, EditKind, ObjectChange, RecordChange
from cellwright.annotation.filtering import Columns, Filter, FilterMistake, columns_of, columns_of_objects
from cellwright.annotation.finding import found_at_click, found_in_box
from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.annotation.making import added, deleted, merged, reclassified, reshaped, reviewed, split
from cellwright.annotation.moving import moved, point_added, point_deleted, point_moved, resized, smoothed
from cellwright.annotation.painting import PaintResult, erased, filled, outlined, painted, pixels_of, without_holes
from cellwright.annotation.records import (
    ClassRecord,
    ModelRecord,
    PictureRecord,
    Record,
    RegionOfInterestRecord,
    RunRecord,
    plane_path,
)
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
    window_name,
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
    "Columns",
    "Draw",
    "Drawn",
    "Edit",
    "EditKind",
    "Filter",
    "FilterMistake",
    "Geometry",
    "GeometryKind",
    "ModelRecord",
    "ObjectChange",
    "ObjectState",
    "PaintResult",
    "PictureRecord",
    "Record",
    "RecordChange",
    "RegionOfInterestRecord",
    "RegionReviewedRecord",
    "ReviewRecord",
    "Reviewer",
    "RunRecord",
    "Status",
    "added",
    "all_marked",
    "columns_of",
    "columns_of_objects",
    "cut",
    "deleted",
    "erased",
    "filled",
    "found_at_click",
    "found_in_box",
    "inside_lasso",
    "joined",
    "judged",
    "merged",
    "moved",
    "outlined",
    "painted",
    "pixels_of",
    "plane_path",
    "point_added",
    "point_deleted",
    "point_moved",
    "reclassified",
    "region_marked",
    "reshaped",
    "resized",
    "reviewed",
    "smoothed",
    "sorted_into",
    "split",
    "split_by_seeds",
    "window_judged",
    "window_name",
    "with_reviews",
    "without_holes",
]
