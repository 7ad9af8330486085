"""Pixels that several objects claim: counted, and given to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import intersections, labels_from_masks, without_overlaps
from cellwright.shapes.overlaps import _best_pieces

SHAPE = (9, 11)
stacks = hnp.arrays(np.bool_, st.tuples(st.integers(0, 5), st.just(9), st.just(11)))


def masks_of(stack: NDArray[np.bool_]) -> Masks:
    row, y, x = np.nonzero(stack)
    return Masks.from_spans(row, np.stack([y, x, x + 1], 1), len(stack))


def stack_of(masks: Masks) -> NDArray[np.bool_]:
    rows = [labels_from_masks(masks.take(np.array([row])), SHAPE) > 0 for row in range(len(masks))]
    return np.stack(rows) if rows else np.empty((0, *SHAPE), np.bool_)


@given(stacks, st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=5, max_size=5))
def test_each_pixel_stays_with_the_highest_score(stack: NDArray[np.bool_], drawn: list[float]) -> None:
    scores = np.array(drawn[: len(stack)])
    apart = without_overlaps(masks_of(stack), scores)
    claims = np.where(stack, scores[:, None, None], -1)
    if len(stack):  # argmax takes the first of equals
        stack = stack & (claims.argmax(0) == np.arange(len(stack))[:, None, None])
    np.testing.assert_array_equal(stack_of(apart), stack)
    assert apart.equals(masks_of(stack))


@given(stacks)
def test_numpy_parts_objects_as_compiled_loops_do(stack: NDArray[np.bool_]) -> None:
    masks, scores = masks_of(stack), np.linspace(1, 0, len(stack))
    if len(masks.spans):
        assert _best_pieces(masks, np.arange(len(masks))).equals(without_overlaps(masks, scores))


def test_objects_as_wide_as_32_bits_are_parted() -> None:
    low, high = -(2**31), 2**31 - 1
    masks = Masks.from_spans(np.array([0, 1]), np.array([[0, low, high], [0, -5, 5]]), 2)
    apart = without_overlaps(masks, np.array([0.1, 0.9]))
    assert apart.spans.tolist() == [[0, low, -5], [0, 5, high], [0, -5, 5]]


@given(stacks, stacks)
def test_shared_pixels_are_counted(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> None:
    pairs, pixels = intersections(masks_of(one), masks_of(other))
    counts = (one[:, None] & other[None]).sum((2, 3)) if len(one) and len(other) else np.zeros((0, 0), int)
    assert [(int(i), int(j), int(n)) for (i, j), n in zip(pairs, pixels, strict=True)] == [
        (int(i), int(j), int(counts[i, j])) for i, j in np.argwhere(counts)
    ]


def test_nothing_shares_nothing() -> None:
    pairs, pixels = intersections(Masks.empty(2), Masks.empty())
    assert pairs.shape == (0, 2)
    assert pixels.shape == (0,)
    assert len(without_overlaps(Masks.empty(2), np.ones(2))) == 2
    with pytest.raises(BadParameter, match="scores"):
        without_overlaps(Masks.empty(2), np.ones(3))
