"""Anchors fitted to boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.nets.anchors import fit_anchors, mean_best_iou, shape_iou


def test_shape_iou_of_known_shapes():
    got = shape_iou(np.array([[10.0, 10], [4, 8]]), np.array([[10.0, 10], [5, 10]]))
    np.testing.assert_allclose(got, [[1.0, 0.5], [0.32, 0.64]])


def test_three_clear_groups_are_found():
    rng = np.random.default_rng(1)
    groups = np.array([[10.0, 12], [40, 38], [100, 60]])
    sizes = np.concatenate([g * rng.uniform(0.95, 1.05, (50, 2)) for g in groups])
    np.testing.assert_allclose(fit_anchors(sizes, 3), groups, rtol=0.05)


@given(st.integers(1, 9), st.integers(0, 1000))
def test_anchors_fit_no_worse_than_one_middling_shape(count, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(5, 100, (60, 2))
    anchors = fit_anchors(sizes, count, seed=seed)
    assert anchors.shape == (count, 2)
    assert (np.diff(anchors.prod(1)) >= 0).all()
    if count >= 4:
        assert mean_best_iou(sizes, anchors) >= mean_best_iou(sizes, np.median(sizes, axis=0)[None])


def test_more_anchors_than_shapes_repeat_them():
    assert fit_anchors(np.full((3, 2), 7.0), 5).tolist() == [[7.0, 7.0]] * 5


def test_boxes_without_an_area_are_ignored_and_none_is_an_error():
    assert fit_anchors(np.array([[0.0, 5], [6, 6]]), 1).tolist() == [[6.0, 6.0]]
    with pytest.raises(ValueError, match="at least one box"):
        fit_anchors(np.zeros((2, 2)), 1)
