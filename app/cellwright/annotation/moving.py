"""Objects moved, resized and smoothed, and single points of them moved, added and taken away."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.annotation.painting import free_of, pixels_of
from cellwright.core import BadParameter
from cellwright.shapes import intersection, joined, labels_from_masks, masks_from_labels

_Corners = tuple[float, float, float, float]


def moved(geometry: Geometry, dy: float, dx: float) -> Geometry:
    """Return an object so many pixels further down and right; a mask moves by whole pixels, the nearest."""
    if geometry.kind is GeometryKind.MASK:
        return Geometry.of_mask(geometry.masks().shifted(round(dy), round(dx)))
    y0, x0, y1, x1 = geometry.box
    return resized(geometry, (y0 + dy, x0 + dx, y1 + dy, x1 + dx))


def resized(geometry: Geometry, box: _Corners) -> Geometry:
    """Return an object stretched and moved from the box around it to another box, y0, x0, y1, x1.

    A mask of the same size is moved; of another size, each new pixel is what lay under its middle.

    Raises
    ------
    BadParameter
        If nothing would be left.
    """
    if geometry.kind is GeometryKind.BOX:
        return Geometry.of_box(*box)
    if geometry.kind is GeometryKind.MASK:
        return _mask_in(geometry, box)
    if geometry.kind is GeometryKind.POLYGON:
        return Geometry.of_polygon([_stretched(ring, geometry.box, box) for ring in geometry.rings()])
    points = geometry.points()
    return Geometry.of_points(_stretched(points[:, :2], geometry.box, box), [bool(seen) for seen in points[:, 2]])


def _stretched(places: NDArray[np.float32], old: _Corners, new: _Corners) -> NDArray[np.float64]:
    begin, size = np.array(old[:2]), np.array(old[2:]) - old[:2]
    factor = np.where(size > 0, (np.array(new[2:]) - new[:2]) / np.where(size > 0, size, 1), 1)
    stretched: NDArray[np.float64] = (places.astype(np.float64) - begin) * factor + new[:2]
    return stretched


def _mask_in(geometry: Geometry, box: _Corners) -> Geometry:
    y0, x0, y1, x1 = (round(edge) for edge in box)
    top, left, bottom, right = (int(edge) for edge in geometry.box)
    if (y1 - y0, x1 - x0) == (bottom - top, right - left):
        return Geometry.of_mask(geometry.masks().shifted(y0 - top, x0 - left))
    if y1 <= y0 or x1 <= x0:
        raise BadParameter("An object needs at least one pixel: make the box larger.")
    picture = labels_from_masks(geometry.masks(), (bottom - top, right - left), (top, left), dtype=np.uint8)
    rows = ((np.arange(y1 - y0) + 0.5) * ((bottom - top) / (y1 - y0))).astype(np.intp)
    columns = ((np.arange(x1 - x0) + 0.5) * ((right - left) / (x1 - x0))).astype(np.intp)
    masks, _ = masks_from_labels(picture[rows[:, None], columns[None]], (y0, x0))
    if not len(masks):
        raise BadParameter("The object has no pixel left at this size: make the box larger.")
    return Geometry.of_mask(masks)


def smoothed(geometry: Geometry, radius: float, others: Sequence[Geometry] = ()) -> Geometry:
    """Return an object with a smoother outline, as a mask.

    Each pixel asks those around it, weighted by a Gaussian, and belongs to the object where at least half say so:
    the outline moves by its own curvature (Merriman, Bence & Osher, 1992), straight edges stay.

    Parameters
    ----------
    geometry : Geometry
        A mask, polygon or box.
    radius : float
        Standard deviation of the weights in pixels, > 0; what is much smaller is smoothed away.
    others : sequence of Geometry
        Neighbours, which lose nothing.

    Raises
    ------
    BadParameter
        If the radius is not above 0, or nothing would be left.
    """
    from scipy.ndimage import gaussian_filter

    if not 0 < radius < math.inf:
        raise BadParameter(f"A radius of {radius} pixels smooths nothing; choose one above 0.")
    mine = pixels_of(geometry)
    rim = math.ceil(4 * radius) + 1
    y0, x0, y1, x1 = (int(edge) for edge in Geometry.of_mask(mine).box)
    origin, shape = (y0 - rim, x0 - rim), (y1 - y0 + 2 * rim, x1 - x0 + 2 * rim)
    weight = gaussian_filter(labels_from_masks(mine, shape, origin, dtype=np.uint8).astype(np.float32), radius)
    smooth, _ = masks_from_labels(weight >= 0.5, origin)
    if not len(smooth):
        raise BadParameter(f"Smoothing by {radius:g} pixels would leave nothing of this object; choose less.")
    # what was its own stays its own; what is new may belong to a neighbour
    kept = joined(intersection(smooth, mine), free_of(smooth, others))
    return Geometry.of_mask(kept)


def point_moved(geometry: Geometry, number: int, y: float, x: float) -> Geometry:
    """Return points of which one, counted from 0, now lies at y, x and can be seen."""
    points = _points(geometry, number)
    points[number] = (y, x, 1)
    return _of(points)


def point_added(geometry: Geometry | None, y: float, x: float) -> Geometry:
    """Return points with one more at the end; None begins a new object."""
    new = np.array([[y, x, 1]], np.float32)
    return _of(new if geometry is None else np.concatenate([geometry.points(), new]))


def point_deleted(geometry: Geometry, number: int) -> Geometry | None:
    """Return points without one of them; None where it was the last."""
    points = np.delete(_points(geometry, number), number, axis=0)
    return _of(points) if len(points) else None


def _points(geometry: Geometry, number: int) -> NDArray[np.float32]:
    points = geometry.points()
    if not 0 <= number < len(points):
        raise BadParameter(f"There is no point {number}: this object has points 0 to {len(points) - 1}.")
    return points.copy()


def _of(points: NDArray[np.float32]) -> Geometry:
    return Geometry.of_points(points[:, :2], [bool(seen) for seen in points[:, 2]])
