"""Whole pictures held in memory with what they show, and the samples that are made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from cellwright.core import Box, DatasetNotReadable
from cellwright.datasets import LabelledPicture, read_dataset
from cellwright.inference.crops import mirrored_cut
from cellwright.inference.view import centre_square, resized
from cellwright.training.augment import coloured, degraded
from cellwright.training.labelled_pictures import read_picture
from cellwright.training.recipe import Augment, Data, Look, Phase


@dataclass(frozen=True, slots=True, eq=False)
class ShownPicture:
    """A picture and what it shows.

    Parameters
    ----------
    image : (3, H, W) uint8 tensor
        As it is in the file, or as the network is shown it.
    kind : int
        Its class, from 0.
    path : Path
        The file.
    """

    image: Tensor
    kind: int
    path: Path

    def with_image(self, image: Tensor) -> ShownPicture:
        """Return the same on other pixels."""
        return replace(self, image=image)


def load_whole(data: Path, split: str, part: Data, look: Look) -> list[ShownPicture]:
    """Decode every picture of a split into memory (360×363 pixels take 0.4 MB).

    Raises
    ------
    DatasetNotReadable
        If there is none, or a picture shows several objects.
    SlideNotReadable
        If a picture cannot be decoded.
    """
    return _read(data, part.format, split, part, part.aliases, look)


def load_more(data: Path, part: Data, look: Look) -> list[ShownPicture]:
    """Decode all pictures of the sets that join the training; see `recipe.MoreData`."""
    found: list[ShownPicture] = []
    for more in part.more:
        found += _read(data / more.folder, more.format, None, part, more.aliases, look)
    return found


def _read(
    data: Path, name: str, split: str | None, part: Data, aliases: dict[str, str], look: Look
) -> list[ShownPicture]:
    labelled, _ = read_dataset(data, name, split, part.classes, aliases)
    return [_load(picture, look) for picture in labelled if len(picture)]


def _load(picture: LabelledPicture, look: Look) -> ShownPicture:
    if len(picture) > 1:
        raise DatasetNotReadable(f"{picture.path} shows {len(picture)} objects; whole pictures are taught one each.")
    return ShownPicture(read_picture(picture.path, look), int(picture.class_index[0]), picture.path)


def as_shown(image: Tensor, size: int, centre: float) -> Tensor:
    """Show a picture as inference does: the square about its middle, brought to `size`.

    Parameters
    ----------
    image : (3, H, W) uint8 tensor
        As it is in the file.
    size : int
        Side of the result.
    centre : float
        See `zoo.InputContract`.
    """
    seen = centre_square(Box(0, 0, *image.shape[1:]), centre)
    pixels = image[:, seen.y0 : seen.y1, seen.x0 : seen.x1].permute(1, 2, 0).numpy()
    return torch.from_numpy(resized(np.ascontiguousarray(pixels), (size, size)).copy()).permute(2, 0, 1).contiguous()


def make_view(
    picture: ShownPicture, phase: Phase, augment: Augment, centre: float, rng: np.random.Generator
) -> ShownPicture:
    """Make one training sample of ``phase.size_px`` squared: moved, turned, zoomed, coloured.

    Parameters
    ----------
    picture : ShownPicture
        As it is in the file.
    phase : Phase
        Side of the sample and range of zoom; zoom 1 is what inference shows.
    augment : Augment
        What else may happen to it.
    centre : float
        See `zoo.InputContract`.
    rng : Generator
        The only source of chance: the same state gives the same sample.
    """
    image = picture.image
    low, high = phase.scale
    zoom = math.exp(rng.uniform(math.log(low), math.log(high)))
    side = max(1, round(centre * min(image.shape[1:]) / zoom))
    move = [round(float(rng.uniform(-augment.shift, augment.shift)) * side) for _ in range(2)]
    angle = float(rng.uniform(-augment.rotate_deg, augment.rotate_deg)) if augment.rotate_deg else 0.0
    if rng.random() < augment.flip:
        image = image.flip(2)
    if augment.turn:
        image = image.rot90(int(rng.integers(4)), (1, 2))
    cut = _cut(image, side, (move[0], move[1]), angle)
    image = torch.from_numpy(resized(cut, (phase.size_px, phase.size_px)).copy()).permute(2, 0, 1).contiguous()
    image = _toned(image, augment, rng)
    return picture.with_image(degraded(coloured(image, augment, rng), augment, rng))


def _cut(image: Tensor, side: int, move: tuple[int, int], angle: float) -> NDArray[np.uint8]:
    """Cut a square out of a picture, turned about its middle; what lies beyond an edge is mirrored."""
    reach = math.ceil(side / math.sqrt(2)) + 2 if angle else -(-side // 2)
    h, w = image.shape[1:]
    middle = (h // 2 + move[0], w // 2 + move[1])
    pixels = image.permute(1, 2, 0).numpy()
    square = mirrored_cut(pixels, Box(middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach))
    if angle:
        tensor = torch.from_numpy(square).permute(2, 0, 1)
        square = tv.rotate(tensor, angle, InterpolationMode.BILINEAR).permute(1, 2, 0).numpy()
    first = reach - side // 2
    return np.ascontiguousarray(square[first : first + side, first : first + side])


def _toned(image: Tensor, augment: Augment, rng: np.random.Generator) -> Tensor:
    """Other exposures, stains and lamps: the exponent of brightness, of all colours and of each."""
    together = rng.uniform(-augment.gamma, augment.gamma)
    each = rng.uniform(-augment.tint, augment.tint, 3)
    if not (augment.gamma or augment.tint):
        return image
    exponents = np.exp(together + each)
    tables = np.rint(255 * (np.arange(256) / 255) ** exponents[:, None]).astype(np.uint8)
    return torch.stack([torch.from_numpy(table)[channel.long()] for table, channel in zip(tables, image, strict=True)])
