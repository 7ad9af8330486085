"""The set ``geometry``: size, shape and place of an object."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.boundary import chain_perimeters, euler_numbers
from cellwright.measure.columns import SCIKIT_IMAGE, Column
from cellwright.measure.holes import hole_areas
from cellwright.measure.hulls import hulls_of
from cellwright.measure.moment_sums import moments_of
from cellwright.measure.shape import perimeters
from cellwright.measure.subject import MeasureOptions, Needs, Subject, Values

_IMAGEJ = "ImageJ User Guide 1.46r, 30.2"
_OWN = "Cellwright"
_ROUND = 1e-12
"""Second moments that differ by less of their sum are equal, and the object has no direction."""

COLUMNS = (
    Column("area", "area of the object", "pixels × h w", SCIKIT_IMAGE, 2, dtype="int"),
    Column("area_bbox", "area of the box around the object", "(y1 − y0)(x1 − x0) × h w", SCIKIT_IMAGE, 2, decimals=1),
    Column(
        "area_convex",
        "area of the convex hull",
        "pixels with their middle in the hull of the middles of pixel edges × h w",
        f"{SCIKIT_IMAGE}; Andrew, Inf. Process. Lett. 9 (1979) 216",
        2,
        dtype="int",
    ),
    Column(
        "area_filled",
        "area of the object with its holes",
        "area + pixels that no way of 8-neighbours joins to the outside × h w",
        SCIKIT_IMAGE,
        2,
        dtype="int",
    ),
    Column(
        "axis_major_length",
        "long axis of the ellipse with the same second moments",
        "4 √λ₁ of the covariance of y h and x w",
        SCIKIT_IMAGE,
        1,
    ),
    Column("axis_minor_length", "short axis of that ellipse", "4 √λ₂", SCIKIT_IMAGE, 1),
    Column("bbox-0", "first y of the box", "y0 h", SCIKIT_IMAGE, 1, decimals=2),
    Column("bbox-1", "first x of the box", "x0 w", SCIKIT_IMAGE, 1, decimals=2),
    Column("bbox-2", "end of the box along y, not included", "y1 h", SCIKIT_IMAGE, 1, decimals=2),
    Column("bbox-3", "end of the box along x, not included", "x1 w", SCIKIT_IMAGE, 1, decimals=2),
    Column(
        "centroid-0",
        "y of the middle of all pixels",
        "mean of (y + ½) h: half a pixel more than scikit-image, where pixel i lies at i",
        SCIKIT_IMAGE,
        1,
    ),
    Column("centroid-1", "x of the middle of all pixels", "mean of (x + ½) w", SCIKIT_IMAGE, 1),
    Column("centre-0", "y of the middle of the box", "½ (y0 + y1) h", _OWN, 1, decimals=2),
    Column("centre-1", "x of the middle of the box", "½ (x0 + x1) w", _OWN, 1, decimals=2),
    Column("height", "height of the box", "(y1 − y0) h", _OWN, 1, decimals=2),
    Column("width", "width of the box", "(x1 − x0) w", _OWN, 1, decimals=2),
    Column("eccentricity", "how far that ellipse is from a circle, 0 to 1", "√(1 − λ₂ / λ₁)", SCIKIT_IMAGE),
    Column("equivalent_diameter_area", "diameter of the disc of the same area", "√(4 area / π)", SCIKIT_IMAGE, 1),
    Column(
        "euler_number",
        "connected parts less holes, corners connecting",
        "runs − meetings of runs in neighbouring rows",
        SCIKIT_IMAGE,
        dtype="int",
    ),
    Column("extent", "share of the box that is filled", "area / area_bbox", SCIKIT_IMAGE),
    Column(
        "feret_diameter_max",
        "largest distance across the convex hull",
        "max |Δ| of middles of edges of the hull's pixels, Δ = (h Δy, w Δx)",
        SCIKIT_IMAGE,
        1,
    ),
    Column(
        "orientation",
        "angle between the y axis and the long axis, −π/2 to π/2; −π/4 where an object has no direction",
        "½ atan2(2 μ₁₁, μ₂₀ − μ₀₂), moments in h and w",
        SCIKIT_IMAGE,
        unit="rad",
    ),
    Column(
        "perimeter",
        "length of the chain of border pixels, holes included",
        "each gives half of its two links: w along a row, h along a column, √(h² + w²) across a corner",
        f"{SCIKIT_IMAGE}; Benkrid & Crookes 2000",
        1,
    ),
    Column(
        "perimeter_crofton",
        "length of the outline, holes included",
        "Cauchy–Crofton with lines of four directions, weighted by distance and angle",
        f"{SCIKIT_IMAGE}; Lehmann & Legland, Insight Journal 2012",
        1,
    ),
    Column("solidity", "share of the convex hull that is filled", "area / area_convex", SCIKIT_IMAGE),
    Column(
        "circularity",
        "1 for a disc, less for everything else; digital discs differ by some per cent",
        "4π area / perimeter_crofton²",
        f"{_IMAGEJ}; Cox, J. Paleontol. 1 (1927) 179",
    ),
    Column(
        "roundness",
        "area over that of the disc on the long axis",
        "4 area / (π axis_major_length²)",
        _IMAGEJ,
    ),
    Column("aspect_ratio", "long axis over short axis, 1 or more", "axis_major_length / axis_minor_length", _IMAGEJ),
)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size, shape and place, from the pixels of an object; a bare box has its box alone."""

    title: str = "Size, shape and place"
    needs: Needs = Needs.OUTLINES

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the same columns for every picture."""
        return COLUMNS

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """No pixels are looked at."""
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted; what several columns need is worked out once."""
        shapes = _Shapes(subject)
        return {key: _HOW[key](shapes) for key in wanted}


class _Shapes:
    """What columns are made of, each worked out when first asked for; lengths in the subject's unit."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.masks: Masks = subject.masks
        self.pixel = subject.pixel
        self.square = subject.pixel[0] * subject.pixel[1]
        self.has_pixels = subject.masks.counts > 0

    def known(self, values: NDArray[np.generic]) -> Values:
        """Return values as floats, NaN for objects without pixels."""
        return np.where(self.has_pixels, values.astype(np.float64), np.nan)

    @cached_property
    def area(self) -> Values:
        return self.known(self.masks.areas()) * self.square

    @cached_property
    def area_box(self) -> Values:
        low, high = self.subject.boxes[:, :2].astype(np.float64), self.subject.boxes[:, 2:].astype(np.float64)
        area: Values = (high - low).prod(axis=1) * self.square
        return area

    @cached_property
    def filled(self) -> Values:
        return self.known(self.masks.areas() + hole_areas(self.masks)) * self.square

    @cached_property
    def hulls(self) -> tuple[Values, Values]:
        areas, across = hulls_of(self.masks, self.pixel)
        return self.known(areas) * self.square, across

    @cached_property
    def crofton(self) -> Values:
        return self.known(perimeters(self.masks, self.pixel))

    @cached_property
    def sums(self) -> tuple[Values, Values]:
        return moments_of(self.masks)

    @cached_property
    def centre(self) -> Values:
        raw, _ = self.sums
        corner = np.zeros((len(self.masks), 2))
        first = self.masks.starts[:-1][self.has_pixels]
        if len(first):
            corner[self.has_pixels, 0] = self.masks.spans[first, 0]
            corner[self.has_pixels, 1] = np.minimum.reduceat(self.masks.spans[:, 1], first)
        return (corner + _over(np.stack([raw[:, 1, 0], raw[:, 0, 1]], 1), raw[:, 0, 0, None]) + 0.5) * self.pixel

    @cached_property
    def covariance(self) -> tuple[Values, Values, Values]:
        """Variance along y and x, and covariance."""
        _, mu = self.sums
        h, w = self.pixel
        n = mu[:, 0, 0]
        return _over(mu[:, 2, 0], n) * h * h, _over(mu[:, 0, 2], n) * w * w, _over(mu[:, 1, 1], n) * h * w

    @cached_property
    def spread(self) -> tuple[Values, Values]:
        """Variance along the long and the short axis: eigenvalues of the covariance."""
        yy, xx, xy = self.covariance
        long = 0.5 * (yy + xx) + np.hypot(0.5 * (yy - xx), xy)
        # The product of both is the determinant; a difference would lose the digits of a thin object.
        return long, np.where(long > 0, np.maximum(_over(yy * xx - xy * xy, long), 0.0), long)

    @cached_property
    def axes(self) -> tuple[Values, Values]:
        long, short = self.spread
        return 4 * np.sqrt(long), 4 * np.sqrt(short)

    def orientation(self) -> Values:
        yy, xx, xy = self.covariance
        is_round = np.maximum(np.abs(yy - xx), np.abs(2 * xy)) <= _ROUND * (yy + xx)
        return self.known(np.where(is_round, -math.pi / 4, 0.5 * np.arctan2(2 * xy, yy - xx)))

    def eccentricity(self) -> Values:
        long, short = self.spread
        return np.where(long > 0, np.sqrt(np.maximum(1 - _over(short, long), 0)), long)


def _over(top: Values, bottom: Values) -> Values:
    """Divide; NaN where there is nothing to divide by."""
    unknown = np.full(np.broadcast(top, bottom).shape, np.nan)
    divided: Values = np.divide(top, bottom, out=unknown, where=bottom != 0)
    return divided


def _box_side(side: int) -> Callable[[_Shapes], Values]:
    return lambda s: s.subject.boxes[:, side].astype(np.float64) * s.pixel[side % 2]


def _box_middle(axis: int) -> Callable[[_Shapes], Values]:
    return lambda s: 0.5 * (_box_side(axis)(s) + _box_side(axis + 2)(s))


_HOW: Mapping[str, Callable[[_Shapes], Values]] = {
    "area": lambda s: s.area,
    "area_bbox": lambda s: s.area_box,
    "area_convex": lambda s: s.hulls[0],
    "area_filled": lambda s: s.filled,
    "axis_major_length": lambda s: s.axes[0],
    "axis_minor_length": lambda s: s.axes[1],
    **{f"bbox-{side}": _box_side(side) for side in range(4)},
    **{f"centre-{axis}": _box_middle(axis) for axis in range(2)},
    "height": lambda s: _box_side(2)(s) - _box_side(0)(s),
    "width": lambda s: _box_side(3)(s) - _box_side(1)(s),
    "centroid-0": lambda s: s.centre[:, 0],
    "centroid-1": lambda s: s.centre[:, 1],
    "eccentricity": _Shapes.eccentricity,
    "equivalent_diameter_area": lambda s: np.sqrt(4 * s.area / math.pi),
    "euler_number": lambda s: s.known(euler_numbers(s.masks)),
    "extent": lambda s: _over(s.area, s.area_box),
    "feret_diameter_max": lambda s: s.hulls[1],
    "orientation": _Shapes.orientation,
    "perimeter": lambda s: s.known(chain_perimeters(s.masks, s.pixel)),
    "perimeter_crofton": lambda s: s.crofton,
    "solidity": lambda s: _over(s.area, s.hulls[0]),
    "circularity": lambda s: _over(4 * math.pi * s.area, s.crofton**2),
    "roundness": lambda s: _over(4 * s.area, math.pi * s.axes[0] ** 2),
    "aspect_ratio": lambda s: _over(s.axes[0], s.axes[1]),
}
