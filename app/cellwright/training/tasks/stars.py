"""`Stars`: learning star-convex outlines, for StarDist (Schmidt et al., MICCAI 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.core import Box, ModelNotUsable
from cellwright.nets.truth import StarTruth
from cellwright.shapes import (
    edge_probability,
    fitted_to_pixels,
    star_distances,
    star_masks,
    star_nms,
    without_overlaps,
)
from cellwright.training.crops import LabelSample, known_in, make_crop, without_outside
from cellwright.training.labelled_pictures import load_labelled
from cellwright.training.outline_card import FOREGROUND, publish_outlines
from cellwright.training.outline_figures import draw_outlines
from cellwright.training.recipe import Phase, Recipe
from cellwright.training.tasks.costs import network_cost
from cellwright.training.tasks.outlines import Found, answer, judge_outlines
from cellwright.training.tasks.task import Batch, Cost, Judgement
from cellwright.training.taught_network import TaughtNetwork
from cellwright.zoo import StarDecoding


@dataclass(frozen=True, slots=True, eq=False)
class StarSample:
    """A picture, and at every grid point how likely an object is there and how far its edge lies along each ray.

    ``image`` (3, S, S) uint8; ``probability`` (h, w) float32; ``distances`` (h, w, R) float32 in pixels; ``kinds``
    (h, w) int64, -1 where no object is; ``covered`` (S, S) bool, whether a pixel belongs to an object; ``known`` (S, S)
    bool, whether somebody looked at it, None where that is everywhere.
    """

    image: Tensor
    probability: NDArray[np.float32]
    distances: NDArray[np.float32]
    kinds: NDArray[np.int64]
    covered: NDArray[np.bool_]
    known: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Stars:
    """A `Task`: pictures with labelled objects, for a head that predicts rays."""

    recipe: Recipe
    headline: str = "mean_ap_50_90"

    @property
    def head(self) -> dict[str, Any]:
        """The head's own parameters."""
        head = self.recipe.architecture.get("head")
        if not isinstance(head, dict) or head.get("kind") != "stars":
            raise ModelNotUsable("A task 'stars' needs an architecture with head = { kind = \"stars\", … }.")
        return head

    @property
    def rays(self) -> int:
        """Directions in which the distance to the edge is told."""
        return int(self.head.get("rays", 32))

    @property
    def grid(self) -> int:
        """Pixels from one point that is asked to the next."""
        return int(self.head.get("grid", 1))

    @property
    def tells_pixels(self) -> bool:
        """Whether the head says which pixels belong to objects."""
        return bool(self.head.get("pixels", False))

    def load(self, data: Path, split: str) -> list[LabelSample]:
        """See `Task.load`."""
        return load_labelled(data, split, self.recipe)

    def architecture(self, _: Sequence[LabelSample], /) -> dict[str, Any]:
        """Return the recipe's architecture; its head asks for classes where there are several."""
        count = len(self.recipe.data.classes)
        return {**self.recipe.architecture, "head": {**self.head, "classes": count if count > 1 else 0}}

    def sample(self, pictures: Sequence[LabelSample], index: int, phase: Phase, rng: np.random.Generator) -> StarSample:
        """See `Task.sample`."""
        recipe = self.recipe
        crop = make_crop(pictures[index], phase, recipe.augment, rng, fitted=recipe.look.fit)
        labels = without_outside(crop.labels)
        at_grid = labels[:: self.grid, :: self.grid]
        kinds = np.where(at_grid > 0, 0 if crop.kinds is None else crop.kinds[at_grid], -1)
        return StarSample(
            crop.image,
            edge_probability(labels, self.grid),
            star_distances(labels, self.rays, self.grid),
            kinds.astype(np.int64),
            labels > 0,
            known_in(crop.labels),
        )

    def collate(self, samples: Sequence[StarSample]) -> Batch:
        """See `Task.collate`."""
        truth = StarTruth(
            torch.from_numpy(np.stack([sample.probability for sample in samples])[:, None]),
            torch.from_numpy(np.stack([sample.distances for sample in samples])).permute(0, 3, 1, 2),
            torch.from_numpy(np.stack([sample.kinds for sample in samples]))
            if len(self.recipe.data.classes) > 1
            else None,
            self._by_point([sample.covered for sample in samples]) if self.tells_pixels else None,
            self._known(samples),
        )
        return Batch(torch.stack([sample.image for sample in samples]), truth)

    def _known(self, samples: Sequence[StarSample]) -> Tensor | None:
        if all(sample.known is None for sample in samples):
            return None
        return self._by_point([np.ones_like(s.covered) if s.known is None else s.known for s in samples])

    def _by_point(self, pixels: Sequence[NDArray[np.bool_]]) -> Tensor:
        """(N, g², h, w) float32: the pixels of each grid point's square."""
        return F.pixel_unshuffle(torch.from_numpy(np.stack(pixels)[:, None]).float(), self.grid)

    def cost(self, network: nn.Module, images: Tensor, truth: StarTruth, dtype: torch.dtype | None) -> Cost:
        """See `Task.cost`."""
        return network_cost(network, images, truth, dtype)

    def judge(self, network: nn.Module, judged: Sequence[LabelSample], dtype: torch.dtype | None) -> Judgement:
        """Score the outlines that are left at a probability of 0.5 and an overlap of 0.4, StarDist's own defaults."""

        def find(picture: LabelSample) -> Found:
            predicted, scale = answer(network, picture, self.recipe, dtype)
            pixels = self.tells_pixels
            return outlines_of(predicted, self.rays, self.grid, scale, picture.shape, pixels=pixels)

        return judge_outlines(judged, find, self.recipe.data.classes)

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[LabelSample]) -> None:
        """See `Task.draw`."""
        draw_outlines(folder, judgement, judged)

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[LabelSample]) -> Path | None:
        """See `Task.publish`."""
        return publish_outlines(folder, taught, judged)


def outlines_of(
    predicted: Tensor,
    rays: int,
    grid: int,
    scale: float,
    shape: tuple[int, int],
    probability: float = 0.5,
    overlap: float = 0.4,
    *,
    pixels: bool = False,
) -> Found:
    """Turn a star head's (1 + R (+ g²), h, w) prediction into outlines on a picture of `shape` rows and columns.

    ``scale`` is pixels of the network's input per pixel of the picture; with ``pixels``, outlines are fitted to what
    the head says of them, as the card's decoding does by default.
    """
    y, x = (predicted[0] > probability).nonzero(as_tuple=True)
    scores = predicted[0, y, x].numpy()
    distances = np.ascontiguousarray(predicted[1 : 1 + rays, y, x].T.numpy()) / np.float32(scale)
    points = torch.stack((y, x), 1).numpy().astype(np.float32) * np.float32(grid / scale)
    inside = (points < np.array(shape)).all(1)
    scores, distances, points = scores[inside], distances[inside], points[inside]
    kept = star_nms(points, distances, scores, overlap)
    masks = star_masks(points[kept], distances[kept]).clipped(Box(0, 0, *shape))
    if not pixels:
        return Found(without_overlaps(masks, scores[kept]), scores[kept])
    covered = F.pixel_shuffle(predicted[1 + rays : 1 + rays + grid**2], grid)[None]
    if scale != 1:
        covered = F.interpolate(covered, scale_factor=1 / scale, mode="bilinear", align_corners=False)
    covered = covered[0, 0, : shape[0], : shape[1]]
    reach = max(1, round(StarDecoding().reach_px / scale))
    fitted, rows = fitted_to_pixels(masks, (covered >= FOREGROUND).numpy(), reach=reach)
    return Found(fitted, scores[kept][rows])
