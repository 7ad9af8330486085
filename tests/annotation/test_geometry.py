from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellwright.annotation import Geometry, GeometryKind
from cellwright.core import BadParameter, Masks
from cellwright.shapes import masks_from_labels


def test_a_mask_keeps_its_pixels_and_tells_its_box() -> None:
    labels = np.array([[0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 2]])
    masks, _ = masks_from_labels(labels)
    place = Geometry.of_mask(masks, 0)
    assert place.box == (0, 1, 2, 3)
    assert place.data is not None
    assert np.frombuffer(place.data, "<i4").reshape(-1, 3).tolist() == [[0, 1, 3], [1, 1, 2]]
    assert place.masks().equals(masks.take(np.array([0])))


@given(arrays(np.uint8, (6, 9), elements=st.integers(0, 1)).filter(np.any))
def test_any_mask_comes_back(labels: np.ndarray) -> None:
    masks, _ = masks_from_labels(labels)
    place = Geometry.of_mask(masks)
    assert place.masks().equals(masks)
    assert place.box == tuple(masks.boxes()[0].tolist())


def test_a_polygon_keeps_its_rings_and_points_whether_they_are_seen() -> None:
    rings = [np.array([[0, 0], [0, 9], [9, 9.0]]), np.array([[1, 2], [1, 4], [3, 4.0]])]
    polygon = Geometry.of_polygon(rings)
    assert polygon.box == (0, 0, 9, 9)
    assert all(np.array_equal(a, b) for a, b in zip(polygon.rings(), rings, strict=True))
    points = Geometry.of_points(np.array([[3, 4], [1, 8.0]]), [True, False])
    assert points.points().tolist() == [[3, 4, 1], [1, 8, 0]]
    assert points.box == (1, 4, 3, 8)
    with pytest.raises(BadParameter, match="kept as points"):
        points.masks()


@pytest.mark.parametrize(
    "box", [(0, 0, math.nan, 1), (0, 0, math.inf, 1), (5, 0, 4, 1), (0, 5, 1, 4), (0, 0, 1, 2**40)]
)
def test_nonsense_is_no_place(box: tuple[float, ...]) -> None:
    with pytest.raises(BadParameter):
        Geometry.of_box(*box)


def test_what_holds_nothing_is_no_place() -> None:
    with pytest.raises(BadParameter, match="without pixels"):
        Geometry.of_mask(Masks.empty(1))
    with pytest.raises(BadParameter, match="rows of three"):
        Geometry(GeometryKind.MASK, (0, 0, 1, 1), b"1234567")
    with pytest.raises(BadParameter, match="three corners"):
        Geometry.of_polygon([np.zeros((2, 2))])
