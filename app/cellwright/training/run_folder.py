"""The folder of one training: recipe, checkpoint, best weights, and metrics line by line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save
from torch.utils.tensorboard import SummaryWriter

from cellwright.core import OutputExists
from cellwright.core.atomic import replacing
from cellwright.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn


@dataclass(slots=True)
class RunFolder:
    """What a training writes, and where."""

    path: Path
    board: SummaryWriter

    @classmethod
    def open(cls, path: Path, recipe: Recipe, *, resume: bool) -> RunFolder:
        """Make the folder, or take up one that is there.

        Raises
        ------
        OutputExists
            If the folder holds a training and `resume` is False.
        """
        if (path / "checkpoint.safetensors").exists() and not resume:
            raise OutputExists(f"{path} holds a training already; resume it or choose another folder.")
        path.mkdir(parents=True, exist_ok=True)
        with replacing(path / "recipe.json") as part:
            part.write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return cls(path, SummaryWriter(str(path / "tensorboard")))

    @property
    def checkpoint(self) -> Path:
        """Everything needed to go on."""
        return self.path / "checkpoint.safetensors"

    @property
    def best(self) -> Path:
        """Running mean of the weights at the best look so far."""
        return self.path / "best.safetensors"

    def log(self, row: dict[str, Any]) -> None:
        """Append a line to metrics.jsonl and the same numbers to TensorBoard."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")
        for name, value in row.items():
            if name != "epoch":
                self.board.add_scalar(name, value, row["epoch"])

    def keep_best(self, network: nn.Module) -> None:
        """Store the weights as the best so far."""
        with replacing(self.best) as part:
            part.write_bytes(save({k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}))

    def load_best(self, network: nn.Module) -> None:
        """Give a network the best weights so far."""
        network.load_state_dict(load_file(self.best))

    def close(self) -> None:
        """Flush what is written."""
        self.board.close()
