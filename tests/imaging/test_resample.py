"""Area average down, linear interpolation up: checked by hand, against scikit-image, and by laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.imaging.pyramid import nominal_downsample
from cellwright.imaging.resample import plan_taps, resample


def whole(array: np.ndarray, step: float, count: tuple[int, int] | None = None) -> np.ndarray:
    height, width = count or (round(array.shape[0] / step), round(array.shape[1] / step))
    rows, columns = plan_taps(0.0, step, height, array.shape[0]), plan_taps(0.0, step, width, array.shape[1])
    block = array[rows.start : rows.stop, columns.start : columns.stop]
    return resample(block, rows, columns, 0.0)


def test_halving_takes_the_mean_of_four() -> None:
    array = np.array([[[0], [4], [1], [3]], [[2], [10], [5], [7]]], np.uint8)
    np.testing.assert_array_equal(whole(array, 2.0)[:, :, 0], [[4, 4]])


def test_a_factor_of_one_and_a_half_shares_the_middle_pixel() -> None:
    array = np.array([[[0.0], [30.0], [60.0]]] * 3, np.float32)
    np.testing.assert_allclose(whole(array, 1.5)[0, :, 0], [(0 + 0.5 * 30) / 1.5, (0.5 * 30 + 60) / 1.5])


def test_doubling_interpolates_between_pixel_centres() -> None:
    array = np.array([[[0.0], [100.0]]], np.float32)
    np.testing.assert_allclose(whole(array, 0.5, (1, 4))[0, :, 0], [0, 25, 75, 100])


@pytest.mark.parametrize("step", [2, 3, 5, 8])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_whole_factors_equal_block_means_of_scikit_image(step: int, dtype: type) -> None:
    from skimage.measure import block_reduce

    array = (np.random.default_rng(3).random((step * 13, step * 9, 3)) * 250).astype(dtype)
    expected = block_reduce(array, (step, step, 1), np.mean)
    np.testing.assert_allclose(whole(array, float(step)), expected, atol=0.51 if dtype != np.float32 else 1e-4)


def test_doubling_equals_linear_interpolation_of_scikit_image() -> None:
    from skimage.transform import resize

    array = np.random.default_rng(4).random((17, 23, 2)).astype(np.float64)
    expected = resize(array, (34, 46, 2), order=1, mode="edge", anti_aliasing=False)
    np.testing.assert_allclose(whole(array, 0.5), expected, atol=1e-9)


@given(
    step=st.floats(0.2, 12.0),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    value=st.integers(0, 255),
)
def test_a_flat_picture_stays_flat(step: float, height: int, width: int, value: int) -> None:
    array = np.full((height, width, 1), value, np.uint8)
    count = (max(1, int(height / step)), max(1, int(width / step)))
    assert (whole(array, step, count) == value).all()


@given(step=st.floats(1.0, 12.0), count=st.integers(1, 30), start=st.floats(-20.0, 20.0))
def test_every_output_pixel_weighs_as_much_as_it_covers(step: float, count: int, start: float) -> None:
    taps = plan_taps(start, step, count, 10_000)
    begins = start + step * np.arange(count)
    inside = np.clip(begins + step, 0, None) - np.clip(begins, 0, None)
    np.testing.assert_allclose(taps.weight.sum(axis=1), inside, atol=1e-5 * 14)
    assert (taps.index[taps.inside] >= 0).all()


@given(
    step=st.sampled_from([0.25, 0.5, 0.75, 1.5, 2.0, 2.5, 4.0, 7.0]),
    first=st.integers(0, 20),
    count=st.integers(1, 20),
    start=st.integers(-8, 8),
)
def test_taps_depend_on_the_place_and_not_on_the_tile(step: float, first: int, count: int, start: int) -> None:
    everything = plan_taps(float(start), step, first + count, 50)
    part = plan_taps(start + first * step, step, count, 50)
    np.testing.assert_array_equal(part.inside, everything.inside[first:])
    for row in range(count):
        mine = {int(i): w for i, w in zip(part.index[row], part.weight[row], strict=True) if w > 0}
        there = first + row
        theirs = {int(i): w for i, w in zip(everything.index[there], everything.weight[there], strict=True) if w > 0}
        assert mine == theirs


def test_not_a_number_stays_where_it_is() -> None:
    array = np.ones((8, 8, 1), np.float32)
    array[0, 0] = np.nan
    result = whole(array, 2.0)
    assert np.isnan(result[0, 0, 0])
    assert np.isfinite(result.ravel()[1:]).all()


def test_the_mean_of_large_numbers_is_exact() -> None:
    array = np.full((512, 512, 1), 65535, np.uint16)
    assert whole(array, 512.0)[0, 0, 0] == 65535
    assert whole(np.full((4, 4, 1), 2**32 - 1, np.uint32), 4.0)[0, 0, 0] == 2**32 - 1


@pytest.mark.parametrize(
    ("full", "small", "expected"),
    [(2967, 741, 4.0), (2967, 742, 4.0), (2967, 1483, 2.0), (1000, 1000, 1.0), (1000, 300, 10 / 3)],
)
def test_a_cut_off_rest_does_not_change_the_factor(full: int, small: int, expected: float) -> None:
    assert nominal_downsample(full, small) == pytest.approx(expected)
