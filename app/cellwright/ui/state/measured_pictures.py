"""`MeasuredPictures`: what is measured on each open picture, kept as long as it holds. Knows no Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects, PixelSize
from cellwright.ui.state.measured import Measured, MeasuredColumn, Taken
from cellwright.ui.state.picture import Picture

_MOST_CARRIED = 200_000
"""Of more objects than this nothing is carried over when their rows change: finding them again would take too long."""


class MeasuredPictures:
    """Holds a `Measured` a picture, and what of it outlives a correction until it is measured again."""

    def __init__(self) -> None:
        self._held: dict[int, Measured] = {}

    def of(self, picture: Picture) -> Measured | None:
        """Return the columns of a picture's objects as they stand; None before anything was found."""
        objects, size = picture.objects, picture.pixel_size
        if objects is None:
            self.drop(picture)
            return None
        held = self._held.get(picture.key)
        if held is None or held.objects is not objects or held.marks is not picture.marks or held.pixel_size != size:
            held = _renewed(held, objects, picture, size)
            self._held[picture.key] = held
        return held

    def drop(self, picture: Picture) -> None:
        """Forget a picture."""
        self._held.pop(picture.key, None)

    def is_stale(self, picture: Picture) -> bool:
        """Whether what is held of a picture no longer says what is known of it."""
        held = self._held.get(picture.key)
        return held is not None and (held.objects is not picture.objects or held.pixel_size != picture.pixel_size)

    def take(self, picture: Picture, objects: Objects, size: PixelSize | None, taken: Taken) -> bool:
        """Keep what a job answered; return whether it is about the objects and pixels that the picture has now."""
        if picture.objects is not objects or picture.pixel_size != size:
            return False
        self._held[picture.key] = Measured(objects, picture.marks, size, taken)
        return True


def _renewed(held: Measured | None, objects: Objects, picture: Picture, size: PixelSize | None) -> Measured:
    taken = held.taken if held is not None else None
    if held is None or taken is None:
        return Measured(objects, picture.marks, size)
    if held.objects is objects and held.pixel_size == size:
        return Measured(objects, picture.marks, size, taken, held.is_behind)
    if held.pixel_size != size:
        # every length is another number now; only what was asked for is remembered
        return Measured(objects, picture.marks, size, Taken(taken.asked, {}, np.zeros(len(objects), bool)), True)
    place = _places(held.objects, objects)
    here = np.flatnonzero(place >= 0)
    here = here[_is_same(held.objects, place[here], objects, here)]
    if len(here) == len(objects) == len(held.objects) and (place == np.arange(len(place))).all():
        return Measured(objects, picture.marks, size, taken, held.is_behind)  # of another class perhaps, no more
    return Measured(objects, picture.marks, size, _carried(taken, place, here, objects), True)


def _carried(taken: Taken, place: NDArray[np.intp], here: NDArray[np.intp], new: Objects) -> Taken:
    """Return what is known of the objects `here`, which are what they were at their `place`; NaN for all others."""
    columns = {}
    for each in taken.columns.values():
        values = np.full(len(new), np.nan)
        values[here] = each.values[place[here]]
        columns[each.name] = MeasuredColumn(
            each.name, each.unit, values, each.description, each.key, each.group, each.decimals
        )
    rows = np.zeros(len(new), bool)
    rows[here] = taken.rows[place[here]]
    return Taken(taken.asked, columns, rows)


def _places(old: Objects, new: Objects) -> NDArray[np.intp]:
    """Return where each new object stood among the old ones; -1 for one that is new."""
    if len(old) == len(new) and np.array_equal(_as_text(old), _as_text(new)):
        return np.arange(len(new))
    place = np.full(len(new), -1, np.intp)
    if len(old) and max(len(old), len(new)) <= _MOST_CARRIED:
        order = np.argsort(_as_text(old), kind="stable")
        at = np.minimum(np.searchsorted(_as_text(old), _as_text(new), sorter=order), len(old) - 1)
        found = _as_text(old)[order[at]] == _as_text(new)
        place[found] = order[at][found]
    return place


def _as_text(objects: Objects) -> NDArray[np.bytes_]:
    # as text, which numpy can sort; trailing zeros are dropped on both sides alike
    return objects.ids.view("S16")


def _is_same(old: Objects, before: NDArray[np.intp], new: Objects, after: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which objects kept box and outline, told by how many runs and pixels it has."""
    same: NDArray[np.bool_] = (old.boxes[before] == new.boxes[after]).all(axis=1)
    if old.masks is None or new.masks is None:
        return same & (old.masks is new.masks)
    if old.masks is not new.masks:
        same &= old.masks.counts[before] == new.masks.counts[after]
        same &= old.masks.areas()[before] == new.masks.areas()[after]
    return same
