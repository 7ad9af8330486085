"""The running mean of a network's weights, and checkpoints from which a training goes on exactly."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cellwright.core import ModelNotUsable
from cellwright.core.atomic import replacing

if TYPE_CHECKING:
    from torch.optim import Optimizer


class RunningMean:
    """Exponential moving average of weights and batch statistics (Polyak averaging): what is judged and shipped.

    Parameters
    ----------
    network : nn.Module
        The network that is trained.
    decay : float
        Share of the old mean kept at a step; it starts at 0 and rises, so that early weights are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.steps = decay, 0

    def update(self, network: nn.Module) -> None:
        """Move the mean towards the present weights."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        own, new = self.network.state_dict(), network.state_dict()
        floats = [name for name, value in own.items() if value.is_floating_point()]
        torch._foreach_lerp_([own[name] for name in floats], [new[name].detach() for name in floats], 1 - decay)
        for name in own.keys() - set(floats):
            own[name].copy_(new[name])


@dataclass(slots=True)
class TrainingState:
    """How far a training has come, apart from its tensors."""

    epoch: int = 0
    """Epochs finished."""
    step: int = 0
    best_score: float = -1.0
    best_epoch: int = -1
    seconds: float = 0.0
    recipe: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    path: Path, state: TrainingState, network: nn.Module, mean: RunningMean, optimizer: Optimizer
) -> None:
    """Write everything a training needs to go on, in one atomic step."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"mean.{k}": v for k, v in mean.network.state_dict().items()}
    for index, entry in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in entry.items() if isinstance(v, Tensor)}
    note = json.dumps(asdict(state) | {"mean_steps": mean.steps})
    with replacing(path) as part:
        part.write_bytes(save({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, {"state": note}))


def load_checkpoint(path: Path, network: nn.Module, mean: RunningMean, optimizer: Optimizer) -> TrainingState:
    """Put a checkpoint's tensors back in place and return how far it had come.

    Raises
    ------
    ModelNotUsable
        If the file is damaged or of another network.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            note = json.loads((stored.metadata() or {})["state"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
        network.load_state_dict(_below("network.", tensors))
        mean.network.load_state_dict(_below("mean.", tensors))
        _restore_optimizer(optimizer, _below("optimizer.", tensors))
        mean.steps = int(note.pop("mean_steps"))
        return TrainingState(**note)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelNotUsable(
            f"The checkpoint {path} cannot be continued from: {error}. Start anew in an empty folder."
        ) from error


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        weight = weights[int(index)]
        # The fused optimiser walks memory: a moment must lie there in the same order as its weight.
        laid = torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value
        entries.setdefault(int(index), {})[key] = laid
    optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})
