"""Which detection is which true object: the greedy matching of the COCO rules, for all pictures at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter, Masks
from cellwright.evaluate.flat import Flat, joined
from cellwright.evaluate.inputs import Bools, Floats, Ints, PictureDetections, PictureTruth, check_pictures
from cellwright.evaluate.mask_overlap import check_masks, listed_overlaps

FALSE_POSITIVE, TRUE_POSITIVE, IGNORED = 0, 1, 2

COCO_THRESHOLDS: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""0.50, 0.55 … 0.95, with the rounding of the reference implementation."""

COCO_MAX_DETECTIONS = 100
"""How many detections of one class on one picture COCO judges; a smear may hold more cells, so say more there."""

CELL_MAX_DETECTIONS = 1000
"""How many are judged on pictures of cells, wherever a score is told: cards, curves, `evaluate`, the gate."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Detections of all pictures, each with what became of it at every threshold.

    Rows are sorted by class, then picture, then falling score.

    Parameters
    ----------
    n_classes, n_pictures : int
        How many there are, those without a box among them.
    iou_thresholds : (T,) ndarray of float64
        Smallest overlaps that count.
    picture, row : (D,) ndarray of int64
        Which picture, and which row of its detections.
    class_index : (D,) ndarray of int64
        Class that was found.
    scores : (D,) ndarray of float64
        How sure.
    outcome : (T, D) ndarray of int8
        `FALSE_POSITIVE`, `TRUE_POSITIVE`, or `IGNORED` for a detection on an object judged neither way.
    truth_row : (T, D) ndarray of int64
        Row of the picture's truth that was matched, or -1.
    positives : (C,) ndarray of int64
        How many true objects of each class there are to find.
    """

    n_classes: int
    n_pictures: int
    iou_thresholds: Floats
    picture: Ints
    row: Ints
    class_index: Ints
    scores: Floats
    outcome: NDArray[np.int8]
    truth_row: Ints
    positives: Ints

    def __len__(self) -> int:
        return len(self.scores)

    def of_class(self, class_index: int) -> slice:
        """Return the rows of one class."""
        first, last = np.searchsorted(self.class_index, [class_index, class_index + 1])
        return slice(int(first), int(last))

    def threshold_row(self, iou: float) -> int:
        """Return which row of `outcome` belongs to an overlap.

        Raises
        ------
        BadParameter
            If it was not among the thresholds.
        """
        near = np.flatnonzero(np.abs(self.iou_thresholds - iou) < 1e-9)
        if not len(near):
            raise BadParameter(f"Overlap {iou} was not matched; there is: {self.iou_thresholds.round(4).tolist()}.")
        return int(near[0])


def match(
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    n_classes: int,
    iou_thresholds: ArrayLike = COCO_THRESHOLDS,
    max_detections: int = COCO_MAX_DETECTIONS,
    masks: Sequence[tuple[Masks, Masks]] | None = None,
) -> Matches:
    """Match detections to true objects as COCO does.

    Within one class on one picture, detections are taken surest first, equal scores in their order; each takes the
    free object that it overlaps most, if that is at least the threshold.

    Parameters
    ----------
    detections, truths : sequences of equal length
        One entry a picture, in the same order.
    n_classes : int
        How many classes there are, also where some do not occur.
    iou_thresholds : (T,) array_like of float
        In (0, 1].
    max_detections : int
        Only so many of the surest detections of each class on each picture are judged.
    masks : sequence of (Masks, Masks), optional
        For each picture the pixels of its detections and of its true objects, in their order; then these overlap and
        not the boxes.

    Raises
    ------
    BadParameter
        If the lengths differ, a class lies outside, or a threshold or the limit is impossible.
    """
    thresholds = np.atleast_1d(np.asarray(iou_thresholds, np.float64))
    check_pictures(detections, truths, n_classes)
    _check_limits(thresholds, max_detections)
    check_masks(detections, truths, masks)
    n = len(truths)
    found = Flat.of([d.boxes for d in detections], [d.class_index for d in detections])
    true = Flat.of([t.boxes for t in truths], [t.class_index for t in truths])
    scores = joined([d.scores for d in detections], np.float64)
    ignored = joined([t.ignore for t in truths], np.bool_)
    crowd = joined([t.crowd for t in truths], np.bool_)
    order = np.lexsort((-scores, found.key))
    order = order[_rank_in_group(found.key[order]) < max_detections]
    true_order = np.lexsort((ignored, true.key))
    outcome, partner = _run(found, order, true, true_order, ignored, crowd, thresholds, masks)
    return Matches(
        n_classes,
        n,
        thresholds,
        found.picture[order],
        found.row[order],
        found.class_index[order],
        scores[order],
        outcome,
        np.where(partner >= 0, true.row[true_order][partner], -1) if len(true.row) else partner,
        np.bincount(true.class_index[~ignored], minlength=n_classes).astype(np.int64),
    )


def _run(
    found: Flat,
    order: Ints,
    true: Flat,
    true_order: Ints,
    ignored: Bools,
    crowd: Bools,
    thresholds: Floats,
    masks: Sequence[tuple[Masks, Masks]] | None,
) -> tuple[NDArray[np.int8], Ints]:
    from cellwright.evaluate.kernels import match_groups, match_listed

    groups, starts = np.unique(found.key[order], return_index=True)
    true_keys = true.key[true_order]
    # A group without a true object gets equal ends; true objects without a detection are in no group.
    ends = np.append(starts, len(order)).astype(np.int64)
    outcome = np.zeros((len(thresholds), len(order)), np.int8)
    partner = np.full((len(thresholds), len(order)), -1, np.int64)
    bounds = np.searchsorted(true_keys, groups, side="left"), np.searchsorted(true_keys, groups, side="right")
    # Groups are compared through one array of ends, so the true objects that no group needs are taken out first.
    needed = np.isin(true_keys, groups)
    kept = true_order[needed]
    true_ends = np.append(0, np.cumsum(bounds[1] - bounds[0])).astype(np.int64)
    # As the reference does, so that an overlap of 1 reaches a threshold of 1.
    reached = np.minimum(thresholds, 1 - 1e-10)
    if masks is None:
        match_groups(
            found.boxes[order], ends, true.boxes[kept], true_ends, ignored[kept], crowd[kept], reached, outcome, partner
        )
    else:
        listed = listed_overlaps(masks, found, order, true, kept, crowd)
        match_listed(ends, true_ends, *listed, ignored[kept], crowd[kept], reached, outcome, partner)
    positions = np.flatnonzero(needed)
    return outcome, np.where(partner >= 0, positions[partner], -1) if len(positions) else partner


def _rank_in_group(sorted_keys: Ints) -> Ints:
    """Return 0, 1, 2 … within each run of equal keys."""
    n = len(sorted_keys)
    is_start = np.append(True, sorted_keys[1:] != sorted_keys[:-1])[:n]
    starts = np.maximum.accumulate(np.where(is_start, np.arange(n), 0))
    return np.arange(n) - starts


def _check_limits(thresholds: Floats, limit: int) -> None:
    if not len(thresholds) or not ((thresholds > 0) & (thresholds <= 1)).all():
        raise BadParameter(f"Overlaps {thresholds.tolist()} must lie above 0 and at most at 1.")
    if limit < 1:
        raise BadParameter(f"max_detections={limit} leaves nothing to judge; give 1 or more.")
