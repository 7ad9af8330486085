"""Encoders in torchvision's own layout, so that weights learned on ImageNet fit them as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

from cellwright.core import unknown_name
from cellwright.nets.encoders import Encoder
from cellwright.nets.parameters import need

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue over ImageNet, in [0, 1]: what such weights expect to have been taken off."""


class TorchvisionEncoder(Encoder):
    """Layers in a row, some of whose answers are handed on; ImageNet's mean and deviation are taken off first.

    Parameters
    ----------
    layers : sequence of modules
        In torchvision's order.
    ends : tuple of int
        Which layers' answers are maps, one at each of the strides 2, 4, 8, 16 and 32.
    channels : tuple of int
        Of those maps.
    freeze_norms : bool
        Keep statistics and factors of the batch norms as they were loaded, in training too. Small batches estimate
        them badly; other kinds of pictures need them to adapt.
    frozen_layers : int
        So many layers from the first on are reused as they are and not trained.
    """

    features: nn.Sequential

    def __init__(
        self,
        layers: list[nn.Module],
        ends: tuple[int, ...],
        channels: tuple[int, ...],
        freeze_norms: bool,
        frozen_layers: int,
    ) -> None:
        super().__init__()
        need(
            0 <= frozen_layers <= len(layers),
            f"The encoder's frozen_layers is {frozen_layers}; it has {len(layers)} layers.",
        )
        self.features = nn.Sequential(*layers)
        self.ends, self.channels = ends, channels
        self.strides = tuple(2 ** (level + 1) for level in range(len(ends)))
        self.freeze_norms, self.frozen_layers = freeze_norms, frozen_layers
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).reshape(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor
        for norm in self._still_norms():
            norm.requires_grad_(False)
        self.features[:frozen_layers].requires_grad_(False)
        self.train(self.training)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [0, 1] → maps at the strides 2, 4, 8, 16 and 32."""
        x = (images - self.mean) / self.std
        maps = []
        for place, layer in enumerate(self.features):
            x = layer(x)
            if place in self.ends:
                maps.append(x)
        return maps

    def train(self, mode: bool = True) -> Self:
        """Go to training or back; frozen norms stay as they are."""
        super().train(mode)
        for norm in self._still_norms():
            norm.eval()
        return self

    def _still_norms(self) -> list[nn.Module]:
        where = self.features if self.freeze_norms else self.features[: self.frozen_layers]
        return [module for module in where.modules() if isinstance(module, nn.BatchNorm2d)]


class MobileNetV2Encoder(TorchvisionEncoder):
    """MobileNetV2 (Sandler et al., CVPR 2018, table 2) up to its last inverted residual.

    Parameters
    ----------
    freeze_norms, frozen_layers
        See `TorchvisionEncoder`.
    """

    def __init__(self, freeze_norms: bool = False, frozen_layers: int = 0) -> None:
        from torchvision.models import mobilenet_v2

        # The 1×1 expansion to 1280 channels at the end serves classification and is left out.
        layers = list(mobilenet_v2(weights=None).features)[:18]
        super().__init__(layers, (1, 3, 6, 13, 17), (16, 24, 32, 96, 320), freeze_norms, frozen_layers)


class MobileNetV3Encoder(TorchvisionEncoder):
    """MobileNetV3-Large (Howard et al., ICCV 2019, table 1) up to its last inverted residual.

    Parameters
    ----------
    freeze_norms, frozen_layers
        See `TorchvisionEncoder`.
    """

    def __init__(self, freeze_norms: bool = False, frozen_layers: int = 0) -> None:
        from torchvision.models import mobilenet_v3_large

        layers = list(mobilenet_v3_large(weights=None).features)[:16]
        super().__init__(layers, (1, 3, 6, 12, 15), (16, 24, 40, 112, 160), freeze_norms, frozen_layers)


class ResNetEncoder(TorchvisionEncoder):
    """A ResNet (He et al., CVPR 2016): its strided stem and its four stages.

    Parameters
    ----------
    variant : {"resnet18", "resnet34", "resnet50"}
        Which one.
    freeze_norms, frozen_layers
        See `TorchvisionEncoder`; the stem and each stage are one layer.
    """

    def __init__(self, variant: str = "resnet18", freeze_norms: bool = False, frozen_layers: int = 0) -> None:
        from torchvision.models import resnet

        builders: dict[str, Callable[..., Any]] = {
            "resnet18": resnet.resnet18,
            "resnet34": resnet.resnet34,
            "resnet50": resnet.resnet50,
        }
        if variant not in builders:
            raise unknown_name("ResNet", variant, builders)
        net = builders[variant](weights=None)
        layers = [
            nn.Sequential(net.conv1, net.bn1, net.relu),
            nn.Sequential(net.maxpool, net.layer1),
            net.layer2,
            net.layer3,
            net.layer4,
        ]
        wide = 4 if variant == "resnet50" else 1
        channels = (64, 64 * wide, 128 * wide, 256 * wide, 512 * wide)
        super().__init__(layers, (0, 1, 2, 3, 4), channels, freeze_norms, frozen_layers)
