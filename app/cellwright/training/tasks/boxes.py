"""`Boxes`: learning to put boxes round objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from cellwright.core import ModelNotUsable
from cellwright.datasets import read_dataset
from cellwright.evaluate import CELL_MAX_DETECTIONS, score_detections
from cellwright.nets.anchors import fit_anchors
from cellwright.nets.assign import Truth
from cellwright.nets.yolo import Yolo
from cellwright.training.augment import Sample, make_sample
from cellwright.training.box_card import publish_boxes
from cellwright.training.figures import draw_run
from cellwright.training.pictures import load_pictures, stack_boxes, truth_of
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.tasks.task import Batch, Cost, Judgement
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.validate import find_all


@dataclass(frozen=True, slots=True)
class Boxes:
    """A `Task`: pictures with boxes, for the one-stage detectors."""

    recipe: Recipe
    headline: str = "map_50_95"

    def load(self, data: Path, split: str) -> list[Sample]:
        """See `Task.load`."""
        part = self.recipe.data
        return load_pictures(read_dataset(data, part.format, split, part.classes, part.aliases)[0])

    def architecture(self, pictures: Sequence[Sample], /) -> dict[str, Any]:
        """Return the recipe's architecture with its number of classes; a grid head without anchors has them fitted."""
        architecture = {**self.recipe.architecture, "num_classes": len(self.recipe.data.classes)}
        if architecture.get("kind") != "yolo":
            raise ModelNotUsable("This recipe does not describe a detector; give one whose architecture is 'yolo'.")
        head = dict(architecture.get("head", {}))
        if head.get("kind") == "grid" and "anchors" not in head:
            architecture["head"] = {**head, "anchors": self._anchors(pictures)}
        return architecture

    def _anchors(self, pictures: Sequence[Sample]) -> list[Any]:
        size = self.recipe.phases[-1].size_px
        sizes = np.concatenate(
            [(sample.boxes[:, 2:] - sample.boxes[:, :2]) * (size / max(sample.image.shape[1:])) for sample in pictures]
        )
        anchors = fit_anchors(sizes.astype(np.float64), 9, seed=self.recipe.seed)
        return cast("list[Any]", anchors.round(1).reshape(3, 3, 2).tolist())

    def sample(self, pictures: Sequence[Sample], index: int, phase: Phase, rng: np.random.Generator) -> Sample:
        """See `Task.sample`."""
        return make_sample(pictures, index, phase, self.recipe.augment, rng)

    def collate(self, samples: Sequence[Sample]) -> Batch:
        """Put samples of one size side by side, boxes padded to the longest list."""
        return Batch(torch.stack([sample.image for sample in samples]), stack_boxes(samples))

    def cost(self, network: nn.Module, images: Tensor, truth: Truth, dtype: torch.dtype | None) -> Cost:
        """See `Task.cost`."""
        detector = cast("Yolo", network)
        with torch.autocast(images.device.type, dtype or torch.bfloat16, enabled=dtype is not None):
            raw = detector(images)
        # Losses in float32: the differences they measure are finer than bf16 can hold.
        loss = detector.head.loss(raw, truth, self._class_weights(images.device))
        parts = {"box": loss.box, "class": loss.classes, "extra": loss.extra}
        return Cost(loss.total, {name: float(part.detach()) / len(images) for name, part in parts.items()}, len(images))

    def _class_weights(self, device: torch.device) -> Tensor | None:
        asked = self.recipe.optimise.class_weights
        if not asked:
            return None
        return torch.tensor([asked.get(name, 1.0) for name in self.recipe.data.classes], device=device)

    def judge(self, network: nn.Module, judged: Sequence[Sample], dtype: torch.dtype | None) -> Judgement:
        """Score by COCO's rules."""
        device = next(network.parameters()).device
        found = find_all(network, judged, self.recipe.val_size_px, dtype, device)
        scores = score_detections(found, truth_of(judged), self.recipe.data.classes, max_detections=CELL_MAX_DETECTIONS)
        per_class = {
            name: {"ap_50": float(scores.ap_50()[c]), "ap_50_95": float(scores.ap_50_95()[c])}
            for c, name in enumerate(scores.classes)
        }
        return Judgement({"map_50": scores.map_50, "map_50_95": scores.map_50_95}, scores.n_pictures, per_class, found)

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[Sample]) -> None:
        """See `Task.draw`."""
        draw_run(folder, judgement.found, judged, self.recipe.data.classes)

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[Sample]) -> Path | None:
        """See `Task.publish`."""
        return publish_boxes(folder, taught, judged)
