"""`Filter`: many objects chosen by what a person wrote, such as ``area < 20 µm² and score < 0.4``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation.filter_parser import Parser
from cellwright.annotation.filter_terms import (
    All,
    Any,
    Columns,
    FilterMistake,
    Kind,
    Not,
    OneOf,
    Quantity,
    Term,
    Unmeasured,
    Words,
    written_name,
)
from cellwright.annotation.state import Status
from cellwright.core import Objects, PixelSize

__all__ = [
    "NAMES",
    "Columns",
    "Filter",
    "FilterMistake",
    "Kind",
    "Quantity",
    "Unmeasured",
    "Words",
    "columns_of_objects",
    "written_name",
]

NAMES: Mapping[str, Quantity] = {
    "area": Quantity.AREA,
    "width": Quantity.LENGTH,
    "height": Quantity.LENGTH,
    "x": Quantity.LENGTH,
    "y": Quantity.LENGTH,
    "score": Quantity.NUMBER,
    "class": Quantity.WORDS,
    "status": Quantity.WORDS,
    "source": Quantity.WORDS,
}
"""What every object has: `x` and `y` are the middle of its box."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which objects a person means.

    Text is made of conditions joined by ``and``, ``or``, ``not`` and brackets. Numbers are compared by
    ``< <= > >= == !=`` and may have a unit (px, nm, µm, mm, each also squared, and %); without one, areas are px² and
    lengths px. ``10 < area < 20`` is two conditions. Words are compared by ``==``, ``!=``, ``in (a, b)`` and
    ``contains``, without regard to capitals, in quotes or without. Names of columns with unusual signs stand between
    backticks. An object whose number nobody knows, such as the
    score of one that a person drew, meets no comparison of it.

    Parameters
    ----------
    term : Term
        What was understood; ``str`` of a filter is a text that means the same.
    """

    term: Term

    @staticmethod
    def parse(
        text: str,
        *,
        names: Mapping[str, Quantity | Kind] = NAMES,
        classes: Collection[str] | None = None,
        unmeasured: Collection[str] = (),
        advice: Mapping[str, str] | None = None,
    ) -> Filter:
        """Understand a text.

        Parameters
        ----------
        text : str
            What a person wrote.
        names : mapping of str to Quantity or Kind
            The columns there are, in small letters.
        classes : collection of str, optional
            The classes there are; any other is then a mistake.
        unmeasured : collection of str
            Columns that could be measured and have not been, in small letters.
        advice : mapping of str to str, optional
            Of names that have no values here, in small letters, what to say in a sentence.

        Raises
        ------
        Unmeasured
            If it names one of those.
        FilterMistake
            If it cannot be understood; says what, where, and what would be.
        """
        choices: dict[str, Collection[str]] = {"status": [status.value for status in Status]}
        if classes is not None:
            choices["class"] = classes
        return Filter(Parser(text, names, choices, unmeasured, advice).term())

    def __str__(self) -> str:
        return str(self.term)

    def rows(self, columns: Columns) -> NDArray[np.bool_]:
        """Return which objects are meant, (N,) bool.

        Raises
        ------
        FilterMistake
            If a column is missing, or µm are asked for and nobody knows how large a pixel is.
        """
        return self.term.rows(columns)

    def asks_for(self, column: str, word: str) -> bool:
        """Whether some condition names this word of a column, as in ``status == rejected``."""
        return any(
            isinstance(each, OneOf) and each.column.name == column and word.casefold() in map(str.casefold, each.words)
            for each in _terms(self.term)
        )


def columns_of_objects(objects: Objects, pixel_size: PixelSize | None = None) -> Columns:
    """Return the columns of a table of objects that nobody reviewed; the table says what found them.

    Parameters
    ----------
    objects : Objects
        N objects.
    pixel_size : PixelSize or None
        Of the picture.
    """
    boxes = objects.boxes.astype(np.float64)
    areas = _box_areas(boxes) if objects.masks is None else objects.masks.areas().astype(np.float64)
    numbers = {**_places(boxes), "area": areas, "score": objects.scores}
    one = np.zeros(len(objects), np.int32)
    said = {
        "class": Words(objects.class_index, objects.classes),
        "status": Words(one, (Status.UNREVIEWED.value,)),
        "source": Words(one, (objects.source,)),
    }
    return Columns(numbers, said, len(objects), pixel_size)


def _terms(term: Term) -> Iterator[Term]:
    """Return a term and every one inside it."""
    yield term
    inner = term.terms if isinstance(term, All | Any) else (term.term,) if isinstance(term, Not) else ()
    for each in inner:
        yield from _terms(each)


def _places(boxes: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
    y0, x0, y1, x1 = boxes.T
    return {"width": x1 - x0, "height": y1 - y0, "y": (y0 + y1) / 2, "x": (x0 + x1) / 2}


def _box_areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
