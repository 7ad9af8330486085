"""One field of a smear in four numbers: how much is covered, how many cells, how far they overlap, how sharp they are.

Light is absorbed by what it passes through, layer upon layer (Beer and Lambert), so optical densities of overlapping
cells add up. The density summed over a field, divided by that of one cell lying alone, is the number of cells, however
they overlap; the area they cover is less than their areas together by what lies under another. So neither needs cells
to be told apart, which is just what cannot be done where they pile up. Where cells are is seen in green, how many lie
there in blue: haemoglobin absorbs blue (the Soret band) and the dyes of nuclei hardly do, so that a white cell counts
for one or two red ones and not for six. The measures follow Angulo and Flandrin,
"Automated detection of working area of peripheral blood smears using mathematical morphology", Analytical Cellular
Pathology 25 (2003) 37-49, who look for the working area by how many cells there are and how they overlap; sharpness is
the gradient at the cells' rims (Krotkov, "Focusing", International Journal of Computer Vision 1 (1988) 223-237).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Density = NDArray[np.float32]

READ_CELL_PX = 20.0
"""Pixels that a red cell is wide where fields are read: enough to see its rim, and cheap."""
FIELD_CELLS = 12.0
"""Side of a field in diameters of a red cell: some hundred cells lie on it where they lie side by side."""

_GREEN, _BLUE = 1, 2
_BARE = 0.06
"""Density below which a pixel may be glass."""
_BARE_SHARE = 0.15
"""Least share of a field that is glass where the field helps to learn what glass and a cell are."""
_LEAST_THRESHOLD, _MOST_THRESHOLD = 0.05, 0.5
_LEAST_SINGLES = 8
_DARK = 0.2
"""Four layers of red cells let more of the light through than this."""
_RED_SHARE, _APART = 0.15, 0.1
"""A second, paler group of pixels is red cells where it is this large a share, and this much darker than glass."""


@dataclass(frozen=True, slots=True)
class OneCell:
    """What a single red cell is on this smear.

    Parameters
    ----------
    white : (float, float)
        Green and blue of bare glass, 1 to 255.
    threshold : float
        Optical density (natural logarithm) in green from which a pixel belongs to a cell.
    area_px : float
        Pixels that it covers in a field as read.
    depth : float
        Its mean optical density in green.
    mass : float
        Its optical density in blue, summed over its pixels.
    """

    white: tuple[float, float]
    threshold: float
    area_px: float
    depth: float
    mass: float

    @property
    def diameter_px(self) -> float:
        """Diameter of a disc of its area."""
        return float(np.sqrt(4 * self.area_px / np.pi))


@dataclass(frozen=True, slots=True)
class FieldMeasures:
    """What one field of a smear is like.

    Parameters
    ----------
    covered : float
        Share of the field under cells, 0 to 1.
    cells : float
        Red cells on it, those under others too; white cells count for several.
    overlap : float
        Share of the cells' areas that lies under another cell, 0 to 1.
    alone : float
        Share of the covered area that belongs to cells touching no other, 0 to 1.
    sharpness : float
        Gradient at the cells' rims, per diameter and as a share of their depth; NaN where there is no rim. Compare it
        with other fields of the same smear alone.
    """

    covered: float
    cells: float
    overlap: float
    alone: float
    sharpness: float


def densities_of(pixels: Pixels, white: tuple[float, float]) -> tuple[Density, Density]:
    """Return the (Y, X) optical densities of a (Y, X, 3) picture in green and in blue, above those of bare glass."""
    planes = [pixels[..., channel].astype(np.float32) for channel in (_GREEN, _BLUE)]
    green, blue = (-np.log((plane + 1.0) / np.float32(w + 1.0)) for plane, w in zip(planes, white, strict=True))
    bare = green < _BARE
    if bare.mean() < 0.05:
        return green, blue
    # What the glass itself absorbs here: no lamp lights a whole slide evenly.
    return green - np.median(green[bare]), blue - np.median(blue[bare])


def is_dark(fields: Sequence[Pixels]) -> bool:
    """Whether most of the fields is black beside their brightest, as in fluorescence: no lamp shines through."""
    if not fields:
        return False
    middle = np.median([np.median(field[..., _GREEN]) for field in fields])
    return bool(middle < _DARK * _white(fields, _GREEN))


def learn_one_cell(fields: Sequence[Pixels], cell_px: float) -> OneCell | None:
    """Learn from fields spread over a smear what glass is and what one cell is.

    Parameters
    ----------
    fields : sequence of (Y, X, 3) uint8
        As read.
    cell_px : float
        Diameter of a red cell in their pixels, about.

    Returns
    -------
    OneCell or None
        None where there is nothing on any of the fields.
    """
    if not fields:
        return None
    white = (_white(fields, _GREEN), _white(fields, _BLUE))
    densities = [densities_of(field, white) for field in fields]
    bare = [green for green, _ in densities if float((green < _BARE).mean()) >= _BARE_SHARE]
    threshold = _threshold(np.concatenate([each.ravel() for each in bare or [green for green, _ in densities]]))
    if threshold is None:
        return None
    disc = np.pi * cell_px**2 / 4
    singles = [found for green, blue in densities for found in _singles(green, blue, threshold, disc)]
    if len(singles) < _LEAST_SINGLES:
        return _palest(densities, white, threshold, disc)
    area, depth, mass = np.median(np.array(singles), axis=0)
    return OneCell(white, threshold, float(area), float(depth), max(float(mass), 1e-3))


def measure_field(pixels: Pixels, one: OneCell) -> FieldMeasures:
    """Measure a field of (Y, X, 3) uint8 pixels."""
    from scipy import ndimage

    green, blue = densities_of(pixels, one.white)
    is_cell = _filled(green >= one.threshold, 0.5 * one.area_px)
    area = int(is_cell.sum())
    if area < 0.1 * one.area_px:
        return FieldMeasures(0.0, 0.0, 0.0, 1.0, float("nan"))
    cells = max(float(blue[is_cell].sum()) / one.mass, 0.0)
    overlap = max(0.0, 1.0 - area / (cells * one.area_px)) if cells else 0.0
    labels, count = ndimage.label(is_cell)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    alone = float(sizes[sizes < 1.5 * one.area_px].sum()) / area
    return FieldMeasures(area / green.size, cells, overlap, alone, _sharpness(green, is_cell, one))


def _white(fields: Sequence[Pixels], channel: int) -> float:
    # The brightest of each field is glass where there is any; lamps differ by little, specks of dust are few.
    brightest = [np.percentile(field[..., channel], 98) for field in fields]
    return max(1.0, float(np.percentile(brightest, 90)))


def _palest(
    densities: Sequence[tuple[Density, Density]], white: tuple[float, float], threshold: float, disc: float
) -> OneCell | None:
    """Guess one cell where none lies alone: the field whose covered part is palest has the fewest layers."""
    covered = [(green >= threshold, green, blue) for green, blue in densities]
    depths = [(float(np.median(g[m])), float(np.median(b[m]))) for m, g, b in covered if m.any()]
    if not depths:
        return None
    depth, blue = min(depths)
    return OneCell(white, threshold, disc, depth, max(disc * blue, 1e-3))


def _threshold(values: Density) -> float | None:
    """Return the density that divides glass from cells; None where there is nothing on the glass."""
    if float((values >= _LEAST_THRESHOLD).mean()) < 1e-3:
        return None
    cut = _otsu(values)
    # Nuclei of white cells are so dark that they may stand against all else; red cells are then below the cut.
    below = values[values < cut]
    again = _otsu(below) if below.size else cut
    red, glass = below[below >= again], below[below < again]
    if red.size >= _RED_SHARE * values.size and glass.size and red.mean() - glass.mean() >= _APART:
        cut = again
    return float(np.clip(cut, _LEAST_THRESHOLD, _MOST_THRESHOLD))


def _otsu(values: Density) -> float:
    """Return the density that divides values into the two groups that differ most (Otsu 1979)."""
    counts, edges = np.histogram(np.clip(values, 0.0, 1.5), 150, (0.0, 1.5))
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sum_below = np.cumsum(counts * middles)
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = sum_below / below - (sum_below[-1] - sum_below) / above
    between = np.where((below > 0) & (above > 0), below * above * apart**2, 0.0)
    return float(edges[int(between.argmax()) + 1])


def _filled(is_cell: NDArray[np.bool_], most_px: float) -> NDArray[np.bool_]:
    """Fill holes that are smaller than `most_px`: the pale middles of red cells, not gaps between many."""
    from scipy import ndimage

    labels, count = ndimage.label(~is_cell)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    small = sizes < most_px
    small[0] = False
    # What touches the border may be part of a large gap outside.
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        small[side] = False
    filled: NDArray[np.bool_] = is_cell | small[labels]
    return filled


def _singles(green: Density, blue: Density, threshold: float, disc_px: float) -> list[tuple[float, float, float]]:
    """Return area, depth and mass of every cell that touches no other and lies wholly in the field."""
    from scipy import ndimage

    is_cell = _filled(green >= threshold, 0.5 * disc_px)
    labels, count = ndimage.label(is_cell)
    if not count:
        return []
    index = np.arange(1, count + 1)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    depths, masses = ndimage.mean(green, labels, index), ndimage.sum_labels(blue, labels, index)
    found = []
    height, width = green.shape
    for place, (rows, columns) in enumerate(ndimage.find_objects(labels)):
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        is_whole = rows.start > 0 and columns.start > 0 and rows.stop < height and columns.stop < width
        is_round = max(tall, wide) < 1.4 * min(tall, wide) and areas[place] > 0.65 * tall * wide
        if is_whole and is_round and 0.5 * disc_px < areas[place] < 1.7 * disc_px:
            found.append((float(areas[place]), float(depths[place]), float(masses[place])))
    return found


def _sharpness(density: Density, is_cell: NDArray[np.bool_], one: OneCell) -> float:
    from scipy import ndimage

    rim = is_cell ^ ndimage.binary_erosion(is_cell, border_value=1)
    if rim.sum() < one.diameter_px:
        return float("nan")
    steep = np.hypot(ndimage.sobel(density, 0), ndimage.sobel(density, 1)) / 8.0
    return float(np.median(steep[rim])) * one.diameter_px / one.depth
