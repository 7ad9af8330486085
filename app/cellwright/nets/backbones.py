"""Backbones: a picture goes in, three maps at a stride of 8, 16 and 32 come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from cellwright.core import unknown_name
from cellwright.nets.blocks import Conv, Csp, Residual, Spp, Sppf

Maps = tuple[Tensor, Tensor, Tensor]


class Backbone(nn.Module):
    """Base of all backbones.

    Attributes
    ----------
    channels : tuple of three int
        Channels of the maps at stride 8, 16 and 32.
    """

    channels: tuple[int, int, int]

    def forward(self, x: Tensor) -> Maps:
        """(N, 3, H, W) → (N, c8, H/8, W/8), (N, c16, H/16, W/16), (N, c32, H/32, W/32)."""
        raise NotImplementedError


class _Staged(Backbone):
    """A stem and five stages, the last three of which are handed on."""

    def __init__(self, stem: nn.Module, stages: list[nn.Module], channels: tuple[int, int, int]) -> None:
        super().__init__()
        self.stem = stem
        self.stages = nn.ModuleList(stages)
        self.channels = channels

    def forward(self, x: Tensor) -> Maps:
        """Run the stages in turn and keep the last three maps."""
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps[-3], maps[-2], maps[-1]


def _rounded(channels: float) -> int:
    """Round up to a multiple of 8, which vector units fill whole."""
    return max(8, int(-(-channels // 8)) * 8)


class Darknet53(_Staged):
    """YOLO v3's backbone (Redmon & Farhadi 2018, table 1).

    Parameters
    ----------
    width : float
        Factor on every channel count; 1 is the published network.
    act : str
        See `blocks.activation`.
    """

    def __init__(self, width: float = 1.0, act: str = "leaky") -> None:
        c = [_rounded(width * n) for n in (32, 64, 128, 256, 512, 1024)]
        stages = [
            nn.Sequential(
                Conv(c[i], c[i + 1], 3, 2, act), *(Residual(c[i + 1], c[i + 1] // 2, act) for _ in range(depth))
            )
            for i, depth in enumerate((1, 2, 8, 8, 4))
        ]
        super().__init__(Conv(3, c[0], 3, 1, act), list(stages), (c[3], c[4], c[5]))


class CspDarknet53(_Staged):
    """YOLO v4's backbone: Darknet-53 in cross-stage-partial stages, Mish, SPP at the end (Bochkovskiy et al. 2020)."""

    def __init__(self, width: float = 1.0, act: str = "mish") -> None:
        c = [_rounded(width * n) for n in (32, 64, 128, 256, 512, 1024)]
        stages: list[nn.Module] = [
            nn.Sequential(Conv(c[i], c[i + 1], 3, 2, act), Csp(c[i + 1], c[i + 1], depth, act))
            for i, depth in enumerate((1, 2, 8, 8, 4))
        ]
        stages[-1] = nn.Sequential(stages[-1], Spp(c[5], c[5], act))
        super().__init__(Conv(3, c[0], 3, 1, act), stages, (c[3], c[4], c[5]))


class CspDarknet(_Staged):
    """YOLO v5's backbone: a strided stem, cross-stage-partial stages, SPPF at the end.

    Parameters
    ----------
    width, depth : float
        Factors on channels and on units a stage: 0.25 and 0.33 are v5n, 0.5 and 0.33 are v5s.
    """

    def __init__(self, width: float = 0.5, depth: float = 0.33, act: str = "silu") -> None:
        c = [_rounded(width * n) for n in (64, 128, 256, 512, 1024)]
        units = [max(1, round(depth * n)) for n in (3, 6, 9, 3)]
        stages: list[nn.Module] = [
            nn.Sequential(Conv(c[i], c[i + 1], 3, 2, act), Csp(c[i + 1], c[i + 1], n, act)) for i, n in enumerate(units)
        ]
        stages[-1] = nn.Sequential(stages[-1], Sppf(c[4], c[4], act))
        # 6×6 at stride 2 sees what the older Focus layer saw, in one convolution.
        stem = Conv(3, c[0], 6, 2, act)
        stem[0] = nn.Conv2d(3, c[0], 6, 2, 2, bias=False)
        super().__init__(stem, stages, (c[2], c[3], c[4]))


class ResNet(_Staged):
    """PP-YOLO's kind of backbone: a ResNet (He et al. 2016), built by torchvision.

    Parameters
    ----------
    variant : {"resnet18", "resnet34", "resnet50"}
        Which one.
    """

    def __init__(self, variant: str = "resnet18") -> None:
        from torchvision.models import resnet

        builders: dict[str, Callable[..., resnet.ResNet]] = {
            "resnet18": resnet.resnet18,
            "resnet34": resnet.resnet34,
            "resnet50": resnet.resnet50,
        }
        if variant not in builders:
            raise unknown_name("ResNet", variant, builders)
        net = builders[variant](weights=None)
        channels = (128, 256, 512) if variant != "resnet50" else (512, 1024, 2048)
        stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
        super().__init__(stem, [net.layer1, net.layer2, net.layer3, net.layer4], channels)


class MobileNetV2(_Staged):
    """Inverted residuals (Sandler et al. 2018), built by torchvision; ImageNet weights fit it as they are."""

    def __init__(self) -> None:
        from torchvision.models import mobilenet_v2

        features = mobilenet_v2(weights=None).features
        # The 1×1 expansion to 1280 channels at the end serves classification and is left out.
        stages: list[nn.Module] = [features[1:4], features[4:7], features[7:14], features[14:18]]
        super().__init__(features[0], stages, (32, 96, 320))


_BACKBONES: Mapping[str, Callable[..., Backbone]] = {
    "darknet53": Darknet53,
    "csp_darknet53": CspDarknet53,
    "csp_darknet": CspDarknet,
    "resnet": ResNet,
    "mobilenet_v2": MobileNetV2,
}


def build_backbone(kind: str, **parameters: Any) -> Backbone:
    """Build a backbone by name.

    Raises
    ------
    UnknownName
        If no backbone has that name.
    """
    if kind not in _BACKBONES:
        raise unknown_name("backbone", kind, _BACKBONES)
    return _BACKBONES[kind](**parameters)
