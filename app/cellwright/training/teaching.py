"""`Teaching`: how much of a network is taught; what is not taught is computed once and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from cellwright.nets.dense import DenseNetwork
from cellwright.nets.unet import Unet
from cellwright.nets.yolo import Yolo
from cellwright.training.parts import encoder_name
from cellwright.training.tasks.task import Batch
from cellwright.training.validate import to_network

Layers = Literal["head", "frozen", "full"]
"""What is taught: the part that answers, from features that are computed once; all but the part that looks; all."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Maps that the part which looks made of N pictures; stands where pictures would."""

    maps: tuple[Tensor, ...]

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.maps[0].device

    def __len__(self) -> int:
        return len(self.maps[0])


class _DenseTail(DenseNetwork):
    """Decoder and head of a U-Net, fed with the encoder's maps."""

    def __init__(self, network: Unet) -> None:
        super().__init__()
        self.decoder, self.head = network.decoder, network.head

    def forward(self, images: Features) -> Tensor:  # type: ignore[override]
        raw: Tensor = self.head(self.decoder(list(images.maps)))
        return raw


class _YoloTail(nn.Module):
    """Neck and head of a detector, fed with the backbone's maps."""

    def __init__(self, network: Yolo) -> None:
        super().__init__()
        self.neck, self.head = network.neck, network.head

    def forward(self, images: Features) -> list[Tensor]:
        raw: list[Tensor] = self.head(self.neck(images.maps))
        return raw


@dataclass(slots=True)
class Teaching:
    """The part of a network that is taught, and the batches that were made ready for it.

    Attributes
    ----------
    part : nn.Module
        Takes `Features`.
    kept : list of Batch
        Their ``images`` are `Features`.
    """

    part: nn.Module
    look: Callable[[Tensor], Iterable[Tensor]]
    kept: list[Batch] = field(default_factory=list)

    @torch.no_grad()
    def keep(self, batch: Batch, device: torch.device, dtype: torch.dtype | None) -> None:
        """Compute the features of a batch and keep them, in the number format they were computed in."""
        with torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None):
            maps = tuple(self.look(to_network(batch.images, device)))
        features: Any = Features(maps)
        self.kept.append(Batch(features, batch.truth))

    def batches(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield what was kept, in an order that seed and epoch fix."""
        for place in np.random.default_rng((seed, epoch)).permutation(len(self.kept)):
            yield self.kept[int(place)]


def teaching_of(network: nn.Module) -> Teaching | None:
    """Return how to teach the answering part of a network alone; None where its features cannot be kept."""
    if isinstance(network, Unet):
        return Teaching(_DenseTail(network), network.encoder)
    if isinstance(network, Yolo):
        return Teaching(_YoloTail(network), network.backbone)
    return None


def frozen_parts(network: nn.Module, layers: Layers) -> tuple[str, ...]:
    """Return the names of the parts that are not taught: none, or the one that looks."""
    name = encoder_name(network)
    return () if layers == "full" or name is None else (name,)
