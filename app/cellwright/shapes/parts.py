"""Objects taken apart and put together: connected parts, unions, and what is inside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.kinds import Int64s
from cellwright.shapes.overlaps import ranges


def components(masks: Masks, connectivity: int = 8) -> tuple[Masks, NDArray[np.intp]]:
    """Return the connected parts of each object.

    Parameters
    ----------
    masks : Masks
        An object without pixels has no part.
    connectivity : {4, 8}
        Whether pixels that touch at a corner only are connected: with 8 they are.

    Returns
    -------
    parts : Masks
        Parts of one object follow each other, by the row and column of their first pixel.
    parent : (M,) ndarray of intp
        The object each part is of.

    Raises
    ------
    BadParameter
        If `connectivity` is neither 4 nor 8.
    """
    if connectivity not in (4, 8):
        raise BadParameter(f"Pixels are connected to 4 or to 8 neighbours, not to {connectivity}.")
    if not len(masks.spans):
        return Masks.empty(), np.empty(0, np.intp)
    part = _numbered_parts(masks, 1 if connectivity == 8 else 0)
    # Parts are numbered by their first span, and spans are sorted by object, row and column.
    values, first = np.unique(part, return_index=True)
    number = np.empty(len(values), np.int64)
    number[np.argsort(first)] = np.arange(len(values))
    part = number[np.searchsorted(values, part)]
    counts = np.bincount(part)
    parts = Masks(np.append(0, np.cumsum(counts)).astype(np.int64), masks.spans[np.argsort(part, kind="stable")])
    return parts, masks.owners[np.sort(first)].astype(np.intp)


def _numbered_parts(masks: Masks, reach: int) -> Int64s:
    """Return for each span a number that spans of one part have in common."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    spans = masks.spans.astype(np.int64)
    line = _lines(masks)
    key, above = line << 33, (line - 1) << 33
    first = np.searchsorted(key + spans[:, 2], above + spans[:, 1] - reach, "right")
    last = np.maximum(np.searchsorted(key + spans[:, 1], above + spans[:, 2] + reach, "left"), first)
    one, other = np.repeat(np.arange(len(spans)), last - first), ranges(first, last)
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(spans), len(spans)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _lines(masks: Masks) -> Int64s:
    """Give the rows of all objects numbers that are one apart for rows below each other, and for them alone."""
    y, owners = masks.spans[:, 0].astype(np.int64), masks.owners
    step = np.zeros(len(y), np.int64)
    step[1:] = np.where(owners[1:] != owners[:-1], 2, np.minimum(y[1:] - y[:-1], 2))
    return np.cumsum(step)


def union(masks: Masks, group: NDArray[np.integer]) -> Masks:
    """Return one object a group: all pixels of its members.

    Parameters
    ----------
    masks : Masks
        May overlap.
    group : (N,) ndarray of int
        The group of each object, from 0; there are as many groups as the highest number says.

    Raises
    ------
    BadParameter
        If there is not one group an object, or one is negative.
    """
    groups = np.asarray(group)
    if groups.shape != (len(masks),) or (len(groups) and groups.min() < 0):
        raise BadParameter(f"{len(masks)} objects need as many groups, counted from 0, not {groups.shape}.")
    n = int(groups.max()) + 1 if len(groups) else 0
    return Masks.from_spans(groups[masks.owners], masks.spans, n)


def fill_holes(masks: Masks, ways: int = 4) -> Masks:
    """Return the objects with what they enclose: pixels from which no way leads outside.

    Parameters
    ----------
    masks : Masks
        The objects.
    ways : {4, 8}
        Whether a way may pass between two pixels that touch at a corner only: with 8 it may, and fewer holes are seen.

    Raises
    ------
    BadParameter
        If `ways` is neither 4 nor 8.
    """
    if not len(masks.spans):
        return masks
    around = _surroundings(masks)
    parts, parent = components(around, ways)
    # The outside is the part with the first pixel: the row above the object.
    outside = np.append(True, parent[1:] != parent[:-1])
    inner = parts.take(~outside)
    owner = np.concatenate([masks.owners, parent[~outside][inner.owners]])
    return Masks.from_spans(owner, np.concatenate([masks.spans, inner.spans]), len(masks))


def _surroundings(masks: Masks) -> Masks:
    """Return for each object the pixels of its box and of a rim around it that are not its own."""
    full = np.flatnonzero(masks.counts)
    first = masks.starts[full]
    last = masks.starts[full + 1] - 1
    top, bottom = masks.spans[first, 0].astype(np.int64) - 1, masks.spans[last, 0].astype(np.int64) + 1
    left = np.minimum.reduceat(masks.spans[:, 1], first).astype(np.int64) - 1
    right = np.maximum.reduceat(masks.spans[:, 2], first).astype(np.int64) + 1
    # The ends of all gaps: the left of each row of the box, and the ends of spans; a gap reaches to the next begin.
    owner = np.repeat(full, bottom - top + 1)
    y = ranges(top, bottom + 1)
    place = np.repeat(np.arange(len(full)), bottom - top + 1)
    whose = masks.owners
    spans = masks.spans.astype(np.int64)
    all_owner = np.concatenate([owner, whose])
    all_y = np.concatenate([y, spans[:, 0]])
    begin = np.concatenate([left[place], spans[:, 2]])
    stop = np.concatenate([left[place], spans[:, 1]])
    order = np.lexsort((begin, all_y, all_owner))
    all_owner, all_y, begin, stop = all_owner[order], all_y[order], begin[order], stop[order]
    ends = np.empty_like(begin)
    ends[:-1] = stop[1:]
    new_line = np.append((all_owner[1:] != all_owner[:-1]) | (all_y[1:] != all_y[:-1]), True)
    edge = np.zeros(len(masks), np.int64)
    edge[full] = right
    ends[new_line] = edge[all_owner[new_line]]
    return Masks.from_spans(all_owner, np.stack([all_y, begin, ends], 1), len(masks))
