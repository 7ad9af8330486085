"""Masks as runs: rows stay together, areas and boxes are those of the pixels, limits are refused."""

from __future__ import annotations

import copy
import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks

SIZE = 12


def painted(masks: Masks, row: int, size: int = SIZE) -> NDArray[np.bool_]:
    """One object on a square, by the definition of a span."""
    picture = np.zeros((size, size), np.bool_)
    for y, x0, x1 in masks.spans[masks.starts[row] : masks.starts[row + 1]]:
        picture[y, x0:x1] = True
    return picture


def is_canonical(masks: Masks) -> bool:
    for row in range(len(masks)):
        spans = masks.spans[masks.starts[row] : masks.starts[row + 1]].tolist()
        if any(x0 >= x1 for _, x0, x1 in spans):
            return False
        if any(not (a[0] < b[0] or (a[0] == b[0] and a[2] < b[1])) for a, b in itertools.pairwise(spans)):
            return False
    return True


spans_of_some = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, SIZE - 1), st.integers(0, SIZE), st.integers(0, SIZE)), max_size=40
)


def gathered(drawn: list[tuple[int, int, int, int]]) -> Masks:
    rows = np.asarray(drawn, np.int64).reshape(-1, 4)
    return Masks.from_spans(rows[:, 0], rows[:, 1:], 4)


@given(spans_of_some)
def test_spans_in_any_order_become_the_pixels_they_cover(drawn: list[tuple[int, int, int, int]]) -> None:
    masks = gathered(drawn)
    assert len(masks) == 4
    assert is_canonical(masks)
    for row in range(4):
        expected = np.zeros((SIZE, SIZE), np.bool_)
        for owner, y, x0, x1 in drawn:
            if owner == row:
                expected[y, x0:x1] = True
        np.testing.assert_array_equal(painted(masks, row), expected)


@given(spans_of_some)
def test_areas_and_boxes_are_those_of_the_pixels(drawn: list[tuple[int, int, int, int]]) -> None:
    masks = gathered(drawn)
    for row, (area, box) in enumerate(zip(masks.areas(), masks.boxes(), strict=True)):
        y, x = np.nonzero(painted(masks, row))
        assert area == len(y)
        assert box.tolist() == ([y.min(), x.min(), y.max() + 1, x.max() + 1] if len(y) else [0, 0, 0, 0])


@given(spans_of_some, st.lists(st.integers(-4, 3), max_size=6))
def test_taking_rows_takes_their_pixels(drawn: list[tuple[int, int, int, int]], rows: list[int]) -> None:
    masks = gathered(drawn)
    taken = masks.take(np.asarray(rows, np.intp))
    assert len(taken) == len(rows)
    for place, row in enumerate(rows):
        np.testing.assert_array_equal(painted(taken, place), painted(masks, row % 4))


@given(spans_of_some, st.integers(0, 4))
def test_cut_and_joined_is_whole(drawn: list[tuple[int, int, int, int]], cut: int) -> None:
    masks = gathered(drawn)
    below = np.arange(4) < cut
    assert Masks.concatenate([masks.take(below), masks.take(~below)]).equals(masks)


@given(spans_of_some, st.integers(-(2**30), 2**30), st.integers(-(2**30), 2**30))
def test_shifted_there_and_back_is_the_same(drawn: list[tuple[int, int, int, int]], dy: int, dx: int) -> None:
    masks = gathered(drawn)
    moved = masks.shifted(dy, dx)
    np.testing.assert_array_equal(moved.areas(), masks.areas())
    assert moved.shifted(-dy, -dx).equals(masks)


@given(spans_of_some, st.tuples(*[st.integers(-2, SIZE + 2)] * 4))
def test_clipped_is_what_lies_inside(
    drawn: list[tuple[int, int, int, int]], corners: tuple[int, int, int, int]
) -> None:
    a, b, c, d = corners
    box = Box(min(a, c), min(b, d), max(a, c), max(b, d))
    masks = gathered(drawn)
    clipped = masks.clipped(box)
    inside = np.zeros((SIZE, SIZE), np.bool_)
    inside[max(box.y0, 0) : max(box.y1, 0), max(box.x0, 0) : max(box.x1, 0)] = True
    assert len(clipped) == 4
    assert is_canonical(clipped)
    for row in range(4):
        np.testing.assert_array_equal(painted(clipped, row), painted(masks, row) & inside)


def test_no_objects_is_fine_everywhere() -> None:
    empty = Masks.empty()
    assert len(empty) == 0
    assert empty.areas().shape == (0,)
    assert empty.boxes().shape == (0, 4)
    assert len(empty.take(np.empty(0, np.intp))) == 0
    assert len(Masks.concatenate([])) == 0
    assert len(Masks.concatenate([empty, Masks.empty(2)])) == 2
    assert len(empty.shifted(3, 4)) == 0
    assert len(empty.clipped(Box(0, 0, 5, 5))) == 0
    assert Masks.empty(3).areas().tolist() == [0, 0, 0]


def test_coordinates_reach_the_limits_of_32_bits_and_no_further() -> None:
    low, high = -(2**31), 2**31 - 1
    masks = Masks.from_spans(np.zeros(2, np.intp), np.array([[low, low, high], [high, high - 1, high]]), 1)
    assert masks.areas().tolist() == [2**32 - 1 + 1]
    assert masks.boxes().tolist() == [[low, low, 2.0**31, 2.0**31]]
    with pytest.raises(BadParameter, match="32 bits"):
        masks.shifted(1, 0)
    with pytest.raises(BadParameter, match="32 bits"):
        masks.shifted(0, -1)
    with pytest.raises(BadParameter, match="32 bits"):
        Masks.from_spans(np.zeros(1, np.intp), np.array([[0, 0, high + 1]]), 1)


def test_a_whole_slide_of_cells_keeps_its_area() -> None:
    n = 50_000
    rng = np.random.default_rng(0)
    rows = np.arange(20)
    spans = np.stack(np.broadcast_arrays(rng.integers(0, 9_000, (n, 1)) + rows, 5, 5 + 1 + rows), -1).reshape(-1, 3)
    masks = Masks.from_spans(np.repeat(np.arange(n), 20), spans, n)
    assert set(masks.areas().tolist()) == {210}
    assert (masks.boxes()[:, 2] - masks.boxes()[:, 0] == 20).all()


@pytest.mark.parametrize(
    ("starts", "spans"),
    [
        (np.zeros(0, np.int64), np.empty((0, 3), np.int32)),
        (np.array([0, 1], np.int64), np.empty((0, 3), np.int32)),
        (np.array([0, 2, 1, 2], np.int64), np.zeros((2, 3), np.int32)),
        (np.array([0, 1], np.int64), np.zeros((1, 2), np.int32)),
        (np.array([0, 1], np.int32), np.zeros((1, 3), np.int32)),
        (np.array([0, 1], np.int64), np.zeros((1, 3), np.int64)),
    ],
)
def test_columns_that_do_not_fit_are_refused(starts: NDArray[np.int64], spans: NDArray[np.int32]) -> None:
    with pytest.raises(BadParameter):
        Masks(starts, spans)


def test_a_span_without_an_owner_is_refused() -> None:
    with pytest.raises(BadParameter, match="owner"):
        Masks.from_spans(np.array([2]), np.array([[0, 0, 1]]), 2)


def test_a_copy_is_equal_and_another_shape_is_not() -> None:
    masks = Masks.from_spans(np.array([0, 1]), np.array([[0, 0, 3], [1, 0, 3]]), 2)
    assert copy.deepcopy(masks).equals(masks)
    assert not masks.take(np.array([1, 0])).equals(masks)


def test_the_words_are_light() -> None:
    script = "import sys, cellwright.core; print(sorted({'numba', 'scipy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=500)
    assert done.stdout.strip() == "[]"
