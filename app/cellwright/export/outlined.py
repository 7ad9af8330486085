"""`OutlinedPicture`: a picture and the outlined objects on it, as label images, polygons and ROIs need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks, Objects, PixelSize
from cellwright.shapes import contours, labels_from_masks

Ring = NDArray[np.float64]
"""(K, 2) float64: x, y of a closed line on pixel edges in level-0 pixels, its first point not repeated at the end."""

Polygon = list[Ring]
"""An outer ring and the holes in it."""


@dataclass(frozen=True, slots=True, eq=False)
class OutlinedPicture:
    """What was found on one picture.

    Parameters
    ----------
    name : str
        As shown to a person.
    size : (int, int)
        Rows and columns.
    objects : Objects
        What was found; `masks` says which pixels, where outlines are known.
    colours : tuple of str
        ``#RRGGBB`` of each class.
    pixel_size : PixelSize or None
        Size of a level-0 pixel, where known.

    Raises
    ------
    BadParameter
        If there is not one colour a class.
    """

    name: str
    size: tuple[int, int]
    objects: Objects
    colours: tuple[str, ...]
    pixel_size: PixelSize | None = None

    def __post_init__(self) -> None:
        if len(self.colours) != len(self.objects.classes):
            raise BadParameter(f"{len(self.colours)} colours do not fit {len(self.objects.classes)} classes.")

    @property
    def masks(self) -> Masks:
        """The objects' pixels, cut at the picture's edge.

        Raises
        ------
        BadParameter
            If only boxes are known.
        """
        if self.objects.masks is None:
            if not len(self.objects):
                return Masks.empty()
            raise BadParameter(
                f"Only boxes are known on {self.name}, no outlines; analyse it with a model that finds outlines."
            )
        return self.objects.masks.clipped(Box(0, 0, *self.size))

    def outlines(self) -> list[list[Polygon]]:
        """Return the parts of each object inside the picture; of one that is known by its box alone, the box."""
        objects = self.objects
        if objects.masks is None:
            return _boxes(objects.boxes)
        found = polygons_of(self.masks)
        for row in self.by_box_alone.tolist():
            found[row] = _boxes(objects.boxes[row : row + 1])[0]
        return found

    @property
    def by_box_alone(self) -> NDArray[np.intp]:
        """(K,) intp: rows of the objects of which a box is known and no pixel, as a person may have drawn some."""
        return by_box_alone(self.objects)

    def strips(
        self, rows: int, values: NDArray[np.integer] | None, dtype: type[np.integer]
    ) -> Iterator[NDArray[np.integer]]:
        """Yield the label image from top to bottom, `rows` rows at a time (the last strip may have fewer).

        Parameters
        ----------
        rows : int
            Rows of a strip, >= 1.
        values : (N,) ndarray of int, optional
            Value of each object's pixels; None numbers them from 1 in row order. 0 is background.
        dtype : type
            Of the label image. A pixel of several objects belongs to the first of them.
        """
        masks, (height, width) = self.masks, self.size
        numbers = np.arange(1, len(masks) + 1) if values is None else values
        for y in range(0, height, rows):
            strip = Box(y, 0, min(height, y + rows), width)
            inside = masks.clipped(strip)
            here = np.flatnonzero(inside.counts)
            yield labels_from_masks(inside.take(here), (strip.height, width), (y, 0), values=numbers[here], dtype=dtype)


def by_box_alone(objects: Objects) -> NDArray[np.intp]:
    """Return the rows of the objects of which a box is known and no pixel."""
    if objects.masks is None:
        return np.arange(len(objects))
    high, wide = (objects.boxes[:, 2:] - objects.boxes[:, :2]).T
    return np.flatnonzero((objects.masks.counts == 0) & (high > 0) & (wide > 0))


def _boxes(boxes: NDArray[np.float32]) -> list[list[Polygon]]:
    return [[[np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])]] for y0, x0, y1, x1 in boxes.tolist()]


def polygons_of(masks: Masks) -> list[list[Polygon]]:
    """Return the outlines of each object: its parts, each an outer ring followed by the holes in it.

    An object without pixels has no part.
    """
    traced = contours(masks)
    found: list[list[Polygon]] = [[] for _ in range(len(masks))]
    holes: list[list[Ring]] = [[] for _ in range(len(masks))]
    # y, x of the room next door becomes x, y here: that is how every file below has it.
    points = traced.points[:, ::-1].astype(np.float64)
    ends = zip(traced.ring_starts[:-1].tolist(), traced.ring_starts[1:].tolist(), strict=True)
    for (start, end), owner, is_hole in zip(ends, traced.object_of_ring.tolist(), traced.is_hole.tolist(), strict=True):
        ring = points[start:end]
        if is_hole:
            holes[owner].append(ring)
        else:
            found[owner].append([ring])
    for parts, inner in zip(found, holes, strict=True):
        for ring in inner:
            _around(parts, ring).append(ring)
    return found


def _around(parts: list[Polygon], hole: Ring) -> Polygon:
    """Return the part that a hole lies in: the smallest outer ring around it."""
    if len(parts) == 1:
        return parts[0]
    # Just inside the ring's first corner no other ring passes: rings lie on pixel edges.
    middle = _a_point_within(hole)
    holding = [part for part in parts if _is_inside(middle, part[0])]
    return min(holding or parts, key=lambda part: _area(part[0]))


def _a_point_within(ring: Ring) -> tuple[float, float]:
    """Return the middle of the topmost leftmost pixel of a ring."""
    top = ring[ring[:, 1] == ring[:, 1].min()]
    return float(top[:, 0].min()) + 0.5, float(top[0, 1]) + 0.5


def _is_inside(point: tuple[float, float], ring: Ring) -> bool:
    x, y = point
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    crosses = (y0 <= y) != (y1 <= y)
    # Edges of pixels are level or upright, so a crossing lies at the edge's own x.
    return bool(np.count_nonzero(crosses & (np.minimum(x0, x1) > x)) % 2)


def _area(ring: Ring) -> float:
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    return float(abs(np.sum(x0 * y1 - x1 * y0)) / 2)
