"""From colours to the one number a pixel that is looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_COLOURS = {"red": 0, "green": 1, "blue": 2}
_STAINS = {"haematoxylin": 0, "eosin": 1, "dab": 2}


def shade_of(picture: NDArray[np.uint8], shade: str) -> NDArray[np.float32]:
    """Return how much of a shade each pixel has.

    Parameters
    ----------
    picture : (H, W, 3) ndarray of uint8
        RGB.
    shade : str
        See `Rules`.

    Returns
    -------
    (H, W) ndarray of float32
        Colours and greys from 0 to 1; of a stain its optical density, 0 where there is none of it.
    """
    if shade in _COLOURS:
        return picture[..., _COLOURS[shade]].astype(np.float32) / np.float32(255)
    if shade in _STAINS:
        from skimage.color import rgb2hed

        stains: NDArray[np.float32] = rgb2hed(picture).astype(np.float32)
        return stains[..., _STAINS[shade]]
    grey: NDArray[np.float32] = picture.mean(axis=2, dtype=np.float32) / 255
    return grey if shade == "brightness" else 1 - grey
