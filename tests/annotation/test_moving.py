"""Objects and points moved, resized and smoothed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.annotation import (
    Geometry,
    inside_lasso,
    moved,
    point_added,
    point_deleted,
    point_moved,
    resized,
    smoothed,
)
from cellwright.core import BadParameter, Objects
from cellwright.shapes import masks_from_polygons
from tests.annotation.pixels import Picture, disc, neighbourhoods, objects, picture_of, place_of

TRIANGLE = Geometry.of_polygon([np.array([[0, 0], [0, 8], [4, 8.0]])])
PAIR = Geometry.of_points(np.array([[1, 2], [5, 8.0]]), [True, False])


@given(objects, st.integers(-50, 50), st.integers(-50, 50))
def test_moving_there_and_back_changes_nothing(mine: Picture, dy: int, dx: int) -> None:
    for place in (place_of(mine), TRIANGLE, PAIR, Geometry.of_box(1, 2, 3, 4)):
        there = moved(place, dy, dx)
        assert np.subtract(there.box, place.box).tolist() == [dy, dx, dy, dx]
        assert moved(there, -dy, -dx) == place


@given(objects, st.integers(1, 3))
def test_an_enlarged_mask_has_each_pixel_many_times(mine: Picture, factor: int) -> None:
    place = place_of(mine)
    y0, x0, y1, x1 = place.box
    larger = resized(place, (0, 0, (y1 - y0) * factor, (x1 - x0) * factor))
    assert int(larger.masks().areas()[0]) == int(mine.sum()) * factor**2
    assert resized(larger, place.box) == place


def test_outlines_and_points_stretch_with_their_box() -> None:
    assert resized(TRIANGLE, (10, 10, 12, 14)).rings()[0].tolist() == [[10, 10], [10, 14], [12, 14]]
    assert resized(PAIR, (1, 2, 3, 5)).points().tolist() == [[1, 2, 1], [3, 5, 0]]
    dot = Geometry.of_points(np.array([[3.0, 4.0]]))
    assert resized(dot, (7, 8, 7, 8)).points().tolist() == [[7, 8, 1]]


def test_points_are_moved_added_and_taken_away_one_by_one() -> None:
    assert point_moved(PAIR, 1, 4, 3).points().tolist() == [[1, 2, 1], [4, 3, 1]]
    assert point_added(None, 4, 3).points().tolist() == [[4, 3, 1]]
    assert point_added(PAIR, 0, 0).points().tolist() == [[1, 2, 1], [5, 8, 0], [0, 0, 1]]
    fewer = point_deleted(PAIR, 0)
    assert fewer is not None
    assert fewer.points().tolist() == [[5, 8, 0]]
    assert point_deleted(fewer, 0) is None
    with pytest.raises(BadParameter, match="no point 2"):
        point_moved(PAIR, 2, 0, 0)


def test_smoothing_takes_spikes_off_and_leaves_discs() -> None:
    shape = (60, 60)
    round_one = disc(30, 30, 15, shape)
    spiky = round_one.copy()
    spiky[30, 45:55] = True
    smooth = smoothed(place_of(spiky), 2)
    assert smooth.box[3] <= 47
    before, after = int(round_one.sum()), int(smooth.masks().areas()[0])
    assert abs(after - before) < 0.03 * before


@given(neighbourhoods.filter(lambda labels: bool((labels == 1).sum() > 8)), st.sampled_from([0.6, 1.0, 2.0]))
def test_smoothing_never_takes_from_a_neighbour(labels: np.ndarray, radius: float) -> None:
    others = [place_of(labels == value) for value in np.unique(labels) if value > 1]
    try:
        after = smoothed(place_of(labels == 1), radius, others)
    except BadParameter as problem:
        assert "leave nothing" in str(problem)  # noqa: PT017 - either outcome is right
        return
    assert not (picture_of(after) & (labels > 1)).any()


def test_what_leaves_nothing_is_refused() -> None:
    line = place_of(np.pad(np.ones((1, 9), bool), 3))
    with pytest.raises(BadParameter, match="leave nothing"):
        smoothed(line, 3)
    with pytest.raises(BadParameter, match="above 0"):
        smoothed(line, 0)
    with pytest.raises(BadParameter, match="at least one pixel"):
        resized(line, (0, 0, 0, 5))


@given(
    st.lists(st.tuples(st.integers(-3, 22), st.integers(-3, 22)), min_size=3, max_size=8),
    st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30),
)
def test_a_lasso_holds_the_middles_that_its_filled_outline_holds(
    corners: list[tuple[int, int]], pixels: list[tuple[int, int]]
) -> None:
    drawn = picture_of_lasso(corners)
    boxes = np.array([(y, x, y + 1, x + 1) for y, x in pixels], np.float32).reshape(-1, 4)
    expected = [bool(drawn[y, x]) for y, x in pixels]
    assert inside_lasso(boxes, np.array(corners)).tolist() == expected


def picture_of_lasso(corners: list[tuple[int, int]]) -> Picture:
    from cellwright.shapes import labels_from_masks

    return labels_from_masks(masks_from_polygons([np.array(corners, float)]), (20, 20)) > 0


def test_a_lasso_takes_a_table_of_objects() -> None:
    assert inside_lasso(Objects.empty(("RBC",)), [[0, 0], [0, 5], [5, 5]]).tolist() == []
    with pytest.raises(BadParameter, match="three corners"):
        inside_lasso(Objects.empty(("RBC",)), [[0, 0], [0, 5]])
