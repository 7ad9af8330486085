"""`DenseNetwork`: what the networks that answer for every pixel have in common."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cellwright.nets.dense_heads import DenseHead
from cellwright.nets.input_size import require_multiples
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
        require_multiples(images, self.max_stride)
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
