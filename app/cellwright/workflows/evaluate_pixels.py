"""Judging a model by the pixels of what it found: outlines of objects, classes of pixels, the cardiothoracic ratio."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.core import DatasetNotReadable, Masks, Objects
from cellwright.datasets import ImportReport, LabelledPicture, LabelSource, Meaning
from cellwright.evaluate import (
    CELL_MAX_DETECTIONS,
    DetectionScores,
    ObjectOverlaps,
    PictureDetections,
    PictureTruth,
    PixelScores,
    instance_scores,
    object_overlaps,
    pixel_confusion,
    score_detections,
)
from cellwright.shapes import intersections, labels_from_masks
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.chest import CHEST_CLASSES, ratio_of
from cellwright.workflows.evaluate_outlines import OutlineEvaluation, OutlineScores
from cellwright.workflows.pictures import LeftOut
from cellwright.zoo import ModelCard

_ON_IGNORED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PixelOutcome:
    """One picture, compared.

    Parameters
    ----------
    picture : LabelledPicture
        Which.
    confusion : (C + 1, C + 1) ndarray of int64
        Pixels by true and found class, see `pixel_confusion`.
    overlaps : tuple of ObjectOverlaps
        Of all objects whatever their class, then of each class; empty for a model that sorts pixels.
    masks : (Masks, Masks) or None
        Of what was found and of what was drawn, for mask average precision.
    found : PictureDetections
        Everything that was found, for the same.
    ratios : (float, float)
        True and found cardiothoracic ratio; NaN where it cannot be measured.
    """

    picture: LabelledPicture
    confusion: NDArray[np.int64]
    overlaps: tuple[ObjectOverlaps, ...]
    masks: tuple[Masks, Masks] | None
    found: PictureDetections
    ratios: tuple[float, float]


def compare_pixels(picture: LabelledPicture, analysis: Analysis) -> PixelOutcome:
    """Compare what a person is shown of a picture with what was drawn.

    Raises
    ------
    DatasetNotReadable
        If the picture has no labels, or labels of classes where the model tells objects apart.
    """
    if picture.labels is None:
        raise DatasetNotReadable(f"{picture.path} has boxes but no outlines; it cannot be judged by its pixels.")
    card, shown = analysis.card, analysis.counted()
    tells_objects = card.task == "instances"
    if tells_objects and picture.labels.meaning is not Meaning.OBJECTS:
        raise DatasetNotReadable(
            f"The labels of {picture.path} say the class of each pixel, and {card.name} outlines single objects; "
            "give labels with a number for each object."
        )
    truth, found = picture.labels.masks(), _masks_of(shown)
    class_map = labels_from_masks(found, picture.size, values=shown.class_index.astype(np.int32) + 1)
    confusion = pixel_confusion(_class_map(picture, picture.labels), class_map, len(card.classes) + 1)
    everything = analysis.objects
    detections = PictureDetections(everything.boxes, everything.class_index, everything.scores)
    return PixelOutcome(
        picture,
        confusion,
        _overlaps(picture, truth, shown, found, len(card.classes)) if tells_objects else (),
        (_masks_of(everything), truth) if tells_objects else None,
        detections,
        _ratios(card, picture, truth, shown, found),
    )


def _masks_of(objects: Objects) -> Masks:
    return Masks.empty(len(objects)) if objects.masks is None else objects.masks


def _class_map(picture: LabelledPicture, source: LabelSource) -> NDArray[np.int32]:
    """Return the class of every pixel + 1; objects that nobody judges are -1."""
    labels = source.read()
    if source.meaning is Meaning.CLASSES:
        return labels
    of_row = np.where(picture.ignored, -1, picture.class_index.astype(np.int32) + 1)
    return np.append(0, of_row).astype(np.int32)[labels]


def _overlaps(
    picture: LabelledPicture, truth: Masks, shown: Objects, found: Masks, n_classes: int
) -> tuple[ObjectOverlaps, ...]:
    judged, kept = ~picture.ignored, ~_lies_on(found, truth.take(picture.ignored))
    parts = [object_overlaps(truth.take(judged), found.take(kept))]
    for c in range(n_classes):
        true_rows, found_rows = judged & (picture.class_index == c), kept & (shown.class_index == c)
        parts.append(object_overlaps(truth.take(true_rows), found.take(found_rows)))
    return tuple(parts)


def _lies_on(found: Masks, ignored: Masks) -> NDArray[np.bool_]:
    """Return which objects lie with half of their pixels on objects that nobody judges."""
    pairs, pixels = intersections(found, ignored)
    covered = np.bincount(pairs[:, 0], pixels, minlength=len(found))
    lies: NDArray[np.bool_] = (covered > 0) & (covered >= _ON_IGNORED * found.areas())
    return lies


def _ratios(
    card: ModelCard, picture: LabelledPicture, truth: Masks, shown: Objects, found: Masks
) -> tuple[float, float]:
    if not set(CHEST_CLASSES) <= set(card.class_names):
        return np.nan, np.nan
    drawn = ratio_of(truth, picture.class_index, card.class_names)
    measured = ratio_of(found, shown.class_index, card.class_names)
    return np.nan if drawn is None else drawn.ratio, np.nan if measured is None else measured.ratio


def judge_pixels(
    card: ModelCard,
    data: Path,
    split: str | None,
    outcomes: Sequence[PixelOutcome],
    report: ImportReport,
    left_out: Sequence[LeftOut],
    began: float,
) -> OutlineEvaluation:
    """Put the pictures together."""
    pixels = PixelScores(tuple(card.class_names), np.stack([o.confusion for o in outcomes]))
    objects = [instance_scores([o.overlaps[part] for o in outcomes]) for part in range(len(outcomes[0].overlaps))]
    ratios = np.array([o.ratios for o in outcomes], np.float64).reshape(-1, 2)
    return OutlineEvaluation(
        card=card,
        data=data,
        split=split,
        scores=OutlineScores(
            tuple(o.picture.path for o in outcomes),
            tuple(o.picture.kind for o in outcomes),
            pixels,
            objects[0] if objects else None,
            tuple(objects[1:]),
            ratios if set(CHEST_CLASSES) <= set(card.class_names) else None,
        ),
        mask_scores=_mask_scores(card, outcomes),
        report=report,
        left_out=tuple(left_out),
        seconds=time.monotonic() - began,
    )


def _mask_scores(card: ModelCard, outcomes: Sequence[PixelOutcome]) -> DetectionScores | None:
    masks = [o.masks for o in outcomes if o.masks is not None]
    if not masks:
        return None
    truths = [PictureTruth(o.picture.boxes, o.picture.class_index, o.picture.ignored) for o in outcomes]
    found = [o.found for o in outcomes]
    return score_detections(found, truths, card.class_names, max_detections=CELL_MAX_DETECTIONS, masks=masks)
