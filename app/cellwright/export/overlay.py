"""The picture with its boxes or outlines drawn on it and a legend below, as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks, Objects
from cellwright.core.atomic import replacing
from cellwright.export.colour import ink_on, rgb_of
from cellwright.export.table import printable
from cellwright.shapes import contours

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

# Of the long side: two pixels on a smear of 640 or 1280, and never less than one.
_LINE_FRACTION = 1 / 640
_LARGEST_LINE = 6
_PAPER, _INK, _GREY = (255, 255, 255), (26, 26, 26), (96, 96, 96)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of the legend: a class, its colour, and what to say of it.

    Parameters
    ----------
    colour : str
        ``#RRGGBB``, also of the boxes.
    badge : str
        One letter that tells the class apart without colour.
    text : str
        As in ``"RBC 312 (279 to 348)"``.
    """

    colour: str
    badge: str
    text: str


def draw_overlay(
    rgb: NDArray[np.uint8],
    objects: Objects,
    legend: Sequence[LegendEntry],
    *,
    downsample: float = 1.0,
    caption: str = "",
    lines: Sequence[tuple[float, float, float]] = (),
) -> NDArray[np.uint8]:
    """Draw boxes, or outlines where they are known, over a picture and a legend below it, so that no cell is hidden.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8
        The picture; it is not changed.
    objects : Objects
        What to draw, in level-0 pixels.
    legend : sequence of LegendEntry
        One a class, in class order.
    downsample : float
        Level-0 pixels per pixel of `rgb`.
    caption : str
        Last line of the legend, in grey.
    lines : sequence of (float, float, float)
        Widths to be shown: y, x0, x1 of level lines with a small bar at each end, in level-0 pixels.

    Returns
    -------
    (H + legend, W, 3) ndarray of uint8
        The picture above, the legend below it on white.

    Raises
    ------
    BadParameter
        If the legend does not have one entry a class.
    """
    if len(legend) != len(objects.classes):
        raise BadParameter(f"{len(legend)} legend entries do not fit {len(objects.classes)} classes.")
    marked = draw_marks(rgb, objects, [entry.colour for entry in legend], downsample)
    for y, x0, x1 in lines:
        _draw_width(marked, y / downsample, x0 / downsample, x1 / downsample)
    strip = _legend(marked.shape[1], legend, caption)
    return np.concatenate((marked, strip), axis=0)


def draw_marks(
    rgb: NDArray[np.uint8], objects: Objects, colours: Sequence[str], downsample: float = 1.0
) -> NDArray[np.uint8]:
    """Draw boxes, or outlines where they are known, over a copy of a picture.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8
        The picture; it is not changed.
    objects : Objects
        What to draw, in level-0 pixels.
    colours : sequence of str
        ``#RRGGBB``, one a class, in class order.
    downsample : float
        Level-0 pixels per pixel of `rgb`.
    """
    draw = _with_boxes if objects.masks is None else _with_outlines
    return draw(rgb, objects, colours, downsample)


def write_png(path: str | Path, rgb: NDArray[np.uint8], *, overwrite: bool = False) -> Path:
    """Write an RGB picture as PNG.

    Parameters
    ----------
    path : str or Path
        The file.
    rgb : (H, W, 3) ndarray of uint8
        The picture.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    from PIL import Image

    with replacing(path, overwrite=overwrite) as part:
        Image.fromarray(rgb).save(part, format="PNG", compress_level=3)
    return Path(path)


def _with_boxes(
    rgb: NDArray[np.uint8], objects: Objects, colours_of: Sequence[str], downsample: float
) -> NDArray[np.uint8]:
    """Draw the sides of every box straight into a copy of the array: four slices each, whatever the picture's size."""
    marked = rgb.copy()
    height, width = marked.shape[:2]
    line = _line_px(marked)
    colours = np.array([rgb_of(colour) for colour in colours_of], np.uint8).reshape(-1, 3)
    boxes = np.rint(objects.boxes.astype(np.float64) / downsample).astype(np.int64)
    boxes = np.clip(boxes, 0, np.array([height, width, height, width]))
    # Uncertain ones first, so that the sure ones stay whole where boxes cross.
    for row in np.argsort(objects.scores, kind="stable").tolist():
        y0, x0, y1, x1 = boxes[row].tolist()
        colour = colours[objects.class_index[row]]
        marked[y0 : min(y0 + line, y1), x0:x1] = colour
        marked[max(y1 - line, y0) : y1, x0:x1] = colour
        marked[y0:y1, x0 : min(x0 + line, x1)] = colour
        marked[y0:y1, max(x1 - line, x0) : x1] = colour
    return marked


def _with_outlines(
    rgb: NDArray[np.uint8], objects: Objects, colours_of: Sequence[str], downsample: float
) -> NDArray[np.uint8]:
    """Draw the outline of every object, holes too, into a copy of the array, in the order of the boxes above."""
    from PIL import Image, ImageDraw

    shown = Image.fromarray(rgb)  # copies
    draw = ImageDraw.Draw(shown)
    line = _line_px(rgb)
    order = np.argsort(objects.scores, kind="stable")
    drawn = objects.take(order)
    traced = contours(drawn.masks or Masks.empty())
    points = traced.points[:, ::-1].astype(np.float64) / downsample
    ends = zip(traced.ring_starts[:-1].tolist(), traced.ring_starts[1:].tolist(), strict=True)
    colours = [rgb_of(colour) for colour in colours_of]
    for (start, end), owner in zip(ends, traced.object_of_ring.tolist(), strict=True):
        ring = [tuple(point) for point in points[start:end].tolist()]
        draw.line([*ring, ring[0]], fill=colours[drawn.class_index[owner]], width=line)
    return np.array(shown, np.uint8)


def _draw_width(marked: NDArray[np.uint8], y: float, x0: float, x1: float) -> None:
    """Draw a level line with a bar at each end, white in black, readable on any picture."""
    line = 2 * _line_px(marked)
    bar = 4 * line
    top, left, right = round(y) - line // 2, round(x0), round(x1)
    for grow, colour in ((max(1, line // 2), _INK), (0, _PAPER)):
        for y0, y1, a, b in (
            (top, top + line, left, right),
            (round(y) - bar, round(y) + bar, left - line // 2, left - line // 2 + line),
            (round(y) - bar, round(y) + bar, right - line // 2, right - line // 2 + line),
        ):
            marked[max(0, y0 - grow) : max(0, y1 + grow), max(0, a - grow) : max(0, b + grow)] = colour


def _line_px(picture: NDArray[np.uint8]) -> int:
    return int(np.clip(round(max(picture.shape[:2]) * _LINE_FRACTION), 1, _LARGEST_LINE))


def _legend(width: int, entries: Sequence[LegendEntry], caption: str) -> NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    text_px = max(11, min(40, width // 45))
    font = ImageFont.load_default(text_px)
    places, bottom = _places(width, entries, font, text_px)
    lines = _wrapped(printable(caption), font, width - 2 * text_px)
    line_px = round(1.6 * text_px)
    height = bottom + len(lines) * line_px + (text_px // 2 if lines else 0)
    strip = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(strip)
    for entry, (x, y) in zip(entries, places, strict=True):
        _swatch(draw, entry, x, y, text_px, font)
        draw.text((x + 2 * text_px, y), printable(entry.text), fill=_INK, font=font)
    for number, line in enumerate(lines):
        draw.text((text_px, bottom + number * line_px), line, fill=_GREY, font=font)
    return np.asarray(strip, np.uint8).copy()


def _places(
    width: int, entries: Sequence[LegendEntry], font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text_px: int
) -> tuple[list[tuple[int, int]], int]:
    """Return where each entry starts, side by side and wrapped like words, and where the next line would."""
    places: list[tuple[int, int]] = []
    x, y = text_px, text_px
    for entry in entries:
        needed = 2 * text_px + round(font.getlength(printable(entry.text)))
        if places and x + needed > width - text_px:
            x, y = text_px, y + 2 * text_px
        places.append((x, y))
        x += needed + 2 * text_px
    return places, y + round(2.2 * text_px)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Break a text into lines that fit; a word that is too long by itself, such as a name, is broken anywhere."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def _swatch(
    draw: ImageDraw.ImageDraw,
    entry: LegendEntry,
    x: int,
    y: int,
    text_px: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Draw a square of the class colour with its letter in black or white, whichever can be read."""
    side = round(1.4 * text_px)
    draw.rectangle((x, y, x + side, y + side), fill=entry.colour)
    draw.text((x + side / 2, y + side / 2), entry.badge, fill=ink_on(entry.colour), font=font, anchor="mm")
