"""Pixels in other colours and through poorer optics, as training changes them by chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from cellwright.training.augment import coloured, degraded
from cellwright.training.recipe import Augment


def changed_pixels(
    rgb: NDArray[np.uint8], changes: Mapping[str, float | bool], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Change a picture without moving anything on it.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8
        The picture.
    changes : mapping
        Words of `recipe.Augment` with their values; those that move or cut are not followed.
    rng : Generator
        The only source of chance.
    """
    asked = Augment.model_validate(dict(changes))
    image = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
    changed = degraded(coloured(image, asked, rng), asked, rng)
    return np.ascontiguousarray(changed.permute(1, 2, 0).numpy())
