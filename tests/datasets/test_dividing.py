"""Sets divided by group: no group is ever torn apart, and rebalancing moves little."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.datasets import LabelledPicture, LabelledSet, heat_map, rebalance_by_group, split_by_group

GROUPS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["train", "val", "test", "", "odd"])), min_size=3, max_size=60
)
SHARES = {"train": 0.6, "val": 0.3, "test": 0.1}


def make(rows: list[tuple[int, str]]) -> LabelledSet:
    pictures = tuple(
        LabelledPicture(Path(f"{i}.png"), (10, 10), np.empty((0, 4), np.float32), np.empty(0, np.int16), f"g{g}", split)
        for i, (g, split) in enumerate(rows)
    )
    return LabelledSet(pictures, ("a",), Path())


@given(GROUPS, st.integers(0, 5), st.booleans())
def test_no_group_is_torn_apart_and_no_picture_is_lost(rows: list[tuple[int, str]], seed: int, again: bool) -> None:
    labelled = make(rows)
    divide = rebalance_by_group if again else split_by_group
    if len({g for g, _ in rows}) < len(SHARES):
        with pytest.raises(BadParameter):
            divide(labelled, SHARES, seed)
        return
    divided = divide(labelled, SHARES, seed)
    homes: dict[str, set[str]] = {}
    for picture in divided:
        homes.setdefault(picture.group, set()).add(picture.split)
    assert all(len(found) == 1 for found in homes.values())
    assert {p.split for p in divided} <= SHARES.keys()
    assert [p.path for p in divided] == [p.path for p in labelled]


def test_rebalancing_moves_as_little_as_it_must() -> None:
    labelled = make([(i, "train") for i in range(80)] + [(i, "val") for i in range(80, 100)])
    divided = rebalance_by_group(labelled, {"train": 0.7, "val": 0.2, "test": 0.1})
    assert Counter(p.split for p in divided) == {"train": 70, "val": 20, "test": 10}
    assert sum(a.split != b.split for a, b in zip(labelled, divided, strict=True)) == 10
    assert all(p.split == "val" for p in divided.pictures[80:])


@given(GROUPS.filter(lambda rows: len({g for g, _ in rows}) >= 3))
def test_a_set_that_is_balanced_stays_as_it_is(rows: list[tuple[int, str]]) -> None:
    once = rebalance_by_group(make(rows), SHARES)
    twice = rebalance_by_group(once, SHARES)
    assert [p.split for p in twice] == [p.split for p in once]


def test_where_objects_lie() -> None:
    boxes = np.array([[0, 0, 2, 2], [8, 18, 10, 20], [9, 19, 10, 20]], np.float32)
    picture = LabelledPicture(Path("a.png"), (10, 20), boxes, np.array([0, 1, 1], np.int16))
    labelled = LabelledSet((picture,), ("a", "b"), Path())
    np.testing.assert_array_equal(heat_map(labelled, cells=2), [[1, 0], [0, 2]])
    np.testing.assert_array_equal(heat_map(labelled, 0, cells=2), [[1, 0], [0, 0]])
