"""Objects as small pictures, so that what is done to runs can be compared with what is done to pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.annotation import Geometry, pixels_of
from cellwright.core import Masks
from cellwright.shapes import labels_from_masks, masks_from_labels

SHAPE = (16, 19)
Picture = NDArray[np.bool_]

pictures: st.SearchStrategy[Picture] = hnp.arrays(np.bool_, SHAPE)
objects = pictures.filter(np.any)
neighbourhoods: st.SearchStrategy[NDArray[np.uint8]] = hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 4))
"""Several objects beside each other: the number of the object of each pixel."""


def mask_of(picture: Picture) -> Masks:
    return masks_from_labels(picture)[0] if picture.any() else Masks.empty(1)


def place_of(picture: Picture) -> Geometry:
    return Geometry.of_mask(mask_of(picture))


def picture_of(geometry: Geometry | None) -> Picture:
    if geometry is None:
        return np.zeros(SHAPE, np.bool_)
    return labels_from_masks(pixels_of(geometry), SHAPE) > 0


def disc(y: float, x: float, radius: float, shape: tuple[int, int] = SHAPE) -> Picture:
    ys, xs = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside: Picture = (ys - y) ** 2 + (xs - x) ** 2 <= radius**2
    return inside
