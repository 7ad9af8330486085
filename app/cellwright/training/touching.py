"""Objects as classes of pixels: what is inside, and what touches a neighbour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INSIDE, TOUCHING = 1, 2


def touching_classes(labels: NDArray[np.int32], reach_px: int) -> NDArray[np.int64]:
    """Sort the pixels of labelled objects into inside and touching.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        A number of its own for each object, 0 the ground; below it what is not known.
    reach_px : int
        A pixel of an object touches when a pixel of another object lies within so many rows and columns of it.

    Returns
    -------
    (H, W) ndarray of int64
        0 ground, `INSIDE`, `TOUCHING`, -1 not known. Taking `TOUCHING` out leaves at least ``2 * reach_px`` pixels
        between the insides of neighbours that meet; ``> 0`` is every pixel of an object, whatever touches.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    is_object = labels > 0
    side = 2 * reach_px + 1
    highest = maximum_filter(np.where(is_object, labels, 0), side, mode="nearest")
    lowest = minimum_filter(np.where(is_object, labels, np.iinfo(np.int32).max), side, mode="nearest")
    classes = np.where(is_object, np.where(highest != lowest, TOUCHING, INSIDE), 0)
    return np.where(labels < 0, -1, classes).astype(np.int64)
