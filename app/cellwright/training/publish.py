"""`publish`: a trained network becomes a model folder: stored, calibrated, given thresholds, and measured as stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import CardPart, Recipe
from cellwright.training.validate import find_all
from cellwright.zoo import (
    Calibration,
    ClassMetrics,
    InputContract,
    Metrics,
    ModelCard,
    ObjectClass,
    Reliability,
    Thresholds,
    Training,
    load_network,
    save_card,
    write_model,
)


def publish(
    folder: Path,
    network: nn.Module,
    architecture: dict[str, Any],
    recipe: Recipe,
    judged: Sequence[Sample],
    provenance: Provenance,
) -> Path | None:
    """Write a model folder; every score on its card is measured with the weights as they were stored.

    Parameters
    ----------
    folder : Path
        Where to; a model that stands there is replaced.
    network : nn.Module
        With the weights to keep.
    architecture : dict
        What `nets.build` makes it from.
    recipe : Recipe
        With a card part; without one nothing is written.
    judged : sequence of Sample
        Pictures that were not trained on: temperatures, thresholds and scores come from them.
    provenance : Provenance
        How the weights came about.

    Returns
    -------
    Path or None
        The folder.
    """
    if recipe.card is None:
        return None
    card = write_model(folder, first_card(recipe, recipe.card, architecture, provenance), network, overwrite=True)
    stored = load_network(folder, card).to(memory_format=torch.channels_last)
    found = _found(stored, judged, recipe.card)
    save_card(folder, measured(card, found, judged, recipe.card.judged_on))
    return folder


def _found(network: nn.Module, judged: Sequence[Sample], part: CardPart) -> list[PictureDetections]:
    # In float32, the number format that every machine has.
    return find_all(network, judged, part.tile_px, None, torch.device("cpu"), part.nms_iou, part.nms)


def first_card(recipe: Recipe, part: CardPart, architecture: dict[str, Any], provenance: Provenance) -> ModelCard:
    """Return what can be said of a model before it is judged."""
    names = recipe.data.classes
    return ModelCard(
        name=recipe.name,
        title=recipe.title,
        summary=part.summary,
        architecture=architecture,
        input=InputContract.model_validate(
            {
                "tile_px": part.tile_px,
                "halo_px": part.halo_px,
                "um_per_px": part.um_per_px,
                "light": part.light,
                # What was never shown turned has learned nothing of it.
                "orientation": "any" if recipe.augment.turn else "upright",
            }
        ),
        classes=tuple(ObjectClass(name=name, **part.classes[name].model_dump()) for name in names),
        thresholds=Thresholds(
            confidence=dict.fromkeys(names, 0.5), floor=part.floor, nms_iou=part.nms_iou, nms=part.nms
        ),
        training=Training(
            data=part.trained_on,
            pictures=provenance.pictures,
            recipe="recipe.toml",
            epochs=provenance.epoch,
            seconds=round(provenance.seconds, 1),
            device=provenance.device_name,
            seed=recipe.seed,
            start=provenance.start,
        ),
        parent=provenance.parent,
        licence=part.licence,
        citations=part.citations,
    )


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
