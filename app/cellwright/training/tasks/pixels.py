"""`PixelClasses`: learning what each pixel is, for U-Net and its kin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.core import ModelNotUsable
from cellwright.nets.dense_losses import border_weights
from cellwright.nets.truth import PixelTruth
from cellwright.training.crops import LabelSample, make_crop, without_outside
from cellwright.training.labelled_pictures import load_labelled
from cellwright.training.outline_card import publish_outlines
from cellwright.training.outline_figures import draw_classes
from cellwright.training.outline_scores import ClassMap, class_scores
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.tasks.costs import network_cost
from cellwright.training.tasks.outlines import answer
from cellwright.training.tasks.task import Batch, Cost, Judgement
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.touching import touching_classes


@dataclass(frozen=True, slots=True, eq=False)
class PixelSample:
    """``image`` (3, S, S) uint8; ``classes`` (S, S) int64, -1 unknown; ``weight`` (S, S) float32 or None."""

    image: Tensor
    classes: NDArray[np.int64]
    weight: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class PixelClasses:
    """A `Task`: pictures whose every pixel has a class, or whose objects are told apart by their touching pixels."""

    recipe: Recipe
    headline: str = "dice"

    @property
    def classes(self) -> int:
        """Classes of the network: the ground, the recipe's, and touching where it is asked for."""
        return 1 + len(self.recipe.data.classes) + (self.recipe.pixels.touching_px > 0)

    def load(self, data: Path, split: str) -> list[LabelSample]:
        """See `Task.load`."""
        return load_labelled(data, split, self.recipe)

    def architecture(self, _: Sequence[LabelSample], /) -> dict[str, Any]:
        """Return the recipe's architecture with its number of classes and nothing else changed."""
        architecture = dict(self.recipe.architecture)
        if architecture.get("kind") == "unet":
            head = dict(architecture.get("head") or {"kind": "classes"})
            if head.get("kind") != "classes":
                raise ModelNotUsable("A task 'pixels' needs an architecture with head = { kind = \"classes\" }.")
            return {**architecture, "head": {**head, "classes": self.classes}}
        return {**architecture, "classes": self.classes}

    def targets(self, labels: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the class of each pixel that the network is taught."""
        reach = self.recipe.pixels.touching_px
        return touching_classes(labels, reach) if reach else np.maximum(labels, -1).astype(np.int64)

    def sample(
        self, pictures: Sequence[LabelSample], index: int, phase: Phase, rng: np.random.Generator
    ) -> PixelSample:
        """See `Task.sample`."""
        recipe = self.recipe
        crop = make_crop(pictures[index], phase, recipe.augment, rng, fitted=recipe.look.fit)
        part = recipe.pixels
        weight = None
        if part.border_weight:
            weight = border_weights(without_outside(crop.labels), part.border_weight, part.border_sigma_px)
        return PixelSample(crop.image, self.targets(crop.labels), weight)

    def collate(self, samples: Sequence[PixelSample]) -> Batch:
        """See `Task.collate`."""
        weights = [sample.weight for sample in samples if sample.weight is not None]
        truth = PixelTruth(
            torch.from_numpy(np.stack([sample.classes for sample in samples])),
            torch.from_numpy(np.stack(weights)) if weights else None,
        )
        return Batch(torch.stack([sample.image for sample in samples]), truth)

    def cost(self, network: nn.Module, images: Tensor, truth: PixelTruth, dtype: torch.dtype | None) -> Cost:
        """See `Task.cost`."""
        return network_cost(network, images, truth, dtype)

    def judge(self, network: nn.Module, judged: Sequence[LabelSample], dtype: torch.dtype | None) -> Judgement:
        """Score classes by Dice and IoU, pooled over all pixels; what touches an object counts as the object."""
        found = [
            np.where(picture.labels < 0, 0, self._find(network, picture, dtype)).astype(np.int32) for picture in judged
        ]
        pairs: Iterable[tuple[ClassMap, ClassMap]] = zip(
            [without_outside(picture.labels) for picture in judged], found, strict=True
        )
        if self.recipe.pixels.touching_px:
            pairs = ((np.minimum(true, 1), np.minimum(one, 1)) for true, one in pairs)
        scores, per_class = class_scores(pairs, self.recipe.data.classes)
        return Judgement(scores, len(judged), per_class, found)

    def _find(self, network: nn.Module, picture: LabelSample, dtype: torch.dtype | None) -> NDArray[np.int32]:
        """Return the likeliest class of each pixel of a picture."""
        predicted, scale = answer(network, picture, self.recipe, dtype)
        h, w = picture.labels.shape
        if scale != 1:
            own = predicted[None, :, : max(1, round(h * scale)), : max(1, round(w * scale))]
            predicted = nn.functional.interpolate(own, (h, w), mode="bilinear")[0]
        return predicted[:, :h, :w].argmax(0).to(torch.int32).numpy()

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
        """See `Task.draw`."""
        draw_classes(folder, judgement, judged)

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[LabelSample]) -> Path | None:
        """See `Task.publish`."""
        return publish_outlines(folder, taught, judged)
