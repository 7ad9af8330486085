"""`MeasuredPictures`: what is measured on each open picture, kept as long as it holds. Knows no Qt."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, Objects, PixelSize
from cellwright.ui.state.measured import Measured, MeasuredColumn, Taken
from cellwright.ui.state.picture import Picture

_MOST_CARRIED = 200_000
"""Of more objects than this nothing is carried over when their rows change: finding them again would take too long."""

_MOST_PARTS = 1_000
"""Outlines in more separate parts than this are not compared run by run, but by the numbers made of them."""


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
        self._held[picture.key] = Measured(objects, picture.marks, size, taken, taken.is_behind)
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
    if len(old) == len(new) and np.array_equal(_as_text(old.ids), _as_text(new.ids)):
        return np.arange(len(new))
    if max(len(old), len(new)) > _MOST_CARRIED:
        return np.full(len(new), -1, np.intp)
    return places_of(old.ids, new.ids)


def places_of(old: NDArray[np.generic], new: NDArray[np.generic]) -> NDArray[np.intp]:
    """Return where each of the new ids stands among the old ones; -1 for one that is not there.

    Parameters
    ----------
    old, new : (N,) and (M,) ndarray
        Ids of 16 bytes each.
    """
    place = np.full(len(new), -1, np.intp)
    if len(old):
        before, after = _as_text(old), _as_text(new)
        order = np.argsort(before, kind="stable")
        at = np.minimum(np.searchsorted(before, after, sorter=order), len(old) - 1)
        found = before[order[at]] == after
        place[found] = order[at][found]
    return place


def _as_text(ids: NDArray[np.generic]) -> NDArray[np.bytes_]:
    # as text, which numpy can sort; trailing zeros are dropped on both sides alike
    return ids.view("S16").reshape(-1)


def _is_same(old: Objects, before: NDArray[np.intp], new: Objects, after: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which objects kept box and outline, to the pixel."""
    same: NDArray[np.bool_] = (old.boxes[before] == new.boxes[after]).all(axis=1)
    if old.masks is None or new.masks is None:
        return same & (old.masks is new.masks)
    if old.masks is not new.masks:
        same &= old.masks.counts[before] == new.masks.counts[after]
        here = np.flatnonzero(same)
        same[here] = _has_same_runs(old.masks, before[here], new.masks, after[here])
    return same


def _has_same_runs(old: Masks, before: NDArray[np.intp], new: Masks, after: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which objects, each of as many runs as it had, have the very same ones."""
    same = np.ones(len(before), bool)
    # Between two objects that changed all others follow one another on both sides, and are compared as one.
    ends = np.flatnonzero((np.diff(before) != 1) | (np.diff(after) != 1)) + 1
    if len(ends) > _MOST_PARTS:
        from cellwright.shapes import outline_marks

        boxes = np.zeros((len(before), 4), np.float32)
        equal: NDArray[np.bool_] = outline_marks(boxes, old.take(before)) == outline_marks(boxes, new.take(after))
        return equal
    for begin, end in pairwise((0, *ends.tolist(), len(before))):
        if begin < end:
            were = old.spans[old.starts[before[begin]] : old.starts[before[end - 1] + 1]]
            are = new.spans[new.starts[after[begin]] : new.starts[after[end - 1] + 1]]
            if not np.array_equal(were, are):
                owner = np.repeat(np.arange(begin, end), old.counts[before[begin:end]])
                same[owner[(were != are).any(axis=1)]] = False
    return same
