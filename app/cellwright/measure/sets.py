"""Which sets of measurements there are: our own and those of plugins; and what a person means by their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from cellwright.core import BadParameter, PluginNotUsable, unknown_name
from cellwright.measure.columns import Column
from cellwright.measure.subject import MeasurementSet, Needs
from cellwright.registry import Registry, problem_if_not_callable

OWN = {
    "geometry": "cellwright.measure.geometry:Geometry",
    "moments": "cellwright.measure.moments:Moments",
    "intensity": "cellwright.measure.intensity:Intensity",
    "stain": "cellwright.measure.intensity:Stain",
    "ring": "cellwright.measure.intensity:Ring",
    "texture": "cellwright.measure.texture:Texture",
    "neighbours": "cellwright.measure.neighbours:Neighbours",
}


def _problem_of(loaded: object) -> str:
    """Return why what an entry gives is no set of measurements; whatever making it raises passes."""
    if not callable(loaded):
        return problem_if_not_callable(loaded)
    made = loaded()
    missing = [name for name in ("title", "needs", "columns", "rim_px", "measure") if not hasattr(made, name)]
    if missing:
        return f"it gives {type(made).__name__}, which has no {' and no '.join(missing)}"
    if not isinstance(made.needs, Needs):
        return f"its needs is {type(made.needs).__name__}, not a cellwright.measure.Needs"
    return ""


MEASUREMENTS: Registry[type[MeasurementSet]] = Registry(
    "cellwright.measurements", "set of measurements", OWN, _problem_of
)
"""Each entry is called without arguments and gives a `MeasurementSet`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be measured on a picture.

    Parameters
    ----------
    sets : mapping of str to MeasurementSet
        By name.
    columns : mapping of str to tuple of Column
        What each set offers, by its name.
    left_out : tuple of str
        Sets of plugins that cannot be used, and why, one sentence each.
    """

    sets: Mapping[str, MeasurementSet]
    columns: Mapping[str, tuple[Column, ...]]
    left_out: tuple[str, ...] = ()

    def by_key(self) -> dict[str, tuple[str, Column]]:
        """Return each column with the name of its set, by its key."""
        return {column.key: (name, column) for name, columns in self.columns.items() for column in columns}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns that were chosen, in the order of the offer, with the sets that measure them.

    Parameters
    ----------
    sets : mapping of str to MeasurementSet
        Those that are needed, by name.
    columns : tuple of (str, Column)
        The name of the set, and the column.
    """

    sets: Mapping[str, MeasurementSet]
    columns: tuple[tuple[str, Column], ...]

    def of(self, name: str) -> tuple[str, ...]:
        """Return the keys that are wanted of a set."""
        return tuple(column.key for set_name, column in self.columns if set_name == name)


def offered(channels: Sequence[str] = (), *, is_rgb: bool = False) -> Offer:
    """Return what can be measured on a picture with these channels; without any, what needs no pixels.

    A set of a plugin that cannot be loaded, or cannot say what it measures, is left out and named. Where two sets
    declare the same key, that of the set that is sorted first stands.
    """
    sets: dict[str, MeasurementSet] = {}
    columns: dict[str, tuple[Column, ...]] = {}
    seen: set[str] = set()
    left_out = []
    for name in _names():
        try:
            make = MEASUREMENTS.load(name)
            with MEASUREMENTS.blaming(name):
                made = make()
                declared = _declared(made, channels, is_rgb=is_rgb)
        except PluginNotUsable as error:
            left_out.append(str(error))
            continue
        mine = tuple(each for each in declared if each.key not in seen)
        seen |= {each.key for each in mine}
        sets[name], columns[name] = made, mine
    return Offer(sets, columns, tuple(left_out))


def _declared(made: MeasurementSet, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:
    """Return what a set says that it measures; a `TypeError` where that is anything else than columns."""
    said: tuple[Any, ...] = tuple(made.columns(tuple(channels), is_rgb=is_rgb))
    strange = [each for each in said if not isinstance(each, Column)]
    if strange:
        raise TypeError(f"it declares {strange[0]!r}, which is no cellwright.measure.Column")
    return said


def _names() -> list[str]:
    """Return our own sets in their order, then those of plugins."""
    entries = MEASUREMENTS.entries()
    others = [name for name, entry in entries.items() if name not in OWN or not entry.is_own]
    return [*(name for name in OWN if name not in others), *others]


def chosen(words: Sequence[str], offer: Offer) -> Wanted:
    """Return the columns that a person's words mean.

    Parameters
    ----------
    words : sequence of str
        Names of sets (``"geometry"``) or of columns with or without their unit (``"area"``, ``"area_um2"``), with
        ``*`` for anything (``"intensity_*-red"``); ``"all"`` for everything. A name without its channel means all
        channels.
    offer : Offer
        What there is.

    Raises
    ------
    UnknownName
        If a word means nothing; the nearest name is said.
    BadParameter
        If there is no word.
    """
    if not words:
        raise BadParameter("No measurement is named; give one such as geometry, or all.")
    picked: set[str] = set()
    for word in words:
        keys = _meant(word, offer)
        if not keys:
            known = [*offer.columns, *(column.name for columns in offer.columns.values() for column in columns)]
            raise unknown_name("measurement", word, set(known))
        picked |= keys
    columns = tuple((name, each) for name, all_ in offer.columns.items() for each in all_ if each.key in picked)
    needed = {name for name, _ in columns}
    return Wanted({name: made for name, made in offer.sets.items() if name in needed}, columns)


def _meant(word: str, offer: Offer) -> set[str]:
    if word == "all":
        return set(offer.by_key())
    if word in offer.columns:
        return {column.key for column in offer.columns[word]}
    return {
        key
        for key, (_, column) in offer.by_key().items()
        if any(fnmatchcase(name, word) for name in (key, column.name, column.header(in_um=True)))
    }
