"""The table of objects: rows stay together, counts add up, wrong columns are refused."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, Masks, Objects

CLASSES = ("WBC", "RBC", "PLT")


def table(n: int, seed: int = 0) -> Objects:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 500, (n, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(1, 60, (n, 2))], axis=1).astype(np.float32)
    ids = np.frombuffer(rng.bytes(16 * n), "V16")
    return Objects(
        ids,
        boxes,
        rng.integers(0, 3, n).astype(np.int16),
        rng.uniform(0, 1, n).astype(np.float32),
        CLASSES,
        "model:x@1",
    )


def same(one: Objects, other: Objects) -> bool:
    columns = ("ids", "boxes", "class_index", "scores")
    return one.classes == other.classes and all((getattr(one, c) == getattr(other, c)).all() for c in columns)


def test_centres_and_sizes_checked_by_hand() -> None:
    one = Objects(
        np.zeros(1, "V16"),
        np.array([[10, 20, 30, 60]], np.float32),
        np.zeros(1, np.int16),
        np.ones(1, np.float32),
        CLASSES,
    )
    np.testing.assert_array_equal(one.centres, [[20, 40]])
    np.testing.assert_array_equal(one.sizes, [[20, 40]])
    np.testing.assert_array_equal(one.counts(), [1, 0, 0])


def test_an_empty_table_is_fine_everywhere() -> None:
    empty = Objects.empty(CLASSES, "person:someone")
    assert len(empty) == 0
    assert empty.centres.shape == (0, 2)
    assert empty.id_strings() == []
    np.testing.assert_array_equal(empty.counts(), [0, 0, 0])
    assert len(empty.at_least(0.5)) == 0
    assert len(Objects.concatenate([empty, empty])) == 0


@given(st.integers(0, 40), st.integers(0, 5), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_a_threshold_keeps_exactly_the_rows_that_reach_it(n: int, seed: int, thresholds: list[float]) -> None:
    objects = table(n, seed)
    kept = objects.at_least(thresholds)
    limits = np.asarray(thresholds, np.float32)
    expected = [i for i in range(n) if objects.scores[i] >= limits[objects.class_index[i]]]
    assert same(kept, objects.take(np.asarray(expected, np.intp)))
    assert kept.counts().sum() == len(kept)


@given(st.integers(0, 40), st.integers(0, 40))
def test_cut_and_joined_is_whole(n: int, cut: int) -> None:
    objects = table(n)
    index = np.arange(n)
    parts = [objects.take(index[: min(cut, n)]), objects.take(index[min(cut, n) :])]
    assert same(Objects.concatenate(parts), objects)


@given(st.integers(1, 40), st.randoms())
def test_rows_stay_together_in_any_order(n: int, random: object) -> None:
    objects = table(n)
    order = np.random.default_rng(n).permutation(n)
    shuffled = objects.take(order)
    assert [shuffled.id_strings()[i] for i in range(n)] == [objects.id_strings()[i] for i in order]
    np.testing.assert_array_equal(shuffled.boxes, objects.boxes[order])
    np.testing.assert_array_equal(np.sort(shuffled.counts()), np.sort(objects.counts()))


def test_ids_are_uuids() -> None:
    objects = table(5)
    assert [uuid.UUID(text).bytes for text in objects.id_strings()] == [row.tobytes() for row in objects.ids]


def test_columns_of_different_length_are_refused() -> None:
    good = table(4)
    with pytest.raises(BadParameter, match="different length"):
        Objects(good.ids, good.boxes[:3], good.class_index, good.scores, CLASSES)
    with pytest.raises(BadParameter, match="different length"):
        Objects(good.ids[:2], good.boxes, good.class_index, good.scores, CLASSES)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_class_without_a_name_is_refused(index: int) -> None:
    good = table(2)
    with pytest.raises(BadParameter, match="class index"):
        Objects(good.ids, good.boxes, np.array([0, index], np.int16), good.scores, CLASSES)


def test_tables_that_do_not_belong_together_are_not_joined() -> None:
    with pytest.raises(BadParameter):
        Objects.concatenate([])
    with pytest.raises(BadParameter):
        Objects.concatenate([Objects.empty(CLASSES), Objects.empty(("cell",))])
    with pytest.raises(BadParameter):
        Objects.concatenate([Objects.empty(CLASSES, "a"), Objects.empty(CLASSES, "b")])


def masked(n: int) -> Objects:
    """Objects each of which has a mask of its row's number of pixels."""
    plain = table(n)
    rows = np.arange(n)
    masks = Masks.from_spans(rows, np.stack([rows, rows * 0, rows + 1], 1), n)
    return Objects(plain.ids, plain.boxes, plain.class_index, plain.scores, CLASSES, plain.source, masks)


def areas(objects: Objects) -> list[int]:
    assert objects.masks is not None
    return [int(area) for area in objects.masks.areas()]


def test_masks_stay_with_their_rows() -> None:
    objects = masked(6)
    order = np.array([4, 0, 5])
    assert areas(objects.take(order)) == [5, 1, 6]
    kept = objects.at_least(0.5)
    assert areas(kept) == [i + 1 for i in range(6) if objects.scores[i] >= 0.5]
    assert areas(Objects.concatenate([objects, objects.take(order)])) == [1, 2, 3, 4, 5, 6, 5, 1, 6]
    assert table(3).take(np.array([0])).masks is None


def test_rows_with_masks_and_rows_without_are_not_joined() -> None:
    with pytest.raises(BadParameter, match="masks"):
        Objects.concatenate([masked(2), table(2)])
    nothing = Objects.empty(CLASSES, "model:x@1")
    assert areas(Objects.concatenate([nothing, masked(2)])) == [1, 2]
    assert Objects.concatenate([nothing, table(2)]).masks is None


def test_as_many_masks_as_rows() -> None:
    plain = table(2)
    with pytest.raises(BadParameter, match="different length"):
        Objects(plain.ids, plain.boxes, plain.class_index, plain.scores, CLASSES, "", Masks.empty(3))
