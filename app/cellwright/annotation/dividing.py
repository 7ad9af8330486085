"""One object made of several, and several of one, without a pixel lost or claimed twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.annotation.geometry import Geometry, GeometryKind
from cellwright.annotation.painting import pixels_of
from cellwright.core import BadParameter, Masks
from cellwright.shapes import components, gathered, labels_from_masks, masks_from_labels, union
from cellwright.shapes import cut as cut_mask

_SMOOTHING_PX = 1.0


def cut(geometry: Geometry, line: ArrayLike) -> list[Geometry]:
    """Return the parts of an object on the sides of a drawn line, the largest first.

    Parameters
    ----------
    geometry : Geometry
        A mask, polygon or box; the parts are masks.
    line : (K, 2) array
        y, x in level-0 pixels; see `cellwright.shapes.cut`.

    Returns
    -------
    list of Geometry
        Only the object where the line does not cross it from side to side.
    """
    parts = cut_mask(pixels_of(geometry), line)
    return [geometry] if len(parts) == 1 else [Geometry.of_mask(parts, row) for row in range(len(parts))]


def joined(geometries: Sequence[Geometry]) -> Geometry:
    """Return one object with all pixels of several; of boxes alone, the box around them.

    Raises
    ------
    BadParameter
        If there is none, or one of them is points.
    """
    if not geometries:
        raise BadParameter("Nothing to join: give at least one object.")
    if all(each.kind is GeometryKind.BOX for each in geometries):
        edges = np.array([each.box for each in geometries])
        return Geometry.of_box(*edges[:, :2].min(0), *edges[:, 2:].max(0))
    masks = Masks.concatenate([pixels_of(each) for each in geometries])
    return Geometry.of_mask(union(masks, np.zeros(len(masks), np.int64)))


def split_by_seeds(
    geometry: Geometry, seeds: ArrayLike, crop: NDArray[np.generic] | None = None, origin: tuple[int, int] = (0, 0)
) -> list[Geometry]:
    """Return one part a seed, in the order of the seeds, parted where the object is narrow or the picture has an edge.

    A watershed (Meyer, 1994) floods the object from the seeds, over the depth below its outline and, where there is a
    picture, over how steeply that changes.

    Parameters
    ----------
    geometry : Geometry
        A mask, polygon or box; the parts are masks.
    seeds : (K, 2) array
        y, x in level-0 pixels, K >= 2. A seed beside the object counts for its nearest pixel.
    crop : (H, W) or (H, W, C) ndarray, optional
        The picture around the object; where it does not reach, the outline alone decides.
    origin : (int, int)
        y, x of the crop's first pixel in level-0 pixels.

    Raises
    ------
    BadParameter
        If there are fewer than two seeds, or two mean the same pixel.
    """
    places = np.asarray(seeds, np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 2 or not np.isfinite(places).all():
        raise BadParameter("Splitting takes at least two seeds: click once into each cell.")
    mask = pixels_of(geometry)
    if not len(mask.spans):
        raise BadParameter("This object has no pixels that could be split.")
    corner, inside = _picture_of(mask)
    markers = _markers(inside, places - corner)
    labels = _flooded(inside, markers, _relief(inside, _cropped(crop, origin, corner, inside.shape)))
    parts, values = masks_from_labels(labels, corner)
    islands, _ = masks_from_labels((inside & (labels == 0)).astype(np.uint8), corner)
    if len(islands):  # pieces without a seed, each with the part that is nearest
        parts, values = _with_islands(parts, values, islands)
    return [Geometry.of_mask(parts, int(np.flatnonzero(values == number)[0])) for number in range(1, len(places) + 1)]


def _picture_of(mask: Masks) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Return the object as a picture with a rim of one pixel, and where that begins."""
    y0, x0, y1, x1 = (int(edge) for edge in (*mask.spans.min(0)[:2], mask.spans[-1, 0] + 1, mask.spans[:, 2].max()))
    shape = (y1 - y0 + 2, x1 - x0 + 2)
    return (y0 - 1, x0 - 1), labels_from_masks(mask, shape, (y0 - 1, x0 - 1), dtype=np.uint8) > 0


def _markers(inside: NDArray[np.bool_], places: NDArray[np.float64]) -> NDArray[np.int32]:
    ys, xs = np.nonzero(inside)
    markers = np.zeros(inside.shape, np.int32)
    for number, (y, x) in enumerate(places, 1):
        at = int(np.argmin((ys + 0.5 - y) ** 2 + (xs + 0.5 - x) ** 2))
        if markers[ys[at], xs[at]]:
            raise BadParameter(f"Seeds {markers[ys[at], xs[at]]} and {number} mean the same pixel: set them apart.")
        markers[ys[at], xs[at]] = number
    return markers


def _relief(inside: NDArray[np.bool_], grey: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return what the water rises over: low deep inside, high at the outline and along edges of the picture."""
    from scipy.ndimage import distance_transform_edt, gaussian_gradient_magnitude

    depth = distance_transform_edt(inside)
    relief = 1 - depth / depth.max()
    if grey is not None:
        steep = gaussian_gradient_magnitude(grey, _SMOOTHING_PX)
        top = float(np.quantile(steep[inside], 0.95))
        relief = relief + np.minimum(steep / top, 1) * 0.5 if top > 0 else relief
    answer: NDArray[np.float32] = relief.astype(np.float32)
    return answer


def _cropped(
    crop: NDArray[np.generic] | None, origin: tuple[int, int], corner: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.float32] | None:
    """Return the grey picture under the object, its edge repeated beyond the crop; None where the crop misses it."""
    if crop is None or not crop.size:
        return None
    grey = np.asarray(crop, np.float32)
    grey = grey.mean(2) if grey.ndim == 3 else grey
    rows = np.arange(shape[0]) + corner[0] - origin[0]
    columns = np.arange(shape[1]) + corner[1] - origin[1]
    if rows[-1] < 0 or columns[-1] < 0 or rows[0] >= grey.shape[0] or columns[0] >= grey.shape[1]:
        return None
    under: NDArray[np.float32] = grey[
        rows.clip(0, grey.shape[0] - 1)[:, None], columns.clip(0, grey.shape[1] - 1)[None]
    ]
    return under


def _flooded(inside: NDArray[np.bool_], markers: NDArray[np.int32], relief: NDArray[np.float32]) -> NDArray[np.int32]:
    from skimage.segmentation import watershed

    labels: NDArray[np.int32] = watershed(relief, markers, mask=inside, connectivity=2)  # type: ignore[no-untyped-call]
    return labels


def _with_islands(parts: Masks, values: NDArray[np.integer], islands: Masks) -> tuple[Masks, NDArray[np.integer]]:
    pieces, _ = components(islands)
    together = Masks.concatenate([parts, pieces])
    stays = np.arange(len(together)) < len(parts)
    whole = gathered(together, stays)
    # the largest come first there: each holds the first pixel of exactly one part
    first = parts.spans[parts.starts[:-1]]
    numbers = np.zeros(len(whole), values.dtype)
    for (y, x, _), value in zip(first, values, strict=True):
        hit = (whole.spans[:, 0] == y) & (whole.spans[:, 1] <= x) & (x < whole.spans[:, 2])
        numbers[whole.owners[np.flatnonzero(hit)[0]]] = value
    return whole, numbers
