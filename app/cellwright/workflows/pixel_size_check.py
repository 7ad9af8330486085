"""Red cells as a ruler: is the pixel size right, and if nobody knows it, what would fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.workflows.reading_zone import RED_CELL_UM

PLAUSIBLE_UM = (5.4, 9.9)
"""Median widths that raise no question: human red cells are 6 to 9 µm wide, and boxes are a tenth off at most."""

_RED_NAMES = frozenset({"rbc", "red blood cell", "red cell", "erythrocyte"})
_FEWEST = 8
"""Red cells that a median needs: widths differ by a tenth, so that the median of so many is known to a twentieth."""

_ROUND = 1.3
"""Boxes longer than this by their width are two cells, or one that is cut off."""


@dataclass(frozen=True, slots=True)
class PixelSizeQuestion:
    """Something to ask a person about a picture's pixel size.

    Parameters
    ----------
    sentence : str
        What is doubtful, and what would fit, in plain words.
    proposed : PixelSize or None
        A size with which the red cells would be as wide as red cells are; None where there are too few of them. It
        counts as entered by the person who agrees.
    median_um : float or None
        Width of the median red cell with the present pixel size; None without one or without red cells.
    n_cells : int
        How many red cells were measured.
    """

    sentence: str
    proposed: PixelSize | None
    median_um: float | None
    n_cells: int


def pixel_size_question(
    objects: Objects,
    pixel_size: PixelSize | None,
    note: str = "",
    shape: tuple[int, int] | None = None,
) -> PixelSizeQuestion | None:
    """Say what is doubtful about a pixel size, None where nothing is.

    Three things raise a question: red cells of a width that human red cells do not have, tags of the file that
    disagree (where no red cells settle it), and red cells on a picture that does not say how large its pixels are. A
    size that a person entered is questioned by red cells alone.

    Parameters
    ----------
    objects : Objects
        What was found and counts.
    pixel_size : PixelSize or None
        What the picture or a person says.
    note : str
        `Slide.pixel_size_note`, in which tags may disagree.
    shape : (int, int) or None
        Rows and columns of the picture; cells on its edge are left out.
    """
    from cellwright.imaging import disagreement

    widths = red_cell_widths_px(objects, shape)
    median_px = float(np.median(widths)) if len(widths) >= _FEWEST else None
    if pixel_size is None:
        return None if median_px is None else _unknown(median_px, len(widths))
    side = math.sqrt(pixel_size.area_um2)
    if median_px is not None:
        median_um = median_px * side
        if PLAUSIBLE_UM[0] <= median_um <= PLAUSIBLE_UM[1]:
            return None
        return _implausible(median_um, median_px, pixel_size, len(widths))
    against = disagreement(note) if pixel_size.source is PixelSizeSource.TAG else ""
    if not against:
        return None
    sentence = f"The file says {side:.4g} µm per pixel, but {against}: is the pixel size right?"
    return PixelSizeQuestion(sentence, None, None, len(widths))


def red_cell_widths_px(objects: Objects, shape: tuple[int, int] | None = None) -> NDArray[np.float64]:
    """Return the width of every single, whole red cell in pixels: the geometric mean of the two sides of its box.

    Parameters
    ----------
    objects : Objects
        Of which the classes named as red cells count.
    shape : (int, int) or None
        Rows and columns of the picture; cells within a pixel of its edge are left out.
    """
    red = [i for i, name in enumerate(objects.classes) if name.casefold().replace("_", " ") in _RED_NAMES]
    boxes = objects.boxes[np.isin(objects.class_index, red)].astype(np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    shorter, longer = sides.min(1, initial=np.inf), sides.max(1, initial=0.0)
    kept = (shorter > 0) & (longer <= _ROUND * shorter)
    if shape is not None:
        kept &= (boxes[:, :2] > 1).all(1) & (boxes[:, 2:] < np.asarray(shape) - 1).all(1)
    return np.asarray(np.sqrt(sides[kept].prod(1)))


def _unknown(median_px: float, count: int) -> PixelSizeQuestion:
    proposed = _fitting(median_px, None)
    sentence = (
        f"Nobody knows how large the pixels are. If these are human red cells, about {RED_CELL_UM:g} µm wide, "
        f"a pixel is about {proposed.x_um:.2g} µm: is that so?"
    )
    return PixelSizeQuestion(sentence, proposed, None, count)


def _implausible(median_um: float, median_px: float, present: PixelSize, count: int) -> PixelSizeQuestion:
    proposed = _fitting(median_px, present)
    sentence = (
        f"The median red cell is {median_um:.2g} µm wide: is the pixel size right? Human red cells are 6 to 9 µm wide; "
        f"{math.sqrt(proposed.area_um2):.2g} µm per pixel would fit."
    )
    return PixelSizeQuestion(sentence, proposed, median_um, count)


def _fitting(median_px: float, present: PixelSize | None) -> PixelSize:
    """Return the size with which the median cell is a red cell, of two digits; pixels keep their proportions."""
    side = RED_CELL_UM / median_px
    digits = 1 - math.floor(math.log10(side))
    stretch = 1.0 if present is None else math.sqrt(present.y_um / present.x_um)
    return PixelSize(round(side * stretch, digits), round(side / stretch, digits), PixelSizeSource.USER)
