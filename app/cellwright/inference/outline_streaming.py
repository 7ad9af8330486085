"""Outlined objects of a slide as its tiles finish: each is given out when nothing is left that may share its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.inference.candidates import Boxes
from cellwright.inference.pairing import touching
from cellwright.inference.seams import guest_margin, merged
from cellwright.inference.streaming import Released, SeamStream
from cellwright.inference.tiles import Tile

_Bools = NDArray[np.bool_]
_Rows = NDArray[np.intp]
_OPEN, _MERGED, _GONE = 0, 1, 2
"""What became of a view: waits for a tile; is part of an object that others may still need; needed by nobody."""


@dataclass(slots=True, eq=False)
class _Seen:
    """What a tile found, and what became of each row."""

    tile: Tile
    found: Boxes
    state: NDArray[np.uint8]


class OutlineStream:
    """`join_outlined`, given out piece by piece: for every order of the answers, all pieces are what it returns.

    Views of one object are put together as `SeamStream` does. Then a pixel of two objects stays with the surer one. So
    an object is given out when no tile is left whose pixels reach into its box, and no view in its box waits for one:
    all that may take pixels from it are known then. It is remembered until all it may take pixels from are given out
    too. Both depend on which tiles are settled and not on their order, so that a stream that is loaded from what an
    earlier one kept goes on as that one would have.

    Parameters
    ----------
    tiles : sequence of Tile
        All that will answer or fail.
    """

    def __init__(self, tiles: Sequence[Tile]) -> None:
        self._seams = SeamStream(tiles)
        self._place = {tile.index: place for place, tile in enumerate(tiles)}
        # An object whose centre a tile offers from beyond its own part may reach so far out of what the tile reads.
        reach = [tile.read.grow(guest_margin(tile)) for tile in tiles]
        self._reach = np.array([[box.y0, box.x0, box.y1, box.x1] for box in reach], np.float64).reshape(-1, 4)
        self._is_left = np.ones(len(tiles), np.bool_)
        self._seen: dict[int, _Seen] = {}
        self._changed: set[int] = set()
        self._there = Boxes.concatenate([])
        self._keys = np.empty((0, 2), np.int64)  # tile and row of the surest view
        self._views: list[list[tuple[int, int]]] = []
        self._is_given: _Bools = np.empty(0, np.bool_)

    def settle(self, tile: Tile, found: Boxes | None) -> Boxes:
        """See `Stream.settle`; each tile once."""
        released = self._seams.release(tile, found)
        self._is_left[self._place[tile.index]] = False
        if found is not None and len(found):
            self._seen[tile.index] = _Seen(tile, found, np.zeros(len(found), np.uint8))
            self._changed.add(tile.index)
        self._changed.update(self._seams.take_changed())
        self._put_together(released)
        final = np.flatnonzero(~self._is_given)
        final = final[~self._may_change(self._there.boxes[final])]
        given = self._cut(final)
        self._is_given[final] = True
        self._forget()
        return given

    def kept(self, index: int) -> Boxes | None:
        """See `Stream.kept`."""
        seen = self._seen.get(index)
        return None if seen is None else seen.found.take(seen.state != _GONE)

    def take_changed(self) -> tuple[int, ...]:
        """See `Stream.take_changed`."""
        changed, self._changed = tuple(sorted(self._changed)), set()
        return changed

    def _put_together(self, released: Sequence[Released]) -> None:
        """Make objects of views that wait for no tile any more."""
        parts = sorted(released, key=lambda each: each.tile.index)
        if not parts:
            return
        joined = merged([(each.tile, each.views) for each in parts], self._seams.failed)
        tiles = np.repeat([each.tile.index for each in parts], [len(each.rows) for each in parts])
        keys = np.stack([tiles, np.concatenate([each.rows for each in parts])], 1).astype(np.int64)
        for index, row in keys[joined.object_of < 0].tolist():
            self._let_go(index, row)
        views: list[list[tuple[int, int]]] = [[] for _ in range(len(joined.objects))]
        for at in np.flatnonzero(joined.object_of >= 0).tolist():
            index, row = keys[at].tolist()
            self._seen[index].state[row] = _MERGED
            views[int(joined.object_of[at])].append((index, row))
        self._there = Boxes.concatenate([self._there, joined.objects])
        self._keys = np.concatenate([self._keys, keys[joined.surest]])
        self._views += views
        self._is_given = np.append(self._is_given, np.zeros(len(views), np.bool_))

    def _may_change(self, boxes: NDArray[np.float32]) -> _Bools:
        """(N,) bool: whether a tile that is left, or a view that waits for one, reaches into a box."""
        if not len(boxes):
            return np.zeros(0, np.bool_)
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        near = self._is_left & (self._reach[:, :2] < high).all(1) & (self._reach[:, 2:] > low).all(1)
        return touching(boxes, np.concatenate([self._reach[near], self._seams.open_boxes()]))

    def _cut(self, rows: _Rows) -> Boxes:
        """Return objects without the pixels that surer ones claim."""
        from cellwright.shapes import without_overlaps

        if not len(rows):
            return Boxes.concatenate([])
        wanted = self._there.boxes[rows]
        low, high = wanted[:, :2].min(0), wanted[:, 2:].max(0)
        boxes = self._there.boxes
        near = np.flatnonzero((boxes[:, :2] < high).all(1) & (boxes[:, 2:] > low).all(1))
        # In the order in which `merge` lists them all, so that of two that are equally sure the same one wins.
        keys = self._keys[near]
        near = near[np.lexsort((keys[:, 1], keys[:, 0], -self._there.scores[near]))]
        some = self._there.take(near)
        masks = without_overlaps(some.masks or Masks.empty(len(some)), some.scores)
        is_asked = np.isin(near, rows)
        return Boxes.outlined(masks.take(is_asked), some.class_index[is_asked], some.scores[is_asked])

    def _forget(self) -> None:
        """Let go of objects that are given out and whose neighbours all are."""
        given = np.flatnonzero(self._is_given)
        is_needed = touching(self._there.boxes[given], self._there.boxes[~self._is_given])
        gone = given[~is_needed]
        if not len(gone):
            return
        for at in gone.tolist():
            for index, row in self._views[at]:
                self._let_go(index, row)
        left = np.ones(len(self._is_given), np.bool_)
        left[gone] = False
        self._there, self._keys, self._is_given = self._there.take(left), self._keys[left], self._is_given[left]
        self._views = [self._views[at] for at in np.flatnonzero(left).tolist()]

    def _let_go(self, index: int, row: int) -> None:
        seen = self._seen[index]
        seen.state[row] = _GONE
        self._changed.add(index)
        if (seen.state == _GONE).all():
            del self._seen[index]
