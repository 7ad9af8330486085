"""How weights move: optimiser, learning-rate curve and number format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from cellwright.core import ModelNotUsable
from cellwright.training.recipe import Optimise

ENCODERS = ("encoder", "backbone")
"""Names that networks give to the part that looks, as opposed to the part that answers."""


def make_optimizer(network: nn.Module, optimise: Optimise) -> Optimizer:
    """Build the optimiser, with weight decay on kernels only: shrinking a bias or a norm only hurts."""
    groups = _groups([p for n, p in _moving(network, optimise) if not _is_encoder(n, optimise)], optimise, 1.0)
    if optimise.encoder_rate != 1:
        slow = [p for n, p in _moving(network, optimise) if _is_encoder(n, optimise)]
        groups += _groups(slow, optimise, optimise.encoder_rate)
    if optimise.optimizer == "adamw":
        return AdamW(groups, lr=optimise.learning_rate, betas=(optimise.momentum, 0.999), fused=True)
    return SGD(groups, lr=optimise.learning_rate, momentum=optimise.momentum, nesterov=True, fused=True)


def _groups(weights: list[nn.Parameter], optimise: Optimise, rate: float) -> list[dict[str, Any]]:
    kernels, others = [p for p in weights if p.ndim > 1], [p for p in weights if p.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": optimise.weight_decay, "rate": rate},
        {"params": others, "weight_decay": 0.0, "rate": rate},
    ]


def _moving(network: nn.Module, optimise: Optimise) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, p) for name, p in network.named_parameters() if not _is_part(name, optimise.freeze))


def _is_encoder(name: str, optimise: Optimise) -> bool:
    return optimise.encoder_rate != 1 and _is_part(name, ENCODERS)


def _is_part(name: str, parts: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def freeze(network: nn.Module, parts: Sequence[str]) -> None:
    """Keep parts of a network, by the beginning of their names, as they are: weights and batch statistics.

    Raises
    ------
    ModelNotUsable
        If the network has no such part.
    """
    for part in parts:
        try:
            module = network.get_submodule(part)
        except AttributeError as error:
            known = ", ".join(name for name, _ in network.named_children())
            raise ModelNotUsable(f"The network has no part {part!r} to freeze; its parts are {known}.") from error
        module.eval().requires_grad_(requires_grad=False)


def learning_rate(optimise: Optimise, step: int, steps_per_epoch: int, epochs: int) -> float:
    """Linear warm-up, then half a cosine (Loshchilov & Hutter 2017) down to the final fraction.

    Parameters
    ----------
    optimise : Optimise
        Peak, warm-up and last fraction.
    step : int
        From 0, over the whole training.
    steps_per_epoch, epochs : int
        Together the length of the curve.
    """
    warmup = optimise.warmup_epochs * steps_per_epoch
    if step < warmup:
        return optimise.learning_rate * (step + 1) / warmup
    total = max(1.0, steps_per_epoch * epochs - warmup)
    share = min(1.0, (step - warmup) / total)
    low = optimise.final_fraction
    return optimise.learning_rate * (low + (1 - low) * (1 + math.cos(math.pi * share)) / 2)


def half_precision(device: torch.device) -> torch.dtype | None:
    """Return bfloat16 where the device multiplies it faster than float32 (with as good a result), else None."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else None
    # True only with AMX or AVX512-BF16; elsewhere bf16 is emulated and slower. Torch has no public way to ask.
    is_fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001
    return torch.bfloat16 if is_fast else None
