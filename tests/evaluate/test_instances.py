"""Scores of outlined objects: by hand, by law, and equal to StarDist's own on the same label images."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.datasets import read_dataset
from cellwright.evaluate import INSTANCE_THRESHOLDS, instance_scores, object_overlaps
from cellwright.shapes import masks_from_labels

Labels = NDArray[np.int32]

PERFECT = ("ap", "precision", "recall", "f1", "mean_true_score", "mean_matched_score", "panoptic_quality")
"""Scores that are 1 at every overlap where all is found as it is."""

tiny = arrays(np.int32, (6, 7), elements=st.integers(0, 4))
pairs = st.lists(st.tuples(tiny, tiny), min_size=1, max_size=4)


@pytest.fixture(scope="session")
def stardist() -> Any:
    """Return the reference implementation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("stardist.matching", reason="stardist is not installed")


@pytest.fixture(scope="session")
def discs() -> Callable[[int], tuple[Labels, Labels]]:
    """Return a function that makes a picture of discs and a segmentation that is neither good nor bad."""

    def make(seed: int, side: int = 200, n: int = 40) -> tuple[Labels, Labels]:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:side, :side]
        truth, found = np.zeros((2, side, side), np.int32)
        for label in range(1, n + 1):
            cy, cx, radius = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(4, 14)
            truth[(y - cy) ** 2 + (x - cx) ** 2 < radius**2] = label
            dy, dx, grow = rng.normal(0, 1.5, 3)
            if rng.random() < 0.9:
                found[(y - cy - dy) ** 2 + (x - cx - dx) ** 2 < (radius + grow) ** 2] = 3 * label
        return truth, found

    return make


def assert_equals_stardist(stardist: Any, pictures: list[tuple[Labels, Labels]]) -> None:
    """Compare all scores at all overlaps, pooled and as means over pictures."""
    ours = instance_scores(pictures)
    for by_image in (False, True):
        theirs = stardist.matching_dataset(
            *zip(*pictures, strict=True), thresh=INSTANCE_THRESHOLDS, by_image=by_image, show_progress=False
        )
        for t, stats in enumerate(theirs):
            counts = ours.matched[:, t].sum(), ours.invented[:, t].sum(), ours.missed[:, t].sum()
            assert counts == (stats.tp, stats.fp, stats.fn)
            rows = {"accuracy": ours.ap, "f1": ours.f1, "panoptic_quality": ours.panoptic_quality}
            pooled = {
                "precision": ours.precision,
                "recall": ours.recall,
                "mean_true_score": ours.mean_true_score,
                "mean_matched_score": ours.mean_matched_score,
            }
            if by_image:
                # Pictures without any object count 0 there and are left out here.
                some = np.mean((ours.true + ours.found) > 0)
                rows = {"accuracy": ours.mean_ap, "f1": ours.mean_f1, "panoptic_quality": ours.mean_pq}
                rows = {name: values * some for name, values in rows.items()}
            for name, values in (rows if by_image else rows | pooled).items():
                assert np.nan_to_num(values[t]) == pytest.approx(getattr(stats, name), abs=1e-6), (
                    name
                )  # single precision there


@pytest.mark.parametrize("seed", range(3))
def test_random_discs_score_as_stardist_says(stardist: Any, discs: Any, seed: int) -> None:
    assert_equals_stardist(stardist, [discs(10 * seed + i) for i in range(3)])


@settings(max_examples=40, deadline=None)
@given(pictures=pairs)
def test_any_label_images_score_as_stardist_says(stardist: Any, pictures: list[tuple[Labels, Labels]]) -> None:
    assert_equals_stardist(stardist, pictures)


def test_rivals_at_exactly_half_are_assigned_as_stardist_does(stardist: Any) -> None:
    # Each half of a true object overlaps it by exactly a half; only one of them can be it.
    truth = np.array([[1, 1, 2, 2, 2, 2]], np.int32)
    found = np.array([[1, 2, 3, 3, 4, 4]], np.int32)
    assert instance_scores([(truth, found)]).matched[:, 0].tolist() == [2]
    assert_equals_stardist(stardist, [(truth, found)])


def test_real_nuclei_score_as_stardist_says(stardist: Any, data_dir: Path) -> None:
    labelled, _ = read_dataset(data_dir / "phase_t98g", split="val")
    truths = [p.labels.read() for p in labelled if p.labels is not None][:2]
    # Moved by a few pixels, some objects touch the wrong neighbour.
    assert_equals_stardist(stardist, [(t, np.roll(t, (4, 6), (0, 1))) for t in truths])


def test_scores_by_hand() -> None:
    truth = np.zeros((10, 20), np.int32)
    truth[0:4, 0:5] = 1  # 20 pixels
    truth[5:9, 0:5] = 2  # 20 pixels
    truth[0:4, 10:15] = 3  # 20 pixels, not found
    found = np.zeros_like(truth)
    found[0:4, 0:5] = 7  # overlap 1
    found[5:9, 1:5] = 8  # 16 of 20 pixels: overlap 0.8
    found[8:10, 15:20] = 9  # 10 pixels of nothing
    scores = instance_scores([(truth, found)], [0.5, 0.85])
    assert scores.matched[0].tolist() == [2, 1]
    assert scores.ap.tolist() == [2 / 4, 1 / 5]
    assert scores.precision.tolist() == [2 / 3, 1 / 3]
    assert scores.f1.tolist() == [4 / 6, 2 / 6]
    assert scores.mean_matched_score.tolist() == [0.9, 1.0]
    assert scores.panoptic_quality[0] == pytest.approx(1.8 / (2 + 0.5 + 0.5))
    # Shared 20 + 16; unions 20 + 20, the true one that was missed 20, the found one that serves none 10.
    assert scores.aji == pytest.approx(36 / 70)
    assert scores.count_error == 0


def test_sizes_by_hand() -> None:
    # True: 4, 40 and 400 pixels, of which the first is missed; found: the other two and a wrong one.
    truth = np.zeros((60, 60), np.int32)
    truth[0:2, 0:2], truth[10:15, 10:18], truth[30:50, 30:50] = 1, 2, 3
    found = np.zeros_like(truth)
    found[10:15, 10:18], found[30:50, 31:50], found[20, 0:3] = 1, 2, 3
    scores = instance_scores([(truth, found)])
    assert scores.true_by_area.tolist() == [[1, 1, 0, 0, 1, 0]]
    assert scores.matched_by_area.tolist() == [[0, 1, 0, 0, 1, 0]]
    assert scores.ap[0] == pytest.approx(2 / 4)
    assert scores.ap_from_area[:2].tolist() == pytest.approx([2 / 4, 2 / 3])
    assert scores.recall_by_area[[0, 1, 4]].tolist() == [0, 1, 1]
    said: Any = scores.to_dict()["by_area"]
    assert said[2] == {"from_px": 60, "true": 0, "recall": None, "ap_from_here": 2 / 3}


def test_splitting_an_object_costs_what_it_should() -> None:
    truth = np.zeros((8, 8), np.int32)
    truth[:, 0:4] = 1
    truth[:, 4:8] = 2
    split = truth.copy()
    split[:2, 0:4] = 3  # a quarter of the first object
    scores = instance_scores([(truth, split)], [0.5, 0.8])
    assert scores.ap.tolist() == [2 / 3, 1 / 4]
    assert scores.aji == pytest.approx((24 + 32) / (32 + 32 + 8))
    assert scores.count_error == 0.5
    merged = np.ones_like(truth)
    scores = instance_scores([(truth, merged)], [0.5, 0.55])
    assert scores.ap.tolist() == [1 / 2, 0]  # it is half of each, and one of them at most
    assert scores.aji == pytest.approx(64 / 128)  # the one object serves both


@given(labels=tiny, seed=st.integers(0, 99))
def test_names_of_labels_make_no_difference(labels: Labels, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = np.append(0, rng.permutation(np.arange(1, 90))).astype(np.int32)
    found = np.roll(labels, 1, axis=0)
    renamed = table[labels], table[::-1][found - 1] * (found > 0)
    scores = [instance_scores([picture]).to_dict() for picture in ((labels, found), renamed)]
    # The index takes the first of two objects that overlap alike, so their order does count there.
    without_aji = [{name: value for name, value in s.items() if "aji" not in name} for s in scores]
    assert without_aji[0] == without_aji[1]


@given(labels=tiny.filter(lambda made: bool(made.any())))
def test_a_perfect_answer_scores_one_everywhere(labels: Labels) -> None:
    scores = instance_scores([(labels, labels)])
    for name in PERFECT:
        assert np.array_equal(getattr(scores, name), np.ones(10)), name
    assert (scores.aji, scores.mean_aji, scores.count_error) == (1.0, 1.0, 0.0)


@given(truth=tiny, found=tiny)
def test_masks_and_label_images_say_the_same(truth: Labels, found: Labels) -> None:
    labels = object_overlaps(truth, found)
    for mixed in ((masks_from_labels(truth)[0], found), (truth, masks_from_labels(found)[0])):
        masks = object_overlaps(*mixed)
        assert np.array_equal(masks.pairs, labels.pairs)
        assert np.array_equal(masks.shared, labels.shared)
        assert np.array_equal(masks.true_areas, labels.true_areas)
        assert np.array_equal(masks.found_areas, labels.found_areas)


@given(truth=tiny, found=tiny)
def test_high_numbers_are_counted_like_low_ones(truth: Labels, found: Labels) -> None:
    low, high = object_overlaps(truth, found), object_overlaps(truth * 2**28, found * 2**28)
    assert np.array_equal(low.pairs, high.pairs)
    assert np.array_equal(low.shared, high.shared)
    assert np.array_equal(low.true_areas, high.true_areas)


@given(truth=tiny, found=tiny)
def test_the_aggregated_jaccard_index_follows_its_algorithm(truth: Labels, found: Labels) -> None:
    shared = union = 0
    unused = set(found[found > 0].tolist())
    for t in sorted(set(truth[truth > 0].tolist())):
        best, best_iou = 0, 0.0
        for f in sorted(set(found[found > 0].tolist())):
            iou = ((truth == t) & (found == f)).sum() / ((truth == t) | (found == f)).sum()
            if iou > best_iou:
                best, best_iou = f, iou
        shared += int(((truth == t) & (found == best)).sum()) if best else 0
        union += int(((truth == t) | ((found == best) & (best > 0))).sum())
        unused.discard(best)
    union += sum(int((found == f).sum()) for f in unused)
    aji = instance_scores([(truth, found)]).aji
    assert aji == pytest.approx(shared / union) if union else np.isnan(aji)


def test_nothing_there_nothing_found_or_neither() -> None:
    nothing, something = np.zeros((4, 4), np.int32), np.eye(4, dtype=np.int32)
    scores = instance_scores([(nothing, nothing), (nothing, something), (something, nothing)])
    assert np.isnan(scores.picture_ap[0]).all()
    assert scores.picture_ap[1:].tolist() == [[0.0] * 10] * 2
    assert scores.mean_ap[0] == 0
    assert np.isnan(scores.take(np.array([0])).ap).all()
    assert scores.count_error == 1
    for part in (scores, scores.take(np.array([0])), instance_scores([])):
        json.dumps(part.to_dict(), allow_nan=False)
    assert instance_scores([(Masks.empty(2), Masks.empty(1))]).ap[0] == 0


def test_scores_of_parts_add_up(discs: Any) -> None:
    whole = instance_scores([discs(i, 80, 8) for i in range(4)])
    parts = [whole.take(np.array([i])) for i in range(4)]
    assert np.array_equal(sum(p.matched.sum(axis=0) for p in parts), whole.matched.sum(axis=0))
    assert np.array_equal(np.concatenate([p.picture_ap for p in parts]), whole.picture_ap)
    assert whole.over(whole.ap) == pytest.approx(whole.ap[:9].mean())
    assert whole.threshold_row(0.75) == 5


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(BadParameter):
        object_overlaps(np.zeros((2, 3), int), np.zeros((3, 2), int))
    with pytest.raises(BadParameter):
        instance_scores([], [0.0])
    with pytest.raises(BadParameter):
        instance_scores([]).threshold_row(0.33)
