"""`publish_outlines`: a network that outlines becomes a model folder, judged on files by the code that will use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.inference import detect_file, open_predictor
from cellwright.shapes import labels_from_masks
from cellwright.training.crops import LabelSample
from cellwright.training.outline_scores import average_precisions, class_scores, overlaps
from cellwright.training.provenance import Provenance
from cellwright.training.publish import first_card
from cellwright.training.recipe import CardPart, Recipe
from cellwright.zoo import ClassMetrics, Metrics, ModelCard, save_card, write_model

if TYPE_CHECKING:
    from torch import nn

_STEPS = np.arange(1, 19) * 0.05
"""Scores that are tried as threshold."""


def publish_outlines(
    folder: Path,
    network: nn.Module,
    architecture: dict[str, Any],
    recipe: Recipe,
    judged: Sequence[LabelSample],
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
    judged : sequence of LabelSample
        Pictures that were not trained on, each with the path of its file: the threshold and the scores come from them.
    provenance : Provenance
        How the weights came about.

    Returns
    -------
    Path or None
        The folder.
    """
    if recipe.card is None:
        return None
    card = first_card(recipe, recipe.card, architecture, provenance)
    shown: dict[str, Any] = {
        "stride": int(network.max_stride),  # type: ignore[arg-type]
        "contrast": recipe.look.contrast,
        "fit": recipe.look.fit,
    }
    if recipe.look.contrast == "percentile":
        shown["percentiles"] = recipe.look.percentiles
    if not is_semantic(recipe):
        shown["object_px"] = typical_diameter(judged, recipe.card.tile_px if recipe.look.fit else None)
    card = card.changed(
        task="semantic" if is_semantic(recipe) else "instances",
        input=type(card.input).model_validate({**card.input.model_dump(), **shown}),
        decoding=decoding_of(recipe, recipe.card, architecture),
    )
    card = write_model(folder, card, network, overwrite=True)
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
        decoding: dict[str, Any] = {"kind": "stars", "grid": architecture["head"].get("grid", 1)}
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
        return [detect_file(picture.path, predictor).objects for picture in judged if picture.path is not None]
    finally:
        predictor.close()


def judged_card(card: ModelCard, found: Sequence[Objects], judged: Sequence[LabelSample], recipe: Recipe) -> ModelCard:
    """Return the card with its threshold and its scores from what was found on `judged`."""
    words = recipe.card.judged_on if recipe.card is not None else ""
    if is_semantic(recipe):
        scores, per_class = class_scores(
            [picture.labels for picture in judged],
            [_class_map(objects, picture.shape) for objects, picture in zip(found, judged, strict=True)],
            recipe.data.classes,
        )
        return card.changed(metrics=_metrics(words, len(judged), scores, per_class))
    tried = [threshold for threshold in _STEPS if threshold >= card.thresholds.floor]
    results = [average_precisions(_overlaps(found, judged, threshold)) for threshold in tried]
    best = int(np.argmax([result["mean_ap_50_90"] for result in results]))
    confidence = dict.fromkeys(card.class_names, round(float(tried[best]), 3))
    true = [np.minimum(picture.labels, 1) for picture in judged]
    kept = [objects.at_least(float(tried[best])) for objects in found]
    covered = [
        (_labels(objects, picture.shape) > 0).astype(np.int32) for objects, picture in zip(kept, judged, strict=True)
    ]
    pixels, _ = class_scores(true, covered, ("object",))
    return card.changed(
        thresholds=card.thresholds.model_copy(update={"confidence": confidence}),
        metrics=_metrics(words, len(judged), {**results[best], "dice": pixels["dice"]}, {}),
    )


def _overlaps(found: Sequence[Objects], judged: Sequence[LabelSample], threshold: float) -> list[Any]:
    return [
        overlaps(picture.labels, _labels(objects.at_least(threshold), picture.shape))
        for objects, picture in zip(found, judged, strict=True)
    ]


def _labels(objects: Objects, shape: tuple[int, int]) -> NDArray[np.int32]:
    if objects.masks is None:
        return np.zeros(shape, np.int32)
    return labels_from_masks(objects.masks, shape)


def _class_map(objects: Objects, shape: tuple[int, int]) -> NDArray[np.int32]:
    kinds = np.concatenate(([0], objects.class_index + 1)).astype(np.int32)
    return kinds[_labels(objects, shape)]


def _metrics(words: str, pictures: int, scores: dict[str, float], per_class: dict[str, dict[str, float]]) -> Metrics:
    rounded = {name: round(value, 4) for name, value in scores.items()}
    return Metrics(
        data=words,
        pictures=pictures,
        scores=rounded,
        per_class={
            name: ClassMetrics(**{key: round(value, 4) for key, value in values.items()})
            for name, values in per_class.items()
        },
    )
