"""Objects of a slide as its tiles finish: each is given out as soon as no tile that may see it is still to answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.inference.candidates import Boxes
from cellwright.inference.decoders import Decoder
from cellwright.inference.decoders.boxes import BoxDecoder
from cellwright.inference.decoders.regions import RegionDecoder
from cellwright.inference.decoders.stars import StarDecoder
from cellwright.inference.decoders.touching import TouchingDecoder
from cellwright.inference.pairing import near_pairs
from cellwright.inference.seams import SEAM_IOU, guest_margin, merge
from cellwright.inference.tiles import Tile

_LEAST_IOU = SEAM_IOU - 1e-3
"""Views that overlap by more may be one object: a little less than the merge asks for, so that rounding hides none."""


class Stream(Protocol):
    """Joins the answers of tiles while they come."""

    def settle(self, tile: Tile, found: Boxes | None) -> Boxes:
        """Take the answer of a tile, None where it failed, and return the objects that are final now."""
        ...

    def kept(self, index: int) -> Boxes | None:
        """Return what a settled tile found and is not final yet; None where all of it is."""
        ...

    def take_changed(self) -> tuple[int, ...]:
        """Return the tiles whose kept objects changed since this was asked last."""
        ...


def stream_of(decoder: Decoder, tiles: Sequence[Tile]) -> Stream:
    """Return what joins the answers of a model: objects as they come, parts of classes of pixels at the end."""
    from cellwright.inference.outline_streaming import OutlineStream

    if isinstance(decoder, BoxDecoder):
        return SeamStream(tiles)
    is_outlined = isinstance(decoder, StarDecoder | RegionDecoder | TouchingDecoder)
    return OutlineStream(tiles) if is_outlined else WholeStream(decoder, tiles)


def load(
    stream: Stream, tiles: Mapping[int, Tile], done: Iterable[int], failed: Iterable[int], kept: Mapping[int, Boxes]
) -> None:
    """Bring a fresh stream to where an earlier one was.

    Parameters
    ----------
    stream : Stream
        Fresh, of the same tiles.
    tiles : mapping of int to Tile
        The plan.
    done, failed : iterable of int
        Tiles that gave an answer, and that did not.
    kept : mapping of int to Boxes
        What the earlier stream kept of each tile.
    """
    for index in failed:
        stream.settle(tiles[index], None)
    nothing = Boxes.concatenate([])
    answered = [(index, kept.get(index, nothing)) for index in done]
    # Tiles that keep nothing first: what the others keep then waits for those alone that are really missing.
    for index, found in sorted(answered, key=lambda pair: len(pair[1]) > 0):
        stream.settle(tiles[index], found)
    stream.take_changed()


@dataclass(slots=True, eq=False)
class _Held:
    """Rows of a settled tile of which some are not final."""

    tile: Tile
    found: Boxes
    is_open: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """Views of one tile that wait for no other tile any more.

    Parameters
    ----------
    tile : Tile
        Who saw them.
    rows : (N,) ndarray of intp
        Which of what it found, rising.
    views : Boxes
        These rows.
    """

    tile: Tile
    rows: NDArray[np.intp]
    views: Boxes


class SeamStream:
    """`merge`, given out piece by piece: for every order of the answers, all pieces together are what it returns.

    Two views are of one object only if the centre of each lies in the box of the other (both follow from an overlap by
    more than a half). A tile offers objects with centres up to `guest_margin` beyond its own part. So a view waits for
    the tiles whose own part, grown by that margin, touches its box, and what one such view waits for, all views that
    may be of the same object wait for; when nothing is waited for, merging these views alone is merging all.

    Parameters
    ----------
    tiles : sequence of Tile
        All that will answer or fail; others never see anything.
    """

    def __init__(self, tiles: Sequence[Tile]) -> None:
        self._index = np.array([tile.index for tile in tiles], np.int64)
        grown = [tile.owner.grow(guest_margin(tile)) for tile in tiles]
        self._reach = np.array([[box.y0, box.x0, box.y1, box.x1] for box in grown], np.float64).reshape(-1, 4)
        self._is_left = np.ones(len(tiles), np.bool_)
        self._place = {int(index): place for place, index in enumerate(self._index)}
        self._failed: list[Tile] = []
        self._held: dict[int, _Held] = {}
        self._waiting: dict[int, list[tuple[int, int]]] = {}  # tile → rows (tile, row) that wait for it
        self._group: dict[tuple[int, int], _Group] = {}
        self._changed: set[int] = set()

    def settle(self, tile: Tile, found: Boxes | None) -> Boxes:
        """See `Stream.settle`; each tile once."""
        return merge([(each.tile, each.views) for each in self.release(tile, found)], self._failed)

    @property
    def failed(self) -> Sequence[Tile]:
        """The tiles that gave no answer so far."""
        return self._failed

    def open_boxes(self) -> NDArray[np.float32]:
        """(N, 4) boxes of the views that still wait for a tile."""
        boxes = [held.found.boxes[held.is_open] for held in self._held.values()]
        return np.concatenate(boxes) if boxes else np.empty((0, 4), np.float32)

    def release(self, tile: Tile, found: Boxes | None) -> list[Released]:
        """Take the answer of a tile as `settle` does; return the views that wait for nothing now, not merged yet."""
        place = self._place[tile.index]
        if not self._is_left[place]:
            raise ValueError(f"tile {tile.index} was settled before")
        self._is_left[place] = False
        released = self._waiting.pop(tile.index, [])
        if found is None:
            self._failed.append(tile)
            found = Boxes.concatenate([])
        final = self._added(tile, found, released)
        for row in released:
            group = self._group[row].leader()
            group.waits -= 1
            if group.waits == 0:
                final += group.rows
        return self._taken(tile, found, final)

    def kept(self, index: int) -> Boxes | None:
        """See `Stream.kept`."""
        held = self._held.get(index)
        return None if held is None else held.found.take(held.is_open)

    def take_changed(self) -> tuple[int, ...]:
        """See `Stream.take_changed`."""
        changed, self._changed = tuple(sorted(self._changed)), set()
        return changed

    def _added(self, tile: Tile, found: Boxes, released: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Take the rows of a tile that wait for others, or belong to such; return those that are final as they come."""
        waits = self._waits(found)
        views = self._views(found, released)
        is_open = np.zeros(len(found), np.bool_)
        is_open[[row for row, _ in waits]] = True
        is_open[[row for row, _ in views]] = True
        if is_open.any():
            self._held[tile.index] = _Held(tile, found, is_open)
            self._changed.add(tile.index)
        for row in np.flatnonzero(is_open).tolist():
            self._group[tile.index, row] = _Group([(tile.index, row)])
        for row, waited_for in waits:
            self._waiting.setdefault(waited_for, []).append((tile.index, row))
            self._group[tile.index, row].leader().waits += 1
        for row, other in views:
            self._group[tile.index, row].join(self._group[other])
        return [(tile.index, row) for row in np.flatnonzero(~is_open).tolist()]

    def _waits(self, found: Boxes) -> list[tuple[int, int]]:
        """Return (row, tile) for every tile that is still to answer and may see what a row is a view of."""
        if not len(found):
            return []
        boxes = found.boxes.astype(np.float64)
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        near = self._is_left & (self._reach[:, :2] <= high).all(1) & (self._reach[:, 2:] >= low).all(1)
        pairs: list[tuple[int, int]] = []
        for place in np.flatnonzero(near).tolist():
            reach = self._reach[place]
            rows = (boxes[:, :2] <= reach[2:]).all(1) & (boxes[:, 2:] >= reach[:2]).all(1)
            pairs += [(row, int(self._index[place])) for row in np.flatnonzero(rows).tolist()]
        return pairs

    def _views(self, found: Boxes, released: Sequence[tuple[int, int]]) -> list[tuple[int, tuple[int, int]]]:
        """Return (row, other) for each pair of a row and one of another tile that may be views of one object."""
        if not len(found) or not released:
            return []
        tiles: dict[int, list[int]] = {}
        for index, row in released:
            tiles.setdefault(index, []).append(row)
        others = [(index, row) for index, rows in tiles.items() for row in rows]
        boxes = np.concatenate([self._held[index].found.boxes[rows] for index, rows in tiles.items()])
        kinds = np.concatenate([self._held[index].found.class_index[rows] for index, rows in tiles.items()])
        low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
        near = np.flatnonzero((found.boxes[:, :2] <= high).all(1) & (found.boxes[:, 2:] >= low).all(1))
        pairs = _overlapping(found.boxes[near], found.class_index[near], boxes, kinds)
        return [(int(near[row]), others[other]) for row, other in pairs.tolist()]

    def _taken(self, tile: Tile, found: Boxes, final: Sequence[tuple[int, int]]) -> list[Released]:
        """Return rows that are final, and forget them."""
        tiles: dict[int, list[int]] = {}
        for index, row in final:
            tiles.setdefault(index, []).append(row)
        released = []
        for index, listed in tiles.items():
            rows, held = np.array(sorted(listed), np.intp), self._held.get(index)
            if held is None:
                released.append(Released(tile, rows, found.take(rows)))
                continue
            released.append(Released(held.tile, rows, held.found.take(rows)))
            if held.is_open[rows].any():
                self._changed.add(index)
                held.is_open[rows] = False
                if not held.is_open.any():
                    del self._held[index]
        for key in final:
            self._group.pop(key, None)
        return released


class _Group:
    """Views that may be of one object, and how many answers they wait for."""

    __slots__ = ("above", "rows", "waits")

    def __init__(self, rows: list[tuple[int, int]]) -> None:
        self.rows, self.waits, self.above = rows, 0, self

    def leader(self) -> _Group:
        """Return the group that this one has become part of."""
        group = self
        while group.above is not group:
            group.above = group.above.above
            group = group.above
        return group

    def join(self, other: _Group) -> None:
        """Make one group of two."""
        mine, its = self.leader(), other.leader()
        if mine is its:
            return
        small, large = sorted((mine, its), key=lambda group: len(group.rows))
        large.rows += small.rows
        large.waits += small.waits
        small.above = large


class WholeStream:
    """Keeps every answer until the last tile is settled: for decoders that join parts across the whole picture.

    Parameters
    ----------
    decoder : Decoder
        What joins them.
    tiles : sequence of Tile
        All that will answer or fail.
    """

    def __init__(self, decoder: Decoder, tiles: Sequence[Tile]) -> None:
        self._decoder = decoder
        self._left = {tile.index for tile in tiles}
        self._answers: dict[int, tuple[Tile, Boxes]] = {}
        self._failed: list[Tile] = []
        self._changed: set[int] = set()

    def settle(self, tile: Tile, found: Boxes | None) -> Boxes:
        """See `Stream.settle`."""
        self._left.remove(tile.index)
        if found is None:
            self._failed.append(tile)
        else:
            self._answers[tile.index] = (tile, found)
            self._changed.add(tile.index)
        if self._left:
            return Boxes.concatenate([])
        whole = self._decoder.join(list(self._answers.values()), self._failed)
        self._changed |= set(self._answers)
        self._answers.clear()
        return whole

    def kept(self, index: int) -> Boxes | None:
        """See `Stream.kept`."""
        answer = self._answers.get(index)
        return None if answer is None else answer[1]

    def take_changed(self) -> tuple[int, ...]:
        """See `Stream.take_changed`."""
        changed, self._changed = tuple(sorted(self._changed)), set()
        return changed


def _overlapping(
    boxes: NDArray[np.float32], kinds: NDArray[np.int16], others: NDArray[np.float32], other_kinds: NDArray[np.int16]
) -> NDArray[np.intp]:
    """(P, 2) rows of two tables of boxes that are of one class and overlap by more than about a half."""
    one, two = boxes.astype(np.float64), others.astype(np.float64)
    row, other = near_pairs(one, two)
    a, b = one[row], two[other]
    shared = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None).prod(1)
    whole = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    is_pair = (shared > _LEAST_IOU * whole) & (kinds[row] == other_kinds[other])
    return np.stack([row[is_pair], other[is_pair]], 1)
