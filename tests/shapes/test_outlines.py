"""Parts, holes, outlines, polygons and COCO's runs: each against a plain version or another library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

from cellwright.core import BadParameter, Masks
from cellwright.shapes import (
    coco_rle,
    components,
    contours,
    fill_holes,
    labels_from_masks,
    masks_from_coco_rle,
    masks_from_labels,
    masks_from_polygons,
    union,
)
from cellwright.shapes.contours import _ends, _trace

pictures = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 2))


def drawn(masks: Masks, row: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return labels_from_masks(masks.take(np.array([row])), (shape[0], shape[1])) > 0


@given(pictures, st.sampled_from([4, 8]))
def test_parts_are_those_of_scipy(labels: NDArray[np.int32], connectivity: int) -> None:
    masks, values = masks_from_labels(labels)
    parts, parent = components(masks, connectivity)
    expected = []
    for row, value in enumerate(values):
        numbered, n = ndimage.label(labels == value, np.ones((3, 3)) if connectivity == 8 else None)
        expected += [(row, numbered == k) for k in range(1, n + 1)]
    assert len(parts) == len(expected)
    for part, (row, mask) in enumerate(expected):
        assert parent[part] == row
        np.testing.assert_array_equal(drawn(parts, part, labels.shape), mask)
    assert union(parts, parent).equals(masks)


@given(pictures)
def test_holes_are_those_of_scipy(labels: NDArray[np.int32]) -> None:
    masks, values = masks_from_labels(labels)
    filled = fill_holes(masks)
    for row, value in enumerate(values):
        np.testing.assert_array_equal(drawn(filled, row, labels.shape), ndimage.binary_fill_holes(labels == value))


@given(pictures, st.integers(-30, 30), st.integers(-30, 30))
def test_outlines_hold_the_area_and_bring_the_mask_back(labels: NDArray[np.int32], dy: int, dx: int) -> None:
    masks = masks_from_labels(labels)[0].shifted(dy, dx)
    outlines = contours(masks)
    areas = np.bincount(outlines.object_of_ring, outlines.ring_areas(), minlength=len(masks))
    np.testing.assert_array_equal(areas, masks.areas())
    np.testing.assert_array_equal(outlines.is_hole, outlines.ring_areas() < 0)
    assert (np.diff(outlines.object_of_ring) >= 0).all()
    rings = [[outlines.ring(k) for k in np.flatnonzero(outlines.object_of_ring == row)] for row in range(len(masks))]
    assert masks_from_polygons(rings).equals(masks)
    for k in range(len(outlines)):  # corners only: each edge turns from the one before
        steps = np.roll(outlines.ring(k), -1, 0) - outlines.ring(k)
        assert ((steps == 0).sum(1) == 1).all()
        assert ((steps != 0) != (np.roll(steps, 1, 0) != 0)).all()


@given(pictures)
def test_python_walks_outlines_as_compiled_loops_do(labels: NDArray[np.int32]) -> None:
    from cellwright.shapes import trace_kernels

    masks, _ = masks_from_labels(labels)
    if len(masks):
        ends = _ends(masks)
        arguments = (ends.starts, ends.link, ends.mate, ends.straight)
        for ours, theirs in zip(_trace(*arguments), trace_kernels.trace(*arguments), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_an_outline_checked_by_hand() -> None:
    labels = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1]], np.int32)
    outlines = contours(masks_from_labels(labels)[0])
    assert outlines.is_hole.tolist() == [False, True]
    assert outlines.ring(0).tolist() == [[0, 0], [0, 3], [4, 3], [4, 2], [3, 2], [3, 0]]
    assert sorted(outlines.ring(1).tolist()) == [[1, 1], [1, 2], [2, 1], [2, 2]]


def test_pixels_that_touch_at_a_corner_have_a_ring_each() -> None:
    for labels in (np.eye(3, dtype=np.int32), np.eye(3, dtype=np.int32)[::-1]):
        outlines = contours(masks_from_labels(labels)[0])
        assert [len(outlines.ring(k)) for k in range(len(outlines))] == [4, 4, 4]


@given(pictures)
def test_runs_are_those_of_pycocotools(labels: NDArray[np.int32]) -> None:
    from pycocotools import mask as theirs

    masks, values = masks_from_labels(labels)
    rles = coco_rle(masks, (labels.shape[0], labels.shape[1]))
    for rle, value in zip(rles, values, strict=True):
        encoded = theirs.encode(np.asfortranarray((labels == value).astype(np.uint8)))
        assert rle["size"] == encoded["size"]
        assert rle["counts"] == encoded["counts"].decode()
    assert masks_from_coco_rle(rles).equals(masks)


def test_runs_of_large_pictures_and_plain_ones() -> None:
    from pycocotools import mask as theirs

    labels = np.zeros((700, 900), np.int32)
    labels[100:690, 3:880] = 1
    labels[300:302, 5:700] = 0
    masks, _ = masks_from_labels(labels)
    (rle,) = coco_rle(masks, (700, 900))
    np.testing.assert_array_equal(theirs.decode({"size": [700, 900], "counts": rle["counts"].encode()}), labels)
    assert masks_from_coco_rle([{"size": [2, 3], "counts": [1, 2, 3]}]).spans.tolist() == [[0, 1, 2], [1, 0, 1]]
    assert (
        coco_rle(Masks.empty(1), (4, 5))[0]["counts"]
        == theirs.encode(np.zeros((4, 5), np.uint8, "F"))["counts"].decode()
    )


@pytest.mark.parametrize(
    "rle",
    [
        {},
        {"size": [2, 3]},
        {"size": [2, 3], "counts": [1, 2]},
        {"size": [2, 3], "counts": "o"},
        {"size": 4, "counts": []},
    ],
)
def test_broken_runs_are_refused(rle: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        masks_from_coco_rle([rle])


def test_polygons_checked_by_hand() -> None:
    square = [[1, 1], [1, 4], [3, 4], [3, 1]]
    masks = masks_from_polygons([np.array(square), [square, [[1, 2], [1, 3], [3, 3], [3, 2]]], []])
    assert masks.spans.tolist() == [[1, 1, 4], [2, 1, 4], [1, 1, 2], [1, 3, 4], [2, 1, 2], [2, 3, 4]]
    assert masks.areas().tolist() == [6, 4, 0]
    with pytest.raises(BadParameter, match="finite"):
        masks_from_polygons([np.array([[0, np.nan], [1, 1], [2, 0]])])


def test_nothing_stays_nothing() -> None:
    assert len(contours(Masks.empty(3))) == 0
    assert len(components(Masks.empty(3))[0]) == 0
    assert len(fill_holes(Masks.empty(3))) == 3
    assert len(union(Masks.empty(3), np.array([0, 1, 0]))) == 2
    assert masks_from_coco_rle([]).equals(Masks.empty())
    assert masks_from_polygons([]).equals(Masks.empty())
    with pytest.raises(BadParameter, match="groups"):
        union(Masks.empty(3), np.array([0]))
    with pytest.raises(BadParameter, match="neighbours"):
        components(Masks.empty(), 6)


def test_fifty_thousand_objects_are_outlined() -> None:
    labels = np.zeros((1000, 1250), np.int32)
    labels[::5, ::5] = np.arange(1, 50_001).reshape(200, 250)
    labels[1::5, ::5] = labels[::5, ::5]
    masks, _ = masks_from_labels(labels)
    assert len(contours(masks)) == 50_000
    assert len(components(masks)[0]) == 50_000
