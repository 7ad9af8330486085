"""The columns that are known as soon as there are objects: no job is needed to show them."""

from __future__ import annotations

from cellwright.measure.columns import Column
from cellwright.measure.geometry import COLUMNS

OF_BOXES = (
    *("width", "height", "area_bbox", "centre-0", "centre-1"),
    *("bbox-0", "bbox-1", "bbox-2", "bbox-3"),
)
"""What the box of an object tells; every object has one."""

OF_OUTLINES = ("area", "perimeter_crofton", "equivalent_diameter_area", "centroid-0", "centroid-1")
"""What its pixels tell besides, quickly; unknown for an object that is a bare box."""

PLACES = ("centre-0", "centre-1", "centroid-0", "centroid-1", "bbox-0", "bbox-1", "bbox-2", "bbox-3")
"""Where an object lies: told in pixels of the picture too where its pixel size is known."""


def at_once(*, outlines: bool) -> tuple[Column, ...]:
    """Return those columns in the order in which people look at them; those of outlines first where there are any."""
    declared = {column.key: column for column in COLUMNS}
    return tuple(declared[key] for key in (*(OF_OUTLINES if outlines else ()), *OF_BOXES))
