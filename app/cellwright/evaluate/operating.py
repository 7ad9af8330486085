"""Operating points: precision, recall and F1 at a threshold, and the threshold where F1 is best."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.evaluate.curves import PrecisionRecall, precision_recall
from cellwright.evaluate.matching import Matches


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """How one class fares where only scores of at least `threshold` are kept.

    Parameters
    ----------
    threshold : float
        Smallest score kept.
    true_positives, false_positives, false_negatives : int
        Found rightly, invented, missed.
    """

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        """Share of the detections that are right; NaN where there is none."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of the true objects that were found; NaN where there is none."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where there is neither object nor detection."""
        return _ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)

    def to_dict(self) -> dict[str, object]:
        """Return the point as values that JSON knows; None stands for NaN."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**asdict(self), **{key: None if math.isnan(v) else v for key, v in shares.items()}}


def operating_points(matches: Matches, thresholds: ArrayLike, iou: float = 0.5) -> list[OperatingPoint]:
    """Return what each class does at its threshold.

    The greedy matching looks at surer detections first, so leaving out the less sure ones changes no other pair.

    Parameters
    ----------
    matches : Matches
        Made with `iou` among the overlaps.
    thresholds : float or (C,) array_like of float
        Smallest score, one for all classes or one each.
    iou : float
        Overlap that counts.

    Raises
    ------
    BadParameter
        If the overlap is not among those of the matching.
    """
    smallest = np.broadcast_to(np.asarray(thresholds, np.float64), (matches.n_classes,))
    return [_point(precision_recall(matches, c, iou), float(smallest[c])) for c in range(matches.n_classes)]


def best_f1_points(matches: Matches, iou: float = 0.5, fallback: float = 0.5) -> list[OperatingPoint]:
    """Return the threshold of each class at which F1 is best, and what it does there.

    The threshold lies midway between the last score kept and the first one dropped, so that rounding it does no harm.
    Of equal F1 the highest threshold is taken.

    Parameters
    ----------
    matches, iou
        As in `operating_points`.
    fallback : float
        Threshold of a class without detections or without true objects.
    """
    curves = (precision_recall(matches, c, iou) for c in range(matches.n_classes))
    return [_point(curve, _best_threshold(curve, fallback)) for curve in curves]


def _best_threshold(curve: PrecisionRecall, fallback: float) -> float:
    if not len(curve.scores) or not curve.positives:
        return fallback
    # Equal scores are kept or dropped together: only the last of each run is a place to cut.
    is_last = np.append(curve.scores[1:] != curve.scores[:-1], True)
    cuts = np.flatnonzero(is_last)
    tp, fp = curve.true_positives[cuts], curve.false_positives[cuts]
    f1 = 2 * tp / (tp + fp + curve.positives)
    cut = int(cuts[int(np.argmax(f1))])
    kept = float(curve.scores[cut])
    dropped = float(curve.scores[cut + 1]) if cut + 1 < len(curve.scores) else kept
    middle = (kept + dropped) / 2
    return middle if middle > dropped else kept


def _point(curve: PrecisionRecall, threshold: float) -> OperatingPoint:
    n = int(np.searchsorted(-curve.scores, -threshold, side="right"))
    tp = int(curve.true_positives[n - 1]) if n else 0
    fp = int(curve.false_positives[n - 1]) if n else 0
    return OperatingPoint(threshold, tp, fp, curve.positives - tp)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
