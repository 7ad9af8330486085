"""Objects that claim the same pixels: how many they share, and who keeps them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.kinds import Int64s, Spans

_WIDEST = 1 << 26
"""Columns of the line that is painted; what is wider is worked out from the ends of the spans alone."""


def without_overlaps(masks: Masks, scores: NDArray[np.floating]) -> Masks:
    """Give each pixel that several objects claim to the one with the highest score.

    Parameters
    ----------
    masks : Masks
        May overlap.
    scores : (N,) ndarray of float
        Not NaN; of equal scores the earlier row wins.

    Returns
    -------
    Masks
        As many objects, no two of which share a pixel; one that loses all has none.

    Raises
    ------
    BadParameter
        If there is not one score an object.
    """
    if np.shape(scores) != (len(masks),) or np.isnan(scores).any():
        raise BadParameter(f"{len(masks)} objects need as many scores, none of them NaN, not {np.shape(scores)}.")
    if not len(masks.spans):
        return masks
    ranks = np.empty(len(masks), np.int64)
    ranks[np.argsort(-np.asarray(scores), kind="stable")] = np.arange(len(masks))
    kernels = loops("overlap_kernels")
    low, high = int(masks.spans[:, 1].min()), int(masks.spans[:, 2].max())
    if kernels is None or high - low > _WIDEST:
        return _best_pieces(masks, ranks)
    order = np.argsort(masks.spans[:, 0], kind="stable")
    whose, pieces = kernels.best_pieces(order, masks.owners, ranks, masks.spans, low, high - low)
    by_owner = np.argsort(whose, kind="stable")
    counts = np.bincount(whose, minlength=len(masks))
    return Masks(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), pieces[by_owner])


def _best_pieces(masks: Masks, ranks: Int64s) -> Masks:
    """Do what the compiled loops do: cut every row where a span begins or ends, and give each cut one owner."""
    places, covered, line = _cells(masks.spans)
    owner = np.repeat(masks.owners, covered[:, 1] - covered[:, 0])
    cell = ranges(covered[:, 0], covered[:, 1])
    order = np.lexsort((ranks[owner], cell))
    owner, cell = owner[order], cell[order]
    best = np.append(True, cell[1:] != cell[:-1])
    owner, cell = owner[best], cell[best]
    return Masks.from_spans(owner, np.stack([line[cell], places[cell], places[cell + 1]], 1), len(masks))


def _cells(spans: Spans) -> tuple[Int64s, Int64s, Int64s]:
    """Cut the rows at all ends of spans: the cuts' x, the first and last + 1 cut of each span, and the cuts' y."""
    y = np.concatenate([spans[:, 0], spans[:, 0]]).astype(np.int64)
    x = np.concatenate([spans[:, 1], spans[:, 2]]).astype(np.int64)
    # y and x in one integer that sorts like the pair
    cuts, place = np.unique((y << 32) + (x + (1 << 31)), return_inverse=True)
    covered = place.reshape(2, -1).T.astype(np.int64)
    return (cuts & 0xFFFFFFFF) - (1 << 31), covered, cuts >> 32


def ranges(begin: Int64s, end: Int64s) -> Int64s:
    """Return the numbers from each begin to before its end, one range after the other."""
    length = end - begin
    before = np.cumsum(length) - length
    numbers: Int64s = np.arange(int(length.sum())) + np.repeat(begin - before, length)
    return numbers


def intersections(a: Masks, b: Masks) -> tuple[NDArray[np.intp], Int64s]:
    """Return which objects of `a` and of `b` share pixels, and how many.

    Parameters
    ----------
    a, b : Masks
        In the same coordinates.

    Returns
    -------
    pairs : (P, 2) ndarray of intp
        Rows of `a` and of `b`, sorted; only pairs that share a pixel.
    pixels : (P,) ndarray of int64
        How many they share.
    """
    if not len(a.spans) or not len(b.spans):
        return np.empty((0, 2), np.intp), np.empty(0, np.int64)
    order = np.lexsort((b.spans[:, 1], b.spans[:, 0]))
    spans, owners = b.spans[order].astype(np.int64), b.owners[order]
    key = spans[:, 0] << 33
    # How far the spans up to here reach in their row: those before the first one that reaches me end before me.
    reached = np.maximum.accumulate(key + spans[:, 2])
    mine = a.spans.astype(np.int64)
    line = mine[:, 0] << 33
    first = np.searchsorted(reached, line + mine[:, 1], "right")
    last = np.maximum(np.searchsorted(key + spans[:, 1], line + mine[:, 2], "left"), first)
    return _counted(a, mine, b, spans, owners, first, last)


def _counted(
    a: Masks, mine: Int64s, b: Masks, spans: Int64s, owners: Int64s, first: Int64s, last: Int64s
) -> tuple[NDArray[np.intp], Int64s]:
    """Add up the pixels of all pairs of spans, some millions of pairs at a time."""
    keys, pixels = np.empty(0, np.int64), np.empty(0, np.int64)
    ends = np.cumsum(last - first)
    begin, mine_of = 0, a.owners
    while begin < len(mine):
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + (1 << 22), "right")), begin + 1)
        i = np.repeat(np.arange(begin, end), (last - first)[begin:end])
        j = ranges(first[begin:end], last[begin:end])
        shared = np.minimum(mine[i, 2], spans[j, 2]) - np.maximum(mine[i, 1], spans[j, 1])
        met = shared > 0
        new = mine_of[i[met]] * len(b) + owners[j[met]]
        keys, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
        pixels = np.bincount(place, np.concatenate([pixels, shared[met]]), minlength=len(keys)).astype(np.int64)
        begin = end
    return np.stack(np.divmod(keys, max(len(b), 1)), 1).astype(np.intp), pixels
