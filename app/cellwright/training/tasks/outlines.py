"""What the tasks with label maps share: reading, judging of outlined objects, and what they show to the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.core import Masks
from cellwright.shapes import labels_from_masks
from cellwright.training.crops import OUTSIDE, LabelSample, whole
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


def without_outside(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return labels in which what lies beyond the picture is ground: no object is there."""
    return np.where(labels == OUTSIDE, 0, labels)


def judge_outlines(
    judged: Sequence[LabelSample], find: Callable[[LabelSample], Found], classes: Sequence[str]
) -> Judgement:
    """Score outlines as StarDist does: AP = TP / (TP + FP + FN), at IoU 0.5 and over 0.5 to 0.9, pooled."""
    found = [find(picture) for picture in judged]
    named = average_precisions(
        [
            overlaps(without_outside(picture.labels), labels_from_masks(one.masks, picture.labels.shape))
            for picture, one in zip(judged, found, strict=True)
        ]
    )
    return Judgement(named, len(judged), {classes[0]: named} if len(classes) == 1 else {}, found)


def overlaps(true: NDArray[np.int32], found: NDArray[np.int32]) -> tuple[NDArray[np.float64], int, int]:
    """Return the IoU of every pair of labels that share pixels, and how many true and found labels there are."""
    _, true_index = np.unique(true, return_inverse=True)
    _, found_index = np.unique(found, return_inverse=True)
    shape = int(true_index.max()) + 1, int(found_index.max()) + 1
    both = np.bincount((true_index * shape[1] + found_index).ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    either = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
    iou = (both / either)[int((true == 0).any()) :, int((found == 0).any()) :]
    return iou[iou > 0], *iou.shape


def average_precisions(pictures: Sequence[tuple[NDArray[np.float64], int, int]]) -> dict[str, float]:
    """Pool the overlaps of pictures into scores; above half, an object overlaps with one other at most."""
    iou = np.concatenate([picture[0] for picture in pictures])
    count = sum(true + found for _, true, found in pictures)
    thresholds = np.arange(5, 10) / 10
    hits = (iou[:, None] > thresholds).sum(0)
    precision = hits / np.maximum(count - hits, 1)
    return {"ap_50": float(precision[0]), "mean_ap_50_90": float(precision.mean())}
