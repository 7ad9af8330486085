"""What an engine is: something that answers a batch of pictures with one array, on one device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn


BOXED = ("boxes", "regions")
"""Kinds of decoding whose answers are rows that begin with a box; the others' are maps."""


class Engine(Protocol):
    """A network made ready for one device."""

    @property
    def name(self) -> str:
        """Library and number format, for people: ``"OpenVINO 2026.2 bf16"``."""
        ...

    @property
    def device(self) -> str:
        """``"cpu"`` or ``"cuda:0"``."""
        ...

    @property
    def batch(self) -> int:
        """How many tiles at once pay off here."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What went differently than planned while it was made ready."""
        ...

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, 3) uint8 → (N, …) float32: what the decoder of the card takes; boxes begin y0, x0, y1, x1.

        The array is the caller's.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def predictor_of(network: nn.Module, decoding: str) -> nn.Module:
    """Wrap a network so that it takes (N, 3, H, W) and answers as the decoder expects: what every engine runs.

    Parameters
    ----------
    network : nn.Module
        With `predict`, which answers with one tensor.
    decoding : str
        The kind that the card names: ``"boxes"`` and ``"regions"`` begin with a box, which becomes y0, x0, y1, x1.
    """
    import torch
    from torch import nn

    from cellwright.nets.boxes import yxyx_from_xyxy

    class Answering(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, images: Tensor) -> Tensor:
            answer: Tensor = self.network.predict(images)  # type: ignore[operator]
            if decoding not in BOXED:
                return answer
            return torch.cat((yxyx_from_xyxy(answer[..., :4]), answer[..., 4:]), -1)

    return Answering().eval()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch, OpenVINO or Python says that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = ("out of memory", "can't allocate memory", "bad_alloc", "bad allocation", "failed to allocate")
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
