"""`Instances`: learning a box and a mask for each object, for Mask R-CNN (He et al., ICCV 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.nets.truth import InstanceTruth
from cellwright.training.crops import LabelSample, make_crop
from cellwright.training.labelled_pictures import load_labelled
from cellwright.training.outline_card import publish_outlines
from cellwright.training.outline_figures import draw_outlines
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.tasks.costs import network_cost
from cellwright.training.tasks.outlines import Found, answer, judge_outlines, without_outside
from cellwright.training.tasks.task import Batch, Cost, Judgement

SMALLEST_PX = 4
"""Objects of which a cut leaves fewer pixels are not taught: nobody could tell what they were."""


@dataclass(frozen=True, slots=True, eq=False)
class InstanceSample:
    """``image`` (3, S, S) uint8; ``boxes`` (n, 4) float32 xyxy; ``classes`` (n,) int64; ``masks`` (n, S, S) bool."""

    image: Tensor
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    masks: NDArray[np.bool_]


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
        return InstanceSample(crop.image, boxes_of(masks), kinds, masks)

    def collate(self, samples: Sequence[InstanceSample]) -> Batch:
        """See `Task.collate`."""
        truth = InstanceTruth(
            [
                (torch.from_numpy(sample.boxes), torch.from_numpy(sample.classes), torch.from_numpy(sample.masks))
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
            return regions_of(predicted, scale, picture.labels.shape)

        return judge_outlines(judged, find, self.recipe.data.classes)

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
        """See `Task.draw`."""
        draw_outlines(folder, judgement, judged)

    def publish(
        self,
        folder: Path,
        network: nn.Module,
        architecture: dict[str, Any],
        judged: Sequence[LabelSample],
        provenance: Provenance,
    ) -> Path | None:
        """See `Task.publish`."""
        return publish_outlines(folder, network, architecture, self.recipe, judged, provenance)


def boxes_of(masks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the xyxy boxes, half-open, of (n, H, W) masks of which each has a pixel."""
    boxes = np.empty((len(masks), 4), np.float32)
    for axis, along in ((0, masks.any(1)), (1, masks.any(2))):
        boxes[:, axis] = along.argmax(1)
        boxes[:, axis + 2] = along.shape[1] - along[:, ::-1].argmax(1)
    return boxes
