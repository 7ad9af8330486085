"""`Instances`: learning a box and a mask for each object, for Mask R-CNN (He et al., ICCV 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.nets.truth import InstanceTruth, PictureInstances
from cellwright.shapes import masks_from_labels
from cellwright.training.crops import LabelSample, known_in, make_crop, without_outside
from cellwright.training.labelled_pictures import load_labelled
from cellwright.training.outline_card import publish_outlines
from cellwright.training.outline_figures import draw_outlines
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.tasks.costs import network_cost
from cellwright.training.tasks.outlines import Found, answer, judge_outlines
from cellwright.training.tasks.task import Batch, Cost, Judgement
from cellwright.training.taught_network import TaughtNetwork

SMALLEST_PX = 4
"""Objects of which a cut leaves fewer pixels are not taught: nobody could tell what they were."""


@dataclass(frozen=True, slots=True, eq=False)
class InstanceSample:
    """``image`` (3, S, S) uint8; ``boxes`` (n, 4) float32 xyxy; ``classes`` (n,) int64; ``masks`` (n, S, S) bool.

    ``known`` (S, S) bool: where somebody looked, None everywhere.
    """

    image: Tensor
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    masks: NDArray[np.bool_]
    known: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Instances:
    """A `Task`: pictures with labelled objects, for networks that propose regions."""

    recipe: Recipe
    headline: str = "mean_ap_50_90"

    def load(self, data: Path, split: str) -> list[LabelSample]:
        """See `Task.load`."""
        return load_labelled(data, split, self.recipe)

    def architecture(self, _: Sequence[LabelSample], /) -> dict[str, Any]:
        """Return the recipe's architecture with its number of classes."""
        return {**self.recipe.architecture, "num_classes": len(self.recipe.data.classes)}

    def sample(
        self, pictures: Sequence[LabelSample], index: int, phase: Phase, rng: np.random.Generator
    ) -> InstanceSample:
        """See `Task.sample`."""
        recipe = self.recipe
        crop = make_crop(pictures[index], phase, recipe.augment, rng, fitted=recipe.look.fit)
        labels = without_outside(crop.labels)
        values, counts = np.unique(labels, return_counts=True)
        values = values[(values > 0) & (counts >= SMALLEST_PX)]
        masks = labels[None] == values[:, None, None]
        kinds = np.zeros(len(values), np.int64) if crop.kinds is None else crop.kinds[values]
        return InstanceSample(crop.image, boxes_of(masks), kinds, masks, known_in(crop.labels))

    def collate(self, samples: Sequence[InstanceSample]) -> Batch:
        """See `Task.collate`."""
        truth = InstanceTruth(
            [
                PictureInstances(
                    torch.from_numpy(sample.boxes),
                    torch.from_numpy(sample.classes),
                    torch.from_numpy(sample.masks),
                    None if sample.known is None else torch.from_numpy(sample.known),
                )
                for sample in samples
            ]
        )
        return Batch(torch.stack([sample.image for sample in samples]), truth)

    def cost(self, network: nn.Module, images: Tensor, truth: InstanceTruth, dtype: torch.dtype | None) -> Cost:
        """See `Task.cost`."""
        return network_cost(network, images, truth, dtype)

    def judge(self, network: nn.Module, judged: Sequence[LabelSample], dtype: torch.dtype | None) -> Judgement:
        """Score the outlines that are left at a score of 0.5."""

        def find(picture: LabelSample) -> Found:
            predicted, scale = answer(network, picture, self.recipe, dtype)
            return regions_of(predicted, scale, picture.shape)

        return judge_outlines(judged, find, self.recipe.data.classes)

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
        """See `Task.draw`."""
        draw_outlines(folder, judgement, judged)

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[LabelSample]) -> Path | None:
        """See `Task.publish`."""
        return publish_outlines(folder, taught, judged)


def boxes_of(masks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the xyxy boxes, half-open, of (n, H, W) masks of which each has a pixel."""
    boxes = np.empty((len(masks), 4), np.float32)
    for axis, along in ((0, np.any(masks, 1)), (1, np.any(masks, 2))):
        boxes[:, axis] = along.argmax(1)
        boxes[:, axis + 2] = along.shape[1] - along[:, ::-1].argmax(1)
    return boxes


def regions_of(predicted: Tensor, scale: float, shape: tuple[int, int], least: float = 0.5) -> Found:
    """Turn a (D, 6 + M²) prediction of boxes with masks into outlines on a picture of `shape` rows and columns.

    ``scale`` is pixels of the network's input per pixel of the picture; rows that score below `least` are left out.
    """
    rows = predicted[predicted[:, 4] >= least]
    rows = rows[rows[:, 4].argsort(descending=True, stable=True)]
    side = math.isqrt(predicted.shape[1] - 6)
    labels, kept = np.zeros(shape, np.int32), []
    for row in rows:
        box = row[:4].numpy() / scale
        x0, y0 = np.floor(box[:2]).astype(int).clip(0)
        x1, y1 = np.ceil(box[2:]).astype(int).clip(0, (shape[1], shape[0]))
        if x1 <= x0 or y1 <= y0:
            continue
        mask = _stretched(row[6:].reshape(side, side), box, (y0, x0, y1, x1))
        place = labels[y0:y1, x0:x1]
        free = mask & (place == 0)  # the surer one is first, and keeps what it has
        if free.any():
            kept.append(float(row[4]))
            place[free] = len(kept)
    return Found(masks_from_labels(labels)[0], np.array(kept, np.float32))


def _stretched(mask: Tensor, box: NDArray[np.float32], window: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Sample an (M, M) mask that fills a box (xyxy) at the middles of the pixels of a window (y0, x0, y1, x1)."""
    y0, x0, y1, x1 = window
    # grid_sample counts from -1 to 1 across the mask.
    y = (torch.arange(y0, y1) + 0.5 - float(box[1])) / max(float(box[3] - box[1]), 1e-3) * 2 - 1
    x = (torch.arange(x0, x1) + 0.5 - float(box[0])) / max(float(box[2] - box[0]), 1e-3) * 2 - 1
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)
    sampled = nn.functional.grid_sample(
        mask[None, None], grid[None].float(), padding_mode="border", align_corners=False
    )
    return (sampled[0, 0] > 0.5).numpy()
