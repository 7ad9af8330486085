"""From the pixels above the threshold to numbered objects: touching ones are parted where they are narrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright_threshold.rules import Rules


def threshold_of(values: NDArray[np.float32], rules: Rules) -> float:
    """Return from which value on a pixel belongs to an object, for all of a picture at once.

    Parameters
    ----------
    values : ndarray of float32
        All of a picture, or a smaller copy of it.
    rules : Rules
        How it is chosen.

    Returns
    -------
    float
        Infinity where the picture is not made of two sides: nothing is found then.
    """
    from skimage.filters import threshold_li, threshold_otsu

    if values.size == 0 or values.min() == values.max():
        return float("inf")
    choose = threshold_otsu if rules.method == "otsu" else threshold_li
    chosen = float(choose(values))
    above, below = values[values > chosen], values[values <= chosen]
    if above.size == 0 or below.size == 0:
        return float("inf")
    between = float(above.mean() - below.mean())
    within = float(above.std() + below.std())
    return chosen if between >= rules.separation * within else float("inf")


def label_objects(values: NDArray[np.float32], threshold: float, rules: Rules) -> NDArray[np.int32]:
    """Give every object of a picture, or of a part of it, a number.

    What is above the threshold is an object; holes in it are filled. Touching objects are parted by a watershed of the
    distance to the ground (Beucher & Lantuéjoul, 1979), from its highest points. What happens at a pixel depends on its
    surroundings alone, so that parts of a picture agree wherever they show enough around an object.

    Parameters
    ----------
    values : (H, W) ndarray of float32
        From `shade_of`.
    threshold : float
        From `threshold_of`, of the whole picture.
    rules : Rules
        Smoothing and sizes.

    Returns
    -------
    (H, W) ndarray of int32
        0 is the ground, 1 … N are the objects.
    """
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    smooth = ndimage.gaussian_filter(values, rules.smooth_px, mode="nearest") if rules.smooth_px else values
    covered = ndimage.binary_fill_holes(smooth > threshold)
    parts, _ = ndimage.label(covered, np.ones((3, 3), bool))
    sizes = np.bincount(parts.ravel())
    parts[sizes[parts] < rules.smallest_px] = 0
    distance = ndimage.distance_transform_edt(parts > 0)
    # a little smoothing: rims of pixels have many highest points of equal height
    distance = ndimage.gaussian_filter(distance, 1.0, mode="nearest")
    tops = peak_local_max(  # type: ignore[no-untyped-call]
        distance, min_distance=rules.apart_px, labels=parts, exclude_border=False
    )
    seeds = np.zeros(parts.shape, np.int32)
    seeds[tuple(tops.T)] = np.arange(1, len(tops) + 1)
    labels: NDArray[np.int32] = watershed(-distance, seeds, mask=parts > 0)  # type: ignore[no-untyped-call]
    return labels.astype(np.int32)
