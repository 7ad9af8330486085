"""`fitted_to_pixels`: outlines that are nearly right, moved to where the pixels of objects begin and end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.labels import labels_from_masks, masks_from_labels

_Labels = NDArray[np.int32]


def fitted_to_pixels(
    masks: Masks, covered: NDArray[np.bool_], origin: tuple[int, int] = (0, 0), reach: int = 2
) -> tuple[Masks, NDArray[np.intp]]:
    """Move the outlines of objects by up to `reach` pixels to the edge of what is covered by objects at all.

    Star-convex polygons part neighbours well and round their corners off; a map of the foreground has sharp edges and
    cannot part neighbours. First, ring by ring from outside, pixels of an object that are not covered are taken off;
    an object of which nothing would be left stays as it was. Then, ring by ring, covered pixels beside an object join
    it; of several, the earliest. What becomes of a pixel depends on its surroundings alone, so that parts of a picture
    agree with the whole, and objects that touch do not move against each other.

    Parameters
    ----------
    masks : Masks
        By falling score; where two overlap, the earlier one has the pixel.
    covered : (H, W) ndarray of bool
        Whether a pixel belongs to an object. What of `masks` lies outside is left out.
    origin : (int, int)
        y, x of its first pixel in level-0 pixels.
    reach : int
        Rings that are taken off or joined, at least 1, counted along rows and columns.

    Returns
    -------
    masks : Masks
        Without overlap, in the order they came; those without a pixel of their own are missing.
    rows : (M,) ndarray of intp
        Which they were.

    Raises
    ------
    BadParameter
        If `covered` is no (H, W) array of bool, or `reach` is below 1.
    """
    if covered.ndim != 2 or covered.dtype != np.bool_:
        raise BadParameter(f"What is covered is (H, W) bool, not {covered.shape} of {covered.dtype}.")
    if reach < 1:
        raise BadParameter(f"reach={reach} must be at least 1 pixel.")
    shape = (covered.shape[0], covered.shape[1])
    labels = labels_from_masks(masks, shape, origin).astype(np.int32, copy=False)
    kernels = loops("fitting_kernels")
    if kernels is None:
        labels = _fitted(labels, covered, reach)
    else:
        kernels.fit(labels, np.ascontiguousarray(covered), len(masks), reach)
    fitted, values = masks_from_labels(labels, origin)
    return fitted, values.astype(np.intp) - 1


def _fitted(labels: _Labels, covered: NDArray[np.bool_], reach: int) -> _Labels:
    """Return the same by numpy, a pass over the picture a ring."""
    peeled = labels.copy()
    for _ in range(reach):
        beside_ground = np.any([side == 0 for side in _sides(peeled, outside=-1)], axis=0)
        peeled[(peeled > 0) & ~covered & beside_ground] = 0
    left = np.bincount(peeled.ravel(), minlength=int(labels.max(initial=0)) + 1) > 0
    grown: _Labels = np.where(left[labels], peeled, labels)
    none = np.iinfo(np.int32).max
    for _ in range(reach):
        earliest = np.min([np.where(side > 0, side, none) for side in _sides(grown, outside=0)], axis=0)
        joins = (grown == 0) & covered & (earliest < none)
        grown[joins] = earliest[joins]
    return grown


def _sides(labels: _Labels, outside: int) -> list[_Labels]:
    """Return what stands above, left, right and below each pixel."""
    padded = np.pad(labels, 1, constant_values=outside)
    return [padded[:-2, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:], padded[2:, 1:-1]]
