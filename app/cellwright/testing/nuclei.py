"""A drawn fluorescence field of any size: bright nuclei on a dim ground, some of them touching, every pixel known.

Like the drawn smear, what a place looks like depends on the seed and the place alone: tiles fit together without a
seam, and a slide of any size needs no more memory than the tile being read. A pixel has one owner: where two outlines
would overlap, it belongs to the nucleus within whose outline it lies relatively deeper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects
from cellwright.testing.cells import Outline
from cellwright.testing.labelled import objects_of
from cellwright.testing.noise import Field, clouds, grain, local_generator, soften, waves

NUCLEI_CLASSES = ("nucleus",)
"""Names of the classes, as the shipped models have them."""

NUCLEUS_UM = 9.0
"""Mean diameter of a nucleus, which sets the pixel size."""

_SITES, _LOOKS, _TEXTURE, _CROWDS, _HAZE, _SENSOR = 21, 22, 23, 24, 25, 26
_PITCH = 1.24  # of the mean diameter: close enough that some neighbours touch
_BLUR_MARGIN, _SOFT_PX = 4, 1.1
_SEAM_PX = 0.9
# Levels of an 8-bit camera: the ground, the mean nucleus above it, and the noise.
_GROUND, _BRIGHT, _READ_NOISE, _SHOT_NOISE = 9.0, 88.0, 0.9, 0.28
_FAR = 9.0  # a relative distance that no pixel of a patch reaches


@dataclass(frozen=True, slots=True)
class Nucleus:
    """One nucleus before it is drawn.

    Parameters
    ----------
    label : int
        Its value in the label image, >= 1.
    site : (int, int)
        Row and column of its site.
    centre : (float, float)
        y, x in level-0 pixels.
    outline : Outline
        Its rim.
    brightness : float
        Mean light, as a share of that of the mean nucleus.
    """

    label: int
    site: tuple[int, int]
    centre: tuple[float, float]
    outline: Outline
    brightness: float


@dataclass(frozen=True, slots=True)
class Nuclei:
    """Cell nuclei stained with a fluorescent dye, drawn and not photographed.

    Parameters
    ----------
    seed : int
        Which field, >= 0.
    shape : (int, int)
        Rows and columns in pixels; any size.
    diameter_px : float
        Mean diameter of a nucleus in pixels, about 8 or more.
    crowding : float
        Share of places that hold a nucleus, in [0, 1].
    is_16_bit : bool
        Whether pixels are uint16 of a 12-bit camera (0 … 4095) instead of uint8.
    """

    seed: int
    shape: tuple[int, int]
    diameter_px: float = 26.0
    crowding: float = 0.6
    is_16_bit: bool = False

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, *self.shape)

    @property
    def pixel_size_um(self) -> float:
        """Side of a pixel in µm, from the size of a nucleus."""
        return NUCLEUS_UM / self.diameter_px

    @property
    def source(self) -> str:
        """What the rows of `truth` say about where they come from."""
        return f"generator:nuclei@{self.seed}"

    def read(self, box: Box) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Draw a part of the field.

        Parameters
        ----------
        box : Box
            Which part; it may reach beyond the picture, since the plane goes on.

        Returns
        -------
        (Y, X) ndarray of uint8 or uint16
            Light. The same pixels whichever box they are read through.
        """
        around = box.grow(_BLUR_MARGIN)
        light = soften(self._drawn(around)[1][..., None], _SOFT_PX, _BLUR_MARGIN)[..., 0]
        haze = 1.0 + 0.35 * waves(self.seed, _HAZE, box, 16 * self.diameter_px)
        clean = _GROUND * haze + _BRIGHT * light
        noise = soften(2.0 * grain(self.seed, _SENSOR, box.grow(2)), 0.6, 2)[..., 0]
        seen = clean + noise * (_READ_NOISE + _SHOT_NOISE * np.sqrt(clean))
        if self.is_16_bit:
            return np.clip(np.rint(16.0 * seen), 0, 4095).astype(np.uint16)
        return np.clip(np.rint(seen), 0, 255).astype(np.uint8)

    def labels(self, box: Box | None = None) -> NDArray[np.int32]:
        """Return which nucleus owns each pixel of a part of the picture.

        Parameters
        ----------
        box : Box or None
            Which part; None for the whole picture.

        Returns
        -------
        (Y, X) ndarray of int32
            0 is background; a nucleus has the same value whichever box it is seen through. Values have gaps.
        """
        return self._drawn(self.box if box is None else box)[0]

    def truth(self, box: Box | None = None) -> Objects:
        """Return every nucleus of a part of the picture with its pixels there, in level-0 pixels."""
        part = self.box if box is None else box.intersect(self.box)
        found = objects_of(self.labels(part), NUCLEI_CLASSES, self.source)
        if found.masks is None or not len(found):
            return found
        masks = found.masks.shifted(part.y0, part.x0)
        return Objects(found.ids, masks.boxes(), found.class_index, found.scores, found.classes, found.source, masks)

    def _nuclei(self, box: Box) -> Iterator[Nucleus]:
        """Yield the nuclei that may reach into `box`, in the order of their sites."""
        pitch = _PITCH * self.diameter_px
        reach = round(2.2 * pitch)
        columns = int(self.shape[1] // pitch) + 9
        for i in range(int((box.y0 - reach) // pitch), int((box.y1 + reach) // pitch) + 1):
            for j in range(int((box.x0 - reach) // pitch), int((box.x1 + reach) // pitch) + 1):
                u = local_generator(self.seed, _SITES, i, j).random(4)
                y, x = pitch * (i + 0.5 + 0.62 * (u[0] - 0.5)), pitch * (j + 0.5 * (i % 2) + 0.62 * (u[1] - 0.5))
                # Nuclei keep company: some places are crowded and others bare.
                company = waves(self.seed, _CROWDS, Box(int(y), int(x), int(y) + 1, int(x) + 1), 9 * pitch)[0, 0]
                if u[2] < self.crowding + 0.7 * min(self.crowding, 1 - self.crowding) * company:
                    yield Nucleus((i + 4) * columns + j + 5, (i, j), (y, x), self._outline(i, j), 0.45 + 1.1 * u[3])

    def _outline(self, i: int, j: int) -> Outline:
        u = local_generator(self.seed, _LOOKS, i, j).random(9)
        radius = 0.5 * self.diameter_px * (0.74 + 0.46 * u[0])
        heights = np.array([0.045, 0.03, 0.018]) * (2 * u[3:6] - 1)
        bumps = np.stack([np.array([2.0, 3.0, 4.0]), heights, 2 * np.pi * u[6:9]], axis=1)
        return Outline(radius, 1.0 + 0.35 * u[1], 2 * np.pi * u[2], bumps)

    def _drawn(self, box: Box) -> tuple[NDArray[np.int32], Field]:
        """Return the owner of every pixel of `box`, and the light of the nuclei alone (1 is a mean nucleus)."""
        shape = (box.height, box.width)
        owner, light = np.zeros(shape, np.int32), np.zeros(shape)
        nearest, second = np.full(shape, _FAR), np.full(shape, _FAR)
        for nucleus in self._nuclei(box):
            place, relative, glow = self._patch(nucleus)
            both = place.intersect(box)
            if both.is_empty:
                continue
            here = np.s_[both.y0 - box.y0 : both.y1 - box.y0, both.x0 - box.x0 : both.x1 - box.x0]
            there = np.s_[both.y0 - place.y0 : both.y1 - place.y0, both.x0 - place.x0 : both.x1 - place.x0]
            mine = relative[there]
            is_nearer = mine < nearest[here]
            second[here] = np.where(is_nearer, nearest[here], np.minimum(second[here], mine))
            owner[here] = np.where(is_nearer & (mine <= 1.0), nucleus.label, owner[here])
            light[here] = np.where(is_nearer, glow[there], light[here])
            nearest[here] = np.minimum(nearest[here], mine)
        # Where two nuclei press on each other, a darker line is left between them.
        gap_px = 0.5 * self.diameter_px * (second - nearest)
        return owner, light * (1.0 - 0.55 * np.exp(-((gap_px / (2 * _SEAM_PX)) ** 2)))

    def _patch(self, nucleus: Nucleus) -> tuple[Box, Field, Field]:
        """Return where a nucleus lies, how far each pixel is from its middle (1 at the rim), and its light."""
        (cy, cx), (low_y, low_x, high_y, high_x) = nucleus.centre, nucleus.outline.extent()
        place = Box(
            int(np.floor(cy + low_y)) - 3,
            int(np.floor(cx + low_x)) - 3,
            int(np.ceil(cy + high_y)) + 3,
            int(np.ceil(cx + high_x)) + 3,
        )
        y, x = np.mgrid[place.y0 : place.y1, place.x0 : place.x1].astype(float)
        y, x = y + 0.5 - cy, x + 0.5 - cx
        theta = np.linspace(-np.pi, np.pi, 721)
        rim = np.interp(np.arctan2(y, x), theta, nucleus.outline.at(theta))
        relative = np.hypot(y, x) / rim
        depth_px = rim * (1.0 - relative)
        random = local_generator(self.seed, _TEXTURE, *nucleus.site)
        radius = nucleus.outline.radius_px
        # Chromatin: coarse clumps and fine grains; nucleoli stay dark.
        texture = 1.0 + 0.26 * clouds(random, y.shape, 0.34 * radius) + 0.22 * clouds(random, y.shape, 0.15 * radius)
        nucleoli = np.clip(clouds(random, y.shape, 0.42 * radius) - 0.30, 0.0, 0.5)
        dome = 0.72 + 0.28 * np.sqrt(np.clip(1.0 - relative**2, 0.0, 1.0))
        glow = nucleus.brightness * dome * (texture - 0.9 * nucleoli) * np.clip(depth_px + 0.5, 0.0, 1.0)
        return place, relative, glow
