"""What a filter can ask about a picture's cells, and which of them it means. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Columns, Filter, FilterMistake, Kind, Quantity, Status, Words
from cellwright.annotation.filtering import NAMES
from cellwright.core import Objects
from cellwright.ui.state.colouring import areas_of
from cellwright.ui.state.measured import Known, Measured, at_once_values

CONFIDENCE = "confidence"
"""What `score` is called beside the sliders; both are understood."""

_KINDS = {
    "px": Kind(Quantity.LENGTH),
    "µm": Kind(Quantity.LENGTH, "µm"),
    "px²": Kind(Quantity.AREA),
    "µm²": Kind(Quantity.AREA, "µm²"),
}


def kinds_of(measured: Measured) -> dict[str, Quantity | Kind]:
    """Return what a filter can name, in small letters: the words of the language, then every column that has values."""
    named: dict[str, Quantity | Kind] = {**NAMES, CONFIDENCE: Quantity.NUMBER}
    for known in measured.known.values():
        named.setdefault(known.name.lower(), _kind(known))
    return named


def _kind(known: Known) -> Kind:
    return Kind(Quantity.WORDS) if known.is_words else _KINDS.get(known.unit, Kind(Quantity.NUMBER))


def understood(
    text: str,
    measured: Measured,
    unmeasured: frozenset[str] = frozenset(),
    out_of_reach: frozenset[str] = frozenset(),
) -> Filter:
    """Return what a person wrote about cells; `out_of_reach` are columns that bare boxes cannot have.

    Raises
    ------
    Unmeasured
        If it names a column of `unmeasured`, names in small letters, that has no values.
    FilterMistake
        If it cannot be understood.
    """
    classes = measured.objects.classes
    return Filter.parse(
        text, names=kinds_of(measured), classes=classes, unmeasured=unmeasured, advice=_advice(measured, out_of_reach)
    )


def _advice(measured: Measured, out_of_reach: frozenset[str]) -> dict[str, str]:
    """Return what to say of columns that people ask for and that cannot be known here."""
    from cellwright.measure import at_once

    bare = "Only the boxes of these cells are known, so there is no"
    advice = {name: f"{bare} {name}: that needs outlines." for name in out_of_reach}
    for column in at_once(outlines=True):
        there, in_um = measured.name_of(column.key), column.header(in_um=True)
        if there is None:
            box = measured.name_of("area_bbox")
            for name in (column.key, in_um):
                advice[name] = f"{bare} {name}: use {box}."
        elif measured.pixel_size is None:
            advice[in_um] = f"Nobody said how large a pixel here is: use {there}, or set the pixel size."
    return advice


def rows_meant(meant: Filter, measured: Measured) -> NDArray[np.bool_]:
    """Return which of all cells are meant, (N,) bool.

    Raises
    ------
    FilterMistake
        If µm are asked for and nobody knows how large a pixel is.
    """
    return meant.rows(_columns(measured))


def _columns(measured: Measured) -> Columns:
    words = {}
    for name in ("class", "status", "source"):
        if name in measured.known:
            column = measured.column(name)
            words[name] = Words(column.codes, column.words)
    if "status" not in words:
        words["status"] = Words(np.zeros(len(measured), np.int32), (Status.UNREVIEWED.value,))
    return Columns(_Numbers(measured), words, len(measured), measured.pixel_size)


class _Numbers(Mapping[str, NDArray[np.generic]]):
    """The numbers of cells by name, each worked out when a filter asks for it."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._names = {known.name.lower(): known.name for known in measured.known.values() if not known.is_words}

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        objects = self._measured.objects
        if name in _IN_PIXELS:
            return _IN_PIXELS[name](objects)
        return self._measured.column("score" if name == CONFIDENCE else self._names[name]).values

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*_IN_PIXELS, CONFIDENCE, *self._names)))

    def __len__(self) -> int:
        return len({*_IN_PIXELS, CONFIDENCE, *self._names})


_IN_PIXELS: Mapping[str, Callable[[Objects], NDArray[np.float64]]] = {
    "area": lambda objects: areas_of(objects, None)[0],
    **{
        word: partial(at_once_values, key=key, size=None)
        for word, key in (("width", "width"), ("height", "height"), ("x", "centre-1"), ("y", "centre-0"))
    },
}
"""The short words of the language, always in pixels; of an object without outline the area is that of its box."""


@dataclass(slots=True, eq=False)
class RowFilter:
    """The one filter that says which cells are shown at all; empty text for all of them.

    Parameters
    ----------
    text : str
        What a person wrote.
    """

    text: str = ""
    _answer: tuple[Measured, str, NDArray[np.bool_] | None, str] | None = None

    def kept(self, measured: Measured) -> NDArray[np.bool_] | None:
        """Return which cells are shown, (N,) bool; None for all, also where the filter means nothing here."""
        return self._about(measured)[2] if self.text else None

    def problem(self, measured: Measured) -> str:
        """Return why the filter cannot be asked about these cells; empty where it can."""
        return self._about(measured)[3] if self.text else ""

    def _about(self, measured: Measured) -> tuple[Measured, str, NDArray[np.bool_] | None, str]:
        if self._answer is None or self._answer[0] is not measured or self._answer[1] != self.text:
            try:
                kept, problem = rows_meant(understood(self.text, measured), measured), ""
            except FilterMistake as mistake:
                kept, problem = None, str(mistake)
            self._answer = (measured, self.text, kept, problem)
        return self._answer
