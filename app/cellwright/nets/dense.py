"""`DenseNetwork`: what the networks that answer for every pixel have in common."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cellwright.core import BadParameter
from cellwright.nets.dense_heads import DenseHead
from cellwright.nets.truth import StepLoss


class DenseNetwork(nn.Module):
    """Features of every pixel, and a head; `features` is what a subclass adds.

    Attributes
    ----------
    max_stride : int
        Height and width of an input must be multiples of it.
    head : DenseHead
    """

    max_stride: int
    head: DenseHead

    def features(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → the map that the head takes."""
        raise NotImplementedError

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → the head's raw answers, float32.

        Raises
        ------
        BadParameter
            If a side is not a multiple of `max_stride`.
        """
        self._check(images)
        raw: Tensor = self.head(self.features(images))
        return raw

    def predict(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → the head's plain answers, see `DenseHead.decode`; float32."""
        return self.head.decode(self(images))

    def loss(self, images: Tensor, truth: Any) -> StepLoss:
        """Return what a batch costs; the differences a loss measures are taken in float32, autocast or not."""
        raw = self(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.head.loss(raw, truth)

    def _check(self, images: Tensor) -> None:
        # A recorded network is one for every size, and sizes are not numbers there.
        if torch.jit.is_tracing():  # type: ignore[attr-defined,no-untyped-call]
            return
        height, width = images.shape[-2:]
        if height % self.max_stride or width % self.max_stride:
            raise BadParameter(
                f"A picture of {width}×{height} pixels does not fit this network; "
                f"pad both sides to multiples of {self.max_stride}."
            )
