"""Suppression gives what comparing all boxes with all gives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.inference.suppression import NmsKind, falling_order, nms

Boxes = NDArray[np.float32]


def plain_overlap(a: Boxes, b: Boxes) -> np.float32:
    """IoU of two boxes in float32, NaN for two boxes without area."""
    zero = np.float32(0)
    high, low = np.minimum(a[2:], b[2:]), np.maximum(a[:2], b[:2])
    inter = max(zero, high[0] - low[0]) * max(zero, high[1] - low[1])
    area_a, area_b = (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.float32(inter / (area_a + area_b - inter))


def plain_distance(a: Boxes, b: Boxes) -> float:
    """Squared distance of the centres over the squared diagonal of the hull."""
    wide = np.concatenate([a, b]).astype(np.float64)
    hull = np.maximum(wide[2:4], wide[6:8]) - np.minimum(wide[:2], wide[4:6])
    apart = (wide[:2] + wide[2:4]) / 2 - (wide[4:6] + wide[6:8]) / 2
    return float((apart**2).sum() / (hull**2).sum())


def plain_nms(
    boxes: Boxes, scores: Boxes, classes: NDArray[np.int32], iou: float, kind: NmsKind, group: NDArray[np.int32] | None
) -> tuple[list[int], Boxes]:
    """Compare all with all, as the papers write it."""
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    clusters: dict[int, list[int]] = {}
    for row in order:
        for best, members in clusters.items():
            if classes[best] != classes[row] or (group is not None and group[best] == group[row]):
                continue
            overlap = float(plain_overlap(boxes[best], boxes[row]))
            if overlap > iou and (kind != "diou" or overlap - plain_distance(boxes[best], boxes[row]) > iou):
                members.append(row)
                break
        else:
            clusters[row] = [row]
    kept = boxes[list(clusters)]
    if kind == "merge":
        for place, members in enumerate(clusters.values()):
            weights = scores[members].astype(np.float64)
            if weights.sum() > 0:
                kept[place] = (boxes[members].astype(np.float64) * weights[:, None]).sum(0) / weights.sum()
    return list(clusters), kept


Columns = tuple[Boxes, Boxes, NDArray[np.int32], NDArray[np.int32]]


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Few places, sizes and scores, so that ties, twins, nested and empty boxes are common; some sizes far apart."""
    n = draw(st.integers(0, 24))
    small = st.sampled_from([0.0, 1.0, 2.0, 2.5, 3.0, 10.0, 11.0])
    large = st.floats(0, 3000, width=32)
    side = st.one_of(small, small, st.sampled_from([0.0, 0.25, 100.0]), large)
    corners = [[draw(small | large), draw(small), draw(side), draw(side)] for _ in range(n)]
    boxes = np.array(corners, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    scores = np.array([draw(st.sampled_from([0.0, 0.25, 0.5, 0.75]) | st.floats(0, 1, width=32)) for _ in range(n)])
    labels = [[draw(st.integers(0, 1)), draw(st.integers(0, 2))] for _ in range(n)]
    kind = np.array(labels, np.int32).reshape(-1, 2)
    return boxes, scores.astype(np.float32), kind[:, 0], kind[:, 1]


@pytest.mark.parametrize("kind", ["greedy", "diou", "merge"])
@settings(max_examples=60, deadline=None)
@given(table=columns(), iou=st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.6, 0.9]), grouped=st.booleans())
def test_every_kind_equals_its_plain_reference(kind: NmsKind, table: Columns, iou: float, grouped: bool) -> None:
    boxes, scores, classes, group = table
    meets = group if grouped else None
    rows, kept = plain_nms(boxes, scores, classes, iou, kind, meets)
    found = nms(boxes, scores, classes, iou, kind, meets)
    assert found.rows.tolist() == rows
    np.testing.assert_allclose(found.boxes, kept, rtol=1e-6)


def crowd(n: int, seed: int = 0) -> Columns:
    """Detections as a network gives them: about eight boxes around each of n/8 cells, scores in steps of 1/512."""
    rng = np.random.default_rng(seed)
    cells = -(-n // 8)
    centre = np.repeat(rng.uniform(0, math.sqrt(cells * 1200), (cells, 2)), 8, 0)[:n] + rng.normal(0, 3, (n, 2))
    half = np.repeat(rng.uniform(10, 30, (cells, 2)), 8, 0)[:n] * rng.uniform(0.85, 1.15, (n, 2))
    boxes = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
    scores = (rng.integers(0, 512, n) / 512).astype(np.float32)
    return boxes, scores, rng.integers(0, 3, n).astype(np.int32), np.zeros(n, np.int32)


@pytest.mark.parametrize("iou", [0.3, 0.5, 0.65])
def test_survivors_are_torchvisions(iou: float) -> None:
    boxes, scores, classes, _ = crowd(6000)
    one = np.zeros_like(classes)
    theirs = torchvision.ops.nms(torch.from_numpy(boxes), torch.from_numpy(scores), iou)
    assert nms(boxes, scores, one, iou).rows.tolist() == theirs.tolist()
    theirs = torchvision.ops.batched_nms(*map(torch.from_numpy, (boxes, scores, classes)), iou)
    # Per class torchvision leaves the order of equal scores open; the survivors are the same.
    assert sorted(nms(boxes, scores, classes, iou).rows.tolist()) == sorted(theirs.tolist())


def test_equal_scores_keep_the_first() -> None:
    boxes = np.array([[0, 0, 10, 10]] * 3, np.float32)
    assert nms(boxes, np.full(3, 0.5, np.float32), np.zeros(3, np.int32), 0.5).rows.tolist() == [0]


def test_an_overlap_of_exactly_the_threshold_is_no_more_than_the_threshold() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)  # IoU is exactly one half
    scores, classes = np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32)
    assert len(nms(boxes, scores, classes, 0.5)) == 2
    assert len(nms(boxes, scores, classes, 0.49)) == 1


def test_merging_moves_the_box_to_the_weighted_mean_of_its_cluster() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 2, 11, 12], [50, 50, 60, 60]], np.float32)
    scores = np.array([0.75, 0.25, 0.5], np.float32)
    merged = nms(boxes, scores, np.zeros(3, np.int32), 0.4, "merge")
    assert merged.rows.tolist() == [0, 2]
    np.testing.assert_allclose(merged.boxes, [[0.25, 0.5, 10.25, 10.5], [50, 50, 60, 60]])


def test_distance_keeps_the_neighbour_that_overlap_alone_would_drop() -> None:
    boxes = np.array([[0, 0, 10, 30], [0, 8, 10, 38]], np.float32)  # IoU 22/38, centres 8 px apart
    scores, classes = np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32)
    assert len(nms(boxes, scores, classes, 0.55)) == 1
    assert len(nms(boxes, scores, classes, 0.55, "diou")) == 2


def test_classes_and_groups_do_not_meet() -> None:
    boxes, scores = np.array([[0, 0, 10, 10]] * 2, np.float32), np.array([0.9, 0.8], np.float32)
    apart, same = np.array([0, 1], np.int32), np.zeros(2, np.int32)
    assert len(nms(boxes, scores, apart, 0.5)) == 2
    assert len(nms(boxes, scores, same, 0.5, group=same)) == 2
    assert len(nms(boxes, scores, same, 0.5, group=apart)) == 1


def test_nothing_in_nothing_out() -> None:
    found = nms(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32), 0.5)
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)


@given(st.lists(st.floats(-2, 2, width=32) | st.sampled_from([0.0, -0.0, math.inf, -math.inf]), max_size=50))
def test_the_order_is_that_of_a_stable_sort(values: list[float]) -> None:
    scores = np.array(values, np.float32)
    assert falling_order(scores).tolist() == np.argsort(-scores, kind="stable").tolist()


def test_what_is_no_number_is_refused() -> None:
    box, score, kind = np.array([[0, 0, 1, 1]], np.float32), np.ones(1, np.float32), np.zeros(1, np.int32)
    for bad in itertools.product([box, box * np.nan], [score, score * np.nan], [0.5, 1.0, -0.1]):
        if bad[0] is box and bad[1] is score and bad[2] == 0.5:
            continue
        with pytest.raises(BadParameter):
            nms(bad[0], bad[1], kind, bad[2])
    with pytest.raises(BadParameter, match="1 scores need 1 boxes"):
        nms(np.zeros((2, 4), np.float32), score, kind, 0.5)
