"""A drawn frontal chest radiograph with known lungs and heart: a picture to try a chest model on, of nobody.

X-rays are absorbed on their way through a body, so what lies on the way adds up, as in the drawn smear: muscle and fat
all over, less where a lung holds air, more at the heart, the spine and the ribs. The film is bright where much was
absorbed. The patient faces us: the right lung is on the left of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects
from cellwright.testing.labelled import objects_of
from cellwright.testing.noise import Field, clouds, grain, local_generator, soften

CHEST_CLASSES = ("right-lung", "left-lung", "heart")
"""Names of the classes; in the index mask they are 1, 2 and 3."""

_SHAPES, _VESSELS, _CLOUDS, _SENSOR = 41, 42, 43, 44
_Points = Sequence[tuple[float, float]]

# y, x of the outlines in shares of the picture's side, clockwise from the top, of a person of no one in particular.
_RIGHT_LUNG: _Points = (
    (0.075, 0.375), (0.085, 0.445), (0.170, 0.468), (0.290, 0.462), (0.420, 0.455), (0.560, 0.435), (0.690, 0.425),
    (0.708, 0.350), (0.735, 0.270), (0.800, 0.195), (0.845, 0.158), (0.760, 0.148), (0.640, 0.152), (0.500, 0.168),
    (0.360, 0.195), (0.240, 0.238), (0.150, 0.290), (0.095, 0.335),
)  # fmt: skip
_LEFT_LUNG: _Points = (
    (0.070, 0.655), (0.092, 0.705), (0.150, 0.755), (0.240, 0.805), (0.360, 0.846), (0.500, 0.872), (0.640, 0.888),
    (0.760, 0.892), (0.845, 0.880), (0.795, 0.840), (0.752, 0.790), (0.735, 0.725), (0.725, 0.640), (0.560, 0.600),
    (0.430, 0.598), (0.330, 0.602), (0.270, 0.606), (0.215, 0.580), (0.130, 0.578), (0.082, 0.610),
)  # fmt: skip
_HEART: _Points = (
    (0.425, 0.470), (0.412, 0.540), (0.425, 0.605), (0.480, 0.655), (0.550, 0.705), (0.620, 0.748), (0.680, 0.765),
    (0.728, 0.735), (0.748, 0.660), (0.752, 0.560), (0.738, 0.470), (0.700, 0.420), (0.630, 0.405), (0.550, 0.415),
    (0.480, 0.440),
)  # fmt: skip
_SPINE_X = 0.528


@dataclass(frozen=True, slots=True)
class ChestPhantom:
    """A chest radiograph, drawn and not taken.

    Parameters
    ----------
    seed : int
        Which person, >= 0.
    side_px : int
        Rows, and columns, in pixels; about 128 or more.
    heart_scale : float
        Width of the heart as a multiple of the usual one, 0.7 … 1.4: moves the cardiothoracic ratio in proportion.
    """

    seed: int
    side_px: int = 512
    heart_scale: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.side_px, self.side_px

    @property
    def source(self) -> str:
        """What the rows of `truth` say about where they come from."""
        return f"generator:chest@{self.seed}"

    def read(self) -> NDArray[np.uint8]:
        """Draw the radiograph, (H, W) uint8, bright where much is absorbed."""
        heart = _depth(self._heart(), self.side_px)
        density = self._soft_tissue() + 0.40 * _rising(heart, 0.12)
        no_heart = 1.0 - 0.92 * _rising(heart, 0.022)
        for outline in self._lungs():
            density -= self._air(outline) * no_heart
        density += self._bones() + self._vessels() * no_heart
        density = soften(np.pad(density, 6, mode="edge")[..., None], 0.0026 * self.side_px, 6)[..., 0]
        film = 236.0 * (1.0 - np.exp(-1.05 * np.clip(density, 0.0, None))) + 6.0
        noise = soften(grain(self.seed, _SENSOR, Box(0, 0, *self.shape).grow(2)), 0.7, 2)[..., 0]
        return np.clip(np.rint(film + 2.6 * noise), 0, 255).astype(np.uint8)

    def mask(self) -> NDArray[np.uint8]:
        """Return the index mask, (H, W) uint8: 0 background, 1 right lung, 2 left lung, 3 heart over both."""
        mask = np.zeros(self.shape, np.uint8)
        for index, outline in enumerate((*self._lungs(), self._heart()), start=1):
            mask[_inside(outline, self.side_px)] = index
        return mask

    def truth(self) -> Objects:
        """Return right lung, left lung and heart with their pixels."""
        return objects_of(self.mask().astype(np.int32), CHEST_CLASSES, self.source, {1: 0, 2: 1, 3: 2})

    def _lungs(self) -> tuple[Field, Field]:
        return self._outline(_RIGHT_LUNG, 0), self._outline(_LEFT_LUNG, 1)

    def _heart(self) -> Field:
        outline = self._outline(_HEART, 2)
        middle = outline[:, 1].mean()
        return np.stack([outline[:, 0], middle + self.heart_scale * (outline[:, 1] - middle)], axis=1)

    def _outline(self, points: _Points, which: int) -> Field:
        """Return a smooth closed curve near the given points, a little different for every person."""
        u = local_generator(self.seed, _SHAPES, which, 0).random((4, 2))
        body = local_generator(self.seed, _SHAPES, 9, 0).random(2) - 0.5  # larger or smaller as a whole
        given = np.array(points)
        turn = np.linspace(0.0, 2 * np.pi, len(given), endpoint=False)
        sway = sum(0.006 * (u[k, 0] - 0.5) * np.cos((k + 1) * turn + 2 * np.pi * u[k, 1]) for k in range(4))
        middle = np.array([0.45, _SPINE_X])
        return _spline(middle + (given - middle) * (1.0 + 0.06 * body + sway[:, None]))

    def _grid(self) -> tuple[Field, Field]:
        """Return y and x of every pixel centre in shares of the side, (H, 1) and (1, W)."""
        at = (np.arange(self.side_px) + 0.5) / self.side_px
        return at[:, None], at[None, :]

    def _soft_tissue(self) -> Field:
        """Return what muscle, fat and organs absorb: shoulders and arms above, the belly below."""
        y, x = self._grid()
        off = np.abs(x - _SPINE_X)
        trunk = 0.455 - 0.03 * np.clip((y - 0.45) / 0.5, 0.0, 1.0)
        shoulder = 0.16 + 0.42 * np.sqrt(np.clip(y / 0.17, 0.0, 1.0))
        arm = np.clip(0.56 - 0.55 * np.clip(y - 0.36, 0.0, None), 0.0, None)
        width = np.minimum(shoulder, np.maximum(trunk, arm))
        body = np.sqrt(np.clip(1.0 - (off / width) ** 2, 0.0, 1.0))
        belly = 1.0 / (1.0 + np.exp(-(y - 0.76) / 0.035))
        mediastinum = np.exp(-0.5 * (off / 0.055) ** 2) * (0.34 + 0.10 * y)
        random = local_generator(self.seed, _CLOUDS, 0, 0)
        uneven = 1.0 + 0.05 * clouds(random, self.shape, 0.16 * self.side_px)
        bubble = 0.30 * np.exp(-0.5 * (((y - 0.80) / 0.025) ** 2 + ((x - 0.735) / 0.038) ** 2))
        airway = 0.26 * np.exp(-0.5 * ((x - _SPINE_X + 0.006) / 0.017) ** 2) / (1.0 + np.exp((y - 0.32) / 0.02))
        # The great vessels above the heart, and the knob of the aorta.
        great = 0.42 * np.exp(-0.5 * (((y - 0.40) / 0.075) ** 2 + ((x - 0.540) / 0.048) ** 2))
        great = great + 0.34 * np.exp(-0.5 * (((y - 0.262) / 0.030) ** 2 + ((x - 0.592) / 0.026) ** 2))
        return (great + 1.05 * body**0.6 + 0.34 * belly * body + mediastinum * body) * uneven - bubble - airway

    def _air(self, outline: Field) -> Field:
        """Return how much less is absorbed because a lung holds air there."""
        depth = _depth(outline, self.side_px)
        random = local_generator(self.seed, _CLOUDS, 1, round(10 * float(outline[:, 1].mean())))
        lace = 1.0 + 0.07 * clouds(random, self.shape, 0.020 * self.side_px)
        return 0.82 * _rising(depth, 0.13) * lace

    def _bones(self) -> Field:
        y, x = self._grid()
        discs = 1.0 + 0.14 * np.cos(2 * np.pi * y / 0.062)
        spine = 0.17 * discs * np.exp(-(((x - _SPINE_X) / 0.040) ** 4))
        total = spine + np.zeros(self.shape)
        cage = np.exp(-((np.clip(np.abs(x - _SPINE_X) - 0.335, 0.0, None) / 0.03) ** 2))
        out = np.abs(x - _SPINE_X) / 0.40  # 0 at the spine, about 1 at the flank
        for number in range(10):
            start = 0.075 + 0.071 * number
            behind = start - 0.045 * np.sin(np.pi * np.clip(out, 0.0, 1.0)) + 0.115 * out**2.2
            total += cage * _rib(y - behind, 0.0125, 0.085) * (out > 0.08)
            if 1 <= number <= 6:  # in front, ribs fall towards the middle and end in cartilage
                front = start + 0.13 - 0.17 * np.clip(out - 0.35, 0.0, None) ** 0.8 + 0.05
                total += cage * _rib(y - front, 0.014, 0.045) / (1.0 + np.exp(-(out - 0.42) / 0.03))
        for side in (-1, 1):
            along = side * (x - _SPINE_X) / 0.36
            collar = 0.150 - 0.085 * np.clip(along, 0.0, 1.2) + 0.020 * np.sin(2.4 * np.pi * np.clip(along, 0.0, 1.2))
            reach = 1.0 / (1.0 + np.exp(-(along - 0.12) / 0.02)) / (1.0 + np.exp((along - 1.15) / 0.03))
            total += _rib(y - collar, 0.0145, 0.17) * reach
        return total

    def _vessels(self) -> Field:
        """Return the branching shadows that spread from where vessels enter each lung."""
        total = np.zeros(self.shape)
        y, x = self._grid()
        inside = sum(_rising(_depth(outline, self.side_px), 0.03) for outline in self._lungs())
        for side, hilum in ((-1, (0.435, 0.435)), (1, (0.405, 0.625))):
            total += 0.15 * np.exp(-0.5 * (((y - hilum[0]) / 0.055) ** 2 + ((x - hilum[1]) / 0.024) ** 2))
            for number in range(11):
                u = local_generator(self.seed, _VESSELS, side, number).random(24)
                self._branch(total, hilum, side, -1.15 + 2.5 * (number + u[0]) / 11, u[1:])
        return total * inside

    def _branch(self, total: Field, start: tuple[float, float], side: int, angle: float, u: Field) -> None:
        """Draw one vessel outwards, thinner and thinner, winding as `u` says."""
        y, x = start
        for step in np.linspace(0.0, 1.0, 80, endpoint=False):
            angle += 0.076 * (u[int(16 * step)] - 0.5)
            y, x = y + 0.0036 * np.sin(angle), x + 0.0036 * side * np.cos(angle)
            _add_blob(total, y, x, 0.0060 * (1.0 - 0.85 * step), 0.15 * (1.0 - 0.75 * step))


def _rib(off: Field, half: float, strength: float) -> Field:
    """Return a band `half` wide on each side whose dense rims are brighter than its middle."""
    across = np.abs(off) / half
    return strength * (np.exp(-(across**4)) * (0.62 + 0.55 * np.exp(-(((across - 0.85) / 0.25) ** 2))))


def _rising(depth: Field, scale: float) -> Field:
    """Return the length of the way through a rounded body at each depth below its rim; 0 outside, 1 deep inside."""
    t = np.clip(depth / scale, 0.0, 1.0)
    return np.sqrt(t * (2.0 - t))


def _add_blob(total: Field, y: float, x: float, width: float, strength: float) -> None:
    side = total.shape[0]
    reach = round(3 * width * side) + 3
    cy, cx = y * side, x * side
    y0, x0 = max(0, int(cy) - reach), max(0, int(cx) - reach)
    rows = np.arange(y0, min(side, int(cy) + reach + 1))[:, None] + 0.5
    columns = np.arange(x0, min(side, int(cx) + reach + 1))[None, :] + 0.5
    if not rows.size or not columns.size:
        return
    blob = strength * np.exp(-(((rows - cy) ** 2 + (columns - cx) ** 2) / (width * side) ** 2))
    part = total[y0 : y0 + rows.shape[0], x0 : x0 + columns.shape[1]]
    np.maximum(part, blob, out=part)


def _spline(points: Field, steps: int = 12) -> Field:
    """Return a closed Catmull-Rom curve through points, `steps` pieces between two of them."""
    before, after, beyond = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0), np.roll(points, -2, axis=0)
    t = (np.arange(steps) / steps)[None, :, None]
    p0, p1, p2, p3 = (p[:, None, :] for p in (before, points, after, beyond))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return np.asarray(curve.reshape(-1, 2))


def _inside(outline: Field, side: int) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies inside a closed curve given in shares of the side (even-odd rule)."""
    (y0, x0), (y1, x1) = (outline * side).T, (np.roll(outline, -1, axis=0) * side).T
    inside = np.zeros((side, side), bool)
    centres = np.arange(side) + 0.5
    for row in range(max(0, int(y0.min())), min(side, int(y0.max()) + 1)):
        y = row + 0.5
        crosses = (y0 <= y) != (y1 <= y)
        at = x0[crosses] + (y - y0[crosses]) / (y1[crosses] - y0[crosses]) * (x1[crosses] - x0[crosses])
        inside[row] = np.searchsorted(np.sort(at), centres) % 2 == 1
    return inside


def _depth(outline: Field, side: int) -> Field:
    """Return the distance of every pixel to a curve in shares of the side; 0 outside it."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(_inside(outline, side)), np.float64) / side
