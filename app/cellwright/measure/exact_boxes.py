"""Boxes of masks in whole numbers, for coordinates beyond what float32 tells apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks


def exact_boxes(masks: Masks) -> NDArray[np.int64]:
    """Return y0, x0, y1, x1 of each object, half-open, (N, 4) int64; zeros without pixels."""
    boxes = np.zeros((len(masks), 4), np.int64)
    full = masks.counts > 0
    if full.any():
        first, last = masks.starts[:-1][full], masks.starts[1:][full] - 1
        boxes[full, 0], boxes[full, 2] = masks.spans[first, 0], masks.spans[last, 0].astype(np.int64) + 1
        boxes[full, 1] = np.minimum.reduceat(masks.spans[:, 1], first)
        boxes[full, 3] = np.maximum.reduceat(masks.spans[:, 2], first)
    return boxes
