"""The rays of a star: their angles, and where a walk along each of them comes by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cellwright.shapes.kinds import Bools, Float32s, Float64s, Int32s

FAR = 1 << 30
"""Stands for no pixel in sight."""
_NEAR_HALF = 0.01
"""How near to the middle between two pixels a place must be for float32 sums with a coordinate to decide."""


def ray_directions(rays: int) -> Float64s:
    """Return (2, rays) float64: sine and cosine of the angles 2πk/n, the y and x of a step along each ray."""
    angles = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    return np.stack([np.sin(angles), np.cos(angles)])


@dataclass(frozen=True, slots=True, eq=False)
class RaySteps:
    """A walk along each ray in steps of one pixel's length, in the float32 arithmetic of StarDist's own loop.

    Parameters
    ----------
    y, x : (rays, count) ndarray of float32
        How far the walk has come after each step.
    dy, dx : (rays, count) ndarray of int32
        The same in whole pixels, halves to even.
    ambiguous : (rays, count) ndarray of bool
        Whether the whole pixel depends on where the walk began: a place in the middle between two.
    length : (rays, count) ndarray of float32
        The distance to the edge of the object when this step is the first outside it.
    """

    y: Float32s
    x: Float32s
    dy: Int32s
    dx: Int32s
    ambiguous: Bools
    length: Float32s

    def jumps(self, width: int) -> Int32s:
        """Return each step's way through a picture of `width` columns, `FAR` where it is ambiguous."""
        return np.where(self.ambiguous, np.int32(FAR), self.dy * np.int32(width) + self.dx)

    @property
    def stride(self) -> Float32s:
        """(rays,) float32: steps to the pixel along the steeper axis, a little less for the sake of rounding."""
        return np.float32(0.9999) / np.maximum(np.abs(self.y[:, 0]), np.abs(self.x[:, 0])).astype(np.float32)

    @property
    def count(self) -> int:
        """How many steps."""
        return int(self.y.shape[1])


@lru_cache(maxsize=16)
def ray_steps(rays: int, count: int) -> RaySteps:
    """Walk `count` steps along each of `rays` rays."""
    angle = np.arange(rays, dtype=np.float32) * np.float32(2 * np.pi / rays)
    # Sine and cosine in double precision, rounded once: what a good single-precision library answers.
    step_y, step_x = (f(angle.astype(np.float64)).astype(np.float32) for f in (np.sin, np.cos))
    y = np.cumsum(np.repeat(step_y[:, None], count, 1), axis=1, dtype=np.float32)
    x = np.cumsum(np.repeat(step_x[:, None], count, 1), axis=1, dtype=np.float32)
    near = np.zeros(y.shape, np.bool_)
    for place in (y, x):
        near |= np.abs(np.abs(place - np.floor(place)) - 0.5) < _NEAR_HALF
    overshoot = np.float32(0.5) / np.maximum(np.abs(step_y), np.abs(step_x)) - np.float32(1)
    last_y, last_x = y + (overshoot * step_y)[:, None], x + (overshoot * step_x)[:, None]
    length = np.sqrt(last_y * last_y + last_x * last_x)
    return RaySteps(y, x, np.rint(y).astype(np.int32), np.rint(x).astype(np.int32), near, length)
