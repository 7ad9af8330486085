"""Training samples with outlines: pictures cut, scaled, turned and coloured, their label maps with them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from cellwright.training.augment import FILL, coloured, degraded
from cellwright.training.recipe import Augment, Phase

OUTSIDE = -1
"""Label of what lies beyond the picture: nobody knows what is there."""
UNKNOWN = -2
"""Label of what lies on the picture, but nobody has looked at: nothing is taught there."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelSample:
    """A picture and what each of its pixels is.

    Parameters
    ----------
    image : (3, H, W) uint8 tensor
    labels : (H, W) ndarray of int32
        A number of its own for each object, or the class of each pixel; 0 is the ground, `OUTSIDE` is beyond the
        picture, `UNKNOWN` is what nobody looked at.
    kinds : ndarray of int64 or None
        Class (from 0) of the object with each label value, entry 0 unused; None makes all objects of class 0.
    path : Path or None
        File that the whole picture was read from.
    sort : str
        What sort of picture it is, as its data set says; empty where nobody says.
    """

    image: Tensor
    labels: NDArray[np.int32]
    kinds: NDArray[np.int64] | None = None
    path: Path | None = None
    sort: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.labels.shape[0], self.labels.shape[1]

    def with_parts(self, image: Tensor, labels: NDArray[np.int32]) -> LabelSample:
        """Return the same objects on another picture."""
        return LabelSample(image, labels, self.kinds, self.path, self.sort)


def make_crop(
    picture: LabelSample, phase: Phase, augment: Augment, rng: np.random.Generator, *, fitted: bool
) -> LabelSample:
    """Make one training sample of ``phase.size_px`` squared.

    Parameters
    ----------
    picture : LabelSample
        In its own pixels.
    phase : Phase
        Side of the sample and range of zoom.
    augment : Augment
        What else may happen to it.
    rng : Generator
        The only source of chance: the same state gives the same sample.
    fitted : bool
        Whether zoom 1 is the picture fitted to the square, or its own pixels.
    """
    sample = turned(picture, int(rng.integers(4)) if augment.turn else 0, mirrored=rng.random() < augment.flip)
    sample = cut(sample, phase.size_px, _zoom(sample, phase, rng, fitted=fitted), rng)
    if augment.rotate_deg:
        sample = rotated(sample, float(rng.uniform(-augment.rotate_deg, augment.rotate_deg)))
    image = _toned(sample.image, augment, rng)
    return sample.with_parts(degraded(coloured(image, augment, rng), augment, rng), sample.labels)


def _zoom(sample: LabelSample, phase: Phase, rng: np.random.Generator, *, fitted: bool) -> float:
    low, high = phase.scale
    zoom = math.exp(rng.uniform(math.log(low), math.log(high)))
    return zoom * phase.size_px / max(sample.labels.shape) if fitted else zoom


def turned(sample: LabelSample, quarter_turns: int, *, mirrored: bool) -> LabelSample:
    """Turn by quarter turns counter-clockwise, after mirroring left-right where asked; exact."""
    image, labels = sample.image, sample.labels
    if mirrored:
        image, labels = image.flip(2), labels[:, ::-1]
    return sample.with_parts(image.rot90(quarter_turns, (1, 2)), np.ascontiguousarray(np.rot90(labels, quarter_turns)))


def cut(sample: LabelSample, size: int, zoom: float, rng: np.random.Generator) -> LabelSample:
    """Cut a square somewhere out of a picture and bring it to `size`; a smaller picture lies on grey.

    Parameters
    ----------
    sample : LabelSample
        Where from.
    size : int
        Side of the result, in pixels.
    zoom : float
        Pixels of the result per pixel of the picture.
    rng : Generator
        Chooses the place.
    """
    side = max(1, round(size / zoom))
    h, w = sample.labels.shape
    (y, ny, at_y), (x, nx, at_x) = (_window(length, side, rng) for length in (h, w))
    image, labels = sample.image[:, y : y + ny, x : x + nx], sample.labels[y : y + ny, x : x + nx]
    if (ny, nx) != (side, side):
        canvas = torch.full((3, side, side), FILL, dtype=torch.uint8)
        canvas[:, at_y : at_y + ny, at_x : at_x + nx] = image
        ground = np.full((side, side), OUTSIDE, np.int32)
        ground[at_y : at_y + ny, at_x : at_x + nx] = labels
        image, labels = canvas, ground
    return resized(sample.with_parts(image, labels), (size, size))


def _window(length: int, side: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return along one axis where the cut begins, how much it takes, and where that lies in the result."""
    spare = length - side
    place = int(rng.integers(0, abs(spare) + 1))
    return (place, side, 0) if spare >= 0 else (0, length, place)


def resized(sample: LabelSample, shape: tuple[int, int]) -> LabelSample:
    """Resize a picture linearly and its labels to their nearest."""
    h, w = sample.labels.shape
    if (h, w) == shape:
        return sample
    image = F.interpolate(sample.image[None], shape, mode="bilinear", antialias=True)[0]
    rows, columns = ((np.arange(new) + 0.5) * old / new for new, old in zip(shape, (h, w), strict=True))
    return sample.with_parts(image, sample.labels[rows.astype(int)[:, None], columns.astype(int)])


def rotated(sample: LabelSample, degrees: float) -> LabelSample:
    """Rotate about the middle; grey of which nobody knows the labels comes in at the corners."""
    image = tv.rotate(sample.image, degrees, InterpolationMode.BILINEAR, fill=[float(FILL)])
    labels = torch.from_numpy(np.ascontiguousarray(sample.labels))[None].float()
    turned_labels = tv.rotate(labels, degrees, InterpolationMode.NEAREST, fill=[float(OUTSIDE)])
    return sample.with_parts(image, turned_labels[0].round().to(torch.int32).numpy())


def _toned(image: Tensor, augment: Augment, rng: np.random.Generator) -> Tensor:
    """Other exposures: the exponent of brightness, and the negative."""
    exponent = math.exp(rng.uniform(-augment.gamma, augment.gamma))
    if rng.random() < augment.invert:
        image = 255 - image
    if not augment.gamma:
        return image
    table = torch.from_numpy(np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8))
    return table[image.long()]


def without_outside(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return labels in which what lies beyond the picture, or is not known, is ground: no object is there."""
    return np.maximum(labels, 0)


def known_in(labels: NDArray[np.int32]) -> NDArray[np.bool_] | None:
    """Return where somebody looked, of the labels' shape; None where that is everywhere."""
    known: NDArray[np.bool_] = labels != UNKNOWN
    return None if known.all() else known


def whole(sample: LabelSample, size: int | None, stride: int) -> tuple[Tensor, tuple[int, int]]:
    """Show a whole picture as inference does.

    Parameters
    ----------
    sample : LabelSample
        What to show.
    size : int or None
        Long side to fit it to; None leaves its own pixels.
    stride : int
        Sides of the result are multiples of it.

    Returns
    -------
    (3, H, W) uint8 tensor, (int, int)
        The picture with grey below and right of it, and rows and columns without the grey.
    """
    h, w = sample.labels.shape
    if size is not None:
        scale = size / max(h, w)
        h, w = max(1, round(h * scale)), max(1, round(w * scale))
    image = resized(sample, (h, w)).image
    return F.pad(image, (0, -w % stride, 0, -h % stride), value=FILL), (h, w)
