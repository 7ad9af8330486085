"""Stars: shapes said by a middle and distances along rays; one of many for each object, and its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import star_overlap
from cellwright.shapes.compiled import loops
from cellwright.shapes.kinds import Float32s
from cellwright.shapes.rays import ray_directions

_FURTHEST = 2.0**30
"""No corner of a star may lie further from the picture's origin, in pixels."""


def star_corners(points: NDArray[np.floating], distances: NDArray[np.floating]) -> Float32s:
    """Return where the rays of each star end.

    Parameters
    ----------
    points : (N, 2) ndarray of float
        y, x of the middles; whole numbers are the middles of pixels.
    distances : (N, R) ndarray of float
        Lengths of the rays in pixels; ray k points to y + sin, x + cos of 2πk/R.

    Returns
    -------
    (N, R, 2) ndarray of float32
        y, x in the same coordinates.

    Raises
    ------
    BadParameter
        If the columns do not fit each other or are not finite.
    """
    middles, lengths = _stars(points, distances)
    directions = ray_directions(lengths.shape[1])
    reach = (lengths[:, :, None] * directions.T).astype(np.float32)
    corners: Float32s = (reach + middles[:, None, :]).astype(np.float32)
    return corners


def star_boxes(points: NDArray[np.floating], distances: NDArray[np.floating]) -> Float32s:
    """Return the smallest box around each star, (N, 4) float32: y0, x0, y1, x1 in level-0 pixels.

    A star's coordinates are those of pixels' middles, a box's those of their edges: half a pixel lies between.
    Parameters and errors are those of `star_corners`.
    """
    corners = star_corners(points, distances)
    boxes: Float32s = np.concatenate([corners.min(1), corners.max(1)], 1) + np.float32(0.5)
    return boxes


def star_masks(points: NDArray[np.floating], distances: NDArray[np.floating]) -> Masks:
    """Return the pixels of each star: those whose middle lies inside it or on its edge.

    The pixels that the reference package's `polygons_to_label` fills, and those beyond the picture as well.
    Parameters and errors are those of `star_corners`.
    """
    corners = star_corners(points, distances)
    if not len(corners):
        return Masks.empty()
    kernels = loops("raster_kernels")
    if kernels is not None:
        return Masks(*kernels.star_spans(corners[:, :, 0].copy(), corners[:, :, 1].copy()))
    owner, spans = [], []
    for row, corner in enumerate(corners):
        runs = _star_spans(corner.astype(np.float64))
        spans.append(runs)
        owner.append(np.full(len(runs), row))
    return Masks.from_spans(np.concatenate(owner), np.concatenate(spans), len(corners))


def _star_spans(corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the spans of one star: each pixel of its box against each edge, as O'Rourke counts crossings."""
    low, high = np.floor(corners.min(0)).astype(np.int64), np.ceil(corners.max(0)).astype(np.int64)
    y, x = (a[:, :, None] for a in np.mgrid[low[0] : high[0] + 1, low[1] : high[1] + 1])
    y1, x1 = corners[:, 0] - y, corners[:, 1] - x
    y0, x0 = np.roll(corners[:, 0], 1) - y, np.roll(corners[:, 1], 1) - x
    side = (x1 * y0 - x0 * y1) / np.where(y0 == y1, 1, y0 - y1)
    right = (((y1 > 0) != (y0 > 0)) & (side > 0)).sum(-1) % 2
    left = (((y1 < 0) != (y0 < 0)) & (side < 0)).sum(-1) % 2
    inside = (right > 0) | (left > 0) | ((y1 == 0) & (x1 == 0)).any(-1)
    rows, columns = np.nonzero(inside)
    return np.stack([rows + low[0], columns + low[1], columns + low[1] + 1], 1)


def star_nms(
    points: NDArray[np.floating], distances: NDArray[np.floating], scores: NDArray[np.floating], iou: float
) -> NDArray[np.intp]:
    """Keep one star an object, exactly: by falling score, unless it overlaps a kept one by more than `iou`.

    As StarDist defines it (Schmidt et al., MICCAI 2018; the reference package's `non_maximum_suppression`): the overlap
    is the shared area over the smaller of both areas, of stars whose corners are cut to whole pixels. The corners of
    the shared area are rounded to whole pixels too. The package's clipper rounds a few of them otherwise where edges
    nearly run along each other, so that a pair within about a hundredth of `iou` may be decided otherwise.

    Parameters
    ----------
    points : (N, 2) ndarray of float
        y, x of the middles in level-0 pixels.
    distances : (N, R) ndarray of float
        Lengths of the rays in pixels, not negative.
    scores : (N,) ndarray of float
        Not NaN; equal scores are taken in the order given.
    iou : float
        The overlap allowed, in [0, 1].

    Returns
    -------
    (K,) ndarray of intp
        Rows of the input that are kept, by falling score.

    Raises
    ------
    BadParameter
        If the columns do not fit each other or are not finite, or `iou` is out of range.
    """
    middles, lengths = _stars(points, distances)
    if np.shape(scores) != (len(middles),) or np.isnan(scores).any():
        raise BadParameter(f"{len(middles)} stars need as many scores, none of them NaN, not {np.shape(scores)}.")
    if not 0.0 <= iou <= 1.0:
        raise BadParameter(f"iou={iou} must be from 0 to 1.")
    order = _by_falling_score(np.asarray(scores))
    if not len(order):
        return order
    if loops("star_kernels") is None:
        return order[star_overlap.suppress(middles, lengths, order, iou)]
    from cellwright.shapes.star_choice import chosen

    return order[chosen(middles, lengths, order, float(iou))]


def _by_falling_score(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the rows by falling score, equal ones as they come; (N,) scores that are not NaN."""
    fallen = -scores
    order = np.argsort(fallen)
    # The quick sort leaves equal scores in any order; where there are some, the slower one does not.
    ranked = fallen[order]
    return np.argsort(fallen, kind="stable") if (ranked[1:] == ranked[:-1]).any() else order


def _stars(points: NDArray[np.floating], distances: NDArray[np.floating]) -> tuple[Float32s, Float32s]:
    """Return the columns as contiguous float32, or say what is wrong with them."""
    middles = np.ascontiguousarray(points, np.float32)
    lengths = np.ascontiguousarray(distances, np.float32)
    if middles.ndim != 2 or middles.shape[1] != 2 or lengths.ndim != 2 or len(lengths) != len(middles):
        raise BadParameter(f"Stars need (N, 2) points and (N, R) distances, not {middles.shape} and {lengths.shape}.")
    if lengths.shape[1] < 3:
        raise BadParameter(f"A star needs at least 3 rays, not {lengths.shape[1]}.")
    if not all(column.min() > -_FURTHEST and column.max() < _FURTHEST for column in (middles, lengths) if len(column)):
        raise BadParameter("A middle or a ray of a star is not finite or beyond 2^30 pixels; leave such rows out.")
    return middles, lengths
