"""What lies under a brush, measured pixel by pixel."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.shapes import joined, labels_from_masks, stroke

SHAPE = (40, 50)
places = st.tuples(st.integers(10, 120), st.integers(10, 160)).map(lambda at: (at[0] / 4, at[1] / 4))


def under(path: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    painted = np.zeros(SHAPE, np.bool_)
    painted[tuple(np.floor(path).astype(int).T)] = True
    for a, b in pairwise(path) if len(path) > 1 else [(path[0], path[0])]:
        dy, dx = b - a
        t = np.clip(((y - a[0]) * dy + (x - a[1]) * dx) / max(dy * dy + dx * dx, 1e-300), 0, 1)
        painted |= (y - a[0] - t * dy) ** 2 + (x - a[1] - t * dx) ** 2 <= radius * radius
    return painted


@given(st.lists(places, min_size=1, max_size=5), st.integers(1, 40).map(lambda quarters: quarters / 4))
def test_a_stroke_is_every_pixel_within_reach_of_the_line(corners: list[tuple[float, float]], radius: float) -> None:
    path = np.array(corners)
    painted = labels_from_masks(stroke(path, radius), SHAPE) > 0
    np.testing.assert_array_equal(painted, under(path, radius))


@given(st.lists(places, min_size=2, max_size=6), st.floats(0.3, 9))
def test_a_stroke_is_the_strokes_of_its_pieces(corners: list[tuple[float, float]], radius: float) -> None:
    path = np.array(corners)
    pieces = stroke(path[:2], radius)
    for k in range(1, len(path) - 1):
        pieces = joined(pieces, stroke(path[k : k + 2], radius))
    assert pieces.equals(stroke(path, radius))


def test_a_disc_has_the_pixels_one_counts_by_hand() -> None:
    assert stroke([[2.5, 2.5]], 1.0).spans.tolist() == [[1, 2, 3], [2, 1, 4], [3, 2, 3]]
    assert stroke([[2.2, 2.9]], 0.1).spans.tolist() == [[2, 2, 3]]
    assert stroke(np.empty((0, 2)), 3).areas().tolist() == [0]


def test_far_from_the_corner_a_stroke_looks_the_same() -> None:
    near = stroke([[3.25, 4.5], [9.75, 8.0]], 2.5)
    far = stroke([[3.25 + 50_000, 4.5 + 49_999], [9.75 + 50_000, 8.0 + 49_999]], 2.5)
    assert far.equals(near.shifted(50_000, 49_999))


@pytest.mark.parametrize(
    ("path", "radius"), [([[1, np.nan]], 2), ([1, 2, 3], 2), ([[1, 2]], 0), ([[1, 2]], -1), ([[1, 2]], np.nan)]
)
def test_what_is_no_stroke_is_refused(path: list[object], radius: float) -> None:
    with pytest.raises(BadParameter):
        stroke(path, radius)
