"""Objects painted, erased and filled pixel by pixel; what is painted never takes from a neighbour unasked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.core import BadParameter, Masks
from cellwright.shapes import (
    components,
    difference,
    fill_holes,
    intersection,
    joined,
    masks_from_polygons,
    union,
)


@dataclass(frozen=True, slots=True)
class PaintResult:
    """What painting made of an object and of those beside it.

    Parameters
    ----------
    geometry : Geometry or None
        The object, a mask; None where it has no pixel, which happens if all that was painted lies on neighbours.
    changed_others : tuple of (int, Geometry or None)
        Which of the neighbours lost pixels, by their place in what was given, and what is left of each: None where
        nothing is. Empty unless overwriting was asked for.
    """

    geometry: Geometry | None
    changed_others: tuple[tuple[int, Geometry | None], ...] = ()


def pixels_of(geometry: Geometry) -> Masks:
    """Return the pixels of an object as a table of one mask: those whose middle lies inside.

    Raises
    ------
    BadParameter
        If these are points, which have no inside.
    """
    if geometry.kind is GeometryKind.MASK:
        return geometry.masks()
    if geometry.kind is GeometryKind.POLYGON:
        return masks_from_polygons([geometry.rings()])
    if geometry.kind is GeometryKind.POINTS:
        raise BadParameter("Points have no pixels: this works on boxes and outlines.")
    y0, x0, y1, x1 = (math.ceil(edge - 0.5) for edge in geometry.box)
    rows = np.arange(y0, y1)
    spans = np.stack([rows, np.full(len(rows), x0), np.full(len(rows), x1)], 1)
    return Masks.from_spans(np.zeros(len(rows), np.int64), spans, 1)


def outlined(points: ArrayLike) -> Geometry | None:
    """Return the pixels inside a drawn outline, (K, 2) y, x, as a mask; None where no pixel's middle lies inside."""
    corners = np.asarray(points, np.float64)
    if len(corners) < 3:
        raise BadParameter("An outline needs at least three corners.")
    return mask_or_none(masks_from_polygons([corners]))


def painted(
    geometry: Geometry | None, stroke: Masks, others: Sequence[Geometry] = (), overwrite: bool = False
) -> PaintResult:
    """Add pixels to an object.

    Parameters
    ----------
    geometry : Geometry or None
        The object; None begins a new one. A box becomes the mask that is painted, a polygon the pixels inside it.
    stroke : Masks
        One object: the pixels that were painted, from `shapes.stroke`, a polygon or anything else.
    others : sequence of Geometry
        The neighbours. A box or points claim no pixels and are left as they are.
    overwrite : bool
        Whether the stroke takes pixels from neighbours; else they keep them.

    Returns
    -------
    PaintResult
    """
    mine = Masks.empty(1) if geometry is None or not _has_outline(geometry) else pixels_of(geometry)
    if not overwrite:
        return PaintResult(mask_or_none(joined(mine, free_of(stroke, others))))
    changed = tuple(
        (row, mask_or_none(difference(pixels_of(each), stroke)))
        for row, each in enumerate(others)
        if _claims(each, stroke)
    )
    return PaintResult(mask_or_none(joined(mine, stroke)), changed)


def erased(geometry: Geometry, stroke: Masks) -> Geometry | None:
    """Return an object, as a mask, without the pixels of a stroke; None where no pixel is left."""
    return mask_or_none(difference(pixels_of(geometry), stroke))


def filled(geometry: Geometry, y: float, x: float, others: Sequence[Geometry] = ()) -> Geometry:
    """Return an object with the hole that holds a place filled, but for what neighbours have in it.

    Raises
    ------
    BadParameter
        If the place lies in no hole of the object.
    """
    mine = pixels_of(geometry)
    holes, _ = components(difference(fill_holes(mine), mine), connectivity=4)
    row, column = math.floor(y), math.floor(x)
    spans = holes.spans
    hit = np.flatnonzero((spans[:, 0] == row) & (spans[:, 1] <= column) & (column < spans[:, 2]))
    if not len(hit):
        raise BadParameter("There is no hole here: click into a gap that the object encloses on all sides.")
    hole = holes.take(holes.owners[hit])
    return Geometry.of_mask(joined(mine, free_of(hole, others)))


def without_holes(geometry: Geometry, others: Sequence[Geometry] = ()) -> Geometry:
    """Return an object, as a mask, with all its holes filled, but for what neighbours have in them."""
    mine = pixels_of(geometry)
    return Geometry.of_mask(joined(mine, free_of(fill_holes(mine), others)))


def free_of(mask: Masks, others: Sequence[Geometry]) -> Masks:
    """Return what of one object's pixels no neighbour has; neighbours that are boxes or points have none."""
    near = [pixels_of(each) for each in others if _claims(each, mask)]
    if not near:
        return mask
    return difference(mask, union(Masks.concatenate(near), np.zeros(len(near), np.int64)))


def mask_or_none(mask: Masks) -> Geometry | None:
    """Return one object's pixels as its place; None where there are none."""
    return Geometry.of_mask(mask) if len(mask.spans) else None


def _has_outline(geometry: Geometry) -> bool:
    return geometry.kind in (GeometryKind.MASK, GeometryKind.POLYGON)


def _claims(geometry: Geometry, mask: Masks) -> bool:
    """Return whether an object has some of these pixels; most have not, which their box tells."""
    if not _has_outline(geometry) or not len(mask.spans):
        return False
    y0, x0, y1, x1 = geometry.box
    top, left, bottom, right = mask.boxes()[0]
    if y1 <= top or y0 >= bottom or x1 <= left or x0 >= right:
        return False
    return bool(len(intersection(pixels_of(geometry), mask).spans))
