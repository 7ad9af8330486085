"""Class colours of shipped models are told apart by people who see fewer colours, alone and as a cascade."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from cellwright.zoo import find_model, load_card

VIEWS = {
    "all colours": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Matrices for linear RGB at full severity, from Machado, Oliveira and Fernandes, *A Physiologically-based Model for
Simulation of Color Vision Deficiency*, 2009."""
SEEN_TOGETHER = (("blood-cells-yolo", "wbc-classifier"), ("chest-unet",))
LEAST = 10.0
"""Difference in CIELAB; 2.3 is just noticed where two patches touch."""


def seen(colour: str, view: str) -> np.ndarray:
    """Return CIELAB of ``#rrggbb`` as somebody sees it."""
    from skimage.color import rgb2lab

    encoded = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    left = np.clip(np.array(VIEWS[view]) @ linear, 0, 1)
    shown = np.where(left <= 0.0031308, left * 12.92, 1.055 * left ** (1 / 2.4) - 0.055)
    return np.asarray(rgb2lab(shown[None, None])[0, 0])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("models", SEEN_TOGETHER)
def test_class_colours_are_apart(models: tuple[str, ...], view: str) -> None:
    kinds = {kind.name: kind for name in models for kind in load_card(find_model(name)).classes}
    near = [
        (one.name, other.name)
        for one, other in combinations(kinds.values(), 2)
        if np.linalg.norm(seen(one.colour, view) - seen(other.colour, view)) < LEAST
    ]
    assert near == []
    assert len({kind.badge for kind in kinds.values()}) == len(kinds)  # and by a letter
