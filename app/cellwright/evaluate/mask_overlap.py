"""How far the masks of detections and of true objects overlap, in the order in which they are matched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellwright.core import BadParameter, Masks
from cellwright.evaluate.flat import Flat
from cellwright.evaluate.inputs import Bools, Floats, Ints, PictureDetections, PictureTruth


def check_masks(
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    masks: Sequence[tuple[Masks, Masks]] | None,
) -> None:
    """Make sure that every detection and every true object has a mask, where there are masks at all.

    Raises
    ------
    BadParameter
        If not.
    """
    if masks is None:
        return
    there = [(len(found), len(true)) for found, true in masks]
    needed = [(len(d), len(t)) for d, t in zip(detections, truths, strict=True)]
    if there != needed:
        raise BadParameter("Masks were given for other objects than were found and drawn; give one each.")


def listed_overlaps(
    masks: Sequence[tuple[Masks, Masks]], found: Flat, order: Ints, true: Flat, kept: Ints, crowd: Bools
) -> tuple[Ints, Ints, Floats]:
    """Return for each detection the true objects of its class that it shares pixels with.

    Parameters
    ----------
    masks : sequence of (Masks, Masks)
        Of the detections and of the true objects of each picture.
    found, true : Flat
        All of them in one table.
    order, kept : ndarray of int64
        Rows of `found` and of `true` that are matched, in that order.
    crowd : ndarray of bool
        By row of `true`: the overlap with a crowd is the part of the detection that lies inside.

    Returns
    -------
    ends, listed, overlaps
        As `kernels.match_listed` takes them.
    """
    d, t, shared = _pairs(masks, found, true)
    place_found, place_true = _places(len(found.row), order)[d], _places(len(true.row), kept)[t]
    matched = (place_found >= 0) & (place_true >= 0) & (found.class_index[d] == true.class_index[t])
    d, t, shared, place_found, place_true = (v[matched] for v in (d, t, shared, place_found, place_true))
    areas = [np.concatenate([np.empty(0, np.int64), *(pair[side].areas() for pair in masks)]) for side in (0, 1)]
    whole = areas[0][d] + np.where(crowd[t], 0, areas[1][t] - shared)
    sorted_rows = np.lexsort((place_true, place_found))
    counts = np.bincount(place_found, minlength=len(order))
    ends = np.append(0, np.cumsum(counts)).astype(np.int64)
    return ends, place_true[sorted_rows], (shared / whole)[sorted_rows]


def _pairs(masks: Sequence[tuple[Masks, Masks]], found: Flat, true: Flat) -> tuple[Ints, Ints, Ints]:
    """Return rows of `found` and `true` that share pixels, and how many."""
    from cellwright.shapes import intersections

    first_found = np.searchsorted(found.picture, np.arange(len(masks)))
    first_true = np.searchsorted(true.picture, np.arange(len(masks)))
    parts = [intersections(detected, drawn) for detected, drawn in masks]
    d = [pairs[:, 0] + first for (pairs, _), first in zip(parts, first_found, strict=True)]
    t = [pairs[:, 1] + first for (pairs, _), first in zip(parts, first_true, strict=True)]
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *d]), np.concatenate([empty, *t]), np.concatenate([empty, *(s for _, s in parts)])


def _places(n: int, order: Ints) -> Ints:
    """Return for each of `n` rows where it stands in `order`, -1 where it does not."""
    places = np.full(n, -1, np.int64)
    places[order] = np.arange(len(order))
    return places
