"""Objects that meet a filter: those alone are counted, measured and written, in window, command line and recipes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Columns, Filter, Kind, Quantity, columns_of_objects
from cellwright.annotation.filtering import NAMES
from cellwright.core import BadParameter, Masks, Objects
from cellwright.jobs import Progress
from cellwright.measure import Column, MeasureOptions, measuring
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.measuring import SlidePixels, measurements_offered
from cellwright.workflows.tables import Thresholds

_OF_PEOPLE = ("status", "source")
_NOT_ELSEWHERE = (
    "What people said of these very objects is not known of others, so that nothing is kept by status or source."
)
_KINDS = {
    "px": Kind(Quantity.LENGTH),
    "µm": Kind(Quantity.LENGTH, "µm"),
    "px²": Kind(Quantity.AREA),
    "µm²": Kind(Quantity.AREA, "µm²"),
}


@dataclass(frozen=True, slots=True, eq=False)
class KeepObjects:
    """Keep what counts on each picture and meets a filter; an `Operation` whose result is a tuple of analyses.

    What the filter names is measured on the objects that count, so that their neighbours are those that count.

    Parameters
    ----------
    analyses : tuple of Analysis
        Those that were kept by the same filter before stay as they are.
    text : str
        In the language of `cellwright.annotation.Filter`, over its own names and every measured column; empty keeps
        all.
    thresholds : float or sequence of float, optional
        See `Analysis.counted`.
    options : MeasureOptions
        How measurements are taken.
    """

    analyses: tuple[Analysis, ...]
    text: str
    thresholds: Thresholds = None
    options: MeasureOptions = field(default_factory=MeasureOptions)

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Keep {self.text}"

    def run(self) -> Generator[Progress, None, tuple[Analysis, ...]]:
        """Ask the filter picture by picture.

        Raises
        ------
        BadParameter
            If the filter cannot be understood, or asks for what people said of the objects of one picture.
        SlideNotReadable
            If something is to be measured in a picture that is gone.
        """
        kept: tuple[Analysis, ...] = ()
        for number, analysis in enumerate(self.analyses):
            yield Progress(number, len(self.analyses), f"Filtering {analysis.picture.name}")
            is_done = analysis.kept == self.text
            kept += (analysis if is_done else kept_analysis(analysis, self.text, self.thresholds, self.options),)
        return kept


def kept_analysis(
    analysis: Analysis, text: str, thresholds: Thresholds = None, options: MeasureOptions | None = None
) -> Analysis:
    """Return an analysis with the objects that count and meet a filter; see `KeepObjects`."""
    if analysis.kept:
        raise BadParameter(
            f"These objects already met {analysis.kept!r}; analyze the picture anew to filter otherwise."
        )
    offer = measurements_offered(analysis)
    counts = _counts(analysis, thresholds)
    objects = analysis.objects.take(counts)
    in_um = analysis.picture.pixel_size is not None
    columns = {each.header(in_um=in_um).lower(): each for _, each in offer.by_key().values()}
    kinds: dict[str, Quantity | Kind] = {name: kind for name, kind in NAMES.items() if name not in _OF_PEOPLE}
    kinds["confidence"] = Quantity.NUMBER
    for name, column in columns.items():
        kinds.setdefault(name, _KINDS.get(column.written_unit(in_um=in_um), Kind(Quantity.NUMBER)))
    meant = Filter.parse(text, names=kinds, classes=objects.classes, advice=dict.fromkeys(_OF_PEOPLE, _NOT_ELSEWHERE))
    numbers = _Numbers(analysis, objects, columns, options or MeasureOptions())
    own = columns_of_objects(objects, analysis.picture.pixel_size)
    numbers.know({**own.numbers, "confidence": objects.scores})
    rows = meant.rows(Columns(numbers, own.words, len(objects), analysis.picture.pixel_size))
    taken = np.flatnonzero(counts)[rows]
    confirmed = None if analysis.confirmed is None else analysis.confirmed[taken]
    return replace(analysis, objects=analysis.objects.take(taken), confirmed=confirmed, answers=None, kept=text)


def _counts(analysis: Analysis, thresholds: Thresholds) -> NDArray[np.bool_]:
    objects = analysis.objects
    limits = analysis.default_thresholds if thresholds is None else thresholds
    of_class = np.broadcast_to(np.asarray(limits, np.float32), (len(objects.classes),))
    counts: NDArray[np.bool_] = objects.scores >= of_class[objects.class_index]
    return counts if analysis.confirmed is None else counts | analysis.confirmed


class _Numbers(Mapping[str, NDArray[np.generic]]):
    """Numbers of objects by name; what must be measured is measured when a filter asks for it."""

    def __init__(
        self, analysis: Analysis, objects: Objects, columns: Mapping[str, Column], options: MeasureOptions
    ) -> None:
        self._analysis, self._objects, self._columns, self._options = analysis, objects, columns, options
        self._known: dict[str, NDArray[np.generic]] = {}

    def know(self, numbers: Mapping[str, NDArray[np.generic]]) -> None:
        """Take numbers that need not be measured."""
        self._known.update(numbers)

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        if name not in self._known:
            self._known[name] = self._measured(self._columns[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._known, *self._columns)))

    def __len__(self) -> int:
        return len({*self._known, *self._columns})

    def _measured(self, column: Column) -> NDArray[np.generic]:
        objects = self._objects
        with self._analysis.picture.ref.open() as slide:
            steps = measuring(
                objects.masks if objects.masks is not None else Masks.empty(len(objects)),
                (column.key,),
                pixel_size=self._analysis.picture.pixel_size,
                pixels=SlidePixels(slide),
                boxes=objects.boxes,
                options=self._options,
            )
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    values: NDArray[np.generic] = end.value[0].values
                    return values
