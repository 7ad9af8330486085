"""From several looks at one tile to one list: the mean of turned copies, the surest of several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.inference.candidates import Boxes, Cut
from cellwright.inference.decoders import Candidates
from cellwright.inference.seams import SEAM_IOU
from cellwright.inference.suppression import NmsKind, falling_order, nms

_STEPS = 65536
"""Weights of masks are counted in steps of 2^-16, so that sums are exact whatever their order."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnedCandidates:
    """What the turned copies of a tile may hold, copy by copy.

    Parameters
    ----------
    looks : tuple of Candidates
        One a copy, in coordinates of the picture as it is.
    cut : Cut
        What is kept of their mean.
    """

    looks: tuple[Candidates, ...]
    cut: Cut

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return sum(look.nbytes for look in self.looks)

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        found = agreed([look.objects(nms_iou) for look in self.looks], self.cut.floor)
        kind: NmsKind = "diou" if self.cut.nms_kind == "diou" else "greedy"
        return found.take(nms(found.boxes, found.scores, found.class_index, nms_iou, kind).rows)


@dataclass(frozen=True, slots=True, eq=False)
class SizedCandidates:
    """What a tile may hold at each of several input sizes."""

    looks: tuple[Candidates, ...]

    @property
    def nbytes(self) -> int:
        """Memory that they take."""
        return sum(look.nbytes for look in self.looks)

    def objects(self, nms_iou: float) -> Boxes:
        """See `Candidates.objects`."""
        return surest([look.objects(nms_iou) for look in self.looks])


def surest(looks: Sequence[Boxes]) -> Boxes:
    """Join what several looks found, each without twins: of one object the surest stands for all, as at seams.

    Unlike `agreed`, an object that a single look found keeps its score: a size is asked for because of objects that
    other sizes do not show.
    """
    found, look = _together(looks)
    return found.take(nms(found.boxes, found.scores, found.class_index, SEAM_IOU, group=look).rows)


def agreed(looks: Sequence[Boxes], floor: float) -> Boxes:
    """Join what equal looks found to what they find on average.

    Boxes of one class that overlap by more than `SEAM_IOU` are one object, at most one of each look: the surest leads,
    each other look adds the one that overlaps most with it. Its score is the mean over all looks, 0 for those that did
    not find it; its box the mean weighted by scores (weighted boxes fusion; Solovyev et al., Image and Vision Computing
    107, 2021); its pixels those that looks of at least half of the weight agree on. The answer does not depend on the
    order of the looks, but for equal scores.

    Parameters
    ----------
    looks : sequence of Boxes
        What each found, in one frame, without twins.
    floor : float
        Objects whose mean is lower are left out.

    Returns
    -------
    Boxes
        By falling score.
    """
    found, look = _together(looks)
    if not len(found):
        return found
    from cellwright.inference import agreement_kernels  # numba takes half a second to load

    order = falling_order(found.scores)
    found, look = found.take(order), look[order]
    boxes = np.ascontiguousarray(found.boxes, np.float64)
    leader = agreement_kernels.matched(boxes, found.class_index.astype(np.int32), look, len(looks), SEAM_IOU)
    leads, member_of = np.unique(leader, return_inverse=True)
    weights = np.maximum(found.scores.astype(np.float64), 1e-12)
    total = np.bincount(member_of, weights)
    # About its leader's box, so that boxes which are the same stay what they are.
    drift = (boxes - boxes[leader]) * weights[:, None]
    moved = np.stack([np.bincount(member_of, drift[:, k]) for k in range(4)], 1) / total[:, None]
    scores = (np.bincount(member_of, found.scores.astype(np.float64)) / len(looks)).astype(np.float32)
    masks = None if found.masks is None else majority(found.masks, member_of, weights, len(leads))
    joined = Boxes((boxes[leads] + moved).astype(np.float32), found.class_index[leads], scores, masks)
    joined = joined.take(scores >= floor)
    joined = joined.take(falling_order(joined.scores))
    if joined.masks is not None:
        joined = Boxes.outlined(joined.masks, joined.class_index, joined.scores)
    return joined


def majority(masks: Masks, member_of: NDArray[np.intp], weights: NDArray[np.float64], n: int) -> Masks:
    """Return `n` shapes, each of the pixels that at least half of its members, by weight, hold.

    Parameters
    ----------
    masks : Masks
        The members.
    member_of : (M,) ndarray of intp
        Which shape each votes on, 0 … n - 1.
    weights : (M,) ndarray of float64
        Of their votes, above 0.
    n : int
        How many shapes.
    """
    votes = np.maximum(np.rint(weights * _STEPS).astype(np.int64), 1)
    total = np.zeros(n, np.int64)
    np.add.at(total, member_of, votes)
    owner, (y, x0, x1) = member_of[masks.owners], masks.spans.T
    change = votes[masks.owners]
    shape, row, column = np.tile(owner, 2), np.tile(y, 2), np.concatenate([x0, x1])
    order = np.lexsort((column, row, shape))
    shape, row, column = shape[order], row[order], column[order]
    # Along a row votes come in and go out again, so that the sum begins every row at 0.
    here = np.cumsum(np.concatenate([change, -change])[order])
    rows = np.flatnonzero(2 * here[:-1] >= total[shape[:-1]])
    spans = np.stack([row[rows], column[rows], column[rows + 1]], 1)
    return Masks.from_spans(shape[rows], spans, n)


def _together(looks: Sequence[Boxes]) -> tuple[Boxes, NDArray[np.int32]]:
    """Return all rows, and which look each comes from."""
    look = np.repeat(np.arange(len(looks), dtype=np.int32), [len(found) for found in looks])
    return Boxes.concatenate(looks), look
