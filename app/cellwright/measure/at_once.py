"""The columns that are known as soon as there are objects: no job is needed to show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellwright.core import Masks, Objects, PixelSize
from cellwright.measure.columns import Column
from cellwright.measure.geometry import COLUMNS
from cellwright.measure.in_parts import measure
from cellwright.measure.shape import Measurement

OF_BOXES = (
    *("width", "height", "area_bbox", "centre-0", "centre-1"),
    *("bbox-0", "bbox-1", "bbox-2", "bbox-3"),
)
"""What the box of an object tells; every object has one."""

IN_FILES = ("area", "perimeter_crofton", "centroid-0", "centroid-1")
"""What files with outlines say of every object, whether anything was measured or not."""

OF_OUTLINES = ("area", "perimeter_crofton", "equivalent_diameter_area", "centroid-0", "centroid-1")
"""What its pixels tell besides, quickly; unknown for an object that is a bare box."""

PLACES = ("centre-0", "centre-1", "centroid-0", "centroid-1", "bbox-0", "bbox-1", "bbox-2", "bbox-3")
"""Where an object lies: told in pixels of the picture too where its pixel size is known."""


def at_once(*, outlines: bool) -> tuple[Column, ...]:
    """Return those columns in the order in which people look at them; those of outlines first where there are any."""
    declared = {column.key: column for column in COLUMNS}
    return tuple(declared[key] for key in (*(OF_OUTLINES if outlines else ()), *OF_BOXES))


def told_both_ways(objects: Objects, keys: Sequence[str], pixel_size: PixelSize | None) -> tuple[Measurement, ...]:
    """Return columns in pixels and again in µm, as tables hold them that are about pictures of any pixel size.

    Parameters
    ----------
    objects : Objects
        N objects; what needs an outline is NaN for those without one.
    keys : sequence of str
        Of `OF_BOXES` and `OF_OUTLINES`.
    pixel_size : PixelSize or None
        Size of a level-0 pixel; None leaves all in µm NaN.

    Returns
    -------
    tuple of Measurement
        For each key the column in pixels (``"area"``), then that in µm (``"area_um2"``); always the same ones.
    """
    masks = objects.masks if objects.masks is not None else Masks.empty(len(objects))
    in_px = {each.name: each for each in measure(masks, keys, boxes=objects.boxes)}
    known = measure(masks, keys, pixel_size=pixel_size, boxes=objects.boxes) if pixel_size is not None else ()
    in_um = {each.name: each for each in known}
    declared = {column.key: column for column in COLUMNS}
    told = []
    for column in (declared[key] for key in keys):
        name, unit = column.header(in_um=True), column.written_unit(in_um=True)
        unknown = np.full(len(objects), np.nan)
        there = Measurement(name, unknown, unit, column.description, column.digits(in_um=True))
        told += [in_px[column.key], in_um.get(name, there)]
    return tuple(told)
