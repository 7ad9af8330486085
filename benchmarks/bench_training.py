"""A training step of the shipped network at 416 pixels, batch 16, as recipes train it, against plain float32."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.rows import Row, milliseconds
from cellwright import nets
from cellwright.bundled import bundled
from cellwright.nets.assign import Truth
from cellwright.nets.yolo import Yolo
from cellwright.training import read_recipe
from cellwright.training.optimise import half_precision, make_optimizer

SIDE, BATCH, CELLS = 416, 16, 24
LECTURE_PICTURES = 100 * 205
"""Pictures that 100 epochs of BCCD's training split show."""


def run() -> list[Row]:
    """Time steps of both kinds in turn in one process."""
    plain = milliseconds(_Step(None, torch.contiguous_format), repeats=3)
    ours = milliseconds(_Step(half_precision(torch.device("cpu")), torch.channels_last), repeats=3)
    minutes = LECTURE_PICTURES / BATCH * ours / 60e3
    return [
        Row("a training step, 416 pixels, batch 16", ours, plain, note="beside it: float32, channels first"),
        Row(
            "100 epochs of BCCD, steps alone",
            minutes,
            unit="min",
            bar=25.0,
            note=f"from the step above, {LECTURE_PICTURES:,} pictures; samples are made by another process meanwhile",
        ),
    ]


class _Step:
    """One step on made-up pictures, ready to be called again and again."""

    def __init__(self, dtype: torch.dtype | None, layout: torch.memory_format) -> None:
        recipe = read_recipe(bundled("resources", "recipes", "bccd-lecture.toml"))
        network = nets.build({**recipe.architecture, "num_classes": len(recipe.data.classes)})
        if not isinstance(network, Yolo):
            raise TypeError("the lecture's recipe describes no detector")
        self.network = network.train().to(memory_format=layout)
        self.optimizer = make_optimizer(network, recipe.optimise)
        self.images = torch.rand(BATCH, 3, SIDE, SIDE).contiguous(memory_format=layout)
        self.truth = _truth()
        self.dtype = dtype

    def __call__(self) -> None:
        with torch.autocast("cpu", self.dtype or torch.bfloat16, enabled=self.dtype is not None):
            raw = self.network(self.images)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.network.head.loss(raw, self.truth).total)
        nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.optimizer.step()


def _truth() -> Truth:
    corner: Tensor = torch.rand(BATCH, CELLS, 2) * (SIDE - 80)
    boxes = torch.cat((corner, corner + 40 + torch.rand(BATCH, CELLS, 2) * 40), -1)
    return Truth(boxes, torch.randint(0, 3, (BATCH, CELLS)), torch.ones(BATCH, CELLS, dtype=torch.bool))
