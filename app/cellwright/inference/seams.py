"""Putting tiles together: objects at a seam are counted once, whichever tile saw them best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.inference.candidates import Boxes
from cellwright.inference.suppression import clusters
from cellwright.inference.tiles import Tile

SEAM_IOU = 0.5
"""Boxes of two tiles that overlap by more than this are one object."""


def guest_margin(tile: Tile) -> int:
    """How far beyond its own part a tile's objects are kept until the merge, in pixels.

    Two tiles place one and the same centre a little differently. If it lies on the seam, each may give it to the other
    and the object would be lost: so both offer it, and the merge takes one. A quarter of the rim is far more than
    centres differ.
    """
    rims = [
        abs(a - b)
        for a, b in zip(
            (tile.read.y0, tile.read.x0, tile.read.y1, tile.read.x1),
            (tile.owner.y0, tile.owner.x0, tile.owner.y1, tile.owner.x1),
            strict=True,
        )
        if a != b
    ]
    return min(rims) // 4 if rims else 0


def is_owned(boxes: NDArray[np.float32], owner: Box) -> NDArray[np.bool_]:
    """(N,) bool: whether the centre of each y0, x0, y1, x1 box lies in `owner` (its far edges excluded)."""
    # In double precision and as a sum, so that neighbouring tiles compare the very same number with the seam.
    twice = boxes[:, :2].astype(np.float64) + boxes[:, 2:]
    low, high = np.array([owner.y0, owner.x0]), np.array([owner.y1, owner.x1])
    inside: NDArray[np.bool_] = np.all((twice >= 2 * low) & (twice < 2 * high), axis=1)
    return inside


def is_near_own(boxes: NDArray[np.float32], tile: Tile) -> NDArray[np.bool_]:
    """(N,) bool: whether each box is the tile's own, or so near that the merge must see it."""
    return is_owned(boxes, tile.owner.grow(guest_margin(tile)))


def near_own(found: Boxes, tile: Tile) -> Boxes:
    """Return the objects that are the tile's own, or so near that the merge must see them."""
    return found.take(is_near_own(found.boxes, tile))


def merge(answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
    """Join what the tiles found into one list without twins.

    What a tile offers from beyond its seams is another view of an object there, and never removes one. Of all views of
    an object the surest gives its box and score, so that lowering the floor hides nothing; among equals a tile's own
    comes first. An object that only a neighbour saw is kept, unless it lies in the part of a tile that failed: that
    part counts as not analysed.

    Parameters
    ----------
    answers : iterable of (Tile, Boxes)
        What each tile found, as `near_own` leaves it, in level-0 pixels; in any order.
    unanswered : sequence of Tile
        Tiles that gave no answer.

    Returns
    -------
    Boxes
        By falling score; the same for every order of the answers.
    """
    return merged(answers, unanswered).objects


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """What tiles found, joined.

    Parameters
    ----------
    objects : Boxes
        See `merge`.
    surest : (N,) ndarray of intp
        The view that stands for each object: its row in all answers, one after the other by the number of their tile.
    object_of : (M,) ndarray of intp
        For each of these rows the object it is a view of; -1 where it is in the part of a tile that failed.
    """

    objects: Boxes
    surest: NDArray[np.intp]
    object_of: NDArray[np.intp]


def merged(answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Merged:
    """Join what the tiles found as `merge` does, and tell which views each object comes from."""
    pairs = sorted(answers, key=lambda pair: pair[0].index)
    everything = Boxes.concatenate([found for _, found in pairs])
    if not len(everything):
        return Merged(everything, np.empty(0, np.intp), np.empty(0, np.intp))
    group = np.repeat([tile.index for tile, _ in pairs], [len(found) for _, found in pairs]).astype(np.int32)
    own = np.concatenate([is_owned(found.boxes, tile.owner) for tile, found in pairs])
    counts = own.copy()
    if not own.all():
        lost = np.zeros(len(own), bool)
        for tile in unanswered:
            lost |= is_owned(everything.boxes, tile.owner)
        counts |= ~lost
    rows = np.flatnonzero(counts)
    seen = everything.take(rows)
    # Own objects first, whatever their scores: each other view is then matched to the object that it is a view of.
    rank = seen.scores + own[rows].astype(np.float32)
    leader_of = clusters(seen.boxes, rank, seen.class_index, SEAM_IOU, group[rows])
    # Sorted by object, then falling score, then own views first; the first of each object stands for it.
    order = np.lexsort((~own[rows], -seen.scores, leader_of))
    _, first, number = np.unique(leader_of[order], return_index=True, return_inverse=True)
    surest = order[first]
    by_score = np.lexsort((surest, -seen.scores[surest]))
    place = np.empty(len(surest), np.intp)
    place[by_score] = np.arange(len(surest))
    object_of = np.full(len(own), -1, np.intp)
    object_of[rows[order]] = place[number]
    return Merged(seen.take(surest[by_score]), rows[surest[by_score]], object_of)
