"""Which cell was taken for which, how many were counted, and what a threshold does."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.evaluate import (
    PictureDetections,
    PictureTruth,
    best_f1_points,
    confusion_matrix,
    count_errors,
    match,
    operating_points,
    picture_counts,
    relative_errors,
    whole_counts,
)

NAMES = ("WBC", "RBC", "PLT")


def test_a_confusion_matrix_checked_by_hand() -> None:
    truth = PictureTruth([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], [0, 1, 2])
    found = PictureDetections(
        [[0, 0, 10, 10], [20, 0, 30, 10], [60, 0, 70, 10], [40, 0, 50, 10]],
        [0, 2, 1, 2],  # right, platelet for red cell, red cell where nothing is, right but unsure
        [0.9, 0.9, 0.9, 0.3],
    )
    matrix = confusion_matrix([found], [truth], NAMES, 0.5)
    assert matrix.counts.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]]
    assert (matrix.correct, matrix.confused, matrix.missed, matrix.invented) == (1, 1, 1, 1)
    assert confusion_matrix([found], [truth], NAMES, [0.5, 0.5, 0.2]).correct == 2
    np.testing.assert_allclose(matrix.shares_of_truth()[1], [0, 0, 1, 0])
    json.dumps(matrix.to_dict(), allow_nan=False)


def test_of_equal_overlaps_the_same_class_is_paired() -> None:
    truth = PictureTruth([[0, 0, 10, 10]], [1])
    found = PictureDetections([[0, 0, 10, 10], [0, 0, 10, 10]], [0, 1], [0.9, 0.6])
    assert confusion_matrix([found], [truth], NAMES).counts[1].tolist() == [0, 1, 0, 0]


def test_objects_to_be_ignored_take_no_part() -> None:
    truth = PictureTruth([[0, 0, 10, 10], [20, 0, 100, 100]], [0, 1], ignore=[True, False], crowd=[False, True])
    found = PictureDetections([[0, 0, 10, 10], [30, 10, 40, 20], [200, 0, 210, 10]], [0, 1, 1], [0.9] * 3)
    matrix = confusion_matrix([found], [truth], NAMES)
    assert matrix.counts.sum() == matrix.invented == 1


@given(seed=st.integers(0, 60), threshold=st.sampled_from([0.0, 0.3, 0.9]))
def test_every_object_and_every_detection_is_in_the_matrix_once(
    make_pictures: Any, seed: int, threshold: float
) -> None:
    found, truths = make_pictures(seed, n_pictures=3, cells=15)
    matrix = confusion_matrix(found, truths, NAMES, threshold)
    said, true = picture_counts(found, truths, 3, threshold)
    np.testing.assert_array_equal(matrix.counts[:-1].sum(axis=1), true.sum(axis=0))
    np.testing.assert_array_equal(matrix.counts[:, :-1].sum(axis=0), said.sum(axis=0))


def test_count_errors_checked_by_hand() -> None:
    errors = count_errors([11, 9, 0, 3], [10, 10, 0, 4])
    assert errors.relative_error == pytest.approx((0.1 + 0.1 + 0.25) / 3)
    assert errors.pictures_with_objects == 3
    assert errors.mean_absolute_error == pytest.approx(3 / 4)
    assert errors.root_mean_square_error == pytest.approx(math.sqrt(3 / 4))
    assert errors.bias == pytest.approx(-1 / 4)
    spread = 1.96 * np.std([1, -1, 0, -1], ddof=1)
    assert errors.limits_of_agreement == pytest.approx((-0.25 - spread, -0.25 + spread))
    assert errors.exact == pytest.approx(1 / 4)
    assert errors.total_relative_error == pytest.approx(-1 / 24)
    json.dumps(errors.to_dict(), allow_nan=False)


def test_pictures_without_such_cells_have_no_relative_error() -> None:
    errors = count_errors([2], [0])
    assert math.isnan(errors.relative_error)
    assert errors.bias == 2
    assert errors.to_dict()["relative_error"] is None
    np.testing.assert_array_equal(relative_errors([2, 3], [0, 2]), [np.nan, 0.5])


@pytest.mark.parametrize("counts", [([], []), ([1], [1, 2]), ([[1]], [[1]])])
def test_counts_that_do_not_fit_are_refused(counts: Any) -> None:
    with pytest.raises(BadParameter):
        count_errors(*counts)


def test_thresholds_per_class_decide_what_is_counted() -> None:
    found = PictureDetections([[0, 0, 1, 1]] * 4, [0, 0, 1, 1], [0.3, 0.7, 0.3, 0.7])
    truth = PictureTruth([[0, 0, 1, 1]] * 2, [0, 1], ignore=[False, True])
    said, true = picture_counts([found], [truth], 2, [0.3, 0.5])
    assert said.tolist() == [[2, 1]]
    assert true.tolist() == [[1, 0]]
    assert picture_counts([], [], 2, 0.5)[0].shape == (0, 2)


@given(seed=st.integers(0, 30), threshold=st.floats(0, 1))
def test_a_threshold_gives_what_matching_the_kept_detections_gives(
    make_pictures: Any, seed: int, threshold: float
) -> None:
    found, truths = make_pictures(seed, n_pictures=3, score_levels=7)
    points = operating_points(match(found, truths, 3, [0.5]), threshold)
    kept = []
    for d in found:
        rows = d.scores >= threshold
        kept.append(PictureDetections(d.boxes[rows], d.class_index[rows], d.scores[rows]))
    matches = match(kept, truths, 3, [0.5])
    for c, point in enumerate(points):
        outcome = matches.outcome[0, matches.of_class(c)]
        assert point.true_positives == int((outcome == 1).sum())
        assert point.false_positives == int((outcome == 0).sum())
        assert point.false_negatives == int(matches.positives[c]) - point.true_positives


@given(seed=st.integers(0, 60), levels=st.sampled_from([None, 5]))
def test_no_threshold_has_a_better_f1_than_the_best(make_pictures: Any, seed: int, levels: int | None) -> None:
    found, truths = make_pictures(seed, n_pictures=3, score_levels=levels)
    matches = match(found, truths, 3, [0.5])
    best = best_f1_points(matches)
    for threshold in np.unique(matches.scores):
        for c, point in enumerate(operating_points(matches, threshold)):
            if matches.positives[c] and matches.scores[matches.of_class(c)].size:
                assert best[c].f1 >= point.f1 - 1e-12


def test_the_best_threshold_lies_between_the_scores() -> None:
    truth = PictureTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 0])
    found = PictureDetections([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], [0, 0, 0], [0.9, 0.6, 0.2])
    (point,) = best_f1_points(match([found], [truth], 1, [0.5]))
    assert point.threshold == pytest.approx(0.4)
    assert (point.precision, point.recall, point.f1) == (1, 1, 1)
    json.dumps(point.to_dict(), allow_nan=False)


def test_a_class_without_objects_keeps_the_threshold_it_had() -> None:
    (point,) = best_f1_points(match([], [], 1, [0.5]), fallback=0.35)
    assert point.threshold == 0.35
    assert point.to_dict()["f1"] is None


def test_cells_that_the_edge_cuts_are_left_out_of_whole_counts() -> None:
    # On 100 × 200 the margin is 2 pixels: the first true box is cut, the others are whole.
    truth = PictureTruth(np.array([[0, 0, 20, 20], [30, 30, 50, 50], [60, 60, 80, 80.0]]), np.array([0, 0, 1]))
    boxes = [[0, 0, 21, 21], [29, 30, 50, 50], [70, 1, 90, 10], [70, 150, 90, 170], [60, 60, 80, 80.0]]
    found = PictureDetections(np.array(boxes), np.array([0, 0, 0, 0, 1]), np.array([0.9, 0.8, 0.7, 0.6, 0.2]))
    matches = match([found], [truth], 2, iou_thresholds=0.5)
    said, true = whole_counts(matches, [found], [truth], [(100, 200)], [0.5, 0.5])
    # The first is right but cut; the third is wrong and ends at the edge; the last is too unsure.
    assert said.tolist() == [[2, 0]]
    assert true.tolist() == [[1, 1]]
    with pytest.raises(BadParameter, match="shapes"):
        whole_counts(matches, [found], [truth], [], 0.5)
