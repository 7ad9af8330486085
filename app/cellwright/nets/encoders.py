"""Encoders: a picture goes in, one map a level comes out, each half as fine as the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from cellwright.nets.blocks import Conv
from cellwright.nets.parameters import choose, need


class Encoder(nn.Module):
    """Base of all encoders.

    Attributes
    ----------
    channels, strides : tuple of int
        Of each map, finest first; a stride is in input pixels and doubles from map to map.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [0, 1] → one (N, channels[i], H/strides[i], W/strides[i]) a level."""
        raise NotImplementedError


class PlainEncoder(Encoder):
    """The contracting path of U-Net (Ronneberger et al. 2015, fig. 1), padded so that sizes are kept.

    Parameters
    ----------
    channels : sequence of int
        Of each level, finest first; multiples of 16 use vector units whole.
    convs : int or sequence of int
        3×3 convolutions of each level; 2 in the paper. The finest level is where they cost most.
    stem_stride : {1, 2, 4}
        Input pixels per pixel of the finest level. Above 1 the first convolution is as wide as three of its steps and
        nothing is computed at full resolution, which is several times faster.
    act : str
        See `blocks.activation`.
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 64, 128, 256),
        convs: int | Sequence[int] = 2,
        stem_stride: int = 1,
        act: str = "relu",
    ) -> None:
        super().__init__()
        need(len(channels) > 0 and min(channels) > 0, "The encoder's channels must be a list of numbers above 0.")
        counts = per_level("encoder", convs, len(channels))
        need(stem_stride in {1, 2, 4}, f"The encoder's stem_stride is {stem_stride}; it can be 1, 2 or 4.")
        self.channels = tuple(channels)
        self.strides = tuple(stem_stride * 2**level for level in range(len(channels)))
        self.pool = nn.MaxPool2d(2)
        sides = zip((3, *channels[:-1]), channels, counts, strict=True)
        levels = [conv_level(c, d, count, act) for c, d, count in sides]
        if stem_stride > 1:
            stem = Conv(3, channels[0], act=act)
            stem[0] = nn.Conv2d(3, channels[0], 3 * stem_stride, stem_stride, stem_stride, bias=False)
            levels[0][0] = stem
        self.levels = nn.ModuleList(levels)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Convolve, keep, halve, and again."""
        maps: list[Tensor] = []
        x = images
        for level in self.levels:
            x = level(self.pool(x) if maps else x)
            maps.append(x)
        return maps


def per_level(what: str, convs: int | Sequence[int], levels: int) -> list[int]:
    """Return the number of convolutions of each level, from one number for all or one for each.

    Raises
    ------
    ModelNotUsable
        If there are not as many as levels, or one is below 1.
    """
    counts = [convs] * levels if isinstance(convs, int) else list(convs)
    need(
        len(counts) == levels and min(counts, default=1) > 0,
        f"The {what}'s convs is {convs}; give one number, or one for each of {levels} levels, all at least 1.",
    )
    return counts


def conv_level(c_in: int, c_out: int, convs: int, act: str) -> nn.Sequential:
    """Return `convs` 3×3 convolutions in a row, (N, c_in, H, W) → (N, c_out, H, W)."""
    return nn.Sequential(*(Conv(c_in if i == 0 else c_out, c_out, 3, act=act) for i in range(convs)))


def build_encoder(description: Mapping[str, Any]) -> Encoder:
    """Build an encoder from ``{"kind": name, **parameters}``: plain, mobilenet-v2, mobilenet-v3-large or resnet.

    Raises
    ------
    UnknownName
        If no encoder has that name.
    ModelNotUsable
        If a parameter is missing or unknown.
    """
    # They are encoders too: imported here, because they cannot stand above what they are made of.
    from cellwright.nets import torchvision_encoders as torchvisions

    kinds: dict[str, Callable[..., Encoder]] = {
        "plain": PlainEncoder,
        "mobilenet-v2": torchvisions.MobileNetV2Encoder,
        "mobilenet-v3-large": torchvisions.MobileNetV3Encoder,
        "resnet": torchvisions.ResNetEncoder,
    }
    return choose("encoder", kinds, description)
