"""Crops around objects, at the scale that a classifier was taught at; what lies beyond the picture is mirrored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box


def mirrored_cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the (Y, X, 3) pixels of a box that may reach beyond a picture, which is mirrored at its edges there."""
    h, w = pixels.shape[:2]
    inner = box.intersect(Box(0, 0, h, w))
    cut = pixels[inner.y0 : inner.y1, inner.x0 : inner.x1]
    if inner == box:
        return np.ascontiguousarray(cut)
    beyond = ((inner.y0 - box.y0, box.y1 - inner.y1), (inner.x0 - box.x0, box.x1 - inner.x1), (0, 0))
    return np.ascontiguousarray(np.pad(cut, beyond, mode="reflect" if min(cut.shape[:2]) > 1 else "edge"))
