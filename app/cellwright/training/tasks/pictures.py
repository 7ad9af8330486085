"""`WholePictures`: learning what a whole picture shows, for classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.evaluate import ClassScores, class_scores_of
from cellwright.nets.truth import PictureTruth
from cellwright.training.class_card import publish_classes
from cellwright.training.class_figures import draw_confusion
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.syllabus import Balanced
from cellwright.training.tasks.costs import network_cost
from cellwright.training.tasks.task import Batch, Cost, Judgement
from cellwright.training.taught_network import TaughtNetwork
from cellwright.training.validate import to_network
from cellwright.training.whole_pictures import ShownPicture, as_shown, load_more, load_whole, make_view

_BATCH = 32


@dataclass(frozen=True, slots=True)
class WholePictures:
    """A `Task`: pictures each of which shows one object of one class."""

    recipe: Recipe
    headline: str = "likelihood"
    tested: list[ShownPicture] = field(default_factory=list)
    """The pictures that are looked at once, for the card; read with those that are judged."""

    def load(self, data: Path, split: str) -> list[ShownPicture]:
        """See `Task.load`; what is trained on is shown in a balanced way."""
        part, look = self.recipe.data, self.recipe.look
        found = load_whole(data, split, part, look)
        if split == part.train_split:
            found += load_more(data, part, look)
            return Balanced(found, [picture.kind for picture in found])
        if part.test_split:
            self.tested[:] = load_whole(data, part.test_split, part, look)
        return found

    def architecture(self, _: Sequence[ShownPicture], /) -> dict[str, Any]:
        """Return the recipe's architecture with its number of classes and nothing else changed."""
        return {**self.recipe.architecture, "classes": len(self.recipe.data.classes)}

    def sample(
        self, pictures: Sequence[ShownPicture], index: int, phase: Phase, rng: np.random.Generator
    ) -> ShownPicture:
        """See `Task.sample`."""
        return make_view(pictures[index], phase, self.recipe.augment, self.recipe.look.centre, rng)

    def collate(self, samples: Sequence[ShownPicture]) -> Batch:
        """See `Task.collate`."""
        kinds = torch.tensor([sample.kind for sample in samples], dtype=torch.int64)
        return Batch(torch.stack([sample.image for sample in samples]), PictureTruth(kinds))

    def cost(self, network: nn.Module, images: Tensor, truth: PictureTruth, dtype: torch.dtype | None) -> Cost:
        """See `Task.cost`."""
        return network_cost(network, images, truth, dtype)

    def judge(self, network: nn.Module, judged: Sequence[ShownPicture], dtype: torch.dtype | None) -> Judgement:
        """Name whole pictures.

        ``likelihood`` is the geometric mean of the probability given to what a picture shows: of networks that name as
        many rightly it prefers the surer one.
        """
        found = self._find(network, judged, dtype)
        scores = class_scores_of(found, [picture.kind for picture in judged], self.recipe.data.classes)
        named = {
            "likelihood": float(np.exp(-scores.log_loss)),
            "accuracy": scores.accuracy,
            "balanced_accuracy": scores.balanced_accuracy,
        }
        return Judgement(named, len(judged), _per_class(scores), found)

    @torch.inference_mode()
    def _find(
        self, network: nn.Module, judged: Sequence[ShownPicture], dtype: torch.dtype | None
    ) -> NDArray[np.float32]:
        """(N, C) float32: probabilities of every picture, before calibration."""
        size, centre = self.recipe.val_size_px, self.recipe.look.centre
        device = next(network.parameters()).device
        rows: list[NDArray[np.float32]] = [np.empty((0, len(self.recipe.data.classes)), np.float32)]
        for first in range(0, len(judged), _BATCH):
            shown = [as_shown(picture.image, size, centre) for picture in judged[first : first + _BATCH]]
            images = to_network(torch.stack(shown), device)
            with torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None):
                answer: Tensor = network.predict(images)  # type: ignore[operator]
            rows.append(answer.float().cpu().numpy())
        return np.concatenate(rows)

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[ShownPicture]) -> None:
        """See `Task.draw`."""
        draw_confusion(folder, judgement, [picture.kind for picture in judged], self.recipe.data.classes)

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[ShownPicture]) -> Path | None:
        """See `Task.publish`."""
        return publish_classes(folder, taught, judged, self.tested)


def _per_class(scores: ClassScores) -> dict[str, dict[str, float]]:
    """Return recall, precision and F1 by class; 0 where there was nothing to score."""
    columns = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
    return {
        name: {word: float(np.nan_to_num(values[c])) for word, values in columns.items()}
        for c, name in enumerate(scores.classes)
    }
