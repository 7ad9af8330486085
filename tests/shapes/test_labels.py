"""A label picture and its masks say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import labels_from_masks, masks_from_labels
from cellwright.shapes.labels import _paint

pictures = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 4))
origins = st.tuples(st.integers(-20, 20), st.integers(-20, 20))


@given(pictures, origins)
def test_there_and_back_is_the_same_picture(labels: NDArray[np.int32], origin: tuple[int, int]) -> None:
    masks, values = masks_from_labels(labels, origin)
    assert values.tolist() == [v for v in np.unique(labels) if v]
    assert masks.areas().tolist() == [int((labels == v).sum()) for v in values]
    shape = (labels.shape[0], labels.shape[1])
    np.testing.assert_array_equal(labels_from_masks(masks, shape, origin, values), labels)


@given(pictures, origins, pictures)
def test_numpy_paints_what_compiled_loops_paint(
    labels: NDArray[np.int32], origin: tuple[int, int], other: NDArray[np.int32]
) -> None:
    masks = Masks.concatenate([masks_from_labels(labels)[0], masks_from_labels(other)[0]])
    shape = (labels.shape[0], labels.shape[1])
    plain = np.zeros(shape, np.int32)
    _paint(plain, masks, np.arange(1, len(masks) + 1, dtype=np.int32), origin)
    np.testing.assert_array_equal(labels_from_masks(masks, shape, origin), plain)


def test_the_earlier_object_is_on_top() -> None:
    masks = Masks.from_spans(np.array([0, 1]), np.array([[0, 0, 3], [0, 1, 5]]), 2)
    assert labels_from_masks(masks, (1, 6)).tolist() == [[1, 1, 1, 2, 2, 0]]
    assert labels_from_masks(masks, (1, 6), values=np.array([7, 3])).tolist() == [[7, 7, 7, 3, 3, 0]]


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.uint16, np.int64])
def test_any_whole_number_type_is_read_and_written(kind: type) -> None:
    labels = np.zeros((5, 6), kind)
    labels[1:4, 2:5] = 1
    masks, values = masks_from_labels(labels)
    assert masks.areas().tolist() == [9]
    written = np.uint8 if kind is np.bool_ else kind
    np.testing.assert_array_equal(labels_from_masks(masks, (5, 6), values=values, dtype=written), labels)


def test_pictures_at_the_edges_of_what_can_be() -> None:
    assert len(masks_from_labels(np.zeros((4, 5), np.int32))[0]) == 0
    assert len(masks_from_labels(np.zeros((0, 5), np.int32))[0]) == 0
    assert masks_from_labels(np.ones((4, 5), np.int32))[0].boxes().tolist() == [[0, 0, 4, 5]]
    single, _ = masks_from_labels(np.ones((1, 1), np.int32), (2**31 - 2, -(2**31)))
    assert single.spans.tolist() == [[2**31 - 2, -(2**31), -(2**31) + 1]]
    assert labels_from_masks(Masks.empty(3), (2, 2)).tolist() == [[0, 0], [0, 0]]


def test_fifty_thousand_objects_keep_their_numbers() -> None:
    labels = np.arange(1, 50_001, dtype=np.int32).reshape(200, 250).repeat(3, 0).repeat(4, 1)
    masks, values = masks_from_labels(labels)
    assert (masks.areas() == 12).all()
    np.testing.assert_array_equal(labels_from_masks(masks, (600, 1000), values=values), labels)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadParameter, match="whole numbers"):
        masks_from_labels(np.zeros((3, 3)))  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="whole numbers"):
        masks_from_labels(np.zeros((3, 3, 3), np.int32))
    with pytest.raises(BadParameter, match="32 bits"):
        masks_from_labels(np.ones((3, 3), np.int32), (2**31 - 2, 0))
    one = masks_from_labels(np.ones((3, 3), np.int32))[0]
    with pytest.raises(BadParameter, match="values"):
        labels_from_masks(one, (3, 3), values=np.array([1, 2]))
    with pytest.raises(BadParameter, match="wider"):
        labels_from_masks(one, (3, 3), values=np.array([300]), dtype=np.uint8)
