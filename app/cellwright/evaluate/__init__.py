"""Scores: how good boxes, outlines and pixels are, how well cells are counted, how honest confidences are."""

from cellwright.evaluate.assignment import matched_pairs
from cellwright.evaluate.calibration import ClassCalibration, apply_temperature, fit_calibration, fit_temperature
from cellwright.evaluate.classes import (
    ClassScores,
    Naming,
    class_scores_of,
    coverage_at,
    fit_shared_temperature,
    least_for,
)
from cellwright.evaluate.confusion import ConfusionMatrix, confusion_matrix
from cellwright.evaluate.counting import CountErrors, count_errors, picture_counts, relative_errors, whole_counts
from cellwright.evaluate.curves import (
    PrecisionRecall,
    average_precision_all_points,
    average_precision_coco,
    average_precision_voc07,
    interpolated_precision,
    precision_recall,
)
from cellwright.evaluate.inputs import PictureDetections, PictureTruth
from cellwright.evaluate.instances import AREA_EDGES, INSTANCE_THRESHOLDS, InstanceScores, instance_scores
from cellwright.evaluate.matching import (
    CELL_MAX_DETECTIONS,
    COCO_MAX_DETECTIONS,
    COCO_THRESHOLDS,
    Matches,
    match,
)
from cellwright.evaluate.object_overlap import ObjectOverlaps, object_overlaps
from cellwright.evaluate.operating import OperatingPoint, best_f1_points, operating_points
from cellwright.evaluate.overlap import iou_matrix, overlapping_pairs
from cellwright.evaluate.pixels import PixelScores, pixel_confusion, pixel_scores
from cellwright.evaluate.reliability import Reliability, reliability
from cellwright.evaluate.scores import DetectionScores, score_detections, score_matches

__all__ = [
    "AREA_EDGES",
    "CELL_MAX_DETECTIONS",
    "COCO_MAX_DETECTIONS",
    "COCO_THRESHOLDS",
    "INSTANCE_THRESHOLDS",
    "ClassCalibration",
    "ClassScores",
    "ConfusionMatrix",
    "CountErrors",
    "DetectionScores",
    "InstanceScores",
    "Matches",
    "Naming",
    "ObjectOverlaps",
    "OperatingPoint",
    "PictureDetections",
    "PictureTruth",
    "PixelScores",
    "PrecisionRecall",
    "Reliability",
    "apply_temperature",
    "average_precision_all_points",
    "average_precision_coco",
    "average_precision_voc07",
    "best_f1_points",
    "class_scores_of",
    "confusion_matrix",
    "count_errors",
    "coverage_at",
    "fit_calibration",
    "fit_shared_temperature",
    "fit_temperature",
    "instance_scores",
    "interpolated_precision",
    "iou_matrix",
    "least_for",
    "match",
    "matched_pairs",
    "object_overlaps",
    "operating_points",
    "overlapping_pairs",
    "picture_counts",
    "pixel_confusion",
    "pixel_scores",
    "precision_recall",
    "relative_errors",
    "reliability",
    "score_detections",
    "score_matches",
    "whole_counts",
]
