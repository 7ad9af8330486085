"""Pictures of drawn nuclei in the two looks that the models are for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.testing import Nuclei

_GLASS = np.array([238.0, 232.0, 240.0])
_HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])
_EOSIN = np.array([0.07, 0.99, 0.11])
"""Red, green and blue that a stain takes away (Ruifrok & Johnston, 2001)."""


def glowing(field: Nuclei) -> NDArray[Any]:
    """(H, W) bright nuclei on a dark ground."""
    return field.read(field.box)


def stained(field: Nuclei) -> NDArray[np.uint8]:
    """(H, W, 3) the same nuclei violet, in a pink tissue on bright glass."""
    amount = field.read(field.box).astype(np.float64) / 128
    pink = 0.12 + 0.02 * np.random.default_rng(field.seed).normal(size=amount.shape)
    density = amount[..., None] * _HAEMATOXYLIN + np.clip(pink, 0, 1)[..., None] * _EOSIN
    return np.clip(np.rint(_GLASS * np.exp(-density)), 0, 255).astype(np.uint8)
