"""Each step computes what the specification of bioimage.io says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellwright.core import ModelNotUsable
from cellwright.zoo.steps import apply_steps, read_steps

GIVEN = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)


def done(name: str, array: Any = GIVEN, letters: str = "bcyx", **words: Any) -> Any:
    return apply_steps(read_steps([{"id": name, "kwargs": words} if words else {"id": name}], "input"), array, letters)


def test_numbers_are_scaled_for_all_or_channel_by_channel() -> None:
    np.testing.assert_allclose(done("scale_linear", gain=2.0, offset=1.0), GIVEN * 2 + 1)
    found = done("scale_linear", axis="channel", gain=[2.0, 3.0], offset=[0.0, 1.0])
    np.testing.assert_allclose(found[:, 0], GIVEN[:, 0] * 2)
    np.testing.assert_allclose(found[:, 1], GIVEN[:, 1] * 3 + 1)
    fixed = done("fixed_zero_mean_unit_variance", axis="channel", mean=[1.0, 2.0], std=[4.0, 5.0])
    np.testing.assert_allclose(fixed[:, 1], (GIVEN[:, 1] - 2) / 5)


def test_percentiles_become_nought_and_one_and_nothing_is_cut_off() -> None:
    found = done("scale_range", min_percentile=25.0, max_percentile=75.0)
    low, high = np.percentile(GIVEN, (25, 75))
    np.testing.assert_allclose(found, (GIVEN - low) / (high - low), rtol=1e-5)
    assert found.max() > 1
    per_channel = done("scale_range", axes=["batch", "y", "x"])
    np.testing.assert_allclose([per_channel[:, c].min() for c in (0, 1)], 0, atol=1e-6)
    np.testing.assert_allclose([per_channel[:, c].max() for c in (0, 1)], 1, atol=1e-6)


@given(arrays(np.float32, (1, 2, 4, 5), elements=st.floats(-100, 100, width=32)))
def test_mean_is_nought_and_deviation_one(array: Any) -> None:
    found = done("zero_mean_unit_variance", array)
    assert abs(found.mean()) < 1e-3
    assert array.std() < 1e-2 or abs(found.std() - 1) < 1e-2


def test_the_rest_by_hand() -> None:
    numbers = np.array([[[-1.0, 0.25, 0.5, 2.0]]], np.float32)
    np.testing.assert_allclose(done("clip", numbers, "cyx", min=0.0, max=1.0), [[[0, 0.25, 0.5, 1]]])
    np.testing.assert_allclose(done("binarize", numbers, "cyx", threshold=0.25), [[[0, 0, 1, 1]]])
    np.testing.assert_allclose(done("sigmoid", numbers, "cyx"), 1 / (1 + np.exp(-numbers)), rtol=1e-6)
    np.testing.assert_allclose(done("ensure_dtype", numbers, "cyx", dtype="uint8"), [[[0, 0, 0, 2]]])
    np.testing.assert_allclose(done("softmax").sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(done("clip", max_percentile=50.0).max(), np.percentile(GIVEN, 50))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"id": "denoise"}, "'denoise' is not understood; known are"),
        ({"id": "scale_linear", "kwargs": {"gian": 2}}, "Extra inputs"),
        ({"id": "clip"}, "kwargs: Field required"),
        ({"id": "scale_range", "kwargs": {"min_percentile": 99, "max_percentile": 1}}, "must rise"),
        ({"id": "scale_range", "kwargs": {"reference_tensor": "other"}}, "reference_tensor"),
        ("sigmoid", "'sigmoid' is not understood; known are"),
    ],
)
def test_what_is_not_understood_is_named(step: Any, said: str) -> None:
    with pytest.raises(ModelNotUsable, match=said) as caught:
        read_steps([step], "input raw")
    assert str(caught.value).startswith("input raw")
    assert "\n" not in str(caught.value)


def test_an_axis_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelNotUsable, match="'z'"):
        done("scale_range", axes=["z", "y"])
    with pytest.raises(ModelNotUsable, match="'channel'"):
        done("scale_linear", GIVEN[0, 0], "yx", axis="channel", gain=[1.0, 2.0])
