"""The ring around an object: pixels within a distance that belong to no object."""

from __future__ import annotations

import math

import numpy as np

from cellwright.core import Masks


def ring_reach(width: float, pixel: tuple[float, float]) -> list[tuple[int, int]]:
    """Return how far a disc reaches: rows from its middle and columns to either side in each, in pixels.

    Parameters
    ----------
    width : float
        Radius, > 0, in the unit of `pixel`.
    pixel : (float, float)
        Height and width of a pixel.
    """
    height, across = pixel
    rows = int(width / height + 1e-9)
    return [
        (dy, int(math.sqrt(max(width**2 - (dy * height) ** 2, 0.0)) / across + 1e-9)) for dy in range(-rows, rows + 1)
    ]


def grown(masks: Masks, width: float, pixel: tuple[float, float] = (1.0, 1.0)) -> Masks:
    """Return the objects with all pixels whose middle lies within `width` of the middle of one of theirs.

    Parameters
    ----------
    masks : Masks
        The objects.
    width : float
        > 0, in the unit of `pixel`.
    pixel : (float, float)
        Height and width of a pixel.
    """
    if not len(masks.spans):
        return masks
    spans = masks.spans.astype(np.int64)
    reach = ring_reach(width, pixel)
    wider = np.concatenate([spans + np.array([dy, -dx, dx]) for dy, dx in reach])
    return Masks.from_spans(np.tile(masks.owners, len(reach)), wider, len(masks))
