"""Worst cases as pictures: what the old model found at a place, and beside it what the tuned one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Masks, OutputNotWritable, Region
from cellwright.core.atomic import replacing
from cellwright.imaging import contrast_limits, read_rgb
from cellwright.project.pictures import slide_ref
from cellwright.shapes import contours
from cellwright.workflows.held_out import BoxShowing, OutlineShowing, PixelShowing, Showing
from cellwright.workflows.worst_cases import Case

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    from cellwright.core import Objects
    from cellwright.imaging import Slide
    from cellwright.training.lesson import LessonPicture
    from cellwright.zoo import ModelCard

SIDE_PX, GAP_PX = 240, 8
"""Side of each of the two squares, and what is left free between them."""
_CELLS = 3.0
"""Side of what is shown, in longer sides of the object."""
_TRUE = "#FFFFFF"
_HALO = "#000000"

Polygon = list[tuple[float, float]]
"""x, y in pixels of a square."""


def draw_cases(
    folder: Path,
    cases: Sequence[Case],
    before: Showing,
    after: Showing,
    pictures: Sequence[LessonPicture],
    card: ModelCard,
) -> tuple[Case, ...]:
    """Draw each case as two squares beside each other: left what the old model found, right what the tuned one did.

    What is true is drawn in white, what was found in the colours of its classes: outlines where there are any, else
    boxes. The place in question lies in the middle.

    Parameters
    ----------
    folder : Path
        Made where it is missing; files of the same names are replaced.
    cases : sequence of Case
        From `worst_cases`.
    before, after : Showing
        What the models showed on `pictures`.
    pictures : sequence of LessonPicture
        The held-out pictures.
    card : ModelCard
        Of the tuned model: the colours of its classes.

    Returns
    -------
    tuple of Case
        The same, with the names of their files.

    Raises
    ------
    SlideNotReadable
        If a picture cannot be read any more.
    OutputNotWritable
        If a file cannot be written.
    """
    colours = {kind.name: kind.colour for kind in card.classes}
    numbers = {picture.path: number for number, picture in enumerate(pictures)}
    drawn = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _opened() as slides:
            for place, case in enumerate(cases):
                number = numbers[case.picture]
                looks = [_look(showing, number) for showing in (before, after)]
                pair = _pair(slides(case.picture), case, pictures[number], looks, card.class_names, colours)
                name = f"{place + 1:02d}.png"
                _write(folder / name, pair)
                drawn.append(replace(case, crop=name))
    except OSError as error:
        raise OutputNotWritable(f"Pictures of the worst cases could not be written to {folder}: {error}.") from error
    return tuple(drawn)


def _look(showing: Showing, number: int) -> Objects | None:
    if isinstance(showing, BoxShowing | OutlineShowing | PixelShowing) and showing.looks:
        return showing.looks[number]
    return None


@contextmanager
def _opened() -> Iterator[Any]:
    """Open pictures when they are asked for, each once, and close them all at the end."""
    held: dict[Path, tuple[Slide, Any]] = {}

    def of(path: Path) -> tuple[Slide, Any]:
        if path not in held:
            slide = slide_ref(path).open()
            held[path] = slide, contrast_limits(slide)
        return held[path]

    try:
        yield of
    finally:
        for slide, _ in held.values():
            slide.close()


def _pair(
    opened: tuple[Slide, Any],
    case: Case,
    picture: LessonPicture,
    looks: Sequence[Objects | None],
    classes: Sequence[str],
    colours: dict[str, str],
) -> NDArray[np.uint8]:
    from PIL import Image, ImageDraw

    window = window_of(case.box, picture.shape, is_whole=case.kind == "poor")
    square = Image.fromarray(_pixels(*opened, window))
    scale = SIDE_PX / max(window.height, window.width)
    pair = Image.new("RGBA", (2 * SIDE_PX + GAP_PX, SIDE_PX))
    true = [(_TRUE, each) for each in _shapes(picture.boxes, picture.masks, window, scale)]
    for look, left in zip(looks, (0, SIDE_PX + GAP_PX), strict=True):
        side = square.copy()
        pen = ImageDraw.Draw(side)
        found = [] if look is None else _found(look, window, scale, classes, colours)
        for colour, shape in true:
            _draw(pen, shape, colour, halo=True)
        for colour, shape in found:
            _draw(pen, shape, colour, halo=False)
        pair.paste(side, (left, 0))
    return np.asarray(pair)


def window_of(box: tuple[float, float, float, float], shape: tuple[int, int], *, is_whole: bool = False) -> Box:
    """Return what is shown of a picture: a square around an object, moved inwards at edges; or all of it."""
    h, w = shape
    if is_whole:
        return Box(0, 0, h, w)
    y0, x0, y1, x1 = box
    side = max(16, round(_CELLS * max(y1 - y0, x1 - x0)))
    starts = []
    for middle, length in (((y0 + y1) / 2, h), ((x0 + x1) / 2, w)):
        start = round(middle - side / 2)
        starts.append(max(0, min(start, length - side)))
    top, left = starts
    return Box(top, left, min(h, top + side), min(w, left + side))


def _pixels(slide: Slide, limits: Any, window: Box) -> NDArray[np.uint8]:
    """(S, S, 3): the window made to fit the square, what is left of it black."""
    from PIL import Image

    longer = max(window.height, window.width)
    seen = read_rgb(slide, Region(window, max(1.0, longer / SIDE_PX)), limits)
    size = max(1, round(window.width * SIDE_PX / longer)), max(1, round(window.height * SIDE_PX / longer))
    square = Image.new("RGB", (SIDE_PX, SIDE_PX))
    square.paste(Image.fromarray(seen).resize(size, Image.Resampling.BILINEAR))
    return np.asarray(square)


def _found(
    look: Objects, window: Box, scale: float, classes: Sequence[str], colours: dict[str, str]
) -> list[tuple[str, Polygon]]:
    made: list[tuple[str, Polygon]] = []
    for kind, name in enumerate(classes):
        mine = look.take(look.class_index == kind)
        made += [(colours[name], shape) for shape in _shapes(mine.boxes, mine.masks, window, scale)]
    return made


def _shapes(boxes: NDArray[np.float32], masks: Masks | None, window: Box, scale: float) -> list[Polygon]:
    """Return outlines, or boxes where there are none, of what reaches into a window."""
    edges = np.array([window.y0, window.x0, window.y1, window.x1], np.float32)
    rows = np.flatnonzero((boxes[:, :2] < edges[2:]).all(1) & (boxes[:, 2:] > edges[:2]).all(1))
    if masks is None:
        rings = [np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]]) for y0, x0, y1, x1 in boxes[rows]]
    else:
        traced = contours(masks.take(rows))
        rings = [traced.ring(number) for number in range(len(traced.object_of_ring))]
    return [
        [((x - window.x0) * scale, (y - window.y0) * scale) for y, x in ring.tolist()] for ring in rings if len(ring)
    ]


def _draw(pen: ImageDraw, shape: Polygon, colour: str, *, halo: bool) -> None:
    closed = [*shape, shape[0]]
    if halo:
        # White alone is lost on pale ground.
        pen.line(closed, fill=_HALO, width=4)
    pen.line(closed, fill=colour, width=2)


def _write(path: Path, pair: NDArray[np.uint8]) -> None:
    from PIL import Image

    with replacing(path) as part, part.open("wb") as stream:
        Image.fromarray(pair).save(stream, "PNG")
