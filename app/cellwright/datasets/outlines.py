"""`OutlineLabels`: objects outlined one by one, as COCO has them: polygons or run lengths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, DatasetNotReadable, Masks
from cellwright.datasets.label_sources import Meaning

_FURTHEST = 2.0**30
"""No picture is as large; a corner further out is a mistake."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of one object; polygons or run lengths, never both.

    Parameters
    ----------
    polygons : tuple of tuple of float
        x, y, x, y … of each part in pixels from the corner of the picture; the parts make up the object together.
    size : (int, int) or None
        Rows and columns that the run lengths were made for.
    counts : str or tuple of int
        Run lengths down the columns, packed as text or plain.
    holes : tuple of tuple of float
        x, y, x, y … of what is cut out of the parts, which then may not overlap each other.
    """

    polygons: tuple[tuple[float, ...], ...] = ()
    size: tuple[int, int] | None = None
    counts: str | tuple[int, ...] = ()
    holes: tuple[tuple[float, ...], ...] = ()


def outline_of(segmentation: object) -> Outline | None:
    """Return what COCO's ``segmentation`` says, or None where it says nothing that can be read."""
    if isinstance(segmentation, list) and segmentation:
        parts = tuple(_polygon(part) for part in segmentation)
        return Outline(polygons=tuple(p for p in parts if p)) if all(parts) else None
    if isinstance(segmentation, Mapping):
        return _run_lengths(segmentation)
    return None


def _polygon(part: object) -> tuple[float, ...]:
    if not isinstance(part, list) or len(part) < 6 or len(part) % 2:
        return ()
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) or not math.isfinite(v) for v in part):
        return ()
    return tuple(map(float, part))


def _run_lengths(coded: Mapping[str, Any]) -> Outline | None:
    size, counts = coded.get("size"), coded.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)):
        return None
    if isinstance(counts, str):
        return Outline(size=(size[0], size[1]), counts=counts)
    if isinstance(counts, list) and all(type(run) is int for run in counts):
        return Outline(size=(size[0], size[1]), counts=tuple(counts))
    return None


@dataclass(frozen=True, slots=True)
class OutlineLabels:
    """The outlines of one picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    outlines : tuple of Outline
        One a row of the boxes.
    """

    shape: tuple[int, int]
    outlines: tuple[Outline, ...]

    @property
    def meaning(self) -> Meaning:
        """`Meaning.OBJECTS`."""
        return Meaning.OBJECTS

    def masks(self) -> Masks:
        """Return the pixels of each object inside the picture.

        Raises
        ------
        DatasetNotReadable
            If run lengths are damaged or of another picture size.
        """
        whole = Box(0, 0, *self.shape)
        try:
            return Masks.concatenate([self._of_one(outline).clipped(whole) for outline in self.outlines])
        except (BadParameter, ValueError, OverflowError) as error:
            raise DatasetNotReadable(f"An outline cannot be read ({error}); write it again.") from error

    def read(self) -> NDArray[np.int32]:
        """Return the label of every pixel; where two objects overlap, the earlier one is on top."""
        from cellwright.shapes import labels_from_masks

        return labels_from_masks(self.masks(), self.shape).astype(np.int32, copy=False)

    def _of_one(self, outline: Outline) -> Masks:
        from cellwright.shapes import masks_from_coco_rle, masks_from_polygons, union

        if outline.size is None:
            if not outline.polygons:
                return Masks.empty(1)
            rings = [_clipped(_ring(polygon), self.shape) for polygon in (*outline.polygons, *outline.holes)]
            if outline.holes:
                return masks_from_polygons([[ring for ring in rings if len(ring)]])
            parts = masks_from_polygons([ring for ring in rings if len(ring)])
            return union(parts, np.zeros(len(parts), np.intp)) if len(parts) else Masks.empty(1)
        if outline.size != self.shape:
            raise BadParameter(f"Run lengths were made for {outline.size} and the picture is {self.shape}.")
        counts = outline.counts if isinstance(outline.counts, str) else list(outline.counts)
        return masks_from_coco_rle([{"size": outline.size, "counts": counts}])


def _ring(polygon: Sequence[float]) -> NDArray[np.float64]:
    """Return (P, 2) y, x."""
    return np.array(polygon, np.float64).reshape(-1, 2)[:, ::-1]


def _clipped(ring: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return a ring without what lies far outside the picture, which would cost a run for every row it passes.

    Cut at one side after the other (Sutherland and Hodgman 1974), a pixel off the edge: there the cut may run along the
    side, and inside nothing changes.
    """
    if not (np.abs(ring) <= _FURTHEST).all():
        raise BadParameter("A corner lies beyond 2^30 pixels.")
    for axis, sign, limit in ((0, 1, -1.0), (0, -1, -shape[0] - 1.0), (1, 1, -1.0), (1, -1, -shape[1] - 1.0)):
        if len(ring):
            ring = _cut(ring, sign * ring[:, axis] - limit)
    return ring


def _cut(ring: NDArray[np.float64], inside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a ring where `inside`, a distance at each corner, is not below 0."""
    if (inside >= 0).all():
        return ring
    after, distance = np.roll(ring, -1, 0), np.roll(inside, -1)
    crosses = (inside >= 0) != (distance >= 0)
    share = np.divide(inside, inside - distance, out=np.zeros_like(inside), where=crosses)
    crossing = ring + share[:, None] * (after - ring)
    # Each corner is followed by where the line to the next one crosses the side.
    points = np.stack([ring, crossing], 1).reshape(-1, 2)
    kept: NDArray[np.float64] = points[np.stack([inside >= 0, crosses], 1).ravel()]
    return kept
