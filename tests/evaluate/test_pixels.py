"""Scores of pixels: by hand, by law, and equal to torchmetrics."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.evaluate import pixel_confusion, pixel_scores

Labels = NDArray[np.int32]
CLASSES = ("right-lung", "left-lung", "heart")
maps = arrays(np.int32, (5, 6), elements=st.integers(0, 3))


def test_scores_by_hand() -> None:
    truth = np.array([[0, 1, 1, 1], [0, 0, 2, 2]], np.int32)
    found = np.array([[1, 1, 1, 0], [0, 0, 2, 0]], np.int32)
    scores = pixel_scores([(truth, found)], ("a", "b"))
    assert scores.confusion[0].tolist() == [[2, 1, 0], [1, 2, 0], [1, 0, 1]]
    assert scores.accuracy == 5 / 8
    assert scores.iou.tolist() == [2 / 4, 1 / 2]
    assert scores.dice.tolist() == [4 / 6, 2 / 3]


@settings(max_examples=15, deadline=None)
@given(pictures=st.lists(st.tuples(maps, maps), min_size=1, max_size=3))
def test_any_maps_score_as_torchmetrics_says(pictures: list[tuple[Labels, Labels]]) -> None:
    functional: Any = pytest.importorskip("torchmetrics.functional.classification", reason="torchmetrics is missing")
    torch: Any = pytest.importorskip("torch")
    truth, found = (torch.from_numpy(np.stack(side)).long() for side in zip(*pictures, strict=True))
    ours = pixel_scores(pictures, CLASSES)
    # What is absent on both sides is 0 there and nothing here.
    iou = functional.multiclass_jaccard_index(found, truth, 4, average="none")[1:].numpy()
    np.testing.assert_allclose(np.nan_to_num(ours.iou), iou, atol=1e-6)
    dice = functional.multiclass_f1_score(found, truth, 4, average="none")[1:].numpy()
    np.testing.assert_allclose(np.nan_to_num(ours.dice), dice, atol=1e-6)
    assert ours.accuracy == pytest.approx(float(functional.multiclass_accuracy(found, truth, 4, average="micro")))
    for p, (t, f) in enumerate(pictures):
        each = functional.multiclass_f1_score(torch.from_numpy(f), torch.from_numpy(t).long(), 4, average="none")
        np.testing.assert_allclose(np.nan_to_num(ours.picture_dice[p]), each[1:].numpy(), atol=1e-6)


@given(truth=maps)
def test_a_perfect_answer_scores_one(truth: Labels) -> None:
    scores = pixel_scores([(truth, truth)], CLASSES)
    there = np.isin([1, 2, 3], truth)
    for values in (scores.iou, scores.dice, scores.mean_iou, scores.mean_dice):
        assert np.array_equal(values[there], np.ones(there.sum()))
        assert np.isnan(values[~there]).all()
    assert scores.accuracy == scores.mean_accuracy == 1


@given(truth=maps, found=maps)
def test_dice_follows_from_the_jaccard_index_and_sides_can_be_swapped(truth: Labels, found: Labels) -> None:
    scores, swapped = pixel_scores([(truth, found)], CLASSES), pixel_scores([(found, truth)], CLASSES)
    np.testing.assert_allclose(scores.dice, 2 * scores.iou / (1 + scores.iou))
    np.testing.assert_array_equal(scores.iou, swapped.iou)


def test_pixels_judged_neither_way_are_in_no_number() -> None:
    truth, found = np.array([[1, -1, 0]]), np.array([[1, 2, -1]])
    assert pixel_confusion(truth, found, 4).sum() == 1


def test_means_leave_out_pictures_without_the_class() -> None:
    nothing, heart = np.zeros((2, 2), int), np.full((2, 2), 3)
    scores = pixel_scores([(nothing, nothing), (heart, heart), (heart, nothing)], CLASSES)
    assert scores.mean_dice[2] == 0.5
    assert scores.dice[2] == pytest.approx(2 / 3)
    assert scores.take(np.array([1])).dice[2] == 1
    json.dumps(scores.to_dict(), allow_nan=False)
    assert np.isnan(pixel_scores([], CLASSES).accuracy)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(BadParameter, match="same size"):
        pixel_confusion(np.zeros((2, 3), int), np.zeros((3, 2), int), 2)
    with pytest.raises(BadParameter, match="Label 5"):
        pixel_confusion(np.full((2, 2), 5), np.zeros((2, 2), int), 2)
