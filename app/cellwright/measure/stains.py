"""Colour deconvolution: how much haematoxylin, eosin and DAB lies in each pixel of transmitted light."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter

STAINS = ("haematoxylin", "eosin", "dab")
"""In the order of `VECTORS`."""

VECTORS = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78))
"""How much red, green and blue each stain absorbs, as Ruifrok & Johnston measured them; brought to length 1 here."""


def stain_densities(rgb: NDArray[Any], blank: float) -> NDArray[np.float64]:
    """Return the optical density of each stain.

    By Lambert and Beer absorptions add: OD = −log₁₀(I / I₀) in each channel is a sum of the stains' vectors, each times
    its density. Three channels and three vectors make it a system with one answer. A density below 0 says that a
    colour cannot be made of these stains; it is kept, so that means stay right.

    Parameters
    ----------
    rgb : (..., 3) ndarray
        Red, green, blue of transmitted light.
    blank : float
        Their value where no stain is, > 0. A value below 1/256 of it counts as that: a pixel has no infinite density.

    Returns
    -------
    (..., 3) ndarray of float64
        Haematoxylin, eosin and DAB. scikit-image's ``rgb2hed`` divides by 6, has vectors of other lengths and sets
        what is below 0 to 0.

    Raises
    ------
    BadParameter
        If there are not three channels.

    References
    ----------
    A. C. Ruifrok, D. A. Johnston, Anal. Quant. Cytol. Histol. 23 (2001) 291.
    """
    if rgb.shape[-1] != 3:
        raise BadParameter(f"Stains are told apart by red, green and blue, not by {rgb.shape[-1]} channels.")
    vectors = np.array(VECTORS)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    density = -np.log10(np.clip(rgb / float(blank), 1 / 256, None))
    parts: NDArray[np.float64] = density @ np.linalg.inv(vectors)
    return parts
