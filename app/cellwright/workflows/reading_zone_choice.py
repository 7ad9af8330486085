"""Where to count on a smear: fields of one layer of cells, put together to areas with a reason for each.

What makes a field fit follows the reading area of manual differentials (CLSI H20-A2, 2007, and Palmer et al.,
International Journal of Laboratory Hematology 37 (2015) 287-303): red cells lie side by side in one layer, some
touching and hardly any on one another; neither the thick part, where they pile up, nor the feathered edge, where they
lie far apart and lose their pale middle. The limits were set on drawn smears and on fields that people chose to label.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize

Polygon = NDArray[np.float64]
"""(K, 2) float64: y, x of a closed line in level-0 pixels, its first point not repeated at the end."""


class FieldKind(IntEnum):
    """What one field of a smear is fit for; the numbers are those of `SmearMap.kinds`."""

    GLASS = 0
    """Next to nothing on it."""
    THIN = 1
    """Cells lie far apart, as at the feathered edge."""
    MONOLAYER = 2
    """Cells lie in one layer: fit for counting."""
    THICK = 3
    """Cells lie on one another."""
    BLURRED = 4
    """Out of focus, beside the sharpest fields of the same smear."""
    UNREADABLE = 5
    """The file cannot be read there."""


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """From where to where a field is fit for counting.

    Parameters
    ----------
    least_covered, most_covered : float
        Shares of the field under cells, 0 to 1.
    most_overlap : float
        Largest share of the cells' areas that may lie under other cells.
    least_sharpness : float
        As a share of the smear's sharpest fields (their 95th percentile).
    most_zones : int
        So many areas are proposed at most, the largest first.

    Raises
    ------
    BadParameter
        If a share lies outside 0 to 1, the least above the most, or no area is wanted.
    """

    least_covered: float = 0.15
    most_covered: float = 0.8
    most_overlap: float = 0.18
    least_sharpness: float = 0.6
    most_zones: int = 3

    def __post_init__(self) -> None:
        shares = (self.least_covered, self.most_covered, self.most_overlap, self.least_sharpness)
        if not all(0.0 <= share <= 1.0 for share in shares) or self.least_covered >= self.most_covered:
            raise BadParameter("Limits of a reading zone are shares from 0 to 1, the least below the most.")
        if self.most_zones < 1:
            raise BadParameter("At least one area must be proposed; give most_zones of 1 or more.")


@dataclass(frozen=True, slots=True, eq=False)
class SmearMap:
    """Measures of a smear field by field, on a regular grid over the whole picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    step_px : int
        Side of a field in level-0 pixels; field (i, j) begins at i * step_px, j * step_px.
    covered, overlap, alone : (I, J) ndarray of float32
        See `cellwright.workflows.reading_zone_fields.FieldMeasures`; NaN where nobody looked or nothing can be said.
    density : (I, J) ndarray of float32
        Red cells on a field's area, or on a square millimetre where the pixel size is known.
    sharpness : (I, J) ndarray of float32
        As a share of the sharpest fields, 1 and a little more for those; NaN where there is no rim.
    is_readable : (I, J) ndarray of bool
        Whether the file could be read there.
    pixel_size : PixelSize or None
        Of level-0 pixels.
    """

    shape: tuple[int, int]
    step_px: int
    covered: NDArray[np.float32]
    overlap: NDArray[np.float32]
    alone: NDArray[np.float32]
    density: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    is_readable: NDArray[np.bool_]
    pixel_size: PixelSize | None = None

    def kinds(self, rules: ZoneRules | None = None) -> NDArray[np.uint8]:
        """Return the `FieldKind` of every field, (I, J) uint8."""
        asked = rules or ZoneRules()
        kinds = np.full(self.covered.shape, FieldKind.MONOLAYER, np.uint8)
        with np.errstate(invalid="ignore"):
            kinds[self.sharpness < asked.least_sharpness] = FieldKind.BLURRED
            kinds[(self.overlap > asked.most_overlap) | (self.covered > asked.most_covered)] = FieldKind.THICK
            # Two cells on one another at the thin end are no thick part.
            kinds[self.covered < asked.least_covered] = FieldKind.THIN
            kinds[~(self.covered >= _BARE)] = FieldKind.GLASS
        kinds[~self.is_readable] = FieldKind.UNREADABLE
        return kinds


_BARE = 0.02
"""Covered share below which a field is glass."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """One area that is proposed for counting.

    Parameters
    ----------
    outline : (K, 2) ndarray of float64
        y, x in level-0 pixels.
    holes : tuple of (K, 2) ndarray
        Parts inside it that are not fit.
    reason : str
        Why here, in one sentence.
    fields : int
        Fields of the map that it is made of.
    area_px : float
        Without its holes.
    """

    outline: Polygon
    holes: tuple[Polygon, ...]
    reason: str
    fields: int
    area_px: float


def propose_zones(smear: SmearMap, rules: ZoneRules | None = None) -> tuple[Zone, ...]:
    """Return the areas fit for counting, the largest first; none where no field is fit."""
    from scipy import ndimage

    asked = rules or ZoneRules()
    fit = _smoothed(smear.kinds(asked) == FieldKind.MONOLAYER)
    labels, count = ndimage.label(fit)
    if not count:
        return ()
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    largest = np.argsort(-sizes, kind="stable")[: asked.most_zones]
    # A speck beside a large area is not worth a person's look.
    kept = [int(index) + 1 for index in largest if sizes[index] >= max(1.0, 0.05 * sizes.max())]
    return tuple(_zone(smear, labels == label) for label in kept)


def nothing_found(smear: SmearMap, rules: ZoneRules | None = None) -> str:
    """Say why no area is proposed, and what there is instead."""
    kinds = smear.kinds(rules)
    words = {
        FieldKind.GLASS: "glass",
        FieldKind.THIN: "too thin",
        FieldKind.THICK: "too thick",
        FieldKind.BLURRED: "out of focus",
        FieldKind.UNREADABLE: "unreadable",
        FieldKind.MONOLAYER: "fit, but alone among others",
    }
    counts = sorted(((int((kinds == kind).sum()), said) for kind, said in words.items()), reverse=True)
    told = ", ".join(f"{count / kinds.size:.0%} {said}" for count, said in counts if count)
    return f"No part of this smear is fit for counting ({told}); choose a region by hand, or make another smear."


def _smoothed(fit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill single gaps and drop single fields: neighbours of a field know better than its hundred cells."""
    if min(fit.shape) < 3:
        return fit
    padded = np.pad(fit, 1).astype(np.int8)
    near = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    # At the picture's edge there are fewer to ask.
    asked = np.pad(np.ones_like(fit, np.int8), 1)
    there = asked[:-2, 1:-1] + asked[2:, 1:-1] + asked[1:-1, :-2] + asked[1:-1, 2:]
    smoothed: NDArray[np.bool_] = (fit & (near >= 2)) | (near == there)
    return smoothed


def _zone(smear: SmearMap, of_zone: NDArray[np.bool_]) -> Zone:
    from cellwright.export import polygons_of
    from cellwright.shapes import masks_from_labels

    masks, _ = masks_from_labels(of_zone)
    rings = [_in_picture(ring, smear) for part in next(iter(polygons_of(masks))) for ring in part]
    outline, *holes = sorted(rings, key=lambda ring: -abs(_area(ring)))
    area = abs(_area(outline)) - sum(abs(_area(hole)) for hole in holes)
    return Zone(outline, tuple(holes), _reason(smear, of_zone, area), int(of_zone.sum()), area)


def _in_picture(ring: NDArray[np.float64], smear: SmearMap) -> Polygon:
    corners = ring[:, ::-1] * smear.step_px
    return np.minimum(corners, np.array(smear.shape, np.float64))


def _area(ring: Polygon) -> float:
    """Return the signed area of a closed line (the shoelace formula)."""
    y, x = ring.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _reason(smear: SmearMap, of_zone: NDArray[np.bool_], area_px: float) -> str:
    covered, overlap = float(np.nanmean(smear.covered[of_zone])), float(np.nanmean(smear.overlap[of_zone]))
    cells = float(np.nanmean(smear.density[of_zone]))
    if smear.pixel_size is None:
        number, size = f"{cells * of_zone.sum():,.0f} red cells", f"{area_px / 1e6:,.1f} MPix"
    else:
        area_mm2 = area_px * smear.pixel_size.area_um2 / 1e6
        number, size = f"{cells * area_mm2:,.0f} red cells", f"{area_mm2:,.2f} mm²"
    blurred = smear.sharpness[of_zone]
    sharp = " and sharp" if np.isfinite(blurred).any() else ""
    return (
        f"Red cells lie in one layer{sharp}: {covered:.0%} of the area is covered, {overlap:.0%} of the cells' area "
        f"lies under another cell; about {number} on {size}."
    )
