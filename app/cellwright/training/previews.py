"""Training samples as a person can look at them: what is taught is outlined, what is not known is dimmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.training.augment import Sample
from cellwright.training.crops import UNKNOWN, LabelSample, make_crop
from cellwright.training.extend import extended_architecture
from cellwright.training.lesson import Lesson
from cellwright.training.lesson_samples import samples_of
from cellwright.training.pictures import stack_boxes
from cellwright.training.tasks import task_of
from cellwright.training.tasks.boxes import Boxes
from cellwright.training.tuned_recipe import shrink_of, tuned_recipe
from cellwright.zoo import load_card

EDGE = (255, 176, 0)
"""Colour of what is taught."""
_MOST_PICTURES = 4


def preview_samples(lesson: Lesson, model: Path, count: int, seed: int = 0) -> Iterator[NDArray[np.uint8]]:
    """Yield samples of a fine-tuning, (S, S, 3) uint8 each.

    Parameters
    ----------
    lesson : Lesson
        What is taught.
    model : Path
        Folder of the model to be taught.
    count : int
        How many.
    seed : int
        Of the choice and the changes.
    """
    card = load_card(model)
    recipe = tuned_recipe(card, model, lesson.classes, 100, seed, "preview")
    recipe = recipe.model_copy(update={"architecture": extended_architecture(card, len(lesson.classes))})
    few = replace(lesson, taught=lesson.taught[:_MOST_PICTURES])
    pictures = samples_of(few.taught, recipe, shrink_of(card, lesson))
    task, phase = task_of(recipe), recipe.phases[0]
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        picture = pictures[number % len(pictures)]
        if isinstance(task, Boxes):
            yield _boxed(task.sample(pictures, number % len(pictures), phase, rng))
        else:
            yield _outlined(make_crop(picture, phase, recipe.augment, rng, fitted=recipe.look.fit))


def _boxed(sample: Sample) -> NDArray[np.uint8]:
    image = _pixels(sample)
    known = stack_boxes([sample]).known
    if known is not None:
        image[~known[0].numpy()] //= 2
    limit = np.array([image.shape[1], image.shape[0]] * 2) - 1
    for x0, y0, x1, y1 in sample.boxes.round().astype(int).clip(0, limit):
        image[y0 : y1 + 1, [x0, x1]] = EDGE
        image[[y0, y1], x0 : x1 + 1] = EDGE
    return image


def _outlined(sample: LabelSample) -> NDArray[np.uint8]:
    image, labels = _pixels(sample), sample.labels
    image[labels == UNKNOWN] //= 2
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    image[edge & (labels > 0)] = EDGE
    return image


def _pixels(sample: Sample | LabelSample) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = sample.image.permute(1, 2, 0).contiguous().numpy().copy()
    return pixels
