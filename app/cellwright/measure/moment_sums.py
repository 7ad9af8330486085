"""Moments of the pixels of objects, from their runs: sums along a run have a closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.exact_boxes import exact_boxes
from cellwright.shapes.compiled import loops

Values = NDArray[np.float64]


def moments_of(masks: Masks) -> tuple[Values, Values]:
    """Return the moments of each object up to the third power of y and of x.

    Along a run of L pixels around m the sums of x, x² and x³ are L m, L m² + K and L m³ + 3 m K with
    K = L (L² − 1) / 12, so that a pixel is a point at its middle and nothing is added pixel by pixel.

    Parameters
    ----------
    masks : Masks
        N objects; all moments of one without pixels are 0.

    Returns
    -------
    raw : (N, 4, 4) ndarray of float64
        ``[p, q]`` is the sum of y^p x^q over the pixels, counted from the first pixel of the object's box.
    central : (N, 4, 4) ndarray of float64
        The same, counted from the object's centroid.
    """
    kernels = loops("moment_kernels", "measure")
    if kernels is not None:
        raw, central = kernels.moments(masks.starts, masks.spans)
        return raw, central
    return _moments(masks)


def _moments(masks: Masks) -> tuple[Values, Values]:
    """Do what the compiled loops do, with an array of one entry a span."""
    raw = _about(masks, np.zeros((len(masks), 2)))
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.stack([raw[:, 1, 0], raw[:, 0, 1]], 1) / raw[:, 0, 0, None]
    return raw, _about(masks, centre)


def _about(masks: Masks, points: Values) -> Values:
    """Return the moments about one point an object, counted from the first pixel of its box."""
    owners = masks.owners
    corner = exact_boxes(masks)[owners, :2]
    y, x0, x1 = (masks.spans - np.stack([corner[:, 0], corner[:, 1], corner[:, 1]], 1)).astype(np.float64).T
    length, middle = x1 - x0, 0.5 * (x0 + x1 - 1) - points[owners, 1]
    spread = length * (length**2 - 1) / 12
    along = (length, length * middle, length * middle**2 + spread, length * middle**3 + 3 * middle * spread)
    dy = y - points[owners, 0]
    made = np.empty((len(masks), 4, 4))
    for p in range(4):
        for q in range(4):
            made[:, p, q] = np.bincount(owners, along[q] * dy**p, len(masks))
    return made
