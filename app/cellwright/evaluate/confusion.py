"""Confusion matrix: which class was found where which class is, misses and inventions among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.evaluate.inputs import Bools, Floats, Ints, PictureDetections, PictureTruth, check_pictures
from cellwright.evaluate.overlap import intersection_matrix, iou_matrix, overlapping_pairs


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionMatrix:
    """Counts of true class against found class.

    Parameters
    ----------
    classes : tuple of str
        Names.
    counts : (C + 1, C + 1) ndarray of int64
        Row: true class, the last row nothing (an invention). Column: found class, the last column nothing (a miss).
    """

    classes: tuple[str, ...]
    counts: Ints

    @property
    def correct(self) -> int:
        """Objects found and named rightly."""
        return int(np.trace(self.counts[:-1, :-1]))

    @property
    def confused(self) -> int:
        """Objects found and named wrongly."""
        return int(self.counts[:-1, :-1].sum()) - self.correct

    @property
    def missed(self) -> int:
        """Objects not found."""
        return int(self.counts[:-1, -1].sum())

    @property
    def invented(self) -> int:
        """Detections where nothing is."""
        return int(self.counts[-1].sum())

    def shares_of_truth(self) -> Floats:
        """(C, C + 1) float64: each row of true objects divided by its sum; 0 where the class does not occur."""
        rows = self.counts[:-1].astype(np.float64)
        total = rows.sum(axis=1, keepdims=True)
        result: Floats = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
        return result

    def to_dict(self) -> dict[str, object]:
        """Return the matrix as values that JSON knows."""
        return {
            "classes": list(self.classes),
            "rows": "true class, then nothing there",
            "columns": "found class, then not found",
            "counts": self.counts.tolist(),
        }


def confusion_matrix(
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    classes: Sequence[str],
    thresholds: ArrayLike = 0.5,
    iou: float = 0.5,
) -> ConfusionMatrix:
    """Pair detections with true objects whatever their class, and count which class was found for which.

    Pairs are made one to one, the largest overlap first (equal overlaps: the same class first, then the surer), so a
    cell under the wrong name counts once as confused and not twice as missed and invented. Objects to be ignored take
    no part, nor do unpaired detections that lie on one.

    Parameters
    ----------
    detections, truths : sequences of equal length
        One entry a picture.
    classes : sequence of str
        Names.
    thresholds : float or (C,) array_like of float
        Smallest score, one for all classes or one each.
    iou : float
        Smallest overlap that makes a pair.

    Raises
    ------
    BadParameter
        If the lengths differ or a class has no name.
    """
    check_pictures(detections, truths, len(classes))
    n = len(classes)
    smallest = np.broadcast_to(np.asarray(thresholds, np.float64), (n,))
    counts = np.zeros((n + 1, n + 1), np.int64)
    for found, truth in zip(detections, truths, strict=True):
        kept = found.scores >= smallest[found.class_index]
        _count_picture(counts, _take(found, kept), truth, iou)
    return ConfusionMatrix(tuple(classes), counts)


def _take(found: PictureDetections, rows: Bools) -> PictureDetections:
    return PictureDetections(found.boxes[rows], found.class_index[rows], found.scores[rows])


def _count_picture(counts: Ints, found: PictureDetections, truth: PictureTruth, iou: float) -> None:
    nothing = len(counts) - 1
    judged = ~truth.ignore
    boxes, true_class = truth.boxes[judged], truth.class_index[judged]
    pairs = _pair(found, boxes, true_class, iou)
    np.add.at(counts, (true_class[pairs[:, 1]], found.class_index[pairs[:, 0]]), 1)
    counts[:-1, -1] += np.bincount(np.delete(true_class, pairs[:, 1]), minlength=nothing)
    alone = np.setdiff1d(np.arange(len(found)), pairs[:, 0])
    invented = alone[~_lies_on(found.boxes[alone], truth.boxes[truth.ignore], truth.crowd[truth.ignore], iou)]
    counts[-1, :-1] += np.bincount(found.class_index[invented], minlength=nothing)


def _pair(found: PictureDetections, boxes: Floats, true_class: Ints, iou: float) -> Ints:
    """Return (K, 2) rows of detections and of true objects that belong together."""
    d, g, overlap = overlapping_pairs(found.boxes, boxes, iou)
    differs = found.class_index[d] != true_class[g]
    order = np.lexsort((-found.scores[d], differs, -overlap))
    free_d, free_g = np.ones(len(found), bool), np.ones(len(boxes), bool)
    pairs = []
    for i in order:
        if free_d[d[i]] and free_g[g[i]]:
            free_d[d[i]] = free_g[g[i]] = False
            pairs.append((d[i], g[i]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _lies_on(boxes: Floats, ignored: Floats, crowd: Bools, iou: float) -> Bools:
    """Return which boxes overlap an object to be ignored; for crowds the part of the box that lies inside counts."""
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)[:, None]
    shared = intersection_matrix(boxes, ignored)
    inside = np.divide(shared, area, out=np.zeros_like(shared), where=area > 0)
    result: Bools = np.any(np.where(crowd, inside, iou_matrix(boxes, ignored)) >= iou, axis=1)
    return result
