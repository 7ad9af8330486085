"""Necks: maps of three scales exchange what they saw, coarse to fine and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.core import unknown_name
from cellwright.nets.backbones import Maps
from cellwright.nets.blocks import Conv, Csp

Channels = tuple[int, int, int]


class Neck(nn.Module):
    """Base of all necks; `channels` are those of the three maps handed to the head."""

    channels: Channels

    def forward(self, maps: Maps) -> Maps:
        """Three maps at stride 8, 16, 32 → three maps at the same strides."""
        raise NotImplementedError


def _doubled(x: Tensor) -> Tensor:
    """(N, C, H, W) → (N, C, 2H, 2W) by repeating pixels."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Fpn(Neck):
    """Feature pyramid (Lin et al. 2017) as YOLO v3 wires it: coarse maps are doubled and joined to finer ones."""

    def __init__(self, channels: Channels, act: str = "leaky", width: float = 1.0) -> None:
        super().__init__()
        c8, c16, c32 = channels
        h8, h16, h32 = (max(16, int(width * n) // 8 * 8) for n in (128, 256, 512))
        self.mix32 = Csp(c32, h32, 1, act, skip=False)
        self.down16 = Conv(h32, h16, act=act)
        self.mix16 = Csp(c16 + h16, h16, 1, act, skip=False)
        self.down8 = Conv(h16, h8, act=act)
        self.mix8 = Csp(c8 + h8, h8, 1, act, skip=False)
        self.channels = (h8, h16, h32)

    def forward(self, maps: Maps) -> Maps:
        """Coarse to fine, once."""
        p8, p16, p32 = maps
        n32 = self.mix32(p32)
        n16 = self.mix16(torch.cat((_doubled(self.down16(n32)), p16), 1))
        n8 = self.mix8(torch.cat((_doubled(self.down8(n16)), p8), 1))
        return n8, n16, n32


class Pan(Neck):
    """Path aggregation (Liu et al., CVPR 2018): a feature pyramid, then a fine-to-coarse path, as in YOLO v4 and v5.

    Parameters
    ----------
    channels : tuple of three int
        What the backbone hands over.
    out : tuple of three int or None
        Channels handed on; None keeps the backbone's.
    depth : int
        Units in each mixing stage.
    """

    def __init__(self, channels: Channels, out: Channels | None = None, depth: int = 1, act: str = "silu") -> None:
        super().__init__()
        c8, c16, c32 = channels
        o8, o16, o32 = out or channels
        self.down16 = Conv(c32, o16, act=act)
        self.mix16 = Csp(c16 + o16, o16, depth, act, skip=False)
        self.down8 = Conv(o16, o8, act=act)
        self.mix8 = Csp(c8 + o8, o8, depth, act, skip=False)
        self.up16 = Conv(o8, o8, 3, 2, act)
        self.remix16 = Csp(o8 + o8, o16, depth, act, skip=False)
        self.up32 = Conv(o16, o16, 3, 2, act)
        self.remix32 = Csp(o16 + o16, o32, depth, act, skip=False)
        self.channels = (o8, o16, o32)

    def forward(self, maps: Maps) -> Maps:
        """Coarse to fine, then fine to coarse."""
        p8, p16, p32 = maps
        lateral32 = self.down16(p32)  # (N, o16, H/32, W/32)
        lateral16 = self.down8(self.mix16(torch.cat((_doubled(lateral32), p16), 1)))  # (N, o8, H/16, W/16)
        n8 = self.mix8(torch.cat((_doubled(lateral16), p8), 1))  # (N, o8, H/8, W/8)
        n16 = self.remix16(torch.cat((self.up16(n8), lateral16), 1))  # (N, o16, H/16, W/16)
        n32 = self.remix32(torch.cat((self.up32(n16), lateral32), 1))  # (N, o32, H/32, W/32)
        return n8, n16, n32


_NECKS: Mapping[str, Callable[..., Neck]] = {"fpn": Fpn, "pan": Pan}


def build_neck(kind: str, channels: Channels, **parameters: Any) -> Neck:
    """Build a neck by name over a backbone's channels.

    Raises
    ------
    UnknownName
        If no neck has that name.
    """
    if kind not in _NECKS:
        raise unknown_name("neck", kind, _NECKS)
    if "out" in parameters and parameters["out"] is not None:
        parameters["out"] = tuple(parameters["out"])
    return _NECKS[kind](channels, **parameters)
