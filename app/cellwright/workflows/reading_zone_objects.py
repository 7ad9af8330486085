"""The map of a smear from cells that were found already: nothing is read again, and focus stays unknown."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Objects, PixelSize
from cellwright.workflows.reading_zone import MOST_FIELDS
from cellwright.workflows.reading_zone_choice import SmearMap
from cellwright.workflows.reading_zone_fields import FIELD_CELLS

_FINE = 8
"""Pixels that a red cell is wide where its box is painted as an ellipse."""


def map_of_objects(objects: Objects, shape: tuple[int, int], pixel_size: PixelSize | None = None) -> SmearMap:
    """Measure a smear field by field from the boxes of its cells, which may overlap.

    Each box stands for the ellipse in it. What they cover, and how much of them lies under others, is as in
    `cellwright.workflows.reading_zone_fields`; ``alone`` is the share of cells whose box meets no other cell's field of
    ellipses, so it is left unknown, as sharpness is.

    Parameters
    ----------
    objects : Objects
        The cells that count, of all classes.
    shape : (int, int)
        Rows and columns of the picture.
    pixel_size : PixelSize or None
        Of level-0 pixels.

    Raises
    ------
    BadParameter
        If there are no objects: nothing is known of a smear then.
    """
    if not len(objects):
        raise BadParameter(
            "No cells are known on this picture; analyze it first, or let the zone be found by its pixels."
        )
    cell_px = float(np.median(np.sqrt(objects.sizes.astype(np.float64).prod(axis=1))))
    step_px = max(round(FIELD_CELLS * cell_px), math.ceil(math.sqrt(shape[0] * shape[1] / MOST_FIELDS)), 1)
    rows, columns = -(-shape[0] // step_px), -(-shape[1] // step_px)
    fine = max(1, round(step_px * _FINE / cell_px))
    layers = _painted(objects, (rows * fine, columns * fine), fine / step_px)
    blocks = layers.reshape(rows, fine, columns, fine)
    covered_px = (blocks > 0).sum(axis=(1, 3))
    together_px = blocks.sum(axis=(1, 3), dtype=np.int64)
    inside = _inside(shape, step_px, rows, columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        overlap = 1.0 - covered_px / together_px
    centres = (objects.centres / step_px).astype(np.intp).clip(0, (rows - 1, columns - 1))
    cells = np.bincount(centres[:, 0] * columns + centres[:, 1], minlength=rows * columns).reshape(rows, columns)
    area_px = inside * step_px**2
    of_area = step_px**2 if pixel_size is None else 1e6 / pixel_size.area_um2
    unknown = np.full((rows, columns), np.nan, np.float32)
    return SmearMap(
        shape,
        step_px,
        (covered_px / (inside * fine**2)).astype(np.float32),
        overlap.astype(np.float32),
        unknown,
        (cells / area_px * of_area).astype(np.float32),
        unknown.copy(),
        np.ones((rows, columns), bool),
        pixel_size,
    )


def _inside(shape: tuple[int, int], step_px: int, rows: int, columns: int) -> NDArray[np.float64]:
    """(I, J) share of each field that lies in the picture."""
    tall = np.minimum(shape[0] - np.arange(rows) * step_px, step_px) / step_px
    wide = np.minimum(shape[1] - np.arange(columns) * step_px, step_px) / step_px
    return np.asarray(np.outer(tall, wide))


def _painted(objects: Objects, shape: tuple[int, int], scale: float) -> NDArray[np.uint16]:
    """Return how many ellipses lie on each pixel of a coarse picture."""
    layers = np.zeros(shape, np.uint16)
    corners = np.rint(objects.boxes.astype(np.float64) * scale).astype(int)
    for y0, x0, y1, x1 in corners.tolist():
        height, width = max(1, y1 - y0), max(1, x1 - x0)
        top, left = max(0, -y0), max(0, -x0)
        into = layers[max(0, y0) : max(0, y0 + height), max(0, x0) : max(0, x0 + width)]
        into += _ellipse(height, width)[top : top + into.shape[0], left : left + into.shape[1]]
    return layers


@lru_cache(maxsize=1024)
def _ellipse(height: int, width: int) -> NDArray[np.uint16]:
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = (np.arange(width) + 0.5) / width * 2 - 1
    return np.asarray(y[:, None] ** 2 + x[None, :] ** 2 <= 1.0).astype(np.uint16)
