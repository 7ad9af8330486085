"""Contrast: sensible on every type, safe on NaN, infinity and constants, one choice for the whole picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cellwright.core import Box, Region
from cellwright.imaging import (
    composite,
    contrast_limits,
    limits_of,
    open_slide,
    percentile_limits,
    read_rgb,
    spread_limits,
    to_display,
)
from cellwright.imaging.contrast import channel_colour
from tests.imaging.samples import KINDS, scene

REAL_TYPES = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float16, np.float32, np.float64]


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(t) for t in REAL_TYPES]),
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=20),
        elements=None,
    )
)
def test_limits_are_finite_and_rising_whatever_the_values(values: Any) -> None:
    low, high = limits_of(values)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high


@given(
    hnp.arrays(st.sampled_from([np.dtype(t) for t in REAL_TYPES]), (3, 4, 2)),
    st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)),
)
def test_display_follows_the_straight_line_between_the_limits(array: Any, limits: tuple[float, float]) -> None:
    low, high = limits[0], limits[0] + limits[1]
    shown = to_display(array, [(low, high)] * 2)
    assert shown.dtype == np.uint8
    values = array.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = np.clip((values - low) / (high - low) * 255, 0, 255)
    expected[np.isnan(values)] = 0
    # float32 pixels are stretched in float32, whose rounding of large numbers shows in steep ranges.
    slack = 1 + 255e-6 / (high - low) * np.abs(np.nan_to_num(np.clip(values, -1e300, 1e300), posinf=0, neginf=0))
    assert (np.abs(shown - expected) <= slack + 255 * abs(low) / (high - low) * 1e-6).all()


def test_display_checked_by_hand() -> None:
    array = np.array([[[0], [50], [90]], [[150], [200], [255]]], np.uint8)
    np.testing.assert_array_equal(to_display(array, [(50, 150)])[:, :, 0], [[0, 0, 102], [255, 255, 255]])
    signed = np.array([[[-100], [20], [100]]], np.int16)
    np.testing.assert_array_equal(to_display(signed, [(-100, 100)])[:, :, 0], [[0, 153, 255]])
    real = np.array([[[np.nan], [np.inf], [-np.inf], [0.2]]], np.float32)
    np.testing.assert_array_equal(to_display(real, [(0, 1)])[:, :, 0], [[0, 255, 0, 51]])


def test_8_bit_colour_is_shown_as_stored(tmp_path: Path) -> None:
    with open_slide(KINDS["png colour"](tmp_path)) as slide:
        limits = contrast_limits(slide)
        assert limits == ((0, 255),) * 3
        np.testing.assert_array_equal(read_rgb(slide, Region(Box(0, 0, *slide.shape)), limits), scene())


def test_16_bit_colour_shares_its_limits_so_that_hues_stay(tmp_path: Path) -> None:
    path = tmp_path / "colour.tif"
    tifffile.imwrite(path, (scene(dtype=np.uint16) // 16), photometric="rgb")
    with open_slide(path) as slide:
        limits = contrast_limits(slide)
        assert len(set(limits)) == 1
        assert limits[0][0] == 0
        assert 3500 < limits[0][1] <= 4095


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.uint32, np.float32, np.float64])
def test_a_12_bit_camera_fills_the_screen(dtype: type, tmp_path: Path) -> None:
    path = tmp_path / "camera.tif"
    grey = (scene(channels=1)[:, :, 0].astype(np.float64) * 16).astype(dtype)
    tifffile.imwrite(path, grey, photometric="minisblack")
    with open_slide(path) as slide:
        shown = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
    assert shown.min() == 0
    assert shown.max() == 255
    assert 60 < shown.mean() < 190


@given(hnp.arrays(np.float32, (7, 9), elements=st.floats(-1000, 1000, width=32)), st.floats(1, 10))
def test_spread_limits_lie_as_far_below_the_mean_as_above(values: Any, deviations: float) -> None:
    low, high = spread_limits(values, deviations)
    assert low < high
    assert (low + high) / 2 == pytest.approx(values.mean(dtype=np.float64), abs=1e-2)
    assert high - low == pytest.approx(max(2 * deviations * values.std(dtype=np.float64), 0), rel=1e-6, abs=2.01)


def test_a_network_gets_mean_nought_and_deviation_one_back_from_what_is_shown(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(1000, 40, (64, 64)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "cells.tif", values)
    with open_slide(tmp_path / "cells.tif") as slide:
        shown = read_rgb(slide, Region(Box(0, 0, 64, 64)), contrast_limits(slide, 6.0))[..., 0]
    back = shown / 255 * 12 - 6
    assert back.mean() == pytest.approx(0, abs=0.01)
    assert back.std() == pytest.approx(1, abs=0.01)


def test_hot_pixels_do_not_darken_a_picture() -> None:
    values = np.full((1000, 1000), 100, np.uint16)
    values[::2] = 200
    values[5, 5] = 65535
    assert limits_of(values) == (100, 200)


def test_sparse_bright_cells_are_not_burnt_out() -> None:
    values = np.full((1000, 1000), 100, np.uint16)
    values[:40, :40] = 5000  # 0.16 % of the picture
    values[100:140, 100:140] = 20000
    low, high = limits_of(values)
    assert low == 100
    assert high == 20000


@pytest.mark.parametrize("value", [0, 7, 65535])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_constant_picture_is_shown_grey(value: int, dtype: type) -> None:
    values = np.full((20, 20, 1), value, dtype)
    shown = to_display(values, [limits_of(values)])
    assert abs(int(shown[0, 0, 0]) - 128) <= 1


def test_a_picture_of_nothing_but_nan_is_shown_black() -> None:
    values = np.full((20, 20, 1), np.nan, np.float32)
    assert not to_display(values, [limits_of(values)]).any()


def test_nan_and_infinity_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "measured.tif"
    grey = scene(channels=1, dtype=np.float32)[:, :, 0]
    grey[:20] = np.nan
    grey[20:30] = np.inf
    grey[30:40] = -np.inf
    tifffile.imwrite(path, grey, photometric="minisblack")
    with open_slide(path) as slide:
        low, high = contrast_limits(slide)[0]
        assert 0 <= low < high <= 1
        assert slide.read(Region(Box(0, 0, *slide.shape), 3.0)).shape == (50, 70, 1)


def test_faint_8_bit_pictures_are_stretched_and_others_left_alone() -> None:
    faint = np.tile(np.arange(40, dtype=np.uint8), (50, 1))
    assert limits_of(faint) == (0, 39)
    full = np.tile(np.arange(200, dtype=np.uint8), (50, 1))
    assert limits_of(full) == (0, 255)


def test_channels_add_up_in_their_colours() -> None:
    shown = np.array([[[255, 0], [0, 255], [255, 255], [100, 0]]], np.uint8)
    mixed = composite(shown, [(255, 0, 0), (0, 255, 255)])
    np.testing.assert_array_equal(mixed, [[[255, 0, 0], [0, 255, 255], [255, 255, 255], [100, 0, 0]]])
    np.testing.assert_array_equal(composite(shown, [(255, 255, 255)] * 2)[0, 2], [255, 255, 255])


def test_grey_pictures_have_three_equal_channels(tmp_path: Path) -> None:
    with open_slide(KINDS["tiff 16-bit"](tmp_path)) as slide:
        shown = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
    np.testing.assert_array_equal(shown[..., 0], shown[..., 1])
    np.testing.assert_array_equal(shown[..., 0], shown[..., 2])


def test_chosen_channels_are_mixed_with_their_own_limits(tmp_path: Path) -> None:
    with open_slide(KINDS["ome-tiff"](tmp_path)) as slide:
        limits = contrast_limits(slide)
        box = Box(0, 0, *slide.shape)
        second = read_rgb(slide, Region(box, channels=(1,)), limits)
        expected = to_display(slide.read(Region(box, channels=(1,))), [limits[1]])
        np.testing.assert_array_equal(second, composite(expected, [channel_colour(slide, 1)]))


def test_colours_of_the_file_are_used(tmp_path: Path) -> None:
    path = tmp_path / "colours.ome.tif"
    stack = np.zeros((2, 20, 30), np.uint16)
    stack[0, :10], stack[1, 10:] = 1000, 3000
    metadata = {"axes": "CYX", "Channel": {"Name": ["a", "b"], "Color": [16711935, -16776961]}}
    tifffile.imwrite(path, stack, metadata=metadata)
    with open_slide(path) as slide:
        assert [c.colour for c in slide.channels] == [(0, 255, 0), (255, 0, 0)]
        shown = read_rgb(slide, Region(Box(0, 0, *slide.shape)), contrast_limits(slide))
    np.testing.assert_array_equal(shown[0, 0], [0, 255, 0])
    np.testing.assert_array_equal(shown[15, 0], [255, 0, 0])


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(t) for t in REAL_TYPES]), hnp.array_shapes(min_dims=1, max_dims=3, max_side=20)
    )
)
def test_percentile_limits_are_finite_and_rising_whatever_the_values(values: Any) -> None:
    low, high = percentile_limits(values, (1.0, 99.8))
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high


@given(
    hnp.arrays(st.sampled_from([np.dtype(np.uint8), np.dtype(np.uint16)]), st.integers(1, 300)),
    st.tuples(st.floats(0, 49), st.floats(51, 100)),
)
def test_counted_percentiles_are_those_of_sorted_values(values: Any, percentiles: tuple[float, float]) -> None:
    expected = np.percentile(values, percentiles)
    if expected[1] > expected[0]:
        np.testing.assert_allclose(percentile_limits(values, percentiles), expected, rtol=1e-9, atol=1e-9)


def test_percentiles_of_a_colour_picture_are_taken_over_its_channels_together(tmp_path: Path) -> None:
    picture = np.zeros((50, 40, 3), np.uint8)
    picture[..., 1], picture[..., 2] = 50, np.arange(40) * 2
    tifffile.imwrite(tmp_path / "a.tif", picture, photometric="rgb")
    with open_slide(tmp_path / "a.tif") as slide:
        limits = contrast_limits(slide, percentiles=(1.0, 99.0))
        assert limits == (tuple(np.percentile(picture, (1.0, 99.0))),) * 3
        assert contrast_limits(slide) == ((0.0, 255.0),) * 3


def test_percentiles_of_separate_channels_are_their_own(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 4000, (2, 50, 40), np.uint16)
    picture[1] //= 8
    tifffile.imwrite(tmp_path / "a.ome.tif", picture, photometric="minisblack", metadata={"axes": "CYX"})
    with open_slide(tmp_path / "a.ome.tif") as slide:
        limits = contrast_limits(slide, percentiles=(2.0, 98.0))
    np.testing.assert_allclose(limits, [np.percentile(channel, (2.0, 98.0)) for channel in picture])
