"""Feature pyramids for torchvision's detectors: an encoder, torchvision's FPN, and the anchors that stand on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool, LastLevelP6P7

from cellwright.nets.parameters import choose, need
from cellwright.nets.torchvision_encoders import (
    MobileNetV2Encoder,
    MobileNetV3Encoder,
    ResNetEncoder,
    TorchvisionEncoder,
)

if TYPE_CHECKING:
    from torchvision.models.detection.image_list import ImageList


class Pyramid(nn.Module):
    """An encoder and a feature pyramid over its maps (Lin et al., CVPR 2017).

    Parameters
    ----------
    encoder : TorchvisionEncoder
        What makes the maps.
    coarser : {"pool", "convolved"}
        Where maps beyond the encoder's come from: the coarsest once more at half size (for R-CNNs), or two strided
        convolutions (RetinaNet's P6 and P7).
    fpn_channels : int
        Of every map of the pyramid; 256 in the paper, half of it is three times faster.
    finest_stride : {2, 4, 8}
        Of the pyramid's finest map.
    fpn_norm : bool
        Batch norms in the pyramid, which training from scratch needs and the paper does without.

    Attributes
    ----------
    out_channels : int
    strides : tuple of int
        Of the maps that come out, finest first.
    """

    def __init__(
        self,
        encoder: TorchvisionEncoder,
        coarser: Literal["pool", "convolved"],
        fpn_channels: int = 256,
        finest_stride: int = 4,
        fpn_norm: bool = True,
    ) -> None:
        super().__init__()
        need(finest_stride in {2, 4, 8}, f"The backbone's finest_stride is {finest_stride}; it can be 2, 4 or 8.")
        need(fpn_channels > 0, f"The backbone's fpn_channels is {fpn_channels}; it must be above 0.")
        self.encoder = encoder
        self.first = encoder.strides.index(finest_stride)
        self.out_channels = fpn_channels
        self.fpn = FeaturePyramidNetwork(
            list(encoder.channels[self.first :]),
            fpn_channels,
            LastLevelMaxPool() if coarser == "pool" else LastLevelP6P7(fpn_channels, fpn_channels),
            nn.BatchNorm2d if fpn_norm else None,
        )
        beyond = (64,) if coarser == "pool" else (64, 128)
        self.strides = (*encoder.strides[self.first :], *beyond)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """(N, 3, H, W) in [0, 1] → maps by name, finest first, named "0", "1", … and after them the coarser ones.

        They are float32 also under autocast: places are computed from them, finer than bf16 can tell.
        """
        maps = self.encoder(images)[self.first :]
        named: dict[str, Tensor] = self.fpn(OrderedDict((str(level), x) for level, x in enumerate(maps)))
        return OrderedDict((name, x.float()) for name, x in named.items())

    @property
    def names(self) -> list[str]:
        """Names of the maps that regions are read from: the encoder's, without the coarser ones."""
        return [str(level) for level in range(len(self.encoder.strides) - self.first)]


def build_pyramid(description: Mapping[str, Any], coarser: Literal["pool", "convolved"]) -> Pyramid:
    """Build a backbone from ``{"kind": name, **parameters}``; nothing is downloaded.

    Raises
    ------
    UnknownName
        If no backbone has that name.
    ModelNotUsable
        If a parameter is missing or unknown.
    """
    kinds: dict[str, Callable[..., TorchvisionEncoder]] = {
        "resnet50-fpn": partial(ResNetEncoder, "resnet50"),
        "resnet18-fpn": partial(ResNetEncoder, "resnet18"),
        "mobilenet-v3-large-fpn": MobileNetV3Encoder,
        "mobilenet-v2-fpn": MobileNetV2Encoder,
    }

    def on(maker: Callable[..., TorchvisionEncoder]) -> Callable[..., Pyramid]:
        def pyramid(
            fpn_channels: int = 256,
            finest_stride: int = 4,
            fpn_norm: bool = True,
            freeze_norms: bool = False,
            frozen_layers: int = 0,
        ) -> Pyramid:
            encoder = maker(freeze_norms=freeze_norms, frozen_layers=frozen_layers)
            return Pyramid(encoder, coarser, fpn_channels, finest_stride, fpn_norm)

        return pyramid

    return choose("backbone", {kind: on(maker) for kind, maker in kinds.items()}, description)


class Anchors(AnchorGenerator):  # type: ignore[misc]  # torchvision is not typed
    """torchvision's anchors at strides that are known.

    torchvision divides the picture's size by the map's, which is off by some pixels where the division has a rest; then
    the same object would lie differently in a picture and in a tile of it.

    Parameters
    ----------
    strides : sequence of int
        Of the pyramid's maps.
    sizes : sequence of sequences of float
        Sides of the square anchors of each map, in input pixels.
    ratios : sequence of float
        Heights over widths of the anchors of each size.
    """

    def __init__(self, strides: Sequence[int], sizes: Sequence[Sequence[float]], ratios: Sequence[float]) -> None:
        need(
            len(sizes) == len(strides) and len({len(row) for row in sizes}) == 1 and len(sizes[0]) > 0,
            f"The anchor_sizes are of {len(sizes)} maps, but the backbone has {len(strides)} (at the strides "
            f"{', '.join(map(str, strides))}); give each map a list of sizes, all of one length.",
        )
        need(len(ratios) > 0, "The anchor_ratios are empty; give at least [1.0].")
        super().__init__(tuple(tuple(row) for row in sizes), (tuple(ratios),) * len(sizes))
        self.strides = tuple(strides)

    def forward(self, image_list: ImageList, feature_maps: list[Tensor]) -> list[Tensor]:
        """Return the anchors of each picture, (A, 4) xyxy in input pixels, float32."""
        device = feature_maps[0].device
        self.set_cell_anchors(torch.float32, device)
        strides = [[torch.tensor(stride, device=device)] * 2 for stride in self.strides]
        anchors = torch.cat(self.grid_anchors([list(x.shape[-2:]) for x in feature_maps], strides))
        return [anchors] * len(image_list.image_sizes)
