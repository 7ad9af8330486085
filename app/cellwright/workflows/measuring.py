"""`MeasureAnalyses`: the objects that count on some pictures, measured, as one table for window and command line."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Masks, Objects, PixelSize, Region
from cellwright.export import Column, Table
from cellwright.jobs import Progress
from cellwright.measure import Measurement, MeasureOptions, Offer, Picture, chosen, measuring, offered
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.tables import Thresholds

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef

DEFAULT_COLUMNS = ("geometry",)


class SlidePixels:
    """A slide as a source of values, read where objects lie.

    Parameters
    ----------
    slide : Slide
        Open; its first plane and time point are measured.
    """

    def __init__(self, slide: Slide) -> None:
        from cellwright.imaging import contrast_limits
        from cellwright.imaging.colour import full_scale

        self._slide = slide
        self.channels = unique_names([channel.name for channel in slide.channels])
        self.is_rgb = slide.is_rgb
        self.box = Box(0, 0, *slide.shape)
        self._full_scale = full_scale(slide.dtype)
        # Eight bits are all used; of sixteen a picture has a part, which grey levels are spread over.
        self._ranges = () if slide.dtype == np.uint8 else tuple(contrast_limits(slide))

    def read(self, box: Box) -> Picture:
        """Return the values of a part, as the file has them."""
        values = self._slide.read(Region(box))
        return Picture(values, self.channels, (box.y0, box.x0), self.is_rgb, self._full_scale, self._ranges)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureObjects:
    """Measure objects of one picture; an `Operation` whose result is a tuple of `Measurement`, K values each.

    Parameters
    ----------
    ref : SlideRef
        Where the picture is, and which plane.
    objects : Objects
        K objects.
    columns : tuple of str
        What to measure: sets, names or patterns, see `cellwright.measure.chosen`.
    pixel_size : PixelSize or None
        With one, lengths are in µm.
    options : MeasureOptions
        Width of rings, radius and the like.
    name : str
        What to call the picture; empty for the name of its file.
    """

    ref: SlideRef
    objects: Objects
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    pixel_size: PixelSize | None = None
    options: MeasureOptions = field(default_factory=MeasureOptions)
    name: str = ""

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Measure {self.name or self.ref.path.name}"

    def run(self) -> Generator[Progress, None, tuple[Measurement, ...]]:
        """Measure some objects at a time.

        Raises
        ------
        SlideNotReadable
            If the picture cannot be read.
        UnknownName
            If a column is not known on the picture.
        """
        objects, said = self.objects, f"Measuring {self.name or self.ref.path.name}"
        yield Progress(0, len(objects), said)
        with self.ref.open() as slide:
            steps = measuring(
                objects.masks if objects.masks is not None else Masks.empty(len(objects)),
                self.columns,
                pixel_size=self.pixel_size,
                pixels=SlidePixels(slide),
                boxes=objects.boxes,
                options=self.options,
            )
            while True:
                try:
                    done, of = next(steps)
                except StopIteration as end:
                    measured: tuple[Measurement, ...] = end.value
                    return measured
                yield Progress(round(done / of * len(objects)) if of else len(objects), len(objects), said)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureAnalyses:
    """Measure what counts on each picture; an `Operation` whose result is a `Table` named ``"measurements"``.

    Lengths are in µm where every picture has a pixel size, else all are in pixels: one column has one unit.

    Parameters
    ----------
    analyses : tuple of Analysis
        From models or from a project, see `analyses_of_project`.
    columns : tuple of str
        What to measure: sets, names or patterns, see `cellwright.measure.chosen`.
    options : MeasureOptions
        Width of rings, radius and the like.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    """

    analyses: tuple[Analysis, ...]
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    options: MeasureOptions = field(default_factory=MeasureOptions)
    thresholds: Thresholds = None

    @property
    def title(self) -> str:
        """Name of the work."""
        one = len(self.analyses) == 1
        return f"Measure {self.analyses[0].picture.name}" if one else f"Measure {len(self.analyses):,} pictures"

    @property
    def in_um(self) -> bool:
        """Whether lengths are in µm."""
        return all(analysis.picture.pixel_size is not None for analysis in self.analyses)

    def run(self) -> Generator[Progress, None, Table]:
        """Measure picture after picture, some objects at a time.

        Raises
        ------
        SlideNotReadable
            If a picture cannot be read.
        UnknownName
            If a column is known on none of the pictures.
        """
        counted = [analysis.counted(self.thresholds) for analysis in self.analyses]
        total, before = sum(len(objects) for objects in counted), 0
        measured = []
        for analysis, objects in zip(self.analyses, counted, strict=True):
            measured.append((yield from self._one(analysis, objects, before, total)))
            before += len(objects)
        return Table("measurements", (*self._known(counted), *joined(measured, [len(o) for o in counted])))

    def _one(
        self, analysis: Analysis, objects: Objects, before: int, total: int
    ) -> Generator[Progress, None, tuple[Measurement, ...]]:
        size = analysis.picture.pixel_size if self.in_um else None
        one = MeasureObjects(analysis.picture.ref, objects, self.columns, size, self.options, analysis.picture.name)
        steps = one.run()
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                measured: tuple[Measurement, ...] = end.value
                return measured
            yield Progress(before + progress.done, total, progress.message)

    def _known(self, counted: Sequence[Objects]) -> list[Column]:
        """Return what is known of objects before anything is measured."""
        pairs = list(zip(self.analyses, counted, strict=True))
        scores = np.concatenate([objects.scores for objects in counted]) if counted else np.empty(0, np.float32)
        return [
            Column("uuid", [text for o in counted for text in o.id_strings()], "", "stable id of the object"),
            Column(
                "picture", [text for a, o in pairs for text in [a.picture.name] * len(o)], "", "name of the picture"
            ),
            Column("class", [o.classes[i] for o in counted for i in o.class_index.tolist()], "", "class of the object"),
            Column("score", scores, "", "calibrated probability, 0 to 1", 4),
        ]


def joined(measured: Sequence[Sequence[Measurement]], sizes: Sequence[int]) -> list[Column]:
    """Return one column for each measurement of any picture; NaN where a picture lacks its channel."""
    first = {each.name: each for found in measured for each in reversed(found)}
    order = list(dict.fromkeys(each.name for found in measured for each in found))
    by_picture = [{each.name: each.values for each in found} for found in measured]
    columns = []
    for name in order:
        parts: list[NDArray[np.float64]] = [
            found.get(name, np.full(size, np.nan)) for found, size in zip(by_picture, sizes, strict=True)
        ]
        said = first[name]
        columns.append(Column(name, np.concatenate(parts), said.unit, said.description, said.decimals))
    return columns


def measurements_offered(analysis: Analysis) -> Offer:
    """Return what can be measured on a picture, with the names of its channels."""
    with analysis.picture.ref.open() as slide:
        names = unique_names([channel.name for channel in slide.channels])
        return offered(names, is_rgb=slide.is_rgb)


def refuse_unknown_columns(columns: Sequence[str], analysis: Analysis) -> None:
    """Raise `UnknownName` or `BadParameter` before the work if a column is unknown on this picture."""
    chosen(columns, measurements_offered(analysis))


def measuring_notes(operation: MeasureAnalyses) -> list[str]:
    """Return in sentences how the measurements came about."""
    unit = "µm" if operation.in_um else "px"
    options = operation.options
    how = (
        f"Rings are {options.ring:g} {unit} wide, neighbours are counted within {options.radius:g} {unit}, "
        f"co-occurrences have {options.levels} grey levels."
    )
    lines = [
        f"Measured: {', '.join(operation.columns)}. {how}",
        "What each column is, its formula and its source stand in docs/measurements.md.",
    ]
    if not operation.in_um and any(each.picture.pixel_size is not None for each in operation.analyses):
        lines.append("Lengths are in pixels, because the pixel size of at least one picture is unknown.")
    return lines


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of channels as parts of column names: no blanks or commas, and no two alike."""
    made: list[str] = []
    for name in names:
        plain = "_".join(name.replace(",", " ").replace(";", " ").split()).casefold() or "channel"
        number = 2
        unique = plain
        while unique in made:
            unique, number = f"{plain}_{number}", number + 1
        made.append(unique)
    return tuple(made)
