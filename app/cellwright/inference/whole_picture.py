"""`WholePicture`: what a model is shown of all of a picture before it sees parts, the same for every part."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging import Slide, contrast_limits
from cellwright.imaging.contrast import OVERVIEW_PX, as_rgb
from cellwright.imaging.overview import read_overview
from cellwright.zoo import ModelCard


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class WholePicture:
    """A plane of a picture, made small.

    Parameters
    ----------
    pixels : (H, W, 3) ndarray of uint8
        As the network is shown its parts; (N, 1, 3) where some of the picture cannot be decoded.
    """

    pixels: NDArray[np.uint8]


_Key = tuple[str, int, int]

_seen: weakref.WeakKeyDictionary[Slide, dict[_Key, WholePicture]] = weakref.WeakKeyDictionary()


def whole_picture(slide: Slide, card: ModelCard, z: int = 0, t: int = 0) -> WholePicture | None:
    """Return what a model is shown of the whole; None where it asks for nothing of the kind.

    It is made of the file alone, once for each open picture, so that every tile, thread and machine sees the same.

    Raises
    ------
    SlideNotReadable
        If nothing of the picture can be decoded.
    """
    if not card.input.overview:
        return None
    known = _seen.setdefault(slide, {})
    asked = card.input.contrast_percentiles
    key = (repr(asked), z, t)
    if key not in known:
        limits = contrast_limits(slide, asked)
        small = read_overview(slide, max(1.0, max(slide.shape) / OVERVIEW_PX), z, t)
        known[key] = WholePicture(as_rgb(slide, small.known_pixels, limits))
    return known[key]
