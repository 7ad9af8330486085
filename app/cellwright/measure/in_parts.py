"""Measuring objects: whole pictures and slides alike, some objects at a time, so that memory has a bound."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks, PixelSize
from cellwright.measure.asking import answers_of, rim_of
from cellwright.measure.columns import Column, sides
from cellwright.measure.exact_boxes import exact_boxes
from cellwright.measure.groups import Group, groups_of
from cellwright.measure.sets import Wanted, chosen, offered
from cellwright.measure.shape import Measurement
from cellwright.measure.subject import MeasurementSet, MeasureOptions, Needs, Picture, Subject
from cellwright.shapes import masks_from_labels

_SPANS_AT_ONCE = 1 << 20
TILE_PX = 2048
"""Side of the parts in which a picture's pixels are looked at."""


class Pixels(Protocol):
    """Where the values of a picture come from."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        ...

    @property
    def is_rgb(self) -> bool:
        """Whether they are red, green and blue of transmitted light."""
        ...

    @property
    def box(self) -> Box:
        """Where there are values, in level-0 pixels."""
        ...

    def read(self, box: Box) -> Picture:
        """Return the values of a part that lies inside `box`; the same ones whatever else is read."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPixels:
    """A picture that is held in memory, as `Pixels`."""

    picture: Picture

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.picture.channels

    @property
    def is_rgb(self) -> bool:
        """Whether they are red, green and blue."""
        return self.picture.is_rgb

    @property
    def box(self) -> Box:
        """Where the picture lies."""
        return self.picture.box

    def read(self, box: Box) -> Picture:
        """Return a view of a part."""
        whole = self.picture
        y, x = box.y0 - whole.origin[0], box.x0 - whole.origin[1]
        part = whole.values[y : y + box.height, x : x + box.width]
        return Picture(part, whole.channels, (box.y0, box.x0), whole.is_rgb, whole.full_scale, whole.ranges)


def measure(
    masks: Masks,
    columns: Sequence[str] = ("geometry",),
    *,
    pixel_size: PixelSize | None = None,
    pixels: Pixels | Picture | None = None,
    boxes: NDArray[np.float32] | None = None,
    options: MeasureOptions | None = None,
    looked_at: Box | None = None,
) -> tuple[Measurement, ...]:
    """Measure objects.

    Parameters
    ----------
    masks : Masks
        N objects, which may overlap.
    columns : sequence of str
        What to measure; see `chosen`.
    pixel_size : PixelSize, optional
        Then all lengths are in µm and the columns say so; else in pixels.
    pixels : Pixels or Picture, optional
        Values of the picture; without them nothing that needs values is offered.
    boxes : (N, 4) ndarray of float32, optional
        Boxes of the objects, for those without pixels; the smallest around the pixels where none are given.
    options : MeasureOptions, optional
        Width of rings, radius and the like.
    looked_at : Box, optional
        Where objects were looked for; the picture where it is not given.

    Returns
    -------
    tuple of Measurement
        One a column, in the order of the sets.

    Raises
    ------
    UnknownName, BadParameter
        If a column or an option makes no sense.
    PluginNotUsable
        If a set of another package that is asked for fails, or answers otherwise than it declares.
    """
    steps = measuring(
        masks, columns, pixel_size=pixel_size, pixels=pixels, boxes=boxes, options=options, looked_at=looked_at
    )
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: tuple[Measurement, ...] = end.value
            return made


def measure_labels(
    labels: NDArray[np.integer], columns: Sequence[str] = ("geometry",), **how: Any
) -> tuple[NDArray[np.integer], tuple[Measurement, ...]]:
    """Measure the objects of a label picture: the labels that occur, rising, and what `measure` says of each."""
    masks, values = masks_from_labels(labels)
    return values, measure(masks, columns, **how)


def measuring(
    masks: Masks,
    columns: Sequence[str],
    *,
    pixel_size: PixelSize | None = None,
    pixels: Pixels | Picture | None = None,
    boxes: NDArray[np.float32] | None = None,
    options: MeasureOptions | None = None,
    looked_at: Box | None = None,
) -> Generator[tuple[int, int], None, tuple[Measurement, ...]]:
    """Measure as `measure` does, telling after every part how much of how much is done."""
    source = ArrayPixels(pixels) if isinstance(pixels, Picture) else pixels
    offer = offered(source.channels if source else (), is_rgb=source is not None and source.is_rgb)
    wanted = chosen(columns, offer)
    subject = Subject(
        masks,
        exact_boxes(masks).astype(np.float32) if boxes is None else boxes,
        sides(pixel_size),
        options or MeasureOptions(),
        looked_at=looked_at if looked_at is not None or source is None else source.box,
    )
    if subject.boxes.shape != (len(masks), 4):
        raise BadParameter(f"{len(masks)} objects need as many boxes, not {subject.boxes.shape}.")
    found: dict[str, NDArray[np.float64]] = {column.key: np.full(len(masks), np.nan) for _, column in wanted.columns}
    yield from _outlines(wanted, subject, found)
    if source is not None:
        yield from _pixels(wanted, subject, source, found)
    for name, made in _with(wanted, Needs.OTHERS):
        _put(found, slice(None), answers_of(name, made, subject, wanted.of(name)))
        yield len(masks), len(masks)
    in_um = pixel_size is not None
    return tuple(_measurement(column, found[column.key], in_um=in_um) for _, column in wanted.columns)


def _outlines(
    wanted: Wanted, subject: Subject, found: Mapping[str, NDArray[np.float64]]
) -> Generator[tuple[int, int], None, None]:
    sets = _with(wanted, Needs.OUTLINES)
    n = len(subject)
    begin = 0
    while sets and begin < n:
        held = subject.masks.starts[begin] + _SPANS_AT_ONCE
        end = max(int(np.searchsorted(subject.masks.starts, held, "right")) - 1, begin + 1)
        rows = slice(begin, min(end, n))
        part = Subject(_between(subject.masks, rows), subject.boxes[rows], subject.pixel, subject.options)
        for name, made in sets:
            _put(found, rows, answers_of(name, made, part, wanted.of(name)))
        begin = end
        yield min(begin, n), n


def _between(masks: Masks, rows: slice) -> Masks:
    """Return neighbouring objects without copying their runs."""
    first, last = int(masks.starts[rows.start]), int(masks.starts[rows.stop])
    return Masks(masks.starts[rows.start : rows.stop + 1] - first, masks.spans[first:last])


def _pixels(
    wanted: Wanted, subject: Subject, source: Pixels, found: Mapping[str, NDArray[np.float64]]
) -> Generator[tuple[int, int], None, None]:
    sets = _with(wanted, Needs.PIXELS)
    if not sets:
        return
    rim = max(rim_of(name, made, subject) for name, made in sets)
    done = 0
    for group in groups_of(subject.masks, source.box, TILE_PX, rim):
        part = _seen(subject, source, group)
        for name, made in sets:
            _put(found, group.rows, answers_of(name, made, part, wanted.of(name)))
        done += len(group.rows)
        yield done, len(subject)


def _seen(subject: Subject, source: Pixels, group: Group) -> Subject:
    return Subject(
        subject.masks.take(group.rows),
        subject.boxes[group.rows],
        subject.pixel,
        subject.options,
        source.read(group.window),
        subject.masks.take(group.around).clipped(group.window),
    )


def _with(wanted: Wanted, needs: Needs) -> list[tuple[str, MeasurementSet]]:
    return [(name, made) for name, made in wanted.sets.items() if made.needs is needs]


def _put(
    found: Mapping[str, NDArray[np.float64]], rows: slice | NDArray[np.intp], answers: Mapping[str, NDArray[np.float64]]
) -> None:
    for key, values in answers.items():
        found[key][rows] = values


def _measurement(column: Column, values: NDArray[np.float64], *, in_um: bool) -> Measurement:
    if in_um and column.length < 0:
        # Densities are told per mm and not per µm.
        values = values * 1000.0**-column.length
    return Measurement(
        column.header(in_um=in_um),
        values,
        column.written_unit(in_um=in_um),
        column.description,
        column.digits(in_um=in_um),
    )
