"""Changed copies: labels stay on what they label, and chance is what the seed says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.datasets import Augmentation, Turning
from cellwright.shapes import labels_from_masks, masks_from_labels


@given(st.integers(0, 2**31), st.tuples(st.integers(3, 20), st.integers(3, 20)), st.integers(0, 3), st.booleans())
def test_boxes_and_outlines_turn_with_the_pixels(
    seed: int, size: tuple[int, int], quarters: int, mirrors: bool
) -> None:
    labels = np.random.default_rng(seed).integers(0, 4, size).astype(np.int32)  # holes and touching corners among them
    masks, _ = masks_from_labels(labels)
    turning = Turning(quarters, mirrors)
    pixels = turning.pixels(np.repeat(labels[..., None], 3, 2).astype(np.uint8))[..., 0]
    assert pixels.shape == turning.size(size)
    turned = turning.masks(masks, size)
    values = np.unique(labels[labels > 0])
    np.testing.assert_array_equal(labels_from_masks(turned, turning.size(size), values=values), pixels)
    np.testing.assert_array_equal(turning.boxes(masks.boxes(), size), turned.boxes())


def test_four_quarter_turns_and_two_mirrors_are_nothing() -> None:
    boxes = np.array([[1, 2, 5, 9]], np.float32)
    quarter, mirror = Turning(1, False), Turning(0, True)
    size, turned = (10, 20), boxes
    for _ in range(4):
        turned, size = quarter.boxes(turned, size), quarter.size(size)
    np.testing.assert_array_equal(turned, boxes)
    np.testing.assert_array_equal(mirror.boxes(mirror.boxes(boxes, size), size), boxes)


def test_a_copy_depends_on_its_own_name_and_number_alone() -> None:
    asked = Augmentation(3, 7, {"turn": True, "flip": 0.5})
    draws = {(name, n): asked.chance(name, n).random() for name in ("a", "b") for n in range(3)}
    assert len(set(draws.values())) == 6
    assert draws["a", 1] == Augmentation(9, 7, {}).chance("a", 1).random()
    still = Augmentation(1, 7, {"turn": False, "flip": 0.0})
    assert {still.turning(still.chance(str(i), 0)) for i in range(20)} == {Turning(0, False)}
    assert len({asked.turning(asked.chance(str(i), 0)) for i in range(60)}) == 8


@pytest.mark.parametrize("words", [{"copies": -1}, {"copies": 51}, {"seed": -1}])
def test_impossible_numbers_are_refused(words: dict[str, int]) -> None:
    with pytest.raises(BadParameter):
        Augmentation(**words)  # type: ignore[arg-type]
