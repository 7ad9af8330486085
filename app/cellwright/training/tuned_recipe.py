"""The recipe of a fine-tuning: as the model was taught where that is written down, shorter and from its own weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cellwright.training.lesson import Lesson
from cellwright.training.recipe import Augment, Data, Look, Optimise, Phase, Pixels, Recipe, read_recipe
from cellwright.zoo import ModelCard

_TASKS = {"boxes": "boxes", "stars": "stars", "regions": "instances", "touching": "pixels", "classes": "pixels"}
_RATES = {"boxes": 8e-4, "stars": 2e-3, "instances": 5e-4, "pixels": 1e-3}
"""Learning rates that served best in short trainings: a quarter to all of what the models were first taught with."""
_BATCHES = {"boxes": 8, "stars": 8, "instances": 4, "pixels": 8}
_EPOCH = 128
"""Samples between two looks at the held-out pictures."""
_TOUCHING_PX = 2
_NEW_COLOUR = 0.15
"""How much of the parent's changes of colour is left where a class is new: it may differ from another by colour alone.
A granule's orange tells an eosinophil from a neutrophil, and what training changes by chance a network stops to see."""
_MOST_WEIGHT = 5.0
_SHRINK_FROM = 1.4
"""Objects this many times larger than those a model knows are shown to it smaller."""


def tuned_recipe(card: ModelCard, folder: Path, classes: tuple[str, ...], steps: int, seed: int, name: str) -> Recipe:
    """Return how to teach a model further.

    Parameters
    ----------
    card, folder : ModelCard, Path
        The model; the recipe in its folder, if any, says how pictures are changed.
    classes : tuple of str
        Those of the lesson.
    steps : int
        How many at most.
    seed : int
        Of every choice by chance.
    name : str
        Of the model to be.
    """
    task = _TASKS[card.decoding.kind]
    parent = _parent(card, folder)
    asked = card.input
    batch = _BATCHES[task]
    has_new = len(classes) > len(card.classes)
    size = asked.tile_px if asked.fit else min(256, asked.tile_px)
    scale = (0.85, 1.2) if asked.fit else (0.75, 1.33)
    return Recipe(
        name=_plain(name),
        title=card.title,
        task=task,
        seed=seed,
        architecture=dict(card.architecture),
        data=Data(classes=classes),
        look=Look(contrast=asked.contrast, percentiles=asked.percentiles, fit=asked.fit),
        pixels=_pixels(card, parent),
        phases=(Phase(epochs=max(1, round(steps * batch / epoch_length(steps, batch))), size_px=size, scale=scale),),
        augment=_augment(parent, has_new=has_new),
        optimise=Optimise(
            learning_rate=_RATES[task],
            weight_decay=0.02,
            batch=batch,
            warmup_epochs=1.0,
            ema_decay=0.99,
            encoder_rate=1.0 if parent is None else parent.optimise.encoder_rate,
            # Pictures chosen for a new class are not like all others; what is known of those is in the norms as well.
            keep_statistics=has_new and task == "boxes",
        ),
        val_size_px=asked.tile_px,
        val_every=4,
    )


def epoch_length(steps: int, batch: int) -> int:
    """Return how many samples an epoch of a fine-tuning of so many steps has."""
    return min(_EPOCH, steps * batch)


def shrink_of(card: ModelCard, lesson: Lesson) -> float:
    """Return how many level-0 pixels one pixel of the network's input is to be, at least 1.

    Where a network looks at pictures in their own pixels and nobody knows their size, objects much larger than those it
    was taught on would not fit what it sees at once.
    """
    known = card.input.object_px
    if card.input.fit or known is None or not lesson.objects:
        return card.input.shrink
    sides = np.concatenate([picture.boxes[:, 2:] - picture.boxes[:, :2] for picture in lesson.taught])
    areas = [picture.masks.areas() for picture in lesson.taught if picture.masks is not None]
    typical = float(np.median(np.sqrt(np.concatenate(areas) * 4 / np.pi))) if areas else float(np.median(sides))
    ratio = typical / known
    return round(ratio, 2) if ratio >= _SHRINK_FROM * card.input.shrink else card.input.shrink


def _parent(card: ModelCard, folder: Path) -> Recipe | None:
    path = folder / (card.training.recipe if card.training and card.training.recipe else "recipe.toml")
    if not path.is_file():
        return None
    return read_recipe(path)


def class_weights(card: ModelCard, lesson: Lesson, like: Mapping[int, int]) -> dict[str, float]:
    """Return how much more new classes count, and those that they are divided from.

    A picture of blood holds twenty red cells for one white one, and a step follows the many. What the commonest class
    of the lesson has more objects than the new one, a mistake about the new one counts more, at most `_MOST_WEIGHT`
    times. It is the same for the class that these objects were called by so far, since it is one question.

    Parameters
    ----------
    card : ModelCard
        Of the model; only detectors of boxes weigh classes.
    lesson : Lesson
        What is learned.
    like : mapping of int to int
        New class → class that the model called its objects by so far.
    """
    if card.decoding.kind != "boxes":
        return {}
    counts = [lesson.objects_by_class[name] for name in lesson.classes]
    weights: dict[str, float] = {}
    for new in range(len(card.classes), len(counts)):
        if counts[new]:
            weight = round(min(_MOST_WEIGHT, max(counts) / counts[new]), 2)
            for kind in (new, like.get(new, new)):
                weights[lesson.classes[kind]] = max(weight, weights.get(lesson.classes[kind], 1.0))
    return weights


def _augment(parent: Recipe | None, *, has_new: bool) -> Augment:
    """Return the changes that the model was taught with, without those that put pictures together."""
    before = Augment() if parent is None else parent.augment
    kept = before.model_copy(update={"mix_up": 0.0, "cut_mix": 0.0, "cut_out": 0.0}) if parent else before
    if not has_new:
        return kept
    less = {
        name: getattr(kept, name) * _NEW_COLOUR for name in ("hue", "saturation", "brightness", "contrast", "gamma")
    }
    return kept.model_copy(update={**less, "grey": 0.0, "invert": 0.0})


def _pixels(card: ModelCard, parent: Recipe | None) -> Pixels:
    if card.decoding.kind != "touching":
        return Pixels()
    return parent.pixels if parent is not None else Pixels(touching_px=_TOUCHING_PX)


def _plain(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")
