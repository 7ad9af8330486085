"""Pictures of a lesson in memory, in the form that each task trains on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cellwright.datasets import read_dataset
from cellwright.nets.boxes import xyxy_from_yxyx
from cellwright.training.augment import Sample
from cellwright.training.crops import LabelSample, resized
from cellwright.training.labelled_pictures import load_labelled, read_picture
from cellwright.training.lesson import LessonPicture
from cellwright.training.outline_card import is_semantic
from cellwright.training.pictures import load_pictures
from cellwright.training.pictures import read_picture as read_display
from cellwright.training.recipe import Recipe
from cellwright.zoo import ModelCard

MOST_REPLAYED = 240
"""Pictures of the original data that are kept in memory; every epoch draws from them."""


def samples_of(pictures: Sequence[LessonPicture], recipe: Recipe, shrink: float = 1.0) -> list[Any]:
    """Read the pictures of a lesson as samples of the recipe's task, shrunk by a factor.

    Raises
    ------
    SlideNotReadable, DatasetNotReadable
        If a picture cannot be decoded, or outlines are missing.
    """
    if recipe.task == "boxes":
        return [_boxed(picture) for picture in pictures]
    return [_labelled(picture, recipe, shrink) for picture in pictures]


def _boxed(picture: LessonPicture) -> Sample:
    known = None if picture.known is None else _xyxy(picture.known)
    return Sample(read_display(picture.path), _xyxy(picture.boxes), picture.kinds, known)


def _xyxy(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    corners: NDArray[np.float32] = xyxy_from_yxyx(torch.from_numpy(boxes)).numpy()
    return corners


def _labelled(picture: LessonPicture, recipe: Recipe, shrink: float) -> LabelSample:
    semantic = is_semantic(recipe)
    labels = picture.labels(by_class=semantic)
    kinds = None if semantic else np.concatenate(([0], picture.kinds)).astype(np.int64)
    sample = LabelSample(read_picture(picture.path, recipe.look), labels, kinds, picture.path)
    if shrink == 1:
        return sample
    h, w = picture.shape
    return resized(sample, (max(1, round(h / shrink)), max(1, round(w / shrink))))


def replayed(data: Path, card: ModelCard, recipe: Recipe) -> list[Any]:
    """Read some pictures of the data that a model was first taught with.

    Parameters
    ----------
    data : Path
        A labelled set.
    card : ModelCard
        Of the model: its classes are those of the set.
    recipe : Recipe
        Of the fine-tuning, which may know more classes.

    Raises
    ------
    DatasetNotReadable
        If the set cannot be read or lacks what the task learns from.
    """
    aliases = {text: kind.name for kind in card.classes for text in (kind.title, f"{kind.title}s", f"{kind.name}s")}
    if recipe.task != "boxes":
        part = recipe.data.model_copy(update={"classes": card.class_names, "aliases": aliases})
        every = load_labelled(data, "train", recipe.model_copy(update={"data": part}))
        return _some(every, recipe.seed)
    labelled, _ = read_dataset(data, split="train", classes=card.class_names, aliases=aliases)
    chosen = _some(list(labelled), recipe.seed)
    names = {picture.path for picture in chosen}
    return list(load_pictures(labelled.where(lambda picture: picture.path in names)))


def _some(pictures: list[Any], seed: int) -> list[Any]:
    order = np.random.default_rng(seed).permutation(len(pictures))[:MOST_REPLAYED]
    return [pictures[int(place)] for place in order]
