"""What an engine is: something that answers a batch of pictures with one array, on one device."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cellwright.core import PluginNotUsable
from cellwright.zoo import RECORDED, ModelCard

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


@runtime_checkable
class StudyingEngine(Engine, Protocol):
    """An engine of a model whose card asks for an overview: what it sees there holds for every part of a picture."""

    def study(self, overview: NDArray[np.uint8]) -> tuple[float, ...]:
        """(H, W, 3) or (N, 1, 3) uint8, all of a picture made small → what must be the same in all of its parts."""
        ...

    def run_studied(self, images: NDArray[np.uint8], studied: tuple[float, ...]) -> NDArray[np.float32]:
        """Answer as `run` does, knowing what was seen in the whole; `run` alone takes what it is given as the whole."""
        ...


@runtime_checkable
class OpensEngine(Protocol):
    """An entry of ``cellwright.architectures`` that computes by itself, without a torch network."""

    def open_engine(self, folder: Path, card: ModelCard, device: str) -> Engine:
        """Return a model of this architecture ready to answer.

        Parameters
        ----------
        folder : Path
            The model folder; the file that ``card.weights`` names has the hash it should have.
        card : ModelCard
            Its card.
        device : str
            What a person asked for, see `cellwright.inference.DEVICES`; ``"auto"`` leaves the choice.

        Raises
        ------
        ModelNotUsable
            If the file does not fit.
        BadParameter
            If it cannot compute on that device.
        """
        ...


def engine_opener(card: ModelCard) -> OpensEngine | None:
    """Return what opens the engine of a model that brings its own; None where torch or OpenVINO run it.

    Raises
    ------
    PluginNotUsable
        If the plugin that brings it cannot be loaded, or is not installed.
    """
    from cellwright.nets import ARCHITECTURES

    kind = str(card.architecture.get("kind", ""))
    entry = ARCHITECTURES.entries().get(kind)
    if entry is None and kind in RECORDED:
        raise PluginNotUsable(
            f"{card.name} is a network recorded as {kind}, which a plugin runs: pip install cellwright-onnx."
        )
    if entry is None or entry.is_own:  # ours are networks, and loading one to look would load torch
        return None
    loaded: object = ARCHITECTURES.load(kind)
    return loaded if isinstance(loaded, OpensEngine) else None


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
