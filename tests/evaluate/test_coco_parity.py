"""Our COCO scores equal those of pycocotools and faster-coco-eval on the same boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.evaluate import PictureDetections, PictureTruth, score_detections

TOLERANCE = 1e-6


def assert_equal_scores(
    reference: Callable[..., Any],
    found: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    n_classes: int,
    max_detections: int = 100,
) -> None:
    """Compare every class at every overlap."""
    ours = score_detections(found, truths, [str(c) for c in range(n_classes)], max_detections=max_detections)
    precision, recall = reference(found, truths, n_classes, max_detections)
    np.testing.assert_allclose(np.nan_to_num(ours.average_precision, nan=-1), precision, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(np.nan_to_num(ours.recall, nan=-1), recall, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("seed", range(8))
def test_random_pictures_score_the_same(reference: Any, make_pictures: Any, seed: int) -> None:
    assert_equal_scores(reference, *make_pictures(seed), 3)


@pytest.mark.parametrize("seed", range(6))
def test_equal_scores_are_ordered_the_same(reference: Any, make_pictures: Any, seed: int) -> None:
    assert_equal_scores(reference, *make_pictures(seed, score_levels=4), 3)


@pytest.mark.parametrize("seed", range(6))
def test_overlaps_exactly_at_a_threshold_count_the_same(reference: Any, make_pictures: Any, seed: int) -> None:
    assert_equal_scores(reference, *make_pictures(seed, whole_pixels=True, score_levels=10), 3)


@pytest.mark.parametrize("seed", range(6))
def test_crowds_are_ignored_the_same(reference: Any, make_pictures: Any, seed: int) -> None:
    assert_equal_scores(reference, *make_pictures(seed, crowd_share=0.3), 3)


@pytest.mark.parametrize("limit", [1, 3, 10, 1000])
def test_the_limit_of_detections_cuts_the_same(reference: Any, make_pictures: Any, limit: int) -> None:
    assert_equal_scores(reference, *make_pictures(3, score_levels=6), 3, max_detections=limit)


def test_crowded_smears_with_more_than_a_hundred_cells_score_the_same(reference: Any, make_pictures: Any) -> None:
    assert_equal_scores(reference, *make_pictures(5, n_pictures=4, n_classes=1, cells=400), 1)
    assert_equal_scores(reference, *make_pictures(5, n_pictures=4, n_classes=1, cells=400), 1, max_detections=1000)


def test_absent_classes_are_absent_in_both(reference: Any, make_pictures: Any) -> None:
    found, truths = make_pictures(1)
    assert_equal_scores(reference, found, truths, 6)


NOTHING_FOUND = PictureDetections(np.empty((0, 4)), [], [])
NOTHING_THERE = PictureTruth(np.empty((0, 4)), [])


def test_nothing_found_scores_the_same(reference: Any, make_pictures: Any) -> None:
    _, truths = make_pictures(2)
    assert_equal_scores(reference, [NOTHING_FOUND] * len(truths), truths, 3)


def test_nothing_there_scores_the_same(reference: Any, make_pictures: Any) -> None:
    found, truths = make_pictures(2)
    assert_equal_scores(reference, found, [NOTHING_THERE] * len(truths), 3)


def test_everything_a_crowd_scores_the_same(reference: Any, make_pictures: Any) -> None:
    assert_equal_scores(reference, *make_pictures(2, crowd_share=1.0), 3)


def test_a_perfect_detector_scores_one(reference: Any, make_pictures: Any) -> None:
    _, truths = make_pictures(4)
    found = [PictureDetections(t.boxes, t.class_index, np.full(len(t), 0.5)) for t in truths]
    assert_equal_scores(reference, found, truths, 3)
    assert score_detections(found, truths, "abc").map_50_95 == pytest.approx(1.0)


boxes = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 5), st.integers(0, 5)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
truth_lists = st.lists(st.tuples(boxes, st.integers(0, 1), st.booleans()), max_size=6)
found_lists = st.lists(st.tuples(boxes, st.integers(0, 1), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=8)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(pictures=st.lists(st.tuples(found_lists, truth_lists), min_size=1, max_size=4))
def test_small_degenerate_pictures_score_the_same(reference: Any, pictures: list[Any]) -> None:
    """Boxes of no area, identical boxes, equal scores and overlaps, crowds: everything collides on a tiny grid."""
    found = [
        PictureDetections([f[0] for f in fs] or np.empty((0, 4)), [f[1] for f in fs], [f[2] for f in fs])
        for fs, _ in pictures
    ]
    truths = [
        PictureTruth([t[0] for t in ts] or np.empty((0, 4)), [t[1] for t in ts], crowd=[t[2] for t in ts])
        for _, ts in pictures
    ]
    assert_equal_scores(reference, found, truths, 2)
