"""What the tasks with label maps share: reading, judging of outlined objects, and what they show to the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.core import Masks
from cellwright.training.crops import LabelSample, known_in, whole, without_outside
from cellwright.training.outline_scores import object_scores
from cellwright.training.recipe import Recipe
from cellwright.training.tasks.task import Judgement
from cellwright.training.validate import to_network


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Outlines found on one picture: masks that do not overlap, and their scores, in the picture's pixels."""

    masks: Masks
    scores: NDArray[np.float32]


@torch.inference_mode()
def answer(network: nn.Module, picture: LabelSample, recipe: Recipe, dtype: torch.dtype | None) -> tuple[Tensor, float]:
    """Show a whole picture to a network as inference does.

    Returns
    -------
    (K, h, w) or (D, F) float32 tensor, float
        The network's prediction, its padding still there, and pixels of the network's input per pixel of the picture.
    """
    device = next(network.parameters()).device
    stride = int(network.max_stride)  # type: ignore[arg-type]
    shown, (_, width) = whole(picture, recipe.val_size_px if recipe.look.fit else None, stride)
    images = to_network(shown[None], device)
    with torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None):
        predicted: Tensor = network.predict(images)  # type: ignore[operator]
    return predicted[0].float().cpu(), width / picture.labels.shape[1]


def of_known(masks: Masks, labels: NDArray[np.int32]) -> tuple[Masks, NDArray[np.intp]]:
    """Leave out the masks that lie by more than half on what nobody looked at; the rows kept come with the others."""
    known = known_in(labels)
    if known is None or not len(masks):
        return masks, np.arange(len(masks))
    y, x0, x1 = masks.spans.T
    before = np.zeros((labels.shape[0], labels.shape[1] + 1), np.int64)
    before[:, 1:] = np.cumsum(known, 1)
    inside = np.bincount(masks.owners, before[y, x1] - before[y, x0], len(masks))
    rows = np.flatnonzero(inside * 2 >= masks.areas())
    return masks.take(rows), rows


def judge_outlines(
    judged: Sequence[LabelSample], find: Callable[[LabelSample], Found], classes: Sequence[str]
) -> Judgement:
    """Score outlines as StarDist does, by AP = TP / (TP + FP + FN); see `outline_scores.object_scores`."""
    found = [find(picture) for picture in judged]
    pairs = zip(judged, found, strict=True)
    named = object_scores((without_outside(pic.labels), of_known(one.masks, pic.labels)[0]) for pic, one in pairs)
    return Judgement(named, len(judged), {classes[0]: named} if len(classes) == 1 else {}, found)
