"""Boxes, regions and pixel sizes: laws for any numbers, and cases one can check by eye."""

from __future__ import annotations

import math
import pickle  # noqa: TID251 - our own bytes, as dask would send them

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, Box, PixelSize, PixelSizeSource, Region

COORDINATES = st.integers(-(10**6), 10**6)
LENGTHS = st.integers(0, 10**6)
BOXES = st.builds(lambda y, x, h, w: Box(y, x, y + h, x + w), COORDINATES, COORDINATES, LENGTHS, LENGTHS)


def test_a_box_is_half_open() -> None:
    box = Box(2, 3, 5, 9)
    assert (box.height, box.width, box.area) == (3, 6, 18)
    assert box.contains_point(2, 3)
    assert box.contains_point(4.999, 8.999)
    assert not box.contains_point(5, 3)
    assert not box.contains_point(2, 9)


@pytest.mark.parametrize("corners", [(5, 0, 4, 1), (0, 5, 1, 4)])
def test_a_box_that_ends_before_it_begins_is_refused(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(BadParameter, match="end after it begins"):
        Box(*corners)


@given(BOXES, BOXES)
def test_the_common_part_is_the_same_from_both_sides_and_no_larger(one: Box, other: Box) -> None:
    common = one.intersect(other)
    assert common.area == other.intersect(one).area
    assert common.area <= min(one.area, other.area)
    if not common.is_empty:
        assert common == other.intersect(one)
        assert common.intersect(one) == common == common.intersect(other)


@given(BOXES, COORDINATES, COORDINATES)
def test_a_point_is_in_the_common_part_if_it_is_in_both(box: Box, dy: int, dx: int) -> None:
    other = box.shift(dy // 1000, dx // 1000)
    common = box.intersect(other)
    for y, x in ((box.y0, box.x0), (other.y0, other.x0), (box.y1 - 1, box.x1 - 1), (common.y0, common.x0)):
        assert common.contains_point(y, x) == (box.contains_point(y, x) and other.contains_point(y, x))


@given(BOXES)
def test_a_box_meets_itself_in_itself(box: Box) -> None:
    assert box.intersect(box) == box
    assert box.is_empty == (box.area == 0)


@given(BOXES, st.integers(0, 1000))
def test_growing_and_shrinking_back_changes_nothing(box: Box, margin: int) -> None:
    grown = box.grow(margin)
    assert grown.grow(-margin) == box
    assert grown.height == box.height + 2 * margin
    assert box.intersect(grown) == box


def test_shrinking_below_nothing_is_refused() -> None:
    with pytest.raises(BadParameter):
        Box(0, 0, 4, 10).grow(-3)


@given(BOXES, COORDINATES, COORDINATES)
def test_shifting_there_and_back_changes_nothing(box: Box, dy: int, dx: int) -> None:
    moved = box.shift(dy, dx)
    assert (moved.height, moved.width) == (box.height, box.width)
    assert moved.shift(-dy, -dx) == box


def test_boxes_apart_meet_in_an_empty_box() -> None:
    assert Box(0, 0, 4, 4).intersect(Box(10, 10, 20, 20)).is_empty
    assert Box(0, 0, 4, 4).intersect(Box(4, 0, 8, 4)).is_empty


@given(BOXES, st.floats(0.01, 1000.0))
def test_a_region_promises_at_least_one_pixel_for_a_box_that_has_one(box: Box, downsample: float) -> None:
    rows, columns = Region(box, downsample).shape
    assert (rows == 0) == (box.height == 0)
    assert (columns == 0) == (box.width == 0)
    assert abs(rows - box.height / downsample) <= 1
    assert abs(columns - box.width / downsample) <= 1


def test_a_region_checked_by_hand() -> None:
    assert Region(Box(0, 0, 100, 50)).shape == (100, 50)
    assert Region(Box(10, 10, 110, 60), 4.0).shape == (25, 12)
    assert Region(Box(0, 0, 3, 3), 0.5).shape == (6, 6)
    assert Region(Box(0, 0, 3, 3), 100.0).shape == (1, 1)


@pytest.mark.parametrize("downsample", [0.0, -1.0, math.inf, math.nan])
def test_a_downsample_that_is_no_factor_is_refused(downsample: float) -> None:
    with pytest.raises(BadParameter):
        Region(Box(0, 0, 1, 1), downsample)


@pytest.mark.parametrize("side", [0.0, -0.25, math.inf, math.nan])
def test_a_pixel_size_that_is_no_length_is_refused(side: float) -> None:
    for y_um, x_um in ((side, 1.0), (1.0, side)):
        with pytest.raises(BadParameter, match="above 0"):
            PixelSize(y_um, x_um, PixelSizeSource.USER)


def test_a_pixel_size_says_its_number_and_its_source() -> None:
    assert str(PixelSize(0.25, 0.25, PixelSizeSource.TAG)) == "0.25 µm/px (tag)"
    assert str(PixelSize(0.5, 0.25, PixelSizeSource.USER)) == "0.5 × 0.25 µm/px (user)"
    assert PixelSize(0.5, 0.25, PixelSizeSource.TAG).area_um2 == 0.125


def test_values_are_frozen_and_travel_between_processes() -> None:
    region = Region(Box(1, 2, 3, 4), 2.0, 1, 2, (0, 2))
    assert pickle.loads(pickle.dumps(region)) == region
    assert hash(region) == hash(Region(Box(1, 2, 3, 4), 2.0, 1, 2, (0, 2)))
    with pytest.raises(AttributeError):
        region.z = 5  # type: ignore[misc]
