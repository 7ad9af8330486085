"""How weights move: optimiser, learning-rate curve and number format."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from cellwright.training.parts import encoder_name, is_part
from cellwright.training.recipe import Optimise


def make_optimizer(network: nn.Module, optimise: Optimise) -> Optimizer:
    """Build the optimiser, with weight decay on kernels only: shrinking a bias or a norm only hurts."""
    moving = {name: p for name, p in network.named_parameters() if not is_part(name, optimise.freeze)}
    encoder = encoder_name(network) if optimise.encoder_rate != 1 else None
    slow = [p for name, p in moving.items() if encoder is not None and is_part(name, [encoder])]
    apart = {id(p) for p in slow}
    groups = _groups([p for p in moving.values() if id(p) not in apart], optimise, 1.0)
    if slow:
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
