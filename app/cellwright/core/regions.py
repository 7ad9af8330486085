"""Which part of a picture counts: polygons drawn by hand, to look at and to leave out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core.errors import BadParameter
from cellwright.core.geometry import Box

Polygon = NDArray[np.float64]
"""(K, 2) corners y, x in level-0 pixels, K >= 3; the last one joins the first."""

_STEPS = 16
"""Corners lie on sixteenths of a pixel: on which side of an edge a point is, is then decided without rounding."""
_ROWS = 1024
"""Rows of pixels whose lengths are worked out at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The part of a picture in which objects count.

    An object counts if and only if its centre lies in one of `include` (anywhere where there is none) and in none of
    `exclude`. Polygons are half-open as boxes are: of a point on an edge, what lies below it or to the right of it
    decides. So two polygons that share an edge count each object once, and a rectangle is the box that it looks like.
    Of a polygon that crosses itself, what is inside an odd number of times is inside.

    Parameters
    ----------
    include, exclude : tuple of (K, 2) array
        Polygons, corners y, x in level-0 pixels; kept to sixteenths of a pixel.
    tissue_only : bool
        Whether tiles without tissue are skipped; see `cellwright.imaging.find_tissue`.

    Raises
    ------
    BadParameter
        If a polygon has fewer than three corners, or one that is no finite number.
    """

    include: tuple[Polygon, ...] = ()
    exclude: tuple[Polygon, ...] = ()
    tissue_only: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "include", tuple(map(_checked, self.include)))
        object.__setattr__(self, "exclude", tuple(map(_checked, self.exclude)))

    @staticmethod
    def everything() -> Regions:
        """Return the whole picture, glass too."""
        return Regions(tissue_only=False)

    @staticmethod
    def of_boxes(*boxes: Box, tissue_only: bool = True) -> Regions:
        """Return rectangles."""
        return Regions(tuple(rectangle(box) for box in boxes), tissue_only=tissue_only)

    @property
    def is_everything(self) -> bool:
        """Whether no polygon limits it."""
        return not self.include and not self.exclude

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """(N,) bool: whether objects whose centres are (N, 2) y, x count."""
        at = np.asarray(points, np.float64).reshape(-1, 2)
        inside = np.ones(len(at), np.bool_)
        if self.include:
            inside = np.any([holds(each, at) for each in self.include], axis=0)
        for each in self.exclude:
            inside &= ~holds(each, at)
        return inside

    def centres_inside(self, boxes: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """(N,) bool: whether objects with (N, 4) boxes y0, x0, y1, x1 count."""
        if self.is_everything:
            return np.ones(len(boxes), np.bool_)
        wide = boxes.astype(np.float64)
        return self.contains((wide[:, :2] + wide[:, 2:]) / 2)

    def touches(self, box: Box) -> bool:
        """Whether a centre in `box` may count; never False where one does."""
        if box.is_empty:
            return False
        middle = np.array([[(box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2]])
        if self.include and not any(_crosses(each, box) or holds(each, middle)[0] for each in self.include):
            return False
        return not any(holds(each, middle)[0] and not _crosses(each, box) for each in self.exclude)

    def area_in(self, box: Box) -> float:
        """Return how many pixels of `box` belong to it: lengths along the middles of rows, added up."""
        if self.is_everything or box.is_empty:
            return float(box.area)
        if not any(_crosses(each, box) for each in (*self.include, *self.exclude)):
            return float(box.area) if self.touches(box) else 0.0
        rows = [Box(y, box.x0, min(y + _ROWS, box.y1), box.x1) for y in range(box.y0, box.y1, _ROWS)]
        return sum(self._area_of_rows(part) for part in rows)

    def to_json(self) -> str:
        """Return it as text; `from_json` reads it."""
        said = {
            "include": [each.tolist() for each in self.include],
            "exclude": [each.tolist() for each in self.exclude],
            "tissue_only": self.tissue_only,
        }
        return json.dumps(said, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Regions:
        """Read what `to_json` wrote.

        Raises
        ------
        BadParameter
            If it is something else.
        """
        try:
            said = json.loads(text)
            include, exclude = (tuple(np.array(each, np.float64) for each in said[name]) for name in _NAMES)
            return Regions(include, exclude, bool(said["tissue_only"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadParameter(f"These are no regions: {text[:60]!r}.") from error

    def _area_of_rows(self, box: Box) -> float:
        y = np.arange(box.y0, box.y1, dtype=np.float64) + 0.5
        everywhere = np.broadcast_to(np.array([box.x0, box.x1], np.float64), (len(y), 2))
        places, changes = [], []
        for polygons, is_included in ((self.include, True), (self.exclude, False)):
            for each in polygons:
                x = np.clip(_crossings(each, y), box.x0, box.x1)
                places.append(x)
                # Inside where something includes and nothing excludes: excluding weighs more than all that includes.
                sign = np.where(np.arange(x.shape[1]) % 2, -1.0, 1.0)
                changes.append(np.broadcast_to(sign * (1 if is_included else -_WEIGHT), x.shape))
        if not self.include:
            places.append(everywhere)
            changes.append(np.broadcast_to(np.array([1.0, -1.0]), everywhere.shape))
        at, change = np.concatenate(places, 1), np.concatenate(changes, 1)
        order = np.argsort(at, axis=1, kind="stable")
        at, depth = np.take_along_axis(at, order, 1), np.take_along_axis(change, order, 1).cumsum(1)
        return float(((at[:, 1:] - at[:, :-1]) * (depth[:, :-1] > 0.5)).sum())


_NAMES = ("include", "exclude")
_WEIGHT = 1e6


def rectangle(box: Box) -> Polygon:
    """Return the polygon that holds what the box holds."""
    return np.array([[box.y0, box.x0], [box.y0, box.x1], [box.y1, box.x1], [box.y1, box.x0]], np.float64)


def _checked(polygon: ArrayLike) -> Polygon:
    corners = np.asarray(polygon, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or not np.isfinite(corners).all():
        raise BadParameter("A region needs three corners or more, each y and x in pixels of the picture.")
    result: Polygon = np.rint(corners * _STEPS) / _STEPS
    result.flags.writeable = False
    return result


def _edges(polygon: Polygon) -> tuple[Polygon, Polygon]:
    """Return both ends of every edge, the upper one first, so that neighbours see a shared edge alike."""
    after = np.roll(polygon, -1, axis=0)
    is_down = (polygon[:, 0] < after[:, 0])[:, None]
    return np.where(is_down, polygon, after), np.where(is_down, after, polygon)


def holds(polygon: Polygon, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) bool: whether a ray from each point to the right crosses the polygon an odd number of times.

    Half-open: a rectangle holds its upper and left sides alone. A point without a finite place lies in no polygon.

    Parameters
    ----------
    polygon : (K, 2) ndarray of float64
        Corners y, x; the last one joins the first.
    points : (N, 2) ndarray of float64
        Places y, x.
    """
    upper, lower = _edges(polygon)
    odd = np.zeros(len(points), np.bool_)
    y, x = points.T
    for (y0, x0), (y1, x1) in zip(upper.tolist(), lower.tolist(), strict=True):
        level = (y >= y0) & (y < y1)
        # The sign of the cross product says on which side of the edge a point lies; on it, it belongs to the right.
        odd ^= level & ((x - x0) * (y1 - y0) < (x1 - x0) * (y - y0))
    return odd


def _crossings(polygon: Polygon, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(Y, E) x of the edges on each row, rising; pairs beyond the last crossing are infinite."""
    upper, lower = _edges(polygon)
    fall = lower[:, 0] - upper[:, 0]
    share = (y[:, None] - upper[:, 0]) / np.where(fall > 0, fall, 1.0)
    x = upper[:, 1] + share * (lower[:, 1] - upper[:, 1])
    is_crossed = (y[:, None] >= upper[:, 0]) & (y[:, None] < lower[:, 0])
    found: NDArray[np.float64] = np.sort(np.where(is_crossed, x, np.inf), axis=1)
    return found if found.shape[1] % 2 == 0 else np.pad(found, ((0, 0), (0, 1)), constant_values=np.inf)


def _crosses(polygon: Polygon, box: Box) -> bool:
    """Whether an edge of the polygon reaches into the box, its rim included (Liang and Barsky, ACM TOG 3, 1984)."""
    low, high = np.array([box.y0, box.x0], np.float64), np.array([box.y1, box.x1], np.float64)
    ahead = np.roll(polygon, -1, axis=0) - polygon
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - polygon) / ahead, (high - polygon) / ahead
    is_level = ahead == 0
    outside = is_level & ((polygon < low) | (polygon > high))
    enter = np.where(is_level, -np.inf, np.minimum(first, second)).max(1)
    leave = np.where(is_level, np.inf, np.maximum(first, second)).min(1)
    return bool((~outside.any(1) & (np.maximum(enter, 0) <= np.minimum(leave, 1))).any())
