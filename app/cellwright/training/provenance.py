"""`Provenance`: where weights come from, for the card."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import torch

FROM_SCRATCH = "from scratch"


@dataclass(frozen=True, slots=True)
class Provenance:
    """How weights came about: pictures trained on, epoch kept, seconds of training, device type, what it began with.

    ``parent`` is the model of which everything was taken over, None where only a part was or nothing.
    """

    pictures: int
    epoch: int
    seconds: float
    device: str
    start: str = FROM_SCRATCH
    parent: str | None = None

    @property
    def device_name(self) -> str:
        """What trained, in words."""
        if self.device == "cuda":
            return torch.cuda.get_device_name()
        return f"{os.cpu_count()} cores, {platform.machine()}"
