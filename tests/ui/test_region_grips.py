"""What of a region the mouse takes hold of, and where its corners go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import Regions
from cellwright.ui.state.region_grips import grip_at, is_rectangle, moved

RECTANGLE = np.array([[100, 100], [100, 300], [200, 300], [200, 100]], np.float64)
TRIANGLE = np.array([[0, 0], [0, 100], [90, 40]], np.float64)


def test_a_rectangle_is_told_from_other_polygons() -> None:
    assert is_rectangle(RECTANGLE)
    assert is_rectangle(np.roll(RECTANGLE, 1, axis=0))
    assert not is_rectangle(TRIANGLE)
    assert not is_rectangle(RECTANGLE + np.eye(4, 2))
    assert not is_rectangle(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("place", "after"),
    [
        ((101, 99), [[110, 105], [110, 300], [200, 300], [200, 105]]),  # a corner takes its neighbours along
        ((100, 200), [[110, 100], [110, 300], [200, 300], [200, 100]]),  # an edge moves across itself
        ((150, 303), [[100, 100], [100, 305], [200, 305], [200, 100]]),
        ((150, 200), [[110, 105], [110, 305], [210, 305], [210, 105]]),  # all of it
    ],
)
def test_a_rectangle_stays_one(place: tuple[float, float], after: list[list[float]]) -> None:
    grip = grip_at(RECTANGLE, place, 5)
    assert grip is not None
    assert moved(RECTANGLE, grip, (10, 5)).tolist() == after


def test_a_polygon_moves_by_a_corner_an_edge_or_as_a_whole() -> None:
    for place, held in (((89, 41), [2]), ((0, 50), [0, 1]), ((30, 45), [0, 1, 2])):
        grip = grip_at(TRIANGLE, place, 4)
        assert grip is not None
        away = moved(TRIANGLE, grip, (7, -3)) - TRIANGLE
        assert np.flatnonzero(away.any(axis=1)).tolist() == held
        assert away[held].tolist() == [[7, -3]] * len(held)
        assert grip.is_whole == (len(held) == 3)


def test_beside_a_region_nothing_is_held() -> None:
    assert grip_at(TRIANGLE, (80, 90), 4) is None
    assert grip_at(RECTANGLE, (90, 90), 5) is None


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=3, max_size=7, unique=True),
    st.tuples(st.integers(-5, 205), st.integers(-5, 205)),
)
def test_what_is_inside_is_what_counts(corners: list[tuple[int, int]], place: tuple[int, int]) -> None:
    polygon = np.array(corners, np.float64)
    grip = grip_at(polygon, place, 0)
    box = np.array([[*place, *place]], np.float32)
    counts = bool(Regions((polygon,)).centres_inside(box)[0])
    is_whole = grip is not None and grip.is_whole
    assert is_whole == counts or (grip is not None and not is_whole), "only what lies on an edge is held otherwise"
