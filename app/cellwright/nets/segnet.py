"""`SegNet`: a decoder that puts every value back where the encoder's max-pooling took it from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from cellwright.nets.blocks import Conv
from cellwright.nets.dense import DenseNetwork
from cellwright.nets.dense_heads import build_dense_head
from cellwright.nets.parameters import make, need


class SegNet(DenseNetwork):
    """SegNet (Badrinarayanan, Kendall & Cipolla, TPAMI 2017): VGG-16's convolutions, mirrored.

    Parameters
    ----------
    head : mapping
        See `dense_heads.build_dense_head`.
    channels : sequence of int
        Of each level, finest first.
    convs : sequence of int
        3×3 convolutions of each level.
    act : str
        See `blocks.activation`.
    """

    def __init__(
        self,
        head: Mapping[str, Any],
        channels: Sequence[int] = (64, 128, 256, 512, 512),
        convs: Sequence[int] = (2, 2, 3, 3, 3),
        act: str = "relu",
    ) -> None:
        super().__init__()
        need(
            len(channels) == len(convs) > 0,
            f"SegNet has {len(channels)} channels and {len(convs)} convs; give one of each for every level.",
        )
        need(min(*channels, *convs) > 0, "SegNet's channels and convs must be above 0.")
        self.max_stride = 2 ** len(channels)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        down, up = [], []
        for c, d, count in zip((3, *channels[:-1]), channels, convs, strict=True):
            down.append(_convs([c, *[d] * count], act))
            # The mirrored level ends with the channels of the next finer one; the finest keeps its own.
            up.append(_convs([*[d] * count, c if down[1:] else d], act))
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.head = build_dense_head(head, channels[0], 1)

    def features(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, channels[0], H, W)."""
        x, places = images, []
        for level in self.down:
            x, where = self.pool(level(x))
            places.append(where)
        for level, where in zip(reversed(self.up), reversed(places), strict=True):
            x = level(unpool(x, where))
        return x


def unpool(x: Tensor, where: Tensor) -> Tensor:
    """Put every value back where 2×2 max-pooling found it; the other pixels are 0.

    Parameters
    ----------
    x : (N, C, h, w) tensor
        Values.
    where : (N, C, h, w) int64 tensor
        Their places as `torch.nn.MaxPool2d` returns them: row·2w + column in the picture of (2h, 2w).

    Returns
    -------
    (N, C, 2h, 2w) tensor
    """
    n, c, h, w = x.shape
    # By scattering, and not by torch's own unpooling, which other engines cannot convert.
    flat = torch.zeros(n, c, 4 * h * w, dtype=x.dtype, device=x.device)
    return flat.scatter(2, where.flatten(2), x.flatten(2)).view(n, c, 2 * h, 2 * w)


def _convs(channels: Sequence[int], act: str) -> nn.Sequential:
    return nn.Sequential(*(Conv(c, d, 3, act=act) for c, d in pairwise(channels)))


def build_segnet(parameters: Mapping[str, Any]) -> SegNet:
    """Build a SegNet from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If the head is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("SegNet", SegNet, parameters)
