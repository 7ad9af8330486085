"""The convolutional blocks that detectors are put together from; each takes and returns (N, C, H, W)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cellwright.core import unknown_name

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "leaky": nn.LeakyReLU,
    "relu": nn.ReLU,
}


def activation(name: str) -> nn.Module:
    """Return a fresh activation: "silu", "mish" (YOLO v4), "leaky" (slope 0.1, YOLO v3) or "relu".

    Raises
    ------
    UnknownName
        If it is none of them.
    """
    if name not in _ACTIVATIONS:
        raise unknown_name("activation", name, _ACTIVATIONS)
    kind = _ACTIVATIONS[name]
    return kind(0.1) if kind is nn.LeakyReLU else kind()


class Conv(nn.Sequential):
    """Convolution, batch norm, activation: (N, c_in, H, W) → (N, c_out, H/stride, W/stride)."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, act: str = "silu") -> None:
        super().__init__(
            nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False),
            # eps and momentum as the Darknet line of work sets them: steadier statistics for small batches.
            nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.03),
            activation(act),
        )


class Residual(nn.Module):
    """1×1 then 3×3 convolution with a skip: Darknet-53's unit (Redmon & Farhadi 2018, table 1)."""

    def __init__(self, channels: int, hidden: int, act: str = "silu", *, skip: bool = True) -> None:
        super().__init__()
        self.reduce = Conv(channels, hidden, 1, act=act)
        self.expand = Conv(hidden, channels, 3, act=act)
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        y: Tensor = self.expand(self.reduce(x))
        return x + y if self.skip else y


class Csp(nn.Module):
    """Cross-stage-partial stage: half the channels pass residual units, half pass by (Wang et al., CVPRW 2020)."""

    def __init__(self, c_in: int, c_out: int, depth: int, act: str = "silu", *, skip: bool = True) -> None:
        super().__init__()
        hidden = c_out // 2
        self.through = Conv(c_in, hidden, act=act)
        self.beside = Conv(c_in, hidden, act=act)
        self.units = nn.Sequential(*(Residual(hidden, hidden, act, skip=skip) for _ in range(depth)))
        self.join = Conv(2 * hidden, c_out, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_in, H, W) → (N, c_out, H, W)."""
        y: Tensor = self.join(torch.cat((self.units(self.through(x)), self.beside(x)), 1))
        return y


class Spp(nn.Module):
    """Spatial pyramid pooling: the same map pooled over 5, 9 and 13 pixels, side by side (He et al. 2015; YOLO v4)."""

    def __init__(self, c_in: int, c_out: int, act: str = "silu", kernels: tuple[int, ...] = (5, 9, 13)) -> None:
        super().__init__()
        hidden = c_in // 2
        self.reduce = Conv(c_in, hidden, act=act)
        self.pools = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in kernels)
        self.join = Conv(hidden * (1 + len(kernels)), c_out, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_in, H, W) → (N, c_out, H, W)."""
        x = self.reduce(x)
        y: Tensor = self.join(torch.cat([x, *(pool(x) for pool in self.pools)], 1))
        return y


class Sppf(nn.Module):
    """`Spp` computed faster: pooling over 5 pixels twice is pooling over 9, three times over 13."""

    def __init__(self, c_in: int, c_out: int, act: str = "silu") -> None:
        super().__init__()
        hidden = c_in // 2
        self.reduce = Conv(c_in, hidden, act=act)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = Conv(hidden * 4, c_out, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c_in, H, W) → (N, c_out, H, W)."""
        x = self.reduce(x)
        five = self.pool(x)
        nine = self.pool(five)
        y: Tensor = self.join(torch.cat((x, five, nine, self.pool(nine)), 1))
        return y
