"""Pictures of labels and made-up stars that the tests of this room share."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

Stars = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def made_up_stars(objects: int, each: int, radius: float, seed: int = 0, rays: int = 32, noise: float = 0.05) -> Stars:
    """Middles, distances and scores of `each` candidates an object, as a network gives them before suppression."""
    rng = np.random.default_rng(seed)
    side = np.sqrt(objects) * 2.2 * radius + 4 * radius
    middles = rng.uniform(2 * radius, side - 2 * radius, (objects, 2))
    radii = radius * rng.uniform(0.7, 1.3, objects)
    angles = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    lengths = radii[:, None] * (1 + 0.2 * np.cos(2 * (angles - rng.uniform(0, np.pi, objects)[:, None])))
    of = np.repeat(np.arange(objects), each)
    points = np.rint(middles[of] + rng.normal(0, 0.25, (len(of), 2)) * radii[of][:, None])
    distances = lengths[of] - (points - middles[of]) @ np.stack([np.sin(angles), np.cos(angles)])
    distances = np.maximum(distances * (1 + rng.normal(0, noise, distances.shape)), 1)
    scores = rng.permutation(len(of)) / len(of)
    return points.astype(np.float32), distances.astype(np.float32), scores.astype(np.float32)


@pytest.fixture
def nuclei() -> NDArray[np.int32]:
    """Sixty touching round objects on 200 × 240 pixels."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:200, :240]
    labels = np.zeros((200, 240), np.int32)
    for value in range(1, 61):
        at_y, at_x, radius = rng.uniform(0, 200), rng.uniform(0, 240), rng.uniform(3, 16)
        labels[((y - at_y) ** 2 + (x - at_x) ** 2 < radius**2) & (labels == 0)] = value
    return labels
