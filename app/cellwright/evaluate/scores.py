"""`score_detections`: how good a detector is, per class and over all, by the COCO rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter, Masks
from cellwright.evaluate.curves import average_precision_all_points, average_precision_coco, class_curves
from cellwright.evaluate.inputs import Floats, Ints, PictureDetections, PictureTruth
from cellwright.evaluate.matching import COCO_MAX_DETECTIONS, COCO_THRESHOLDS, Matches, match
from cellwright.evaluate.ratios import plain


@dataclass(frozen=True, slots=True, eq=False)
class DetectionScores:
    """Average precision and recall, class by class and overlap by overlap.

    A class of which the truth has no object has NaN and is left out of every mean.

    Parameters
    ----------
    classes : tuple of str
        Names.
    iou_thresholds : (T,) ndarray of float64
        Overlaps.
    average_precision : (C, T) ndarray of float64
        COCO, 101 recalls.
    average_precision_all_points : (C, T) ndarray of float64
        Area under the whole curve (VOC 2010).
    recall : (C, T) ndarray of float64
        Reached by all detections that were judged.
    positives, detections : (C,) ndarray of int64
        True objects, and detections that were judged.
    n_pictures : int
        How many pictures were judged.
    """

    classes: tuple[str, ...]
    iou_thresholds: Floats
    average_precision: Floats
    average_precision_all_points: Floats
    recall: Floats
    positives: Ints
    detections: Ints
    n_pictures: int

    @property
    def map_50(self) -> float:
        """mAP@0.5: mean over the classes at an overlap of 0.5."""
        return _mean(self.average_precision[:, self._column(0.5)])

    @property
    def map_75(self) -> float:
        """mAP@0.75: mean over the classes at an overlap of 0.75."""
        return _mean(self.average_precision[:, self._column(0.75)])

    @property
    def map_50_95(self) -> float:
        """mAP: mean over the classes and over all the overlaps (0.5 … 0.95 unless others were asked for)."""
        return _mean(self.average_precision)

    @property
    def mean_recall(self) -> float:
        """COCO's AR: mean over the classes and the overlaps."""
        return _mean(self.recall)

    def ap_50(self) -> Floats:
        """(C,) float64: AP@0.5 of each class."""
        return self.average_precision[:, self._column(0.5)]

    def ap_50_95(self) -> Floats:
        """(C,) float64: AP of each class, mean over the overlaps."""
        return np.array([_mean(row) for row in self.average_precision])

    def _column(self, iou: float) -> int:
        near = np.flatnonzero(np.abs(self.iou_thresholds - iou) < 1e-9)
        if not len(near):
            raise BadParameter(f"Overlap {iou} was not judged; ask for it in iou_thresholds.")
        return int(near[0])

    def to_dict(self) -> dict[str, object]:
        """Return the scores as values that JSON knows; None stands for NaN."""
        per_class = {
            name: {
                "positives": int(self.positives[c]),
                "detections": int(self.detections[c]),
                "ap": plain(_mean(self.average_precision[c])),
                "ap_by_iou": [plain(value) for value in self.average_precision[c]],
                "ap_all_points_by_iou": [plain(value) for value in self.average_precision_all_points[c]],
                "recall_by_iou": [plain(value) for value in self.recall[c]],
            }
            for c, name in enumerate(self.classes)
        }
        means = {
            f"map_{round(100 * iou)}": plain(_mean(self.average_precision[:, t]))
            for t, iou in enumerate(self.iou_thresholds)
            if round(100 * iou) in {50, 75}
        }
        return {
            "pictures": self.n_pictures,
            "iou_thresholds": self.iou_thresholds.round(6).tolist(),
            **means,
            "map_50_95": plain(self.map_50_95),
            "mean_recall": plain(self.mean_recall),
            "per_class": per_class,
        }


def score_detections(
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    classes: Sequence[str],
    iou_thresholds: ArrayLike = COCO_THRESHOLDS,
    max_detections: int = COCO_MAX_DETECTIONS,
    masks: Sequence[tuple[Masks, Masks]] | None = None,
) -> DetectionScores:
    """Score detections as the COCO evaluation does (area "all"), equal to pycocotools on the same boxes or masks.

    Parameters
    ----------
    detections, truths, iou_thresholds, max_detections, masks
        As in `match`.
    classes : sequence of str
        Names of the classes that `class_index` points into.

    Raises
    ------
    BadParameter
        As in `match`.
    """
    return score_matches(match(detections, truths, len(classes), iou_thresholds, max_detections, masks), classes)


def score_matches(matches: Matches, classes: Sequence[str]) -> DetectionScores:
    """Score what was matched already.

    Raises
    ------
    BadParameter
        If the number of classes is another one.
    """
    if len(classes) != matches.n_classes:
        raise BadParameter(f"{len(classes)} names for {matches.n_classes} classes; give one each.")
    shape = (len(classes), len(matches.iou_thresholds))
    coco, all_points, recall = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    for c in np.flatnonzero(matches.positives):
        for t, curve in enumerate(class_curves(matches, int(c))):
            coco[c, t] = average_precision_coco(curve)
            all_points[c, t] = average_precision_all_points(curve)
            recall[c, t] = curve.recall[-1] if len(curve.recall) else 0.0
    found = np.bincount(matches.class_index, minlength=len(classes)).astype(np.int64)
    return DetectionScores(
        tuple(classes),
        matches.iou_thresholds,
        coco,
        all_points,
        recall,
        matches.positives,
        found,
        matches.n_pictures,
    )


def _mean(values: Floats) -> float:
    """Return the mean of what is not NaN; NaN where nothing is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan
