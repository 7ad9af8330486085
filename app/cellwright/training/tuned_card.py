"""The card of a tuned model: its parent's words, with what the lesson changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cellwright.core import Masks
from cellwright.evaluate import CELL_MAX_DETECTIONS, best_f1_points, instance_scores, match
from cellwright.inference import detect_file, open_predictor
from cellwright.project.pictures import slide_ref
from cellwright.training.crops import without_outside
from cellwright.training.lesson import ClassLook, Lesson, LessonPicture
from cellwright.training.pictures import truth_of
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import Recipe
from cellwright.training.tasks.outlines import of_known
from cellwright.training.validate import find_all
from cellwright.zoo import ModelCard, ObjectClass, Training, load_network, save_card, write_model

if TYPE_CHECKING:
    from torch import nn

_MOST_TRIED = 6
"""Pictures on which thresholds are tried."""
_STEPS = np.arange(1, 19) * 0.05


def write_tuned(
    folder: Path,
    network: nn.Module,
    parent: ModelCard,
    architecture: dict[str, Any],
    lesson: Lesson,
    recipe: Recipe,
    provenance: Provenance,
    shrink: float,
    samples: Sequence[Any],
) -> ModelCard:
    """Write the folder of a tuned model, its thresholds chosen on what it was taught with, and no score yet.

    Scores come from the pictures that were held out, and those must not choose anything before.
    """
    card = tuned_card(parent, architecture, lesson, recipe, provenance, shrink)
    card = write_model(folder, card, network, overwrite=True)
    (folder / "recipe.json").write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if card.task == "semantic":
        return card
    if card.task == "detection":
        confidence = _box_thresholds(folder, card, samples[:_MOST_TRIED])
    else:
        confidence = dict.fromkeys(card.class_names, _outline_threshold(folder, card, lesson.taught[:_MOST_TRIED]))
    card = card.changed(thresholds=card.thresholds.model_copy(update={"confidence": confidence}))
    save_card(folder, card)
    return card


def tuned_card(
    parent: ModelCard,
    architecture: dict[str, Any],
    lesson: Lesson,
    recipe: Recipe,
    provenance: Provenance,
    shrink: float,
) -> ModelCard:
    """Return what can be said of a tuned model before it is judged."""
    classes = (*parent.classes, *_new_classes(parent, lesson))
    asked = parent.input
    if shrink != asked.shrink and asked.object_px is not None:
        asked = asked.model_copy(update={"shrink": shrink})
    confidence = {kind.name: parent.thresholds.confidence.get(kind.name, 0.5) for kind in classes}
    return parent.changed(
        name=recipe.name,
        architecture=architecture,
        input=asked,
        classes=classes,
        thresholds=parent.thresholds.model_copy(update={"confidence": confidence}),
        metrics=None,
        reliability={},
        sample=None,
        parent=parent.source.removeprefix("model:"),
        training=Training(
            data=f"corrected pictures of a project (lesson {lesson.digest[:12]})",
            pictures=provenance.pictures,
            recipe="recipe.json",
            epochs=provenance.epoch,
            seconds=round(provenance.seconds, 1),
            device=provenance.device_name,
            seed=recipe.seed,
            start=provenance.start,
        ),
    )


def _new_classes(parent: ModelCard, lesson: Lesson) -> list[ObjectClass]:
    looks = {look.name: look for look in lesson.looks}
    taken = {kind.badge for kind in parent.classes}
    made = []
    for name in lesson.classes[len(parent.classes) :]:
        look = looks.get(name, ClassLook(name, name, "#CC79A7"))
        letters = [letter for letter in f"{name.upper()}ABCDEFGHIJKLMNOPQRSTUVWXYZ*" if letter.strip()]
        badge = next((letter for letter in letters if letter not in taken), "*")
        taken.add(badge)
        made.append(ObjectClass(name=name[:40], title=look.title, colour=look.colour, badge=badge))
    return made


def _box_thresholds(folder: Path, card: ModelCard, samples: Sequence[Any]) -> dict[str, float]:
    """Return where F1 is best on taught pictures for the new classes; the parent's for the others."""
    network = load_network(folder, card).to(memory_format=torch.channels_last)
    asked = card.thresholds
    found = find_all(network, samples, card.input.tile_px, None, torch.device("cpu"), asked.nms_iou, asked.nms)
    points = best_f1_points(match(found, truth_of(samples), len(card.classes), max_detections=CELL_MAX_DETECTIONS))
    chosen = dict(asked.confidence)
    for name, point in zip(card.class_names, points, strict=True):
        if name not in card.calibration.temperature:
            chosen[name] = round(float(np.clip(np.nan_to_num(point.threshold, nan=0.5), asked.floor, 0.6)), 3)
    return chosen


def _outline_threshold(folder: Path, card: ModelCard, pictures: Sequence[LessonPicture]) -> float:
    """Return the score from which objects count best on taught pictures, by AP at an overlap of one half."""
    predictor = open_predictor(folder, "cpu:torch-fp32")
    try:
        looks = [(picture.labels(), detect_file(slide_ref(picture.path), predictor).objects) for picture in pictures]
    finally:
        predictor.close()
    tried = [round(float(step), 3) for step in _STEPS if step >= card.thresholds.floor]

    def score(least: float) -> float:
        pairs = []
        for labels, found in looks:
            kept = found.at_least(least)
            masks = Masks.empty(len(kept)) if kept.masks is None else kept.masks
            pairs.append((without_outside(labels), of_known(masks, labels)[0]))
        scores = instance_scores(pairs)
        return float(np.nan_to_num(scores.ap[scores.threshold_row(0.5)]))

    return max(tried, key=score)
