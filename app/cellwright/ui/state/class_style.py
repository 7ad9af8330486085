"""How a class of cells is shown: its name, colour and letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellwright.zoo import ModelCard

_SPARE_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00", "#0072B2", "#E69F00")


@dataclass(frozen=True, slots=True)
class ClassStyle:
    """Looks of one class.

    Parameters
    ----------
    name, title : str
        Short name as in tables, and the words for people.
    colour : str
        ``#rrggbb``.
    letter : str
        One letter that tells the class apart without colour.
    """

    name: str
    title: str
    colour: str
    letter: str


def styles_of(card: ModelCard) -> tuple[ClassStyle, ...]:
    """Return the looks of a model's classes in class order, as its card says them."""
    return tuple(ClassStyle(kind.name, kind.title, kind.colour, kind.badge) for kind in card.classes)


def spare_styles(names: Sequence[str]) -> tuple[ClassStyle, ...]:
    """Return looks for classes that no card describes."""
    return tuple(
        ClassStyle(name, name, _SPARE_COLOURS[i % len(_SPARE_COLOURS)], name[:1].upper() or "?")
        for i, name in enumerate(names)
    )
