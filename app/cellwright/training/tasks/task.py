"""`Task`: what a training must know of the kind of thing it teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from cellwright.training.recipe import Phase, Recipe
from cellwright.training.taught_network import TaughtNetwork

P = TypeVar("P")
S = TypeVar("S")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pictures (N, 3, S, S) uint8 and what is true of them, in the type that the network's loss takes."""

    images: Tensor
    truth: Any


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """What a batch costs.

    ``total`` is the number to descend; divided by ``pictures`` it is a cost per picture, as ``parts`` are, by name.
    """

    total: Tensor
    parts: Mapping[str, float]
    pictures: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """How good a network is on pictures that it was not trained on.

    Parameters
    ----------
    scores : dict of str to float
        Over all pictures, each in [0, 1] with 1 the best; the task's headline is among them.
    pictures : int
        How many.
    per_class : dict of str to dict
        Scores of one class, by the class's name.
    found : object
        What the network answered, one entry a picture, for the task's figures.
    """

    scores: dict[str, float]
    pictures: int
    per_class: dict[str, dict[str, float]] = field(default_factory=dict)
    found: Any = None

    def to_dict(self) -> dict[str, object]:
        """Return the scores as values that JSON knows; None stands for NaN."""
        per_class = {name: _plain(scores) for name, scores in self.per_class.items()}
        return {"pictures": self.pictures, **_plain(self.scores), "per_class": per_class}


def _plain(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else float(value) for name, value in scores.items()}


def moved(truth: Any, device: torch.device) -> Any:
    """Return a truth with its tensors on a device: tensors, and tuples, lists and dataclasses that hold them."""
    if isinstance(truth, Tensor):
        return truth.to(device, non_blocking=True)
    if is_dataclass(truth) and not isinstance(truth, type):
        return replace(truth, **{part.name: moved(getattr(truth, part.name), device) for part in fields(truth)})
    if isinstance(truth, tuple) and hasattr(truth, "_fields"):
        return type(truth)(*(moved(part, device) for part in truth))
    if isinstance(truth, list | tuple):
        return type(truth)(moved(part, device) for part in truth)
    return truth


class Task(Protocol[P, S]):
    """Reading, sampling, judging and publishing of one kind of training; the loop itself is the same for all.

    ``P`` is a picture held in memory with what is true of it, ``S`` a training sample.
    """

    @property
    def recipe(self) -> Recipe:
        """Every number of the training."""
        ...

    @property
    def headline(self) -> str:
        """Name of the score by which the best epoch is chosen."""
        ...

    def load(self, data: Path, split: str) -> list[P]:
        """Read the pictures of a split into memory.

        Raises
        ------
        DatasetNotReadable
            If there are none.
        """
        ...

    def architecture(self, pictures: Sequence[P], /) -> dict[str, Any]:
        """Return the recipe's architecture with what follows from the classes and the pictures."""
        ...

    def sample(self, pictures: Sequence[P], index: int, phase: Phase, rng: np.random.Generator) -> S:
        """Make the training sample of a picture; `rng` is the only source of chance."""
        ...

    def collate(self, samples: Sequence[S]) -> Batch:
        """Put samples side by side."""
        ...

    def cost(self, network: nn.Module, images: Tensor, truth: Any, dtype: torch.dtype | None) -> Cost:
        """Run the network, convolutions in `dtype` (None: float32), and say what its answer costs."""
        ...

    def judge(self, network: nn.Module, judged: Sequence[P], dtype: torch.dtype | None) -> Judgement:
        """Look at whole pictures with a network in evaluation mode."""
        ...

    def draw(self, folder: Path, judgement: Judgement, judged: Sequence[P]) -> None:
        """Draw curves and findings into a run folder, which holds metrics.jsonl."""
        ...

    def publish(self, folder: Path, taught: TaughtNetwork, judged: Sequence[P]) -> Path | None:
        """Write the model folder, scores on its card measured as stored; None where the recipe has no card."""
        ...
