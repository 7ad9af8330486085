"""Overlaps, matching and curves that can be checked by hand, and laws that hold for any boxes."""

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
    average_precision_all_points,
    average_precision_coco,
    average_precision_voc07,
    iou_matrix,
    match,
    overlapping_pairs,
    precision_recall,
    score_detections,
)

box = st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(0, 30)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def test_overlaps_checked_by_hand() -> None:
    a = [[0, 0, 10, 10], [0, 0, 10, 20]]
    b = [[0, 0, 10, 10], [0, 5, 10, 15], [20, 20, 30, 30], [10, 0, 20, 10]]
    np.testing.assert_allclose(iou_matrix(a, b), [[1, 1 / 3, 0, 0], [1 / 2, 1 / 2, 0, 0]])


def test_boxes_of_no_area_overlap_nothing() -> None:
    assert iou_matrix([[3, 3, 3, 3]], [[3, 3, 3, 3]]).tolist() == [[0.0]]
    assert iou_matrix(np.empty((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)


@given(st.lists(box, max_size=6), st.lists(box, max_size=6))
def test_overlap_is_that_of_the_pixels(a: list[Any], b: list[Any]) -> None:
    def pixels(boxes: list[Any]) -> np.ndarray:
        masks = np.zeros((len(boxes), 80, 80), bool)
        for mask, (y0, x0, y1, x1) in zip(masks, boxes, strict=True):
            mask[y0:y1, x0:x1] = True
        return masks.reshape(len(boxes), 80 * 80).astype(np.int64)

    shared = pixels(a) @ pixels(b).T
    union = pixels(a).sum(1)[:, None] + pixels(b).sum(1) - shared
    np.testing.assert_allclose(iou_matrix(a, b), np.where(union > 0, shared / np.maximum(union, 1), 0))


@given(st.integers(0, 300), st.integers(0, 300), st.sampled_from([0.1, 0.5, 0.9]))
def test_pairs_found_in_blocks_are_those_of_the_whole_matrix(n: int, m: int, iou: float) -> None:
    rng = np.random.default_rng(n + 1000 * m)
    corner = rng.uniform(0, 60, (n + m, 2))
    boxes = np.hstack([corner, corner + rng.uniform(5, 30, (n + m, 2))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cellwright.evaluate.overlap._BLOCK", 16)
        rows, columns, overlaps = overlapping_pairs(boxes[:n], boxes[n:], iou)
    whole = iou_matrix(boxes[:n], boxes[n:])
    np.testing.assert_array_equal((rows, columns), np.nonzero(whole >= iou))
    np.testing.assert_array_equal(overlaps, whole[rows, columns])


def one_class(scores: list[float], right: list[bool], positives: int) -> Any:
    """Matches of one class on one picture where every detection is exactly right or far away."""
    truth = [[100 * i, 0, 100 * i + 10, 10] for i in range(positives)]
    places = iter(truth)
    boxes = [next(places) if r else [0, 5000 + 20 * i, 10, 5010 + 20 * i] for i, r in enumerate(right)]
    zeros = np.zeros(len(boxes), int)
    found = PictureDetections(np.array(boxes, float).reshape(-1, 4), zeros, scores)
    return match([found], [PictureTruth(truth, np.zeros(positives, int))], 1, [0.5])


def test_average_precision_checked_by_hand() -> None:
    # Right, wrong, right, wrong; four to find: precision 1, 1/2, 2/3, 1/2 at recall 1/4, 1/4, 1/2, 1/2.
    curve = precision_recall(one_class([0.9, 0.8, 0.7, 0.6], [True, False, True, False], 4), 0)
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3, 1 / 2])
    np.testing.assert_allclose(curve.recall, [1 / 4, 1 / 4, 1 / 2, 1 / 2])
    assert average_precision_all_points(curve) == pytest.approx(1 / 4 * 1 + 1 / 4 * 2 / 3)
    # Recalls 0 … 0.25 are 26 of 101 points, 0.26 … 0.50 are 25.
    assert average_precision_coco(curve) == pytest.approx((26 * 1 + 25 * 2 / 3) / 101)
    # Recalls 0, 0.1, 0.2 and 0.3, 0.4, 0.5.
    assert average_precision_voc07(curve) == pytest.approx((3 * 1 + 3 * 2 / 3) / 11)


def test_nothing_to_find_has_no_average_precision() -> None:
    curve = precision_recall(one_class([0.9], [False], 0), 0)
    for average in (average_precision_all_points, average_precision_coco, average_precision_voc07):
        assert math.isnan(average(curve))


def test_nothing_found_has_an_average_precision_of_zero() -> None:
    curve = precision_recall(one_class([], [], 3), 0)
    for average in (average_precision_all_points, average_precision_coco, average_precision_voc07):
        assert average(curve) == 0


def test_a_cell_found_twice_counts_once() -> None:
    truth = PictureTruth([[0, 0, 10, 10]], [0])
    found = PictureDetections([[0, 0, 10, 10], [0, 0, 10, 11]], [0, 0], [0.5, 0.9])
    matches = match([found], [truth], 1, [0.5])
    assert matches.scores.tolist() == [0.9, 0.5]
    assert matches.row.tolist() == [1, 0]
    assert matches.outcome.tolist() == [[1, 0]]
    assert matches.truth_row.tolist() == [[0, -1]]


def test_a_detection_on_an_ignored_object_is_neither_right_nor_wrong() -> None:
    truth = PictureTruth([[0, 0, 10, 10], [20, 20, 30, 30]], [0, 0], ignore=[True, False])
    found = PictureDetections([[0, 0, 10, 10], [0, 0, 10, 10]], [0, 0], [0.9, 0.8])
    matches = match([found], [truth], 1, [0.5])
    assert matches.positives.tolist() == [1]
    assert matches.outcome.tolist() == [[2, 0]]  # an ignored object takes one; only a crowd takes any number
    crowd = PictureTruth([[0, 0, 10, 10]], [0], crowd=[True])
    assert match([found], [crowd], 1, [0.5]).outcome.tolist() == [[2, 2]]


@given(seed=st.integers(0, 40))
def test_rows_of_truth_are_matched_once_and_overlap_enough(make_pictures: Any, seed: int) -> None:
    found, truths = make_pictures(seed, n_pictures=4, cells=12)
    matches = match(found, truths, 3)
    for t, threshold in enumerate(matches.iou_thresholds):
        seen = set()
        for picture, row, truth_row in zip(matches.picture, matches.row, matches.truth_row[t], strict=True):
            if truth_row < 0:
                continue
            assert (picture, truth_row) not in seen
            seen.add((picture, truth_row))
            d, g = found[picture], truths[picture]
            assert d.class_index[row] == g.class_index[truth_row]
            assert iou_matrix(d.boxes[row], g.boxes[truth_row])[0, 0] >= threshold - 1e-9


def test_one_picture_scores_the_same_alone_and_among_empty_ones(make_pictures: Any) -> None:
    found, truths = make_pictures(3, n_pictures=1, cells=30)
    nothing, empty = PictureDetections(np.empty((0, 4)), [], []), PictureTruth(np.empty((0, 4)), [])
    alone = score_detections(found, truths, "abc")
    among = score_detections([nothing, *found, nothing], [empty, *truths, empty], "abc")
    np.testing.assert_array_equal(alone.average_precision, among.average_precision)


def test_scores_are_ready_for_json(make_pictures: Any) -> None:
    scores = score_detections(*make_pictures(1), ["WBC", "RBC", "PLT", "absent"])
    content = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert content["per_class"]["absent"]["ap"] is None
    assert content["map_50"] == pytest.approx(scores.map_50)
    assert content["map_75"] == pytest.approx(scores.map_75)
    assert scores.map_50 >= scores.map_50_95
    assert np.nanmean(scores.ap_50()) == pytest.approx(scores.map_50)
    assert np.nanmean(scores.ap_50_95()) == pytest.approx(scores.map_50_95)


def test_no_picture_at_all_has_no_score() -> None:
    assert math.isnan(score_detections([], [], ["WBC"]).map_50_95)


def test_a_curve_is_thinned_for_json(make_pictures: Any) -> None:
    curve = precision_recall(match(*make_pictures(1), 3), 0)
    content = curve.to_dict(points=20)
    assert content["scores"][0] == curve.scores[0]  # type: ignore[index]
    assert content["scores"][-1] == curve.scores[-1]  # type: ignore[index]
    assert len(content["scores"]) == 20  # type: ignore[arg-type]
    assert precision_recall(match(*make_pictures(1), 9), 8).to_dict()["scores"] == []


NOTHING = PictureDetections(np.empty((0, 4)), [], [])


@pytest.mark.parametrize(
    "call",
    [
        lambda: PictureDetections([[0, 0, 1, 1]], [0], [math.nan]),
        lambda: PictureDetections([[0, 0, math.inf, 1]], [0], [0.5]),
        lambda: PictureDetections([[0, 0, 1]], [0], [0.5]),
        lambda: PictureDetections([[0, 0, 1, 1]], [0, 1], [0.5]),
        lambda: PictureTruth([[0, 0, 1, 1]], [0], ignore=[True, False]),
        lambda: match([NOTHING], [], 1),
        lambda: match([PictureDetections([[0, 0, 1, 1]], [1], [0.5])], [PictureTruth([], [])], 1),
        lambda: match([PictureDetections([[0, 0, 1, 1]], [-1], [0.5])], [PictureTruth([], [])], 1),
        lambda: match([], [], 1, []),
        lambda: match([], [], 1, [0.0]),
        lambda: match([], [], 1, [1.5]),
        lambda: match([], [], 1, max_detections=0),
        lambda: precision_recall(match([], [], 1, [0.75]), 0, 0.5),
        lambda: score_detections([], [], ["a"], [0.75]).map_50,
    ],
)
def test_what_cannot_be_judged_is_refused(call: Any) -> None:
    with pytest.raises(BadParameter):
        call()
