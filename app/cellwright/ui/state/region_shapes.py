"""Regions drawn on a slide, as the window edits them: each with a name, to count in or to leave out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from cellwright.core import Regions
from cellwright.core.regions import Polygon


class RegionKind(str, Enum):
    """What a region is for."""

    INCLUDE = "include"
    """Objects in it count."""
    EXCLUDE = "exclude"
    """Objects in it do not."""
    PROPOSED = "proposed"
    """Where the program would count, until a person agrees."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionShape:
    """One region.

    Parameters
    ----------
    name : str
        As a person calls it.
    kind : RegionKind
        What it is for.
    corners : (K, 2) ndarray of float64
        y, x in level-0 pixels.
    key : int
        Its number in the project; 0 for one that is not in it.
    """

    name: str
    kind: RegionKind
    corners: Polygon
    key: int = 0

    @property
    def area_px(self) -> float:
        """Area by the surveyor's formula; of a polygon that crosses itself, parts cancel out."""
        y, x = self.corners.T
        return float(abs(np.dot(y, np.roll(x, -1)) - np.dot(x, np.roll(y, -1))) / 2)

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of its bounding box, y, x."""
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2


class CountWhere(str, Enum):
    """Which part of a slide is counted."""

    TISSUE = "tissue"
    """Everywhere but on bare glass."""
    REGIONS = "regions"
    """In the regions drawn by hand."""
    WHOLE = "whole"
    """Everywhere, glass too."""


WHERE_TITLES = {
    CountWhere.TISSUE: "All tissue",
    CountWhere.REGIONS: "These regions",
    CountWhere.WHOLE: "Whole picture",
}


def regions_of(shapes: Iterable[RegionShape], where: CountWhere) -> Regions:
    """Return what is to be counted; regions to leave out are left out whatever is chosen but the whole picture."""
    if where is CountWhere.WHOLE:
        return Regions.everything()
    every = list(shapes)
    include = tuple(shape.corners for shape in every if shape.kind is RegionKind.INCLUDE)
    exclude = tuple(shape.corners for shape in every if shape.kind is RegionKind.EXCLUDE)
    return Regions(include if where is CountWhere.REGIONS else (), exclude, tissue_only=where is CountWhere.TISSUE)


def next_name(shapes: Iterable[RegionShape], kind: RegionKind) -> str:
    """Return a name that no region has: ``"Region 3"``, ``"Left out 1"``."""
    word = "Left out" if kind is RegionKind.EXCLUDE else "Region"
    taken = {shape.name for shape in shapes}
    number = 1
    while f"{word} {number}" in taken:
        number += 1
    return f"{word} {number}"
