"""`cut`: an object taken apart along a drawn line, without losing a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter, Masks
from cellwright.shapes.kinds import Bools, Float64s, Int64s, Spans
from cellwright.shapes.overlaps import ranges
from cellwright.shapes.parts import components, union
from cellwright.shapes.strokes import corners_of

SMALLEST_PX = 4
"""A part with fewer pixels was not meant: a wobble of the hand. It stays with the part beside it."""

# A line through the very middle of pixels would leave open on which side they are; this moves it off every middle.
_ASIDE = (0.7320508e-6, 0.4142135e-6)


def cut(mask: Masks, line: ArrayLike, smallest_px: int = SMALLEST_PX) -> Masks:
    """Take one object apart along a line.

    Two neighbouring pixels stay together unless the line passes between their middles (an odd number of times); parts
    are what then still hangs together, counting neighbours at corners.

    Parameters
    ----------
    mask : Masks
        One object.
    line : (K, 2) array
        y, x in level-0 pixels (edges count). It parts the object only where it crosses it from side to side.
    smallest_px : int
        Parts with fewer pixels join the nearest other part, and so do pieces that the line did not touch.

    Returns
    -------
    Masks
        The parts, without a pixel in common, which together are the object; the largest first. The object itself where
        the line does not part it.

    Raises
    ------
    BadParameter
        If there is not one object, or the line is no line.
    """
    if len(mask) != 1:
        raise BadParameter(f"Cut one object at a time, not {len(mask)}.")
    corners = corners_of(line)
    if not len(mask.spans) or len(corners) < 2:
        return mask
    corner = mask.spans[:, :2].min(0).astype(np.int64)  # near zero, the shift aside is not lost to rounding
    local = mask.shifted(-int(corner[0]), -int(corner[1]))
    runs, part = _parted(local.spans, corners - corner + _ASIDE)
    whole, _ = components(local)
    if part.max(initial=0) + 1 == len(whole):
        return mask
    # which of the pieces there were before each part belongs to: its first run lies in one of them
    pieces = union(_one_each(runs), part)
    piece_of = _piece_of(pieces, whole)
    is_cut = np.bincount(piece_of, minlength=len(whole)) > 1
    stays = is_cut[piece_of] & (pieces.areas() >= smallest_px)
    return gathered(pieces, stays).shifted(int(corner[0]), int(corner[1]))


def gathered(pieces: Masks, stays: Bools) -> Masks:
    """Return the objects that stay, each with the pieces that do not and are nearest to it; the largest first.

    Parameters
    ----------
    pieces : Masks
        N objects, each with pixels.
    stays : (N,) ndarray of bool
        Which of them are objects of their own; where none is, all become one.
    """
    kept = np.flatnonzero(stays)
    if not len(kept):
        return union(pieces, np.zeros(len(pieces), np.int64))
    group = np.full(len(pieces), -1, np.int64)
    group[kept] = np.arange(len(kept))
    targets = pieces.take(kept)
    for row in np.flatnonzero(~stays):
        group[row] = _nearest(pieces.take(np.array([row])), targets)
    joined = union(pieces, group)
    return joined.take(np.argsort(-joined.areas(), kind="stable"))


def _nearest(piece: Masks, targets: Masks) -> int:
    """Return which object has the pixel nearest to any of a piece's pixels."""
    mine, theirs = piece.spans.astype(np.int64), targets.spans.astype(np.int64)
    best, owner = np.inf, 0
    for y, x0, x1 in mine[:: max(1, len(mine) // 64)]:
        across = np.maximum(np.maximum(theirs[:, 1] - (x1 - 1), x0 - (theirs[:, 2] - 1)), 0)
        square = across**2 + (theirs[:, 0] - y) ** 2
        at = int(np.argmin(square))
        if square[at] < best:
            best, owner = float(square[at]), int(targets.owners[at])
    return owner


def _one_each(runs: Spans) -> Masks:
    return Masks(np.arange(len(runs) + 1, dtype=np.int64), runs)


def _piece_of(parts: Masks, whole: Masks) -> Int64s:
    """Return which object of `whole` holds each part."""
    order = np.lexsort((whole.spans[:, 1], whole.spans[:, 0]))
    spans, owners = whole.spans[order].astype(np.int64), whole.owners[order]
    first = parts.spans[parts.starts[:-1]].astype(np.int64)
    at = np.searchsorted((spans[:, 0] << 32) + spans[:, 1], (first[:, 0] << 32) + first[:, 1], "right") - 1
    found: Int64s = owners[at]
    return found


def _parted(spans: Spans, corners: Float64s) -> tuple[Spans, Int64s]:
    """Return the runs between cuts, and the number of the part each belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    runs = _cut_along_rows(spans.astype(np.int64), corners)
    key = (runs[:, 0] << 32) + runs[:, 1]
    edges: list[Int64s] = []
    for lean in (-1, 0, 1):
        edges.append(_ties(runs, key, lean))
        cuts = _crossed_below(corners, lean)
        above, below = _run_at(runs, key, cuts[:, 0], cuts[:, 1]), _run_at(runs, key, cuts[:, 0] + 1, cuts[:, 1] + lean)
        both = (above >= 0) & (below >= 0)
        edges.append(np.stack([above[both], below[both], np.full(int(both.sum()), -1)], 1))
    table = np.concatenate(edges)
    # so many ties between two runs, less those that the line cuts
    graph = coo_array((table[:, 2], (table[:, 0], table[:, 1])), shape=(len(runs), len(runs))).tocsr()
    graph.eliminate_zeros()
    part = connected_components(graph, directed=False)[1]
    return runs.astype(np.int32), np.asarray(part, np.int64)


def _ties(runs: Int64s, key: Int64s, lean: int) -> Int64s:
    """Return (E, 3): pairs of runs in rows below each other, and how many pixels of one have theirs below to `lean`."""
    y, begin, end = runs[:, 0] + 1, runs[:, 1] + lean, runs[:, 2] + lean
    ends = (runs[:, 0] << 32) + runs[:, 2]
    first = np.searchsorted(ends, (y << 32) + begin, "right")
    last = np.maximum(np.searchsorted(key, (y << 32) + end, "left"), first)
    one, other = np.repeat(np.arange(len(runs)), last - first), ranges(first, last)
    shared = np.minimum(end[one], runs[other, 2]) - np.maximum(begin[one], runs[other, 1])
    ties: Int64s = np.stack([one, other, shared], 1)[shared > 0]
    return ties


def _run_at(runs: Int64s, key: Int64s, y: Int64s, x: Int64s) -> Int64s:
    """Return which run holds each pixel, -1 where none does."""
    at = np.searchsorted(key, (y << 32) + x, "right") - 1
    near = np.maximum(at, 0)
    held = (at >= 0) & (runs[near, 0] == y) & (x < runs[near, 2])
    found: Int64s = np.where(held, at, -1)
    return found


def _cut_along_rows(spans: Int64s, corners: Float64s) -> Int64s:
    """Return the spans, each ended and begun anew wherever the line crosses its row."""
    y, x = _crossings(corners).T  # rows are crossed at their middles
    at = np.stack([np.floor(y).astype(np.int64), np.floor(x - 0.5).astype(np.int64) + 1], 1)
    cuts = _odd(at)
    where = _run_at(spans, (spans[:, 0] << 32) + spans[:, 1], cuts[:, 0], cuts[:, 1])
    inside = (where >= 0) & (cuts[:, 1] > spans[where, 1])
    begins = np.concatenate([spans[:, :2], cuts[inside]])
    ends = np.concatenate([cuts[inside], spans[:, [0, 2]]])
    begins, ends = (part[np.lexsort((part[:, 1], part[:, 0]))] for part in (begins, ends))
    return np.concatenate([begins, ends[:, 1:]], 1)


def _crossed_below(corners: Float64s, lean: int) -> Int64s:
    """Return (C, 2) y, x of the pixels that the line parts from the one in the next row, `lean` columns on."""
    # Leaning the picture the other way puts the two above each other; turned by a right angle, columns are rows.
    leant = np.stack([corners[:, 1] - lean * (corners[:, 0] - 0.5), corners[:, 0]], 1)
    column, height = _crossings(leant).T
    y = np.floor(height - 0.5).astype(np.int64)
    return _odd(np.stack([y, np.floor(column).astype(np.int64) + lean * y], 1))


def _crossings(corners: Float64s) -> Float64s:
    """Return (C, 2): the middles of rows that a line crosses, and the x at which."""
    a, b = corners[:-1], corners[1:]
    first = np.ceil(np.minimum(a[:, 0], b[:, 0]) - 0.5).astype(np.int64)
    last = np.ceil(np.maximum(a[:, 0], b[:, 0]) - 0.5).astype(np.int64)
    which = np.repeat(np.arange(len(a)), last - first)
    y = ranges(first, last) + 0.5
    y0, x0 = a[which].T
    y1, x1 = b[which].T
    return np.stack([y, x0 + (y - y0) * ((x1 - x0) / (y1 - y0))], 1)


def _odd(places: Int64s) -> Int64s:
    """Return the rows of a table that are there an odd number of times: crossed twice is not crossed."""
    if not len(places):
        return places
    unique, counts = np.unique(places, axis=0, return_counts=True)
    odd: Int64s = unique[counts % 2 == 1]
    return odd
