"""`publish_boxes`: a detector becomes a model folder, calibrated, given thresholds, and measured as stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from cellwright.evaluate import (
    CELL_MAX_DETECTIONS,
    ClassCalibration,
    PictureDetections,
    apply_temperature,
    best_f1_points,
    count_errors,
    fit_calibration,
    match,
    picture_counts,
    score_matches,
)
from cellwright.training.augment import Sample
from cellwright.training.pictures import truth_of
from cellwright.training.recipe import CardPart
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.validate import find_all
from cellwright.zoo import (
    Calibration,
    ClassMetrics,
    Metrics,
    ModelCard,
    Reliability,
    load_network,
    save_card,
    write_model,
)


def publish_boxes(folder: Path, taught: TaughtNetwork, judged: Sequence[Sample]) -> Path | None:
    """Write a model folder; every score on its card is measured with the weights as they were stored.

    Parameters
    ----------
    folder : Path
        Where to; a model that stands there is replaced.
    taught : TaughtNetwork
        What the model is; where its recipe has no card part nothing is written.
    judged : sequence of Sample
        Pictures that were not trained on: temperatures, thresholds and scores come from them.

    Returns
    -------
    Path or None
        The folder.
    """
    part = taught.recipe.card
    if part is None:
        return None
    card = write_model(folder, taught.first_card(part), taught.network, overwrite=True)
    stored = load_network(folder, card).to(memory_format=torch.channels_last)
    save_card(folder, measured(card, _found(stored, judged, part), judged, part.judged_on))
    return folder


def _found(network: nn.Module, judged: Sequence[Sample], part: CardPart) -> list[PictureDetections]:
    # In float32, the number format that every machine has.
    return find_all(network, judged, part.tile_px, None, torch.device("cpu"), part.nms_iou, part.nms)


def measured(card: ModelCard, found: Sequence[PictureDetections], judged: Sequence[Sample], words: str) -> ModelCard:
    """Return the card with temperatures, thresholds, scores and reliability from what was found on `judged`.

    Thresholds are where F1 is best after calibration. Reliability is cross-fitted: each picture's confidences are
    judged under temperatures fitted to other pictures.
    """
    names, truths = card.class_names, truth_of(judged)
    matches = match(found, truths, len(names), max_detections=CELL_MAX_DETECTIONS)
    calibrations = fit_calibration(matches, names, floor=card.thresholds.floor)
    temperatures = [calibration.temperature for calibration in calibrations]
    scaled = [
        PictureDetections(
            picture.boxes,
            picture.class_index,
            apply_temperature(picture.scores, [temperatures[c] for c in picture.class_index])
            if len(picture)
            else picture.scores,
        )
        for picture in found
    ]
    matches = match(scaled, truths, len(names), max_detections=CELL_MAX_DETECTIONS)
    scores = score_matches(matches, names)
    points = best_f1_points(matches)
    confidence = [round(min(max(point.threshold, card.thresholds.floor), 0.95), 3) for point in points]
    counted, true = picture_counts(scaled, truths, len(names), confidence)
    per_class = {
        name: ClassMetrics(
            ap_50=_number(scores.ap_50()[c]),
            ap_50_95=_number(scores.ap_50_95()[c]),
            precision=_number(points[c].precision),
            recall=_number(points[c].recall),
            count_error=_number(count_errors(counted[:, c], true[:, c]).relative_error),
        )
        for c, name in enumerate(names)
    }
    return card.changed(
        thresholds=card.thresholds.model_copy(update={"confidence": dict(zip(names, confidence, strict=True))}),
        calibration=Calibration(
            temperature={name: round(t, 4) for name, t in zip(names, temperatures, strict=True)}, data=words
        ),
        metrics=Metrics(
            data=words,
            pictures=len(judged),
            map_50=_number(scores.map_50),
            map_50_95=_number(scores.map_50_95),
            per_class=per_class,
        ),
        reliability={calibration.name: _reliability(calibration) for calibration in calibrations},
    )


def _reliability(calibration: ClassCalibration) -> Reliability:
    table = calibration.held_out
    used = table.counts > 0
    return Reliability(
        ece=_number(table.expected_calibration_error),
        ece_before=_number(calibration.before.expected_calibration_error),
        confidence=tuple(_number(v) for v in table.confidence[used]),
        precision=tuple(_number(v) for v in table.accuracy[used]),
        count=tuple(int(v) for v in table.counts[used]),
    )


def _number(value: float) -> float:
    """Round for a card; a class that does not occur among the judged pictures scores 0."""
    return 0.0 if math.isnan(value) else round(float(value), 4)
