"""Precision against recall, and the area under it as COCO, VOC 2010 and VOC 2007 take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.evaluate.inputs import Floats, Ints
from cellwright.evaluate.matching import FALSE_POSITIVE, TRUE_POSITIVE, Matches

COCO_RECALLS = np.linspace(0.0, 1.0, 101)
VOC_RECALLS = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecall:
    """What a class gains and loses as the threshold on the score falls; one entry a detection, surest first.

    Parameters
    ----------
    scores : (D,) ndarray of float64
        Falling.
    precision, recall : (D,) ndarray of float64
        Of all detections down to this one.
    true_positives, false_positives : (D,) ndarray of int64
        The counts behind them.
    positives : int
        True objects to find.
    """

    scores: Floats
    precision: Floats
    recall: Floats
    true_positives: Ints
    false_positives: Ints
    positives: int

    def to_dict(self, points: int = 201) -> dict[str, object]:
        """Return at most so many points of the curve as values that JSON knows."""
        rows = np.unique(np.linspace(0, max(0, len(self.scores) - 1), points).round().astype(int))[: len(self.scores)]
        return {
            "positives": self.positives,
            "scores": self.scores[rows].tolist(),
            "precision": self.precision[rows].tolist(),
            "recall": self.recall[rows].tolist(),
        }


def precision_recall(matches: Matches, class_index: int, iou: float = 0.5) -> PrecisionRecall:
    """Return the curve of one class at one overlap.

    Raises
    ------
    BadParameter
        If the overlap is not among those of the matching.
    """
    return _curves(matches, class_index, [matches.threshold_row(iou)])[0]


def _curves(matches: Matches, class_index: int, rows: Sequence[int]) -> list[PrecisionRecall]:
    chosen = matches.of_class(class_index)
    scores = matches.scores[chosen]
    order = np.argsort(-scores, kind="stable")  # equal scores keep the order of the pictures, as in the reference
    outcome = matches.outcome[:, chosen][list(rows)][:, order]  # (T, D)
    tp = np.cumsum(outcome == TRUE_POSITIVE, axis=1)
    fp = np.cumsum(outcome == FALSE_POSITIVE, axis=1)
    positives = int(matches.positives[class_index])
    precision = tp / (tp + fp + np.spacing(1))
    recall = tp / positives if positives else np.full(tp.shape, np.nan)
    return [
        PrecisionRecall(scores[order], precision[t], recall[t], tp[t], fp[t], positives) for t in range(len(outcome))
    ]


def class_curves(matches: Matches, class_index: int) -> list[PrecisionRecall]:
    """Return the curves of one class, one at each overlap of the matching."""
    return _curves(matches, class_index, range(len(matches.iou_thresholds)))


def interpolated_precision(curve: PrecisionRecall, recalls: NDArray[np.float64] = COCO_RECALLS) -> Floats:
    """Return the best precision that is had at each recall or beyond it; 0 where it is never reached.

    Parameters
    ----------
    curve : PrecisionRecall
        Of a class with at least one true object.
    recalls : (R,) ndarray of float64
        In [0, 1], rising.
    """
    envelope = np.append(_envelope(curve.precision), 0.0)
    result: Floats = envelope[np.searchsorted(curve.recall, recalls, side="left")]
    return result


def average_precision_coco(curve: PrecisionRecall) -> float:
    """Return the mean of the interpolated precision at 101 recalls; NaN where there is nothing to find."""
    return float(interpolated_precision(curve).mean()) if curve.positives else float("nan")


def average_precision_voc07(curve: PrecisionRecall) -> float:
    """Return the mean of the interpolated precision at 11 recalls, as VOC did until 2009; NaN without positives."""
    return float(interpolated_precision(curve, VOC_RECALLS).mean()) if curve.positives else float("nan")


def average_precision_all_points(curve: PrecisionRecall) -> float:
    """Return the area under the falling envelope of precision, every point used, as VOC does since 2010.

    NaN where there is nothing to find.
    """
    if not curve.positives:
        return float("nan")
    gains = np.diff(curve.recall, prepend=0.0)
    return float(np.sum(gains * _envelope(curve.precision)))


def _envelope(precision: Floats) -> Floats:
    result: Floats = np.maximum.accumulate(precision[::-1])[::-1]
    return result
