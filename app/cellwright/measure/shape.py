"""Place and outline of objects, from the runs of their pixels; `Measurement`: a column with its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.boundary import meetings

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One number for each of many objects.

    Parameters
    ----------
    name : str
        Family first, unit last: ``"area_um2"``.
    values : (N,) ndarray of float64
        NaN where unknown: without a pixel size, without a mask.
    unit : str
        As a person writes it: ``"µm²"``.
    description : str
        What the values are.
    decimals : int
        Digits after the point that mean something.
    """

    name: str
    values: Values
    unit: str
    description: str
    decimals: int


def centroids(masks: Masks) -> Values:
    """Return the mean y, x of the pixels of each object, (N, 2) float64; the middle of pixel i is i + 0.5.

    NaN for an object without pixels.
    """
    y, x0, x1 = masks.spans.astype(np.float64).T
    length = x1 - x0
    sums = np.stack([_per_object(masks, (y + 0.5) * length), _per_object(masks, 0.5 * (x0 + x1) * length)], axis=1)
    areas = masks.areas()[:, None].astype(np.float64)
    return np.divide(sums, areas, out=np.full_like(sums, np.nan), where=areas > 0)


def perimeters(masks: Masks, pixel: tuple[float, float] = (1.0, 1.0)) -> Values:
    """Return the length of the outline of each object, holes included, (N,) float64.

    By the Cauchy-Crofton formula: how often lines of four directions enter an object, weighted by their distance from
    each other and by the angle each direction stands for (Lehmann & Legland, Insight Journal 2012). For square pixels
    it is scikit-image's ``perimeter_crofton`` with four directions. A digital disc of radius 10 comes out right within
    2 %, where counting pixel edges would be 27 % too long.

    Parameters
    ----------
    masks : Masks
        The objects.
    pixel : (float, float)
        Height and width of a pixel, > 0; the result has their unit.
    """
    height, width = pixel
    slant = math.atan2(height, width)
    # A line enters an object at every pixel whose neighbour towards where it came from is no part of it.
    enter_across = masks.counts
    enter_down, enter_right, enter_left = (masks.areas()[:, None] - meetings(masks)[:, :3]).T
    apart = height * width / math.hypot(height, width)
    along_axes: Values = slant * height * enter_across + (math.pi / 2 - slant) * width * enter_down
    across_corners: Values = math.pi / 4 * apart * (enter_right + enter_left)
    around: Values = along_axes + across_corners
    return around


def _per_object(masks: Masks, values: Values) -> Values:
    """Add up the values of each object's spans."""
    # Without any span numpy counts in whole numbers.
    return np.bincount(masks.owners, weights=values, minlength=len(masks)).astype(np.float64)
