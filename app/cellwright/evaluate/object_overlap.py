"""`ObjectOverlaps`: how many pixels each true object of a picture shares with each that was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.evaluate.inputs import Floats, Ints

Pixels = NDArray[np.integer] | Masks
"""Objects of one picture: an (H, W) label image, 0 and below being nothing, or masks."""

_DENSE_CELLS = 2**24
"""So many pairs of labels are counted in a table; more are sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class ObjectOverlaps:
    """The objects of one picture, true and found, and what they share.

    Parameters
    ----------
    true_areas, found_areas : (N,) and (M,) ndarray of int64
        Pixels of each object. Objects stand by rising label, or in the order of the masks.
    pairs : (P, 2) ndarray of int64
        Rows of the true and of the found object, sorted; only pairs that share a pixel.
    shared : (P,) ndarray of int64
        How many pixels they share.
    """

    true_areas: Ints
    found_areas: Ints
    pairs: Ints
    shared: Ints

    @property
    def unions(self) -> Ints:
        """(P,) int64: pixels that belong to either object of a pair."""
        union: Ints = self.true_areas[self.pairs[:, 0]] + self.found_areas[self.pairs[:, 1]] - self.shared
        return union

    @property
    def ious(self) -> Floats:
        """(P,) float64: intersection over union of each pair, above 0."""
        ratio: Floats = self.shared / self.unions
        return ratio


def object_overlaps(truth: Pixels, found: Pixels) -> ObjectOverlaps:
    """Count what the true and the found objects of a picture share.

    Parameters
    ----------
    truth, found : (H, W) ndarray of int, or Masks
        Two label images are counted in one pass. Masks may overlap one another and reach beyond the picture.

    Raises
    ------
    BadParameter
        If the label images differ in size.
    """
    if isinstance(truth, Masks) or isinstance(found, Masks):
        return _of_masks(_masks(truth), _masks(found))
    if truth.shape != found.shape or truth.ndim != 2:
        raise BadParameter(f"Label images of {truth.shape} and {found.shape} cannot be compared; give (H, W) twice.")
    return _of_labels(_numbered(truth), _numbered(found))


def _masks(pixels: Pixels) -> Masks:
    if isinstance(pixels, Masks):
        return pixels
    from cellwright.shapes import masks_from_labels

    return masks_from_labels(np.maximum(pixels, 0))[0]


def _of_masks(truth: Masks, found: Masks) -> ObjectOverlaps:
    from cellwright.shapes import intersections

    pairs, shared = intersections(truth, found)
    return ObjectOverlaps(truth.areas(), found.areas(), pairs.astype(np.int64), shared)


def _numbered(labels: NDArray[np.integer]) -> tuple[Ints, int]:
    """Return the labels as 0 … N without gaps, and N."""
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if high < _DENSE_CELLS:
        flat = labels.ravel() if low >= 0 else np.maximum(labels, 0).ravel()
        occurs = np.bincount(flat, minlength=1) > 0
        occurs[0] = False
        table = np.cumsum(occurs) * occurs
        return table[flat], int(occurs.sum())
    values, inverse = np.unique(np.maximum(labels, 0), return_inverse=True)
    return inverse.ravel() + int(values[0] != 0), len(values) - int(values[0] == 0)


def _of_labels(truth: tuple[Ints, int], found: tuple[Ints, int]) -> ObjectOverlaps:
    (true_labels, n), (found_labels, m) = truth, found
    key = true_labels * (m + 1) + found_labels
    if (n + 1) * (m + 1) <= _DENSE_CELLS:
        table = np.bincount(key, minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)
        t, f = np.nonzero(table[1:, 1:])
        shared = table[1:, 1:][t, f]
        return ObjectOverlaps(table[1:].sum(axis=1), table[:, 1:].sum(axis=0), np.stack([t, f], 1), shared)
    keys, counts = np.unique(key, return_counts=True)
    t, f = np.divmod(keys, m + 1)
    both = (t > 0) & (f > 0)
    return ObjectOverlaps(
        np.bincount(true_labels, minlength=n + 1)[1:],
        np.bincount(found_labels, minlength=m + 1)[1:],
        np.stack([t[both] - 1, f[both] - 1], 1),
        counts[both],
    )
