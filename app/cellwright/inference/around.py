"""`look_around`: what a network says of one place of a picture, without looking at the rest of it."""

from __future__ import annotations

import math
from dataclasses import replace

from cellwright.core import BadParameter, Box
from cellwright.imaging import Limits, Slide
from cellwright.inference.candidates import Boxes
from cellwright.inference.detection import DetectOptions
from cellwright.inference.predictor import Predictor
from cellwright.inference.tiles import Tile
from cellwright.inference.view import View

AROUND_PX = 384
"""Side of what a network that answers for every pixel looks at, in its own pixels: a cell and what it stands among."""


def look_around(
    slide: Slide,
    predictor: Predictor,
    place: tuple[float, float],
    limits: Limits,
    options: DetectOptions | None = None,
) -> tuple[Boxes, Box]:
    """Ask a network about a place.

    Detectors look at the tile that the place lies in, as in an analysis; networks that answer for every pixel at
    `AROUND_PX` around it, at the same scale.

    Parameters
    ----------
    slide : Slide
        The open picture.
    predictor : Predictor
        The model.
    place : (float, float)
        y, x in level-0 pixels (edges count).
    limits : tuple
        Contrast of the whole picture, as in its analysis.
    options : DetectOptions, optional
        What to keep; as an analysis would where None is given.

    Returns
    -------
    Boxes
        What was found there, in level-0 pixels of the picture.
    Box
        What was looked at; near its sides objects may be cut.

    Raises
    ------
    BadParameter
        If the place lies outside the picture.
    SlideNotReadable
        If the picture cannot be decoded there.
    """
    asked, card = options or DetectOptions(), predictor.card
    view = view_around(asked.view(slide, card), place, card.input.stride, is_dense=card.decoding.kind != "boxes")
    (tile,) = view.tiles
    looking = asked.looking(slide, card, view)
    steps = looking.look(predictor.predict, [tile], [looking.read(slide, tile, limits, asked.z, asked.t)])
    while True:
        try:
            next(steps)
        except StopIteration as end:
            (found,) = end.value
            break
    if isinstance(found, Exception):
        raise found
    boxes: Boxes = found.objects(asked.cut(card).nms_iou)
    return boxes, tile.read


def view_around(view: View, place: tuple[float, float], stride: int, *, is_dense: bool) -> View:
    """Return a view of one tile: that which a place lies in, cut down around it where the network is dense.

    Parameters
    ----------
    view : View
        Of the whole picture.
    place : (float, float)
        y, x in level-0 pixels.
    stride : int
        Of the network.
    is_dense : bool
        Whether it answers for every pixel, so that it may look at as little as one likes.
    """
    y, x = math.floor(place[0]), math.floor(place[1])
    spot = Box(y, x, y + 1, x + 1)
    tile = next((each for each in view.tiles if not each.write.intersect(spot).is_empty), None)
    if tile is None:
        raise BadParameter(f"The place y {place[0]:g}, x {place[1]:g} lies outside the picture.")
    side_px = max(stride, AROUND_PX // stride * stride)
    if view.fit_px is not None or not is_dense or min(view.input_shape) <= side_px:
        return replace(view, tiles=(tile,))
    side = math.floor(side_px * view.downsample)
    step = stride if view.downsample == 1.0 else 1  # where tiles begin in an analysis, too
    top = _start(y, side, tile.read.y0, tile.read.y1, step)
    left = _start(x, side, tile.read.x0, tile.read.x1, step)
    read = Box(top, left, top + side, left + side).intersect(tile.read)
    return replace(view, tiles=(Tile(0, read, read, read),), input_shape=(side_px, side_px))


def _start(spot: int, side: int, first: int, end: int, step: int) -> int:
    """Return where a tile with `spot` begins: `spot` near its middle, a multiple of `step` behind `first`."""
    kept = min(max(spot - side // 2, first), max(first, end - side))
    start = first + (kept - first) // step * step
    return start if spot < start + side else start + step  # the last pixels before `end`
