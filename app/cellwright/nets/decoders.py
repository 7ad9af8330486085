"""The expanding path of U-Net: coarse maps are doubled and joined to finer ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.nets.blocks import Conv
from cellwright.nets.encoders import conv_level, per_level
from cellwright.nets.parameters import need

UPSAMPLINGS = ("nearest", "bilinear", "transposed")


class Doubling(nn.Module):
    """Twice the size: (N, c_in, H, W) → (N, c_out, 2H, 2W).

    Parameters
    ----------
    c_in, c_out : int
        Channels.
    upsampling : {"nearest", "bilinear", "transposed"}
        Pixels repeated, or interpolated, after a 1×1 convolution (which costs a quarter on the coarse side); or a
        2×2 transposed convolution, as Ronneberger et al. 2015 have it.
    act : str
        See `blocks.activation`.
    """

    def __init__(self, c_in: int, c_out: int, upsampling: str, act: str) -> None:
        super().__init__()
        need(
            upsampling in UPSAMPLINGS,
            f"The decoder's upsampling is {upsampling!r}; it can be {', '.join(UPSAMPLINGS)}.",
        )
        self.upsampling = upsampling
        self.convolve: nn.Module = (
            nn.ConvTranspose2d(c_in, c_out, 2, 2) if upsampling == "transposed" else Conv(c_in, c_out, 1, act=act)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convolve and double."""
        y: Tensor = self.convolve(x)
        if self.upsampling == "nearest":
            return F.interpolate(y, scale_factor=2.0, mode="nearest")
        if self.upsampling == "bilinear":
            return F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        return y


class UnetDecoder(nn.Module):
    """Doublings, each joined to the encoder's map of that size and convolved.

    Parameters
    ----------
    encoder_channels, encoder_strides : sequence of int
        See `encoders.Encoder`.
    channels : sequence of int
        Of each step, coarse to fine. How many there are says how fine the answer is: as many as the encoder has maps
        less one reaches its finest map, each further step doubles once more without a map to join.
    convs : int or sequence of int
        3×3 convolutions of each step.
    upsampling : {"nearest", "bilinear", "transposed"}
        See `Doubling`.
    join : {"concat", "add"}
        How the two maps of a step meet: side by side, as in the paper, or added, the encoder's through a 1×1
        convolution where channels differ, which spares half of what the following convolution costs.
    act : str
        See `blocks.activation`.

    Attributes
    ----------
    out_channels, stride : int
        Of the map handed to the head.
    """

    def __init__(
        self,
        encoder_channels: Sequence[int],
        encoder_strides: Sequence[int],
        channels: Sequence[int],
        convs: int | Sequence[int] = 2,
        upsampling: str = "nearest",
        join: str = "concat",
        act: str = "relu",
    ) -> None:
        super().__init__()
        need(join in {"concat", "add"}, f"The decoder's join is {join!r}; it can be 'concat' or 'add'.")
        counts = per_level("decoder", convs, len(channels))
        coarsest = encoder_strides[-1]
        need(
            2 ** len(channels) <= coarsest,
            f"The decoder has {len(channels)} steps, but the encoder's coarsest map has a stride of {coarsest}; "
            f"give at most {coarsest.bit_length() - 1} channels.",
        )
        deep = encoder_channels[-1]
        skips = [*reversed(encoder_channels[:-1]), *[0] * len(channels)]
        self.adds = join == "add"
        self.up, self.across, self.mix = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for out, skip, count in zip(channels, skips, counts, strict=False):
            self.up.append(Doubling(deep, out, upsampling, act))
            fits = not self.adds or skip in {0, out}
            self.across.append(nn.Identity() if fits else nn.Conv2d(skip, out, 1))
            self.mix.append(conv_level(out if self.adds else out + skip, out, count, act))
            deep = out
        self.out_channels = deep
        self.stride = coarsest // 2 ** len(channels)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Join maps, finest first, into one: → (N, out_channels, H/stride, W/stride)."""
        *finer, x = maps
        for up, across, mix in zip(self.up, self.across, self.mix, strict=True):
            x = up(x)
            if finer:
                y = across(finer.pop())
                x = x + y if self.adds else torch.cat((x, y), 1)
            x = mix(x)
        return x
