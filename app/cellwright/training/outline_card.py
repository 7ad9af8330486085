"""`publish_outlines`: a network that outlines becomes a model folder, judged on files by the code that will use it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, Objects
from cellwright.inference import detect_file, open_predictor
from cellwright.measure import cardiothoracic_ratio
from cellwright.project.pictures import slide_ref
from cellwright.shapes import labels_from_masks, masks_from_labels
from cellwright.training.crops import LabelSample
from cellwright.training.outline_scores import class_scores, object_scores
from cellwright.training.recipe import CardPart, Recipe
from cellwright.training.taught_network import TaughtNetwork
from cellwright.zoo import ClassMetrics, Metrics, ModelCard, save_card, write_model

_STEPS = np.arange(1, 19) * 0.05
"""Scores that are tried as threshold."""
CHEST_CLASSES = ("right-lung", "left-lung", "heart")
"""Classes of which the cardiothoracic ratio is measured."""

FOREGROUND = 0.5
"""Probability from which a pixel belongs to an object, where a recipe does not say otherwise."""


def publish_outlines(folder: Path, taught: TaughtNetwork, judged: Sequence[LabelSample]) -> Path | None:
    """Write a model folder; every score on its card is measured with the weights as they were stored.

    Parameters
    ----------
    folder : Path
        Where to; a model that stands there is replaced.
    taught : TaughtNetwork
        What the model is; where its recipe has no card part nothing is written.
    judged : sequence of LabelSample
        Pictures that were not trained on, each with the path of its file: the threshold and the scores come from them.

    Returns
    -------
    Path or None
        The folder.
    """
    recipe, part = taught.recipe, taught.recipe.card
    if part is None:
        return None
    shown: dict[str, Any] = {
        "stride": int(taught.network.max_stride),  # type: ignore[arg-type]
        "contrast": recipe.look.contrast,
        "fit": recipe.look.fit,
    }
    if recipe.look.contrast == "percentile":
        shown["percentiles"] = recipe.look.percentiles
    if not is_semantic(recipe):
        shown["object_px"] = typical_diameter(judged, part.tile_px if recipe.look.fit else None)
    task = "semantic" if is_semantic(recipe) else "instances"
    card = taught.first_card(part, shown, task=task, decoding=decoding_of(recipe, part, taught.architecture))
    card = write_model(folder, card, taught.network, overwrite=True)
    found = found_on_files(folder, judged)
    save_card(folder, judged_card(card, found, judged, recipe))
    return folder


def is_semantic(recipe: Recipe) -> bool:
    """Whether a recipe teaches classes of pixels that are no objects."""
    return recipe.task == "pixels" and not recipe.pixels.touching_px


def typical_diameter(pictures: Sequence[LabelSample], fitted_px: int | None) -> float | None:
    """Return the median diameter of all labelled objects as discs of their area, in pixels of the network's input.

    ``fitted_px`` is the long side that pictures are fitted to, None where they are seen in their own pixels.
    """
    diameters = []
    for picture in pictures:
        areas = np.bincount(np.maximum(picture.labels, 0).ravel())[1:]
        scale = 1.0 if fitted_px is None else fitted_px / max(picture.shape)
        diameters.append(np.sqrt(areas[areas > 0] * 4 / np.pi) * scale)
    every = np.concatenate(diameters) if diameters else np.empty(0)
    return round(float(np.median(every)), 1) if len(every) else None


def decoding_of(recipe: Recipe, part: CardPart, architecture: dict[str, Any]) -> dict[str, Any]:
    """Return how the answers of a network become objects, as a card says it."""
    if recipe.task == "stars":
        head = architecture["head"]
        decoding: dict[str, Any] = {"kind": "stars", "grid": head.get("grid", 1)}
        if head.get("pixels"):
            decoding["foreground"] = FOREGROUND
    elif recipe.task == "instances":
        decoding = {"kind": "regions"}
    else:
        decoding = {"kind": "classes" if is_semantic(recipe) else "touching"}
    return {**decoding, **part.decoding}


def found_on_files(model: Path, judged: Sequence[LabelSample]) -> list[Objects]:
    """Return what a model folder finds on the files of pictures, down to its floor, in float32."""
    # In float32, the number format that every machine has.
    predictor = open_predictor(model, "cpu:torch-fp32")
    try:
        paths = [picture.path for picture in judged if picture.path is not None]
        return [detect_file(slide_ref(path), predictor).objects for path in paths]
    finally:
        predictor.close()


def judged_card(card: ModelCard, found: Sequence[Objects], judged: Sequence[LabelSample], recipe: Recipe) -> ModelCard:
    """Return the card with its threshold and its scores from what was found on `judged`."""
    if not is_semantic(recipe):
        threshold = best_threshold(found, judged, card.thresholds.floor)
        confidence = dict.fromkeys(card.class_names, threshold)
        card = card.changed(thresholds=card.thresholds.model_copy(update={"confidence": confidence}))
        found = [objects.at_least(threshold) for objects in found]
    score = partial(_class_scores, classes=recipe.data.classes) if is_semantic(recipe) else _object_scores
    scores, per_class = score(found, judged)
    sorts = sorted({picture.sort for picture in judged})
    details: dict[str, Any] = {}
    if len(sorts) > 1:
        for sort in sorts:
            rows = [row for row, picture in enumerate(judged) if picture.sort == sort]
            own, own_classes = score([found[row] for row in rows], [judged[row] for row in rows])
            details[sort] = {"pictures": len(rows), **own, **({"per_class": own_classes} if own_classes else {})}
    return card.changed(
        metrics=Metrics(
            data=recipe.card.judged_on if recipe.card is not None else "",
            pictures=len(judged),
            scores=_rounded(scores),
            per_class={name: ClassMetrics(**_rounded(values)) for name, values in per_class.items()},
            details=_rounded(details),
        )
    )


def best_threshold(found: Sequence[Objects], judged: Sequence[LabelSample], floor: float) -> float:
    """Return the score from which objects count best: where AP over IoU 0.5 to 0.9 is highest."""
    tried = [round(float(step), 3) for step in _STEPS if step >= floor]
    return max(tried, key=lambda least: object_scores(_pairs(found, judged, least))["mean_ap_50_90"])


def _pairs(
    found: Sequence[Objects], judged: Sequence[LabelSample], least: float = 0.0
) -> Iterator[tuple[NDArray[np.int32], Masks]]:
    for objects, picture in zip(found, judged, strict=True):
        kept = objects.at_least(least)
        yield picture.labels, Masks.empty(len(kept)) if kept.masks is None else kept.masks


def _object_scores(
    found: Sequence[Objects], judged: Sequence[LabelSample]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    covered = ((np.minimum(true, 1), np.minimum(_map(masks, true), 1)) for true, masks in _pairs(found, judged))
    return {**object_scores(_pairs(found, judged)), "dice": class_scores(covered, ("object",))[0]["dice"]}, {}


def _class_scores(
    found: Sequence[Objects], judged: Sequence[LabelSample], classes: Sequence[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    maps = (
        (true, np.concatenate(([0], objects.class_index + 1)).astype(np.int32)[_map(masks, true)])
        for objects, (true, masks) in zip(found, _pairs(found, judged), strict=True)
    )
    scores, per_class = class_scores(maps, classes)
    if set(CHEST_CLASSES) <= set(classes):
        scores["ctr_mae"] = _ratio_error(found, judged, classes)
    return scores, per_class


def _ratio_error(found: Sequence[Objects], judged: Sequence[LabelSample], classes: Sequence[str]) -> float:
    """Return the mean absolute error of the cardiothoracic ratio; a picture without one of the parts counts as 1."""
    errors = []
    for objects, (true, masks) in zip(found, _pairs(found, judged), strict=True):
        drawn = _ratio(*masks_from_labels(np.maximum(true, 0)), classes)
        measured = _ratio(masks, objects.class_index + 1, classes)
        errors.append(1.0 if drawn is None or measured is None else abs(drawn - measured))
    return float(np.mean(errors))


def _ratio(masks: Masks, labels: NDArray[np.integer], classes: Sequence[str]) -> float | None:
    parts = [masks.take(np.flatnonzero(labels == classes.index(name) + 1)) for name in CHEST_CLASSES]
    return cardiothoracic_ratio(*parts).ratio if all(len(part.spans) for part in parts) else None


def _map(masks: Masks, like: NDArray[np.int32]) -> NDArray[np.int32]:
    return labels_from_masks(masks, (like.shape[0], like.shape[1])).astype(np.int32, copy=False)


def _rounded(scores: Any) -> Any:
    """Round every number of nested scores for a card."""
    if isinstance(scores, dict):
        return {name: _rounded(value) for name, value in scores.items()}
    return round(scores, 4) if isinstance(scores, float) else scores
