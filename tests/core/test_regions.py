"""Regions are half-open as boxes are: what shares an edge counts every point once, and areas are those of the forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, Box, Regions, rectangle

corners = st.tuples(st.integers(-320, 1600), st.integers(-320, 1600)).map(lambda at: (at[0] / 16, at[1] / 16))
points = st.lists(st.tuples(st.integers(-40, 220), st.integers(-40, 220)), min_size=1, max_size=60).map(
    lambda rows: np.array(rows) / 2
)
boxes = st.builds(
    lambda y, x, height, width: Box(y, x, y + height, x + width),
    st.integers(-20, 60),
    st.integers(-20, 60),
    st.integers(1, 60),
    st.integers(1, 60),
)
polygons = st.lists(corners, min_size=3, max_size=9).map(np.array)


@given(boxes, points)
def test_a_rectangle_holds_what_its_box_holds(box: Box, at: np.ndarray) -> None:
    inside = Regions((rectangle(box),)).contains(at)
    assert inside.tolist() == [box.contains_point(y, x) for y, x in at]


@given(corners, corners, corners, corners, points)
def test_two_triangles_that_share_an_edge_count_every_point_once(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float], at: np.ndarray
) -> None:
    # Cut along a–c, a polygon of four corners is the two triangles, even where it crosses itself: odd is odd.
    whole = Regions((np.array([a, b, c, d]),)).contains(at)
    one, two = Regions((np.array([a, b, c]),)).contains(at), Regions((np.array([c, d, a]),)).contains(at)
    assert (whole == (one ^ two)).all()


@given(polygons, points)
def test_neither_direction_nor_beginning_matters(polygon: np.ndarray, at: np.ndarray) -> None:
    said = Regions((polygon,)).contains(at)
    assert (said == Regions((polygon[::-1],)).contains(at)).all()
    assert (said == Regions((np.roll(polygon, 2, axis=0),)).contains(at)).all()


@given(polygons, polygons, points)
def test_what_is_excluded_is_what_is_left_of_what_is_included(
    include: np.ndarray, exclude: np.ndarray, at: np.ndarray
) -> None:
    whole, hole = Regions((include,)).contains(at), Regions((exclude,)).contains(at)
    assert (Regions((include,), (exclude,)).contains(at) == (whole & ~hole)).all()
    assert (Regions((), (exclude,)).contains(at) == ~hole).all()
    assert (Regions((include, exclude)).contains(at) == (whole | hole)).all()


@given(polygons, polygons, boxes)
def test_a_box_that_is_not_touched_holds_no_point_that_counts(
    include: np.ndarray, exclude: np.ndarray, box: Box
) -> None:
    regions = Regions((include,), (exclude,))
    y, x = np.mgrid[box.y0 : box.y1 : 0.5, box.x0 : box.x1 : 0.5]
    if regions.contains(np.stack([y.ravel(), x.ravel()], 1)).any():
        assert regions.touches(box)


@given(polygons, polygons, boxes)
def test_the_area_is_what_counting_finely_says(include: np.ndarray, exclude: np.ndarray, box: Box) -> None:
    regions = Regions((include,), (exclude,))
    y, x = np.mgrid[box.y0 + 0.5 : box.y1, box.x0 + 0.03125 : box.x1 : 0.0625]
    counted = regions.contains(np.stack([y.ravel(), x.ravel()], 1)).sum() * 0.0625
    # Each crossing of a row may be off by one step of the grid.
    slack = 0.0625 * box.height * (len(include) + len(exclude))
    assert regions.area_in(box) == pytest.approx(counted, abs=slack)


def test_areas_of_known_forms() -> None:
    box = Box(0, 0, 100, 100)
    triangle = np.array([[0, 0], [0, 100], [100, 0]], float)
    assert Regions((triangle,)).area_in(box) == 5000
    assert Regions((), (triangle,)).area_in(box) == 5000
    assert Regions((triangle, triangle + np.array([0, 10]))).area_in(Box(0, 0, 100, 200)) == 5950
    assert Regions.of_boxes(Box(10, 10, 20, 30)).area_in(box) == 200
    assert Regions.of_boxes(Box(10, 10, 20, 30)).area_in(Box(50, 50, 60, 60)) == 0
    assert Regions().area_in(box) == 10_000


@given(polygons, polygons, st.booleans())
def test_text_and_back(include: np.ndarray, exclude: np.ndarray, tissue_only: bool) -> None:
    regions = Regions((include,), (exclude,), tissue_only)
    again = Regions.from_json(regions.to_json())
    assert again.to_json() == regions.to_json()
    assert (again.include[0] == regions.include[0]).all()


def test_what_is_no_polygon_is_refused() -> None:
    for wrong in ([[0, 0], [1, 1]], [[0, 0], [1, float("nan")], [2, 2]], [[0, 0, 0]] * 3):
        with pytest.raises(BadParameter, match="three corners"):
            Regions((np.array(wrong),))
    with pytest.raises(BadParameter, match="no regions"):
        Regions.from_json('{"include": 3}')


def test_a_centre_on_an_edge_belongs_below_it_and_to_its_right() -> None:
    regions = Regions.of_boxes(Box(10, 10, 20, 20))
    cells = np.array([[8, 8, 12, 12], [18, 18, 22, 22], [8, 12, 12, 16], [12, 18, 16, 22]], np.float32)
    assert regions.centres_inside(cells).tolist() == [True, False, True, False]
