"""Crops around objects, at the scale that a classifier was taught at; what lies beyond the picture is mirrored."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, PixelSize, Region
from cellwright.imaging import Limits, Slide, read_rgb
from cellwright.inference.decoders.picture import calibrated_shares
from cellwright.inference.predictor import Predictor
from cellwright.inference.view import resized
from cellwright.zoo import Crops

FEWEST_RULERS = 5
"""So many whole objects of the ruler's class must be there before their median tells the scale."""

_FINER = 2.0
"""A crop is read at most so much finer than the network is shown it: of a slide, a coarser level serves as well."""

_BATCH = 16


def crop_sides(
    crops: Crops,
    boxes: NDArray[np.float32],
    rulers: NDArray[np.float32],
    pixel_size: PixelSize | None,
) -> tuple[NDArray[np.float64], str]:
    """Return the side of the square that is cut out for each box, and how the scale was found.

    Parameters
    ----------
    crops : Crops
        What the classifier asks for.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of the objects in level-0 pixels.
    rulers : (M, 4) ndarray of float32
        Boxes of whole objects of the ruler's class.
    pixel_size : PixelSize or None
        Of the picture.

    Returns
    -------
    (N,) ndarray of float64, str
        In level-0 pixels, and a sentence for people.
    """
    count = len(boxes)
    if crops.side_um is not None and pixel_size is not None:
        side = crops.side_um / math.sqrt(pixel_size.area_um2)
        return np.full(count, side), f"Crops are {crops.side_um:g} µm wide, by the size of a pixel."
    if crops.side_rulers is not None and len(rulers) >= FEWEST_RULERS:
        width = float(np.median(np.sqrt((rulers[:, 2:] - rulers[:, :2]).prod(axis=1, dtype=np.float64))))
        said = f"Crops are {crops.side_rulers:g} {crops.ruler} wide; the median {crops.ruler} has {width:.0f} px."
        return np.full(count, crops.side_rulers * width), said
    sides = crops.side_boxes * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=1.0).astype(np.float64)
    return sides, f"Crops are {crops.side_boxes:g} boxes wide: nothing else told the scale."


def crop_box(box: NDArray[np.float32], side: float) -> Box:
    """Return the square of a side about the middle of a box, in whole pixels; it may reach beyond the picture."""
    length = max(1, round(side))
    y0 = round(float(box[0] + box[2]) / 2 - length / 2)
    x0 = round(float(box[1] + box[3]) / 2 - length / 2)
    return Box(y0, x0, y0 + length, x0 + length)


def read_crop(slide: Slide, box: Box, size: int, limits: Limits, z: int = 0, t: int = 0) -> NDArray[np.uint8]:
    """Read a square as the network is shown it.

    Parameters
    ----------
    slide : Slide
        An open picture.
    box : Box
        The square, in level-0 pixels; a part of it must lie on the picture.
    size : int
        Side of the result.
    limits : tuple
        Contrast of the whole picture.
    z, t : int
        Plane and time point.

    Returns
    -------
    (size, size, 3) ndarray of uint8

    Raises
    ------
    SlideNotReadable
        If the picture cannot be decoded there.
    """
    inner = box.intersect(Box(0, 0, *slide.shape))
    downsample = max(1.0, box.height / (_FINER * size))
    pixels = read_rgb(slide, Region(inner, downsample, z, t), limits)
    rows, columns = pixels.shape[:2]
    scale_y, scale_x = rows / inner.height, columns / inner.width
    before = round((inner.y0 - box.y0) * scale_y), round((inner.x0 - box.x0) * scale_x)
    shape = round(box.height * scale_y), round(box.width * scale_x)
    whole = Box(-before[0], -before[1], max(rows, shape[0] - before[0]), max(columns, shape[1] - before[1]))
    return np.ascontiguousarray(resized(mirrored_cut(pixels, whole), (size, size)))


def mirrored_cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the (Y, X, 3) pixels of a box that may reach beyond a picture, which is mirrored at its edges there."""
    h, w = pixels.shape[:2]
    inner = box.intersect(Box(0, 0, h, w))
    cut = pixels[inner.y0 : inner.y1, inner.x0 : inner.x1]
    if inner == box:
        return np.ascontiguousarray(cut)
    beyond = ((inner.y0 - box.y0, box.y1 - inner.y1), (inner.x0 - box.x0, box.x1 - inner.x1), (0, 0))
    return np.ascontiguousarray(np.pad(cut, beyond, mode="reflect" if min(cut.shape[:2]) > 1 else "edge"))


def name_crops(
    slide: Slide,
    predictor: Predictor,
    boxes: NDArray[np.float32],
    sides: NDArray[np.float64],
    limits: Limits,
    z: int = 0,
    t: int = 0,
) -> Generator[tuple[int, int], None, NDArray[np.float32]]:
    """Ask a classifier what objects are.

    Parameters
    ----------
    slide : Slide
        An open picture.
    predictor : Predictor
        The classifier.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of the objects in level-0 pixels.
    sides : (N,) ndarray of float64
        Of the square that is cut out for each, see `crop_sides`.
    limits : tuple
        Contrast of the whole picture, as `contrast_limits` gives it for the classifier's card.
    z, t : int
        Plane and time point.

    Yields
    ------
    (int, int)
        Objects named so far, and in all.

    Returns
    -------
    (N, C) ndarray of float32
        Calibrated probabilities, each row together 1.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be decoded at an object.
    ModelNotUsable
        If the network answers with numbers that are not finite.
    """
    card, size = predictor.card, predictor.card.input.tile_px
    rows = [np.empty((0, len(card.classes)), np.float32)]
    for first in range(0, len(boxes), _BATCH):
        asked = range(first, min(first + _BATCH, len(boxes)))
        shown = [read_crop(slide, crop_box(boxes[i], float(sides[i])), size, limits, z, t) for i in asked]
        rows.append(calibrated_shares(predictor.predict(np.stack(shown)), card.temperatures()[0]))
        yield asked.stop, len(boxes)
    return np.concatenate(rows)
