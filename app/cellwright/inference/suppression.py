"""Non-maximum suppression per class: from many boxes an object to one, exactly, in time that grows with the number.

Boxes are taken by falling score, equal scores in the order given. A box survives unless it overlaps by more than a
threshold with a survivor of its class. Survivors are remembered in a hashed grid by size and place, so that each box
meets only those that can overlap enough; the answer is that of comparing all with all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter

NmsKind = Literal["greedy", "diou", "merge"]


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """What suppression leaves.

    Parameters
    ----------
    rows : (K,) ndarray of intp
        Rows of the input that survive, by falling score; equal scores in input order.
    boxes : (K, 4) ndarray of float32
        Their boxes; other than the input's only where boxes were merged.
    """

    rows: NDArray[np.intp]
    boxes: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)


def nms(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_index: NDArray[np.integer],
    iou: float,
    kind: NmsKind = "greedy",
    group: NDArray[np.integer] | None = None,
) -> Survivors:
    """Keep one box an object, per class.

    ``"greedy"`` suppresses a box whose IoU with a survivor exceeds `iou`: the survivors of
    ``torchvision.ops.batched_nms``, in the same float32 arithmetic. ``"diou"`` subtracts from the IoU the squared
    distance of the centres over the squared diagonal of the enclosing box, so that two cells that overlap side by side
    are both kept (DIoU-NMS; Zheng et al., AAAI 2020). ``"merge"`` suppresses like ``"greedy"`` and then moves each
    survivor to the mean of itself and the boxes it suppressed, weighted by their scores (weighted centres of
    confidence; Horzyk & Ergün, IJCNN 2020); a box belongs to the best survivor that suppresses it.

    Parameters
    ----------
    boxes : (N, 4) ndarray of float32
        Two corners, low before high, in any axis order; finite. A box without area meets no other.
    scores : (N,) ndarray of float32
        Not NaN; for ``"merge"`` at least 0.
    class_index : (N,) ndarray of int
        Boxes of different classes do not meet.
    iou : float
        Threshold in [0, 1).
    kind : {"greedy", "diou", "merge"}
        See above.
    group : (N,) ndarray of int, optional
        Boxes of the same group do not meet either: what one tile found has been suppressed already.

    Returns
    -------
    Survivors
        Rows and boxes.

    Raises
    ------
    BadParameter
        If the columns differ in length, a box is not finite, a score is NaN, or `iou` is out of range.
    """
    order, ranked, owner = _ranked_owners(boxes, scores, class_index, iou, kind, group)
    kept = np.flatnonzero(owner == np.arange(len(owner)))
    if kind == "merge" and len(kept):
        from cellwright.inference import suppression_kernels

        weights = np.ascontiguousarray(scores[order], np.float64)
        return Survivors(order[kept], suppression_kernels.weighted_means(ranked, weights, owner)[kept])
    return Survivors(order[kept], ranked[kept])


def clusters(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_index: NDArray[np.integer],
    iou: float,
    group: NDArray[np.integer] | None = None,
) -> NDArray[np.intp]:
    """Return for each box the row of the survivor that stands for it: its best suppressor, or itself.

    Parameters and errors are those of `nms`, whose ``"greedy"`` survivors these are.

    Returns
    -------
    (N,) ndarray of intp
        Rows of the input.
    """
    order, _, owner = _ranked_owners(boxes, scores, class_index, iou, "greedy", group)
    result = np.empty(len(order), np.intp)
    result[order] = order[owner]
    return result


def _ranked_owners(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_index: NDArray[np.integer],
    iou: float,
    kind: NmsKind,
    group: NDArray[np.integer] | None,
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.int64]]:
    """Return the rows by falling score, their boxes, and for each its survivor's place in that order."""
    _refuse_bad_columns(boxes, scores, class_index, iou, group)
    order = falling_order(scores)
    ranked = np.ascontiguousarray(boxes[order], np.float32)
    if not len(order):
        return order, ranked, np.empty(0, np.int64)
    from cellwright.inference import suppression_kernels  # numba takes half a second to load

    classes = np.ascontiguousarray(class_index[order], np.int32)
    groups = np.empty(0, np.int32) if group is None else np.ascontiguousarray(group[order], np.int32)
    return order, ranked, suppression_kernels.suppress(ranked, classes, groups, float(iou), kind == "diou")


def falling_order(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the rows by falling score, equal scores in their given order.

    The same as a stable sort of the negated scores, several times faster: score bits and row share one integer,
    which makes every key distinct, and distinct keys need no stable sort.
    """
    bits = (np.asarray(scores, np.float32) + np.float32(0)).view(np.uint32)  # adding 0 turns -0 into 0
    # Falling order of floats as rising order of integers: positive floats sort like their bits, negative ones reversed.
    falling = np.where(bits >> 31, bits, ~(bits | np.uint32(0x80000000)))
    keys = (falling.astype(np.uint64) << np.uint64(32)) | np.arange(len(bits), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.intp)


def warm() -> None:
    """Load the compiled loops, or compile them: seconds the first time, so call it off the window's thread."""
    box = np.array([[0, 0, 1, 1]], np.float32)
    one, first = np.ones(1, np.float32), np.zeros(1, np.int32)
    nms(box, one, first, 0.5, "merge")
    nms(box, one, first, 0.5, "diou", group=first)


def _refuse_bad_columns(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_index: NDArray[np.integer],
    iou: float,
    group: NDArray[np.integer] | None,
) -> None:
    n = len(scores)
    if boxes.shape != (n, 4) or class_index.shape != (n,) or (group is not None and group.shape != (n,)):
        raise BadParameter(f"{n} scores need {n} boxes and classes, not {boxes.shape} and {class_index.shape}.")
    if not 0.0 <= iou < 1.0:
        raise BadParameter(f"iou={iou} must be at least 0 and below 1.")
    if not np.isfinite(boxes).all() or np.isnan(scores).any():
        raise BadParameter("A box or score is not a number; leave such rows out before suppression.")
