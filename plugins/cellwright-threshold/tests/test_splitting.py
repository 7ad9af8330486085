"""The threshold is one number a picture; what it finds on drawn discs can be counted by eye."""

from __future__ import annotations

import numpy as np
import pytest
from cellwright_threshold.rules import Rules
from cellwright_threshold.shades import shade_of
from cellwright_threshold.splitting import label_objects, threshold_of
from numpy.typing import NDArray

PLAIN = Rules(smooth_px=0.0)


def discs(shape: tuple[int, int], middles: list[tuple[int, int]], radius: int) -> NDArray[np.float32]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    near = np.min([np.hypot(rows - y, columns - x) for y, x in middles], axis=0)
    return np.where(near <= radius, 0.8, 0.1).astype(np.float32)


@pytest.mark.parametrize("method", ["otsu", "li"])
def test_a_threshold_lies_between_the_two_sides(method: str) -> None:
    values = discs((60, 60), [(30, 30)], 12)
    values += np.random.default_rng(0).normal(0, 0.02, values.shape).astype(np.float32)
    assert 0.15 < threshold_of(values, Rules(method=method)) < 0.75  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [np.zeros((40, 40)), np.full((40, 40), 0.7), np.empty((0, 5))])
def test_an_even_picture_holds_nothing(values: NDArray[np.float64]) -> None:
    assert threshold_of(values.astype(np.float32), PLAIN) == float("inf")


def test_grain_alone_holds_nothing() -> None:
    grain = np.random.default_rng(1).normal(0.5, 0.1, (200, 200)).astype(np.float32)
    assert threshold_of(grain, PLAIN) == float("inf")


def test_discs_that_touch_are_two() -> None:
    labels = label_objects(discs((60, 80), [(30, 28), (30, 50)], 12), 0.5, PLAIN)
    assert labels.max() == 2
    assert labels[30, 28] != labels[30, 50]
    assert set(np.unique(labels)) == {0, 1, 2}


def test_every_pixel_above_the_threshold_belongs_to_an_object_but_grain() -> None:
    values = discs((60, 80), [(30, 28), (30, 50)], 12)
    values[5, 5] = 0.9
    labels = label_objects(values, 0.5, PLAIN)
    expected = values > 0.5
    expected[5, 5] = False
    np.testing.assert_array_equal(labels > 0, expected)


def test_holes_are_filled() -> None:
    values = discs((60, 60), [(30, 30)], 14)
    values[28:33, 28:33] = 0.1
    assert (label_objects(values, 0.5, PLAIN)[28:33, 28:33] > 0).all()


def test_shades_are_what_their_names_say() -> None:
    picture = np.zeros((1, 3, 3), np.uint8)
    picture[0] = [(255, 0, 0), (0, 255, 0), (255, 255, 255)]
    assert shade_of(picture, "red").tolist() == [[1, 0, 1]]
    assert shade_of(picture, "green").tolist() == [[0, 1, 1]]
    np.testing.assert_allclose(shade_of(picture, "brightness"), [[1 / 3, 1 / 3, 1]], atol=1e-6)
    np.testing.assert_allclose(shade_of(picture, "darkness"), [[2 / 3, 2 / 3, 0]], atol=1e-6)


def test_haematoxylin_is_blue_and_eosin_is_pink() -> None:
    violet, pink, white = [(90, 70, 150)], [(235, 130, 190)], [(255, 255, 255)]
    picture = np.array([violet + pink + white], np.uint8)
    haematoxylin, eosin = shade_of(picture, "haematoxylin")[0], shade_of(picture, "eosin")[0]
    assert haematoxylin[0] > haematoxylin[1] > haematoxylin[2] - 1e-3
    assert eosin[1] > eosin[2]
