"""What a filter can ask about a picture's cells, and which of them it means. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import Columns, Filter, FilterMistake, Kind, Quantity, Words, columns_of_objects
from cellwright.annotation.filtering import NAMES
from cellwright.ui.state.colouring import areas_of
from cellwright.ui.state.measured import Known, Measured

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


def understood(text: str, measured: Measured, unmeasured: frozenset[str] = frozenset()) -> Filter:
    """Return what a person wrote about cells.

    Raises
    ------
    Unmeasured
        If it names a column of `unmeasured`, names in small letters, that has no values.
    FilterMistake
        If it cannot be understood.
    """
    classes = measured.objects.classes
    return Filter.parse(
        text, names=kinds_of(measured), classes=classes, unmeasured=unmeasured, advice=_advice(measured)
    )


def _advice(measured: Measured) -> dict[str, str]:
    """Return what to say of columns that people ask for and that cannot be known here."""
    from cellwright.measure import at_once

    advice = {}
    for column in at_once(outlines=True):
        there, in_um = measured.name_of(column.key), column.header(in_um=True)
        if there is None:
            box = measured.name_of("area_bbox")
            for name in (column.key, in_um):
                advice[name] = f"Only the boxes of these cells are known, so there is no {name}: use {box}."
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
    objects, marks = measured.objects, measured.marks
    own = columns_of_objects(objects, measured.pixel_size, {"area": areas_of(objects, None)[0]})
    score = measured.column("score").numbers
    words = dict(own.words)
    if marks is not None:
        for name in ("status", "source"):
            column = measured.column(name)
            words[name] = Words(column.values.astype(np.int32), column.words)
    numbers = _Numbers(measured, {**own.numbers, "score": score, CONFIDENCE: score})
    return Columns(numbers, words, len(objects), measured.pixel_size)


class _Numbers(Mapping[str, NDArray[np.generic]]):
    """The numbers of cells by name; those of a column are worked out when a filter asks for them."""

    def __init__(self, measured: Measured, own: Mapping[str, NDArray[np.generic]]) -> None:
        self._measured, self._own = measured, own
        self._names = {known.name.lower(): known.name for known in measured.known.values() if not known.is_words}

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        if name in self._own:
            return self._own[name]
        return self._measured.column(self._names[name]).values

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._own, *self._names)))

    def __len__(self) -> int:
        return len({*self._own, *self._names})


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
