"""`PicturePixels`: what a picture shows, for formats that hold it beside what was found on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box


@dataclass(frozen=True, slots=True, eq=False)
class PicturePixels:
    """The values of one plane of a picture.

    Parameters
    ----------
    channels : tuple of str
        Their names, C of them.
    colours : tuple of str
        ``#RRGGBB`` of each channel at its brightest.
    limits : tuple of (float, float)
        Values of each channel that are shown black and brightest.
    dtype : dtype
        Of the values.
    read : callable
        From a box in level-0 pixels to its (Y, X, C) values.

    Raises
    ------
    BadParameter
        If there is not one colour and one pair of limits a channel.
    """

    channels: tuple[str, ...]
    colours: tuple[str, ...]
    limits: tuple[tuple[float, float], ...]
    dtype: np.dtype[Any]
    read: Callable[[Box], NDArray[Any]]

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.colours) == len(self.limits):
            raise BadParameter(f"{len(self.channels)} channels need as many colours and limits.")
