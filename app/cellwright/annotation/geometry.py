"""Where an object lies: a box, a polygon, a mask or points, as a value that can be compared and kept as bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks

_FARTHEST = 2.0**31
"""Coordinates stay below this, as those of masks must."""


class GeometryKind(str, Enum):
    """What is known about an object's place."""

    BOX = "box"
    POLYGON = "polygon"
    MASK = "mask"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Geometry:
    """The place of one object in level-0 pixels, y before x.

    Parameters
    ----------
    kind : GeometryKind
        Which of the four.
    box : (float, float, float, float)
        y0, x0, y1, x1, half-open, y0 <= y1 and x0 <= x1; for the other kinds what just holds them.
    data : bytes or None
        None for a box; a mask's spans as little-endian int32 (R, 3): y, x0, x1; a polygon's corners as
        little-endian float32 (P, 3): number of the ring, y, x; points as little-endian float32 (K, 3): y, x, and 1
        where the point can be seen, 0 where it is hidden.

    Raises
    ------
    BadParameter
        If the box is turned around, is not a finite number or lies beyond 32 bits, or the bytes are cut off.
    """

    kind: GeometryKind
    box: tuple[float, float, float, float]
    data: bytes | None = None

    def __post_init__(self) -> None:
        if not all(math.isfinite(edge) and abs(edge) <= _FARTHEST for edge in self.box):
            raise BadParameter(f"A box needs four finite numbers within 32 bits, not {self.box}.")
        y0, x0, y1, x1 = self.box
        if y0 > y1 or x0 > x1:
            raise BadParameter(f"The box {self.box} is turned around: give y0, x0, y1, x1 with y0 <= y1 and x0 <= x1.")
        if (self.data is None) != (self.kind is GeometryKind.BOX) or len(self.data or b"") % 12:
            raise BadParameter(f"The data of a {self.kind.value} must be rows of three 32-bit numbers, none for a box.")

    @staticmethod
    def of_box(y0: float, x0: float, y1: float, x1: float) -> Geometry:
        """Return a plain box."""
        return Geometry(GeometryKind.BOX, (float(y0), float(x0), float(y1), float(x1)))

    @staticmethod
    def of_mask(masks: Masks, row: int = 0) -> Geometry:
        """Return the pixels of one object of `masks`.

        Raises
        ------
        BadParameter
            If the object has no pixels.
        """
        spans = masks.spans[masks.starts[row] : masks.starts[row + 1]]
        if not len(spans):
            raise BadParameter("A mask without pixels is no object; delete the object instead.")
        y0, x0 = int(spans[0, 0]), int(spans[:, 1].min())
        y1, x1 = int(spans[-1, 0]) + 1, int(spans[:, 2].max())
        return Geometry(GeometryKind.MASK, (float(y0), float(x0), float(y1), float(x1)), spans.astype("<i4").tobytes())

    @staticmethod
    def of_polygon(rings: Sequence[NDArray[np.floating]]) -> Geometry:
        """Return a polygon: the outer ring first, then its holes; each (P, 2) y, x with at least three corners."""
        if not rings or any(ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3 for ring in rings):
            raise BadParameter("A polygon needs rings of at least three corners, each with y and x.")
        number = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
        corners = np.concatenate(rings).astype("<f4")
        table = np.concatenate([number[:, None].astype("<f4"), corners], 1)
        return Geometry(GeometryKind.POLYGON, _around(corners), table.tobytes())

    @staticmethod
    def of_points(points: NDArray[np.floating], seen: Sequence[bool] | None = None) -> Geometry:
        """Return keypoints, (K, 2) y, x, in the order that gives them their meaning."""
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise BadParameter("Points need at least one row of y and x.")
        places = points.astype("<f4")
        shown = np.ones(len(points)) if seen is None else np.asarray(seen, bool)
        table = np.concatenate([places, shown[:, None].astype("<f4")], 1)
        return Geometry(GeometryKind.POINTS, _around(places), table.tobytes())

    def masks(self) -> Masks:
        """Return the pixels as a table of one mask.

        Raises
        ------
        BadParameter
            If this is no mask.
        """
        spans = np.frombuffer(self._data(GeometryKind.MASK), "<i4").reshape(-1, 3).astype(np.int32)
        return Masks(np.array([0, len(spans)], np.int64), spans)

    def rings(self) -> list[NDArray[np.float32]]:
        """Return the rings of a polygon, each (P, 2) float32 y, x; `BadParameter` if this is none."""
        table = np.frombuffer(self._data(GeometryKind.POLYGON), "<f4").reshape(-1, 3)
        return [table[table[:, 0] == number, 1:].astype(np.float32) for number in np.unique(table[:, 0])]

    def points(self) -> NDArray[np.float32]:
        """Return points, (K, 3) float32 y, x, seen; `BadParameter` if these are none."""
        return np.frombuffer(self._data(GeometryKind.POINTS), "<f4").reshape(-1, 3).astype(np.float32)

    def _data(self, kind: GeometryKind) -> bytes:
        if self.kind is not kind or self.data is None:
            raise BadParameter(f"This object is kept as {self.kind.value}, not as {kind.value}.")
        return self.data


def _around(places: NDArray[np.floating]) -> tuple[float, float, float, float]:
    low, high = places.min(0), places.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
