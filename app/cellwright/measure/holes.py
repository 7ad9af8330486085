"""How many pixels an object encloses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes import fill_holes
from cellwright.shapes.compiled import loops


def hole_areas(masks: Masks) -> NDArray[np.int64]:
    """Return the number of pixels in the holes of each object, (N,) int64.

    A hole is what no way leads out of, ways between pixels that touch at a corner included: scikit-image's
    ``image_filled``.
    """
    kernels = loops("hole_kernels", "measure")
    if kernels is not None:
        areas: NDArray[np.int64] = kernels.hole_areas(masks.starts, masks.spans)
        return areas
    return fill_holes(masks, 8).areas() - masks.areas()
