"""`Fcn`: torchvision's fully convolutional network behind the same interface as the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from cellwright.core import unknown_name
from cellwright.nets.dense import DenseNetwork
from cellwright.nets.dense_heads import build_dense_head
from cellwright.nets.parameters import make
from cellwright.nets.torchvision_encoders import IMAGENET_MEAN, IMAGENET_STD

if TYPE_CHECKING:
    from torch import Tensor

_BACKBONES = {"resnet50": 2048, "resnet101": 2048}


class Fcn(DenseNetwork):
    """FCN (Long, Shelhamer & Darrell, CVPR 2015) as torchvision builds it: a ResNet dilated to a stride of 8.

    Parameters
    ----------
    head : mapping
        See `dense_heads.build_dense_head`; it stands for the last layer of torchvision's head.
    backbone : {"resnet50", "resnet101"}
        Which ResNet.
    """

    max_stride = 8

    def __init__(self, head: Mapping[str, Any], backbone: str = "resnet50") -> None:
        from torchvision.models import resnet
        from torchvision.models.segmentation.fcn import FCNHead

        super().__init__()
        if backbone not in _BACKBONES:
            raise unknown_name("FCN backbone", backbone, _BACKBONES)
        builder = {"resnet50": resnet.resnet50, "resnet101": resnet.resnet101}[backbone]
        net = builder(weights=None, replace_stride_with_dilation=[False, True, True])
        self.backbone = nn.Sequential(
            net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4
        )
        channels = _BACKBONES[backbone] // 4
        # All but its last layer: 3×3 convolution, norm, activation, dropout.
        self.neck = nn.Sequential(*list(FCNHead(_BACKBONES[backbone], channels))[:-1])
        self.head = build_dense_head(head, channels, 8)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).reshape(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor

    def features(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, 512, H/8, W/8)."""
        x: Tensor = self.neck(self.backbone((images - self.mean) / self.std))
        return x


def build_fcn(parameters: Mapping[str, Any]) -> Fcn:
    """Build an FCN from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If the backbone or head is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("FCN", Fcn, parameters)
