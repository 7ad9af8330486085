"""`FindReadingZone`: looks at a smear field by field, cheaply, and proposes where on it to count."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, PixelSize, Region, SlideNotReadable
from cellwright.jobs import Progress
from cellwright.workflows.reading_zone_choice import SmearMap, Zone, ZoneRules, nothing_found, propose_zones
from cellwright.workflows.reading_zone_fields import (
    FIELD_CELLS,
    READ_CELL_PX,
    FieldMeasures,
    OneCell,
    is_dark,
    learn_one_cell,
    measure_field,
)

if TYPE_CHECKING:
    from cellwright.imaging import Limits, Slide, SlideRef

RED_CELL_UM = 7.5
"""Diameter of a red cell on a dried smear."""
MOST_FIELDS = 4096
"""Fields of a map at most; on a larger slide they stand apart, and what lies between is taken to be like them."""

_LEAST_CELL_PX = 5.0
_LEARNED_FROM = 48
_OVERVIEW_PX = 1024
_BARE_DENSITY = 0.015
"""Mean density in an overview below which a field is glass and is not read: about a twentieth of it covered."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadingZone:
    """Where to count on a smear, and the map that says so.

    Parameters
    ----------
    smear : SmearMap
        Measures of every field.
    zones : tuple of Zone
        What is proposed, the largest first.
    reason : str
        Why there, or why nowhere, in words for a person.
    one : OneCell or None
        What a single cell was taken to be; None where nothing lies on the slide.
    """

    smear: SmearMap
    zones: tuple[Zone, ...]
    reason: str
    one: OneCell | None

    def with_rules(self, rules: ZoneRules) -> ReadingZone:
        """Propose anew under other rules, without reading the picture again."""
        return _proposed(self.smear, rules, self.one)


@dataclass(frozen=True, slots=True)
class FindReadingZone:
    """Map a smear and propose where to count; an `Operation` whose result is a `ReadingZone`.

    Every `Progress` of a row of fields carries in ``touched`` where it lies.

    Parameters
    ----------
    picture : Path or SlideRef
        The smear, in colour; of a stack the first plane.
    red_cell_px : float or None
        Diameter of a red cell in level-0 pixels; None works it out of the pixel size.
    pixel_size : PixelSize or None
        What a person says; None takes what the file says.
    rules : ZoneRules
        What makes a field fit.
    """

    picture: Path | SlideRef
    red_cell_px: float | None = None
    pixel_size: PixelSize | None = None
    rules: ZoneRules = field(default_factory=ZoneRules)

    @property
    def title(self) -> str:
        """Name of the work."""
        path = self.picture if isinstance(self.picture, Path) else self.picture.path
        return f"Find the reading zone of {path.name}"

    def run(self) -> Generator[Progress, None, ReadingZone]:
        """Learn what a cell is from some fields, then measure all that hold anything.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be opened, or nothing of it can be read.
        BadParameter
            If nobody knows how large a red cell is, or it is too small to see.
        """
        from cellwright.imaging import SlideRef, contrast_limits, open_slide

        yield Progress(0, 0, "Opening the picture")
        with self.picture.open() if isinstance(self.picture, SlideRef) else open_slide(self.picture) as slide:
            size = self.pixel_size or slide.pixel_size
            grid = _grid_of(slide, _cell_px(slide, self.red_cell_px, size), contrast_limits(slide))
            yield Progress(0, 0, "Looking for glass")
            held = grid.held()
            yield Progress(0, 0, "Learning what one cell is")
            fields = grid.some(held)
            one = learn_one_cell(fields, grid.read_cell_px)
            if not fields and held.any():
                raise SlideNotReadable(f"{slide.name} cannot be read anywhere; check the file.")
            if is_dark(fields):
                raise BadParameter(
                    f"{slide.name} is dark where nothing lies; a reading zone can be found on stained smears in "
                    "transmitted light."
                )
            smear = yield from _measured(grid, held, one, size)
        return _proposed(smear, self.rules, one)


def _proposed(smear: SmearMap, rules: ZoneRules, one: OneCell | None) -> ReadingZone:
    zones = propose_zones(smear, rules)
    return ReadingZone(smear, zones, zones[0].reason if zones else nothing_found(smear, rules), one)


def _cell_px(slide: Slide, given: float | None, size: PixelSize | None) -> float:
    """Return the diameter of a red cell in level-0 pixels."""
    if given is None and size is None:
        raise BadParameter(
            f"{slide.name} does not say how large its pixels are; measure a red cell and give its width in pixels "
            "(--red-cell-px), or give the pixel size."
        )
    cell_px = given if given is not None else RED_CELL_UM / math.sqrt(size.area_um2) if size else 0.0
    if not _LEAST_CELL_PX <= cell_px < math.inf:
        raise BadParameter(
            f"A red cell would be {cell_px:.3g} pixels wide on {slide.name}; at least {_LEAST_CELL_PX:g} are needed to "
            "see how cells lie. Is the pixel size right?"
        )
    return cell_px


@dataclass(frozen=True, slots=True)
class _Grid:
    """The fields of one slide, and how they are read."""

    slide: Slide
    limits: Limits
    step_px: int
    field_px: int
    downsample: float
    read_cell_px: float

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.slide.shape
        return -(-height // self.step_px), -(-width // self.step_px)

    def read(self, i: int, j: int) -> NDArray[np.uint8] | None:
        """Return the middle of a field as read, None where the file cannot be."""
        from cellwright.imaging import read_rgb

        spare = (self.step_px - self.field_px) // 2
        y, x = i * self.step_px + spare, j * self.step_px + spare
        inside = Box(y, x, y + self.field_px, x + self.field_px).intersect(Box(0, 0, *self.slide.shape))
        if inside.is_empty:  # a sliver at the edge, whose middle lies outside
            y0, x0 = i * self.step_px, j * self.step_px
            whole = Box(y0, x0, y0 + self.step_px, x0 + self.step_px)
            inside = whole.intersect(Box(0, 0, *self.slide.shape))
        try:
            return read_rgb(self.slide, Region(inside, self.downsample), self.limits)
        except (SlideNotReadable, OSError, ValueError):
            return None

    def held(self) -> NDArray[np.bool_]:
        """(I, J) bool: which fields hold more than glass, as an overview tells; all where it cannot be read."""
        from cellwright.imaging import read_rgb

        whole = Box(0, 0, *self.slide.shape)
        downsample = max(1.0, max(self.slide.shape) / _OVERVIEW_PX)
        held = np.ones(self.shape, bool)
        if self.step_px < 2 * downsample or held.size == 1:
            return held
        try:
            green = read_rgb(self.slide, Region(whole, downsample), self.limits)[..., 1].astype(np.float32)
        except (SlideNotReadable, OSError, ValueError):
            return held
        density = -np.log((green + 1.0) / (np.percentile(green, 99) + 1.0))
        rows, columns = (self._bins(length, downsample) for length in density.shape)
        place = rows[:, None] * held.shape[1] + columns[None, :]
        counts = np.bincount(place.ravel(), minlength=held.size)
        sums = np.bincount(place.ravel(), density.ravel(), minlength=held.size)
        is_bare = (counts > 0) & (sums < _BARE_DENSITY * counts)
        return ~is_bare.reshape(held.shape)

    def _bins(self, length: int, downsample: float) -> NDArray[np.intp]:
        """Return in which row (or column) of fields the middle of each pixel of an overview lies."""
        return ((np.arange(length) + 0.5) * downsample / self.step_px).astype(np.intp)

    def some(self, held: NDArray[np.bool_]) -> list[NDArray[np.uint8]]:
        """Return fields spread evenly over those that hold something."""
        places = np.argwhere(held)
        chosen = places[np.unique(np.linspace(0, len(places) - 1, _LEARNED_FROM).astype(int))] if len(places) else []
        read = [self.read(int(i), int(j)) for i, j in chosen]
        return [pixels for pixels in read if pixels is not None]


def _grid_of(slide: Slide, cell_px: float, limits: Limits) -> _Grid:
    field_px = max(1, round(FIELD_CELLS * cell_px))
    height, width = slide.shape
    step_px = max(field_px, math.ceil(math.sqrt(height * width / MOST_FIELDS)))
    downsample = max(1.0, cell_px / READ_CELL_PX)
    return _Grid(slide, limits, step_px, field_px, downsample, cell_px / downsample)


def _measured(
    grid: _Grid, held: NDArray[np.bool_], one: OneCell | None, size: PixelSize | None
) -> Generator[Progress, None, SmearMap]:
    columns = {name: np.full(grid.shape, np.nan, np.float32) for name in ("overlap", "alone", "sharpness")}
    covered, density = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.float32)
    is_readable = np.ones(grid.shape, bool)
    of_area = _per_area(grid, size)
    rows = grid.shape[0]
    for i in range(rows):
        for j in np.flatnonzero(held[i]).tolist():
            pixels = grid.read(i, j)
            is_readable[i, j] = pixels is not None
            if pixels is None or one is None:
                continue
            found: FieldMeasures = measure_field(pixels, one)
            covered[i, j] = found.covered
            density[i, j] = found.cells / (pixels.shape[0] * pixels.shape[1] * grid.downsample**2) * of_area
            columns["overlap"][i, j], columns["alone"][i, j] = found.overlap, found.alone
            columns["sharpness"][i, j] = found.sharpness
        y0 = i * grid.step_px
        touched = Box(y0, 0, y0 + grid.step_px, grid.slide.shape[1]).intersect(Box(0, 0, *grid.slide.shape))
        yield Progress(i + 1, rows, f"{i + 1:,} of {rows:,} rows of fields", touched)
    sharpness = columns["sharpness"]
    enough = np.isfinite(sharpness) & (covered >= 0.05)
    best = float(np.percentile(sharpness[enough], 95)) if enough.any() else math.nan
    sharpness[~enough] = np.nan
    return SmearMap(
        grid.slide.shape,
        grid.step_px,
        covered,
        columns["overlap"],
        columns["alone"],
        density,
        sharpness / np.float32(best),
        is_readable,
        size,
    )


def _per_area(grid: _Grid, size: PixelSize | None) -> float:
    """Return the area, in level-0 pixels, to which densities refer: a square millimetre, else a field."""
    return grid.step_px**2 if size is None else 1e6 / size.area_um2
