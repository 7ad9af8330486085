"""`network_cost`: what a batch costs a network that knows its own loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cellwright.training.tasks.task import Cost


def network_cost(network: nn.Module, images: Tensor, truth: Any, dtype: torch.dtype | None) -> Cost:
    """Run a network's own ``loss(images, truth)``, convolutions in `dtype`; its losses are taken in float32."""
    with torch.autocast(images.device.type, dtype or torch.bfloat16, enabled=dtype is not None):
        loss = network.loss(images, truth)  # type: ignore[operator]
    return Cost(loss.total, {name: float(part.detach()) for name, part in loss.parts.items()})
