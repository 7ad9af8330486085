"""Pictures of a report: what was counted, drawn over the picture with a scale bar, and cells of each class in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects, Region
from cellwright.export import LegendEntry
from cellwright.export.colour import ink_on
from cellwright.export.overlay import draw_marks
from cellwright.export.report_document import Figure
from cellwright.export.report_type import font_file, writable
from cellwright.export.scale_bar import draw_scale_bar
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.areas import area_table, finds_areas
from cellwright.workflows.chest import chest_ratio
from cellwright.workflows.tables import Thresholds

if TYPE_CHECKING:
    from cellwright.imaging import Slide

LONGEST_PX = 1400
"""Longest side of a picture in a report; larger ones are read at a fraction of their size."""

_SIDE_PX, _GAP_PX = 104, 6
_A_ROW, _ROWS = 10, 2
_MARGIN = 1.3
_MOST_LETTERS = 60
_PAPER = 255

_Place = tuple[int, int]
"""Which picture, and which row of what counts on it."""


def picture_figure(analysis: Analysis, thresholds: Thresholds, coverage: str) -> Figure:
    """Return a picture with what was counted on it, the numbers as its legend, and a scale bar where one can be drawn.

    Raises
    ------
    SlideNotReadable
        If the picture is gone.
    """
    from cellwright.imaging import contrast_limits, read_rgb

    picture = analysis.picture
    rows, columns = picture.shape
    downsample = max(1.0, max(rows, columns) / LONGEST_PX)
    with picture.ref.open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, rows, columns), downsample), contrast_limits(slide))
    counted = analysis.counted(thresholds)
    kinds = analysis.card.classes
    drawn = draw_marks(rgb, counted, [kind.colour for kind in kinds], downsample)
    drawn = _with_letters(drawn, counted, analysis, downsample)
    size = picture.pixel_size
    if size is not None:
        drawn = draw_scale_bar(drawn, size.x_um * columns / drawn.shape[1])
    marks = "boxes" if counted.masks is None else "outlines"
    words = f"{columns:,} × {rows:,} px, {size if size else 'pixel size unknown, so no scale bar'}"
    return Figure(
        drawn,
        f"{picture.name} with {marks} around {_spoken(counted, analysis)}.",
        f"{picture.name}: {words}. {coverage}",
        _keys(analysis, counted, thresholds),
        min(1.0, drawn.shape[1] / 500),
    )


def _with_letters(
    drawn: NDArray[np.uint8], counted: Objects, analysis: Analysis, downsample: float
) -> NDArray[np.uint8]:
    """Write the letter of its class at every object of classes with few of them, for prints without colour."""
    from PIL import Image, ImageDraw, ImageFont

    few = (counted.counts() <= _MOST_LETTERS)[counted.class_index]
    if finds_areas(analysis.card) or not few.any():
        return drawn
    shown = Image.fromarray(drawn)  # copies
    draw = ImageDraw.Draw(shown)
    side = max(11, min(26, drawn.shape[1] // 55))
    font = ImageFont.truetype(font_file(is_bold=True), round(0.72 * side))
    for row in np.flatnonzero(few).tolist():
        kind = analysis.card.classes[counted.class_index[row]]
        y, x = (max(0, round(float(edge) / downsample)) for edge in counted.boxes[row, :2])
        y = max(0, y - side)  # above the box, so that the object itself is seen
        draw.rectangle((x, y, x + side - 1, y + side - 1), fill=kind.colour)
        draw.text((x + side / 2, y + side / 2), writable(kind.badge), fill=ink_on(kind.colour), font=font, anchor="mm")
    return np.array(shown, np.uint8)


def _spoken(counted: Objects, analysis: Analysis) -> str:
    numbers = zip(analysis.card.classes, counted.counts().tolist(), strict=True)
    return ", ".join(f"{count:,} {kind.title}" for kind, count in numbers if count) or "nothing: no object was counted"


def _keys(analysis: Analysis, counted: Objects, thresholds: Thresholds) -> tuple[LegendEntry, ...]:
    kinds = analysis.card.classes
    if not finds_areas(analysis.card):
        numbers = counted.counts().tolist()
        return tuple(
            LegendEntry(k.colour, k.badge, f"{k.title} {n:,}") for k, n in zip(kinds, numbers, strict=True) if n
        )
    entries = []
    for kind, row in zip(kinds, area_table(analysis, thresholds).rows, strict=True):
        area = f"{row.area_px2:,} px" if row.area_um2 is None else f"{row.area_um2:,.0f} µm²"
        entries.append(LegendEntry(kind.colour, kind.badge, f"{kind.title} {area}"))
    ratio = chest_ratio(analysis, thresholds)
    if ratio is not None:
        entries.append(LegendEntry("#ffffff", "", f"cardiothoracic ratio {ratio.ratio:.3f}"))
    return tuple(entries)


def cell_sheets(analyses: Sequence[Analysis], thresholds: Thresholds, seed: int = 0) -> list[Figure]:
    """Return for each class that was found some of its cells side by side, all at one scale, drawn at random.

    Raises
    ------
    SlideNotReadable
        If a picture is gone.
    """
    counted = [analysis.counted(thresholds) for analysis in analyses]
    kinds = analyses[0].card.classes
    places = [_places(counted, index) for index in range(len(kinds))]
    chosen = [_drawn(every, _A_ROW * _ROWS, seed) for every in places]
    sides = [_side(counted, rows) for rows in chosen]
    crops = _crops(
        analyses, counted, [(place, side) for rows, side in zip(chosen, sides, strict=True) for place in rows]
    )
    figures = []
    for kind, every, rows in zip(kinds, places, chosen, strict=True):
        if rows:
            said = (
                f"all {len(every):,}" if len(rows) == len(every) else f"{len(rows)} of {len(every):,}, drawn at random"
            )
            caption = f"{kind.title}: {said}; every square is one scale."
            sheet = _sheet([crops[place] for place in rows])
            figures.append(Figure(sheet, f"{len(rows)} cells of the class {kind.title}.", caption))
    return figures


def _places(counted: Sequence[Objects], index: int) -> list[_Place]:
    """Return picture and row of every object of a class."""
    return [
        (number, row)
        for number, objects in enumerate(counted)
        for row in np.flatnonzero(objects.class_index == index).tolist()
    ]


def _drawn(places: list[_Place], most: int, seed: int) -> list[_Place]:
    if len(places) <= most:
        return places
    rows = np.random.default_rng(seed).choice(len(places), most, replace=False)
    return [places[row] for row in sorted(rows.tolist())]


def _side(counted: Sequence[Objects], chosen: Sequence[_Place]) -> float:
    """Return the side of the squares of a class, in pixels of the picture: one scale for all of them."""
    return max((float(counted[number].sizes[row].max()) for number, row in chosen), default=1.0) * _MARGIN


def _crops(
    analyses: Sequence[Analysis], counted: Sequence[Objects], wanted: Sequence[tuple[_Place, float]]
) -> dict[_Place, NDArray[np.uint8]]:
    """Cut the squares, opening every picture once."""
    crops = {}
    for number in dict.fromkeys(number for (number, _), _ in wanted):
        with analyses[number].picture.ref.open() as slide:
            limits = _limits(slide)
            for (at, row), side in wanted:
                if at == number:
                    crops[at, row] = _crop(slide, counted[number].boxes[row], side, limits)
    return crops


def _sheet(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put cells side by side, as many a row on every sheet."""
    pitch = _SIDE_PX + _GAP_PX
    rows = -(-len(crops) // _A_ROW)
    sheet = np.full((rows * pitch - _GAP_PX, _A_ROW * pitch - _GAP_PX, 3), _PAPER, np.uint8)
    for place, crop in enumerate(crops):
        y, x = (pitch * at for at in divmod(place, _A_ROW))
        sheet[y : y + _SIDE_PX, x : x + _SIDE_PX] = crop
    return sheet


def _limits(slide: Slide) -> Sequence[tuple[float, float]]:
    from cellwright.imaging import contrast_limits

    return contrast_limits(slide)


def _crop(
    slide: Slide, box: NDArray[np.float32], side: float, limits: Sequence[tuple[float, float]]
) -> NDArray[np.uint8]:
    from PIL import Image

    from cellwright.imaging import read_rgb

    half = max(1, round(side / 2))
    middle = (float(box[i] + box[i + 2]) / 2 for i in (0, 1))
    # At the edge of the picture a cell stands beside the middle of its square, so that all of it is picture.
    y, x = (round(min(max(at, half), max(length - half, half))) for at, length in zip(middle, slide.shape, strict=True))
    around = Box(y - half, x - half, y + half, x + half)
    rgb = read_rgb(slide, Region(around, max(1.0, 2 * half / _SIDE_PX)), limits)
    return np.array(Image.fromarray(rgb).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS), np.uint8)
