"""The set ``neighbours``: how far the next object is, how many are near, how dense they lie, how many touch."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.measure.columns import Column
from cellwright.measure.shape import centroids
from cellwright.measure.subject import MeasureOptions, Needs, Subject, Values
from cellwright.shapes.overlaps import ranges

_OURS = "Cellwright"
_SPANS_AT_ONCE = 1 << 20
COLUMNS = (
    Column(
        "neighbour_distance",
        "distance to the nearest other object, from middle to middle",
        "min √(Δy² + Δx²) of centroids, of middles of boxes where there is no outline",
        "Clark & Evans, Ecology 35 (1954) 445",
        1,
        decimals=3,
    ),
    Column(
        "neighbour_count",
        "other objects whose middle lies within the radius",
        "number with distance ≤ r",
        "Ripley, J. Appl. Probab. 13 (1976) 255",
        dtype="int",
    ),
    Column(
        "neighbour_density",
        "other objects within the radius over the part of that disc that was looked at",
        "neighbour_count / area(disc of radius r ∩ picture)",
        f"{_OURS}; Ripley, J. R. Stat. Soc. B 39 (1977) 172 on edges",
        -2,
        decimals=9,
    ),
    Column(
        "neighbour_touching",
        "other objects that share an edge or a corner of a pixel with this one, or overlap it",
        "number of objects with pixels among the 8-neighbours of this one's pixels",
        _OURS,
        dtype="int",
    ),
)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an object lies among the others of its picture; a bare box takes part with its middle."""

    title: str = "Neighbours"
    needs: Needs = Needs.OTHERS

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:  # noqa: ARG002
        """Return the same columns for every picture."""
        return COLUMNS

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:  # noqa: ARG002
        """No pixels are looked at."""
        return 0

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[np.float64]]:
        """Return what is wanted."""
        points = middles(subject)
        radius = subject.options.radius
        found = {}
        if "neighbour_distance" in wanted:
            found["neighbour_distance"] = nearest_distances(points)
        if {"neighbour_count", "neighbour_density"} & set(wanted):
            count = counts_within(points, radius)
            found["neighbour_count"] = count
            found["neighbour_density"] = count / _disc_areas(subject, points, radius)
        if "neighbour_touching" in wanted:
            found["neighbour_touching"] = np.where(subject.masks.counts > 0, touching(subject.masks), np.nan)
        return {key: found[key] for key in wanted}


def middles(subject: Subject) -> Values:
    """Return y, x of each object in the subject's unit: of its pixels, else of its box; (N, 2) float64."""
    boxes = subject.boxes.astype(np.float64)
    of_pixels, of_box = centroids(subject.masks), 0.5 * (boxes[:, :2] + boxes[:, 2:])
    return np.where(np.isnan(of_pixels), of_box, of_pixels) * subject.pixel


def nearest_distances(points: Values) -> Values:
    """Return how far the nearest other point is, (N,) float64; NaN for a point that is alone."""
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return np.full(len(points), np.nan)
    distances, _ = cKDTree(points).query(points, 2)
    return np.asarray(distances, np.float64)[:, 1]


def counts_within(points: Values, radius: float) -> Values:
    """Return how many other points lie within `radius` of each, (N,) float64 of whole numbers."""
    from scipy.spatial import cKDTree

    if not len(points):
        return np.empty(0)
    tree = cKDTree(points)
    return np.asarray(tree.query_ball_point(points, radius, return_length=True), np.float64) - 1


def touching(masks: Masks) -> NDArray[np.int64]:
    """Return how many other objects each one touches, at a corner or over an edge, or overlaps; (N,) int64."""
    pairs = np.unique(np.concatenate([np.empty(0, np.int64), *_touching_pairs(masks)]))
    both = np.concatenate(np.divmod(pairs, max(len(masks), 1)))
    return np.bincount(both, minlength=len(masks)).astype(np.int64)


def _touching_pairs(masks: Masks) -> Iterator[NDArray[np.int64]]:
    """Return pairs of rows as one number each, the lower row times N and the other, some spans at a time."""
    if not len(masks.spans):
        return
    begin = (masks.spans[:, 0].astype(np.int64) << 33) + masks.spans[:, 1]
    order = np.argsort(begin, kind="stable")
    begin, owner = begin[order], masks.owners[order]
    length = (masks.spans[:, 2].astype(np.int64) - masks.spans[:, 1])[order]
    # How far the spans up to here reach in their row: those before the first one that reaches me end before me.
    reached = np.maximum.accumulate(begin + length)
    for low in range(0, len(begin), _SPANS_AT_ONCE):
        part = slice(low, low + _SPANS_AT_ONCE)
        for rows in (0, 1):
            mine = begin[part] + (rows << 33)
            first = np.searchsorted(reached, mine - 1, "right")
            last = np.maximum(np.searchsorted(begin, mine + length[part] + 1, "left"), first)
            i, j = np.repeat(np.arange(len(mine)), last - first), ranges(first, last)
            touch = (begin[j] + length[j] >= mine[i]) & (owner[j] != owner[part][i])
            one, other = owner[part][i[touch]], owner[j[touch]]
            yield np.unique(np.minimum(one, other) * len(masks) + np.maximum(one, other))


def _disc_areas(subject: Subject, points: Values, radius: float) -> Values:
    if subject.looked_at is None:
        return np.full(len(points), math.pi * radius**2)
    seen = subject.looked_at
    h, w = subject.pixel
    low = (points - [seen.y0 * h, seen.x0 * w]) / radius
    high = ([seen.y1 * h, seen.x1 * w] - points) / radius
    quarters = sum(disc_quarter(y, x) for y in (low[:, 0], high[:, 0]) for x in (low[:, 1], high[:, 1]))
    return radius**2 * np.asarray(quarters, np.float64)


def disc_quarter(a: Values, b: Values) -> Values:
    """Return the area of a quarter of the unit disc within `a` of its middle along y and within `b` along x.

    Integrated in closed form: up to c = √(1 − b²) the straight edge is the limit, from there on the circle.
    """
    a, b = np.clip(a, 0, 1), np.clip(b, 0, 1)
    c = np.minimum(np.sqrt(1 - b * b), a)
    area: Values = b * c + _under_circle(a) - _under_circle(c)
    return area


def _under_circle(x: Values) -> Values:
    area: Values = 0.5 * (x * np.sqrt(1 - x * x) + np.arcsin(x))
    return area
