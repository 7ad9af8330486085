"""Boxed pictures as a recipe changes them before a network sees them, to be looked at before any training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cellwright.training.augment import Sample, make_sample
from cellwright.training.recipe import read_recipe


@dataclass(frozen=True, slots=True, eq=False)
class BoxedPixels:
    """A picture and its boxes.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8
        Its pixels.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 in pixels, half-open.
    class_index : (N,) ndarray of int16
        Their classes.
    """

    rgb: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]


def augmented_boxes(
    pictures: Sequence[BoxedPixels], recipe: Path, count: int, rng: np.random.Generator
) -> Iterator[BoxedPixels]:
    """Yield samples as the first phase of a recipe makes them; sample i is about picture i modulo their number.

    Raises
    ------
    BadParameter
        If the recipe cannot be read.
    """
    asked = read_recipe(recipe)
    samples = [_sample(picture) for picture in pictures]
    for number in range(count):
        made = make_sample(samples, number % len(samples), asked.phases[0], asked.augment, rng)
        pixels: NDArray[np.uint8] = made.image.permute(1, 2, 0).contiguous().numpy()
        yield BoxedPixels(pixels, made.boxes[:, [1, 0, 3, 2]].astype(np.float32), made.classes.astype(np.int16))


def _sample(picture: BoxedPixels) -> Sample:
    image = torch.from_numpy(np.ascontiguousarray(picture.rgb.transpose(2, 0, 1)))
    return Sample(image, picture.boxes[:, [1, 0, 3, 2]], picture.class_index.astype(np.int64))
