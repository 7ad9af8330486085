"""One star an object, the same as the reference package keeps; its pixels, the same as it draws."""

from __future__ import annotations

import sys
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.shapes import (
    edge_probability,
    labels_from_masks,
    star_boxes,
    star_corners,
    star_distances,
    star_masks,
    star_nms,
    star_overlap,
    stars,
)
from tests.shapes.conftest import made_up_stars

if TYPE_CHECKING:
    from pathlib import Path


def their_choice(points: NDArray, distances: NDArray, scores: NDArray, iou: float) -> NDArray[np.intp]:
    from stardist.nms import non_maximum_suppression_inds

    order = np.argsort(-scores, kind="stable")
    return order[non_maximum_suppression_inds(distances[order], points[order], scores[order], thresh=iou, verbose=0)]


def their_labels(points: NDArray, distances: NDArray, shape: tuple[int, int]) -> NDArray[np.int32]:
    from stardist.geometry import polygons_to_label

    falling = np.arange(len(points), 0, -1)
    return polygons_to_label(distances, points, shape, prob=falling)


def overlaps(points: NDArray, distances: NDArray, one: int, others: NDArray[np.intp]) -> NDArray[np.float64]:
    """How much one star overlaps with others, in plain numpy."""
    shapes = star_overlap.corners(points, distances)
    mine = star_overlap.area(shapes[one])
    return np.array(
        [
            star_overlap.shared_area(shapes[one], shapes[j]) / (min(mine, star_overlap.area(shapes[j])) + 1e-10)
            for j in others
        ]
    )


@pytest.mark.parametrize("iou", [0.3, 0.5])
@pytest.mark.parametrize("radius", [4, 10, 30])
def test_the_stars_kept_are_those_of_the_reference_package(radius: float, iou: float) -> None:
    points, distances, scores = made_up_stars(150, 12, radius, seed=int(radius))
    ours, theirs = star_nms(points, distances, scores, iou), their_choice(points, distances, scores, iou)
    differing = np.setxor1d(ours, theirs)
    # Their clipper rounds some crossings of nearly parallel edges otherwise: pairs at the threshold may differ.
    assert len(differing) <= 0.01 * len(theirs)
    for row in differing:
        near = np.setdiff1d(np.union1d(ours, theirs), [row])
        near = near[np.abs(points[near] - points[row]).max(1) < 4 * radius]
        assert (np.abs(overlaps(points, distances, row, near) - iou) < 0.03).any()


@given(st.integers(0, 10**6), st.sampled_from([0.2, 0.5, 0.8]), st.sampled_from([1.5, 6.0, 20.0]))
@settings(max_examples=8)
def test_numpy_keeps_the_stars_that_compiled_loops_keep(seed: int, iou: float, radius: float) -> None:
    points, distances, scores = made_up_stars(4, 5, radius, seed, rays=16, noise=0.2)
    order = np.argsort(-scores, kind="stable")
    plain = star_overlap.suppress(points, distances, order, iou)
    np.testing.assert_array_equal(star_nms(points, distances, scores, iou), order[plain])


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_order_of_candidates_does_not_matter(seed: int) -> None:
    points, distances, scores = made_up_stars(30, 8, 8, seed)
    shuffled = np.random.default_rng(seed).permutation(len(points))
    kept = star_nms(points, distances, scores, 0.4)
    again = star_nms(points[shuffled], distances[shuffled], scores[shuffled], 0.4)
    np.testing.assert_array_equal(shuffled[again], kept)
    assert (np.diff(scores[kept]) <= 0).all()


@pytest.mark.parametrize("scale", [1, 40])
def test_stars_of_very_different_sizes_meet(scale: int) -> None:
    points = np.array([[500, 500], [500, 500 + 3 * scale], [480, 480], [900, 900]], np.float32)
    distances = np.repeat(np.array([[10.0 * scale], [9.0 * scale], [2.0], [3.0]], np.float32), 32, 1)
    scores = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    assert star_nms(points, distances, scores, 0.5).tolist() == ([0, 2, 3] if scale == 1 else [0, 3])


def test_candidates_at_the_edges_of_what_can_be() -> None:
    none = np.empty((0, 2), np.float32)
    assert star_nms(none, np.empty((0, 32), np.float32), np.empty(0, np.float32), 0.5).shape == (0,)
    assert len(star_masks(none, np.empty((0, 32), np.float32))) == 0
    assert star_boxes(none, np.empty((0, 32), np.float32)).shape == (0, 4)
    # Without an area a star meets no other, as in the reference package.
    points, distances = np.full((3, 2), 5, np.float32), np.zeros((3, 8), np.float32)
    assert star_nms(points, distances, np.array([0.1, 0.3, 0.2]), 0.5).tolist() == [1, 2, 0]
    assert star_masks(points, distances).areas().tolist() == [1, 1, 1]
    # Equal scores are taken in the order given.
    assert star_nms(points, np.full((3, 8), 4, np.float32), np.ones(3), 0.5).tolist() == [0]


def test_many_candidates_take_little_memory() -> None:
    """Their users report 40 GB above half a million candidates: no pair of them may be kept anywhere."""
    points, distances, scores = made_up_stars(3_000, 100, 5, rays=8)
    star_nms(points[:100], distances[:100], scores[:100], 0.5)
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    kept = star_nms(points, distances, scores, 0.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1_000 < len(kept) < 5_000
    assert peak < 60e6
    unit = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 300e6


@pytest.mark.parametrize("radius", [2, 9, 40])
def test_drawn_stars_are_those_of_the_reference_package(radius: float) -> None:
    points, distances, _ = made_up_stars(60, 3, radius, seed=5, noise=0.15)
    points[::2] += np.float32(0.5)  # corners on the middles of pixels, and beside them
    distances[::5] = np.rint(distances[::5])
    side = int(points.max() - radius)  # some beyond the picture
    ours = labels_from_masks(star_masks(points, distances), (side, side))
    np.testing.assert_array_equal(ours, their_labels(points, distances, (side, side)))


@given(st.integers(0, 10**6), st.sampled_from([0.4, 1.0, 3.0, 12.0]), st.booleans())
@settings(max_examples=40)
def test_numpy_draws_the_stars_that_compiled_loops_draw(seed: int, radius: float, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-20, 20, (3, 2)).astype(np.float32)
    distances = rng.uniform(0, 2 * radius, (3, 16)).astype(np.float32)
    if whole:
        distances = np.rint(distances)
    masks = star_masks(points, distances)
    for row, corners in enumerate(star_corners(points, distances)):
        pixels = [[y, x, x + 1] for y, x0, x1 in masks.take(np.array([row])).spans for x in range(x0, x1)]
        np.testing.assert_array_equal(stars._star_spans(corners.astype(np.float64)), np.reshape(pixels, (-1, 3)))


def test_boxes_hold_the_pixels() -> None:
    points, distances, _ = made_up_stars(50, 2, 9, seed=2)
    drawn, boxes = star_masks(points, distances).boxes(), star_boxes(points, distances)
    assert (np.abs(drawn - boxes) <= 1).all()
    np.testing.assert_array_equal(
        star_boxes(np.array([[5, 7]]), np.full((1, 4), 2.0)), np.array([[3.5, 5.5, 7.5, 9.5]], np.float32)
    )


def test_fifty_thousand_stars_are_drawn() -> None:
    rng = np.random.default_rng(0)
    points = rng.integers(-100, 10_000, (50_000, 2)).astype(np.float32)
    masks = star_masks(points, np.full((50_000, 32), 6, np.float32))
    assert set(masks.areas().tolist()) <= {111, 112, 113}  # float32 rounds corners that lie on middles of pixels
    assert masks.boxes()[:, 0].min() < 0


def test_what_cannot_be_is_refused() -> None:
    points, distances, scores = np.zeros((2, 2)), np.ones((2, 8)), np.ones(2)
    with pytest.raises(BadParameter, match="rays"):
        star_masks(points, np.ones((2, 2)))
    with pytest.raises(BadParameter, match=r"\(N, R\)"):
        star_masks(points, np.ones((3, 8)))
    with pytest.raises(BadParameter, match="finite"):
        star_nms(points, distances * np.nan, scores, 0.5)
    with pytest.raises(BadParameter, match="scores"):
        star_nms(points, distances, np.ones(3), 0.5)
    with pytest.raises(BadParameter, match="scores"):
        star_nms(points, distances, scores * np.nan, 0.5)
    with pytest.raises(BadParameter, match="iou"):
        star_nms(points, distances, scores, 1.5)


def test_real_nuclei_come_back_from_their_targets(data_dir: Path) -> None:
    """Every pixel of real nuclei proposes its star: the same are kept, the same pixels drawn."""
    from PIL import Image

    files = sorted((data_dir / "nuclei_dsb2018" / "labels").glob("*.png"))
    assert files
    differing, kept = 0, 0
    for file in files[:: len(files) // 5]:
        with Image.open(file) as opened:
            labels = np.asarray(opened).astype(np.int32)[:256, :256]
        probability = edge_probability(labels, 2)
        at = np.argwhere(probability > 0.5)
        points, scores = (2 * at).astype(np.float32), probability[tuple(at.T)]
        distances = star_distances(labels, 32, 2)[tuple(at.T)]
        ours, theirs = star_nms(points, distances, scores, 0.4), their_choice(points, distances, scores, 0.4)
        differing, kept = differing + len(np.setxor1d(ours, theirs)), kept + len(ours)
        drawn = labels_from_masks(star_masks(points[ours], distances[ours]), labels.shape)
        np.testing.assert_array_equal(drawn, their_labels(points[ours], distances[ours], labels.shape))
        if labels.any():
            assert ((drawn > 0) == (labels > 0))[labels > 0].mean() > 0.9
    assert kept > 20
    assert differing <= 0.01 * kept
