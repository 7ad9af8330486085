"""What can be done with a set once it is read: pick, divide, look at, report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, UnknownName
from cellwright.datasets import ImportReport, LabelledPicture, LabelledSet, Reason, health, split_by_group
from cellwright.datasets.report import EXAMPLES_KEPT, FindingLog


def made_set(groups: list[int]) -> LabelledSet:
    pictures = tuple(
        LabelledPicture(
            Path(f"{i}.png"),
            (50, 60),
            np.array([[0, 0, 10, 10], [5, 5, 25, 45]][: i % 3], np.float32).reshape(-1, 4),
            np.array([0, 1][: i % 3], np.int16),
            group=f"g{group}",
            split="train",
        )
        for i, group in enumerate(groups)
    )
    return LabelledSet(pictures, ("WBC", "RBC"), Path())


@given(groups=st.lists(st.integers(0, 12), min_size=20, max_size=80), seed=st.integers(0, 5))
def test_a_group_is_never_divided_and_no_picture_is_lost(groups: list[int], seed: int) -> None:
    whole = made_set([*groups, *range(3)])
    parts = split_by_group(whole, {"train": 0.6, "val": 0.2, "test": 0.2}, seed)
    assert [p.path for p in parts] == [p.path for p in whole]
    homes: dict[str, set[str]] = {}
    for p in parts:
        homes.setdefault(p.group, set()).add(p.split)
    assert all(len(found) == 1 for found in homes.values())
    assert parts.splits == ("test", "train", "val")
    assert health(parts).groups_across_splits == 0


@given(st.permutations(range(30)))
def test_a_seed_fixes_the_split_whatever_the_order(order: list[int]) -> None:
    whole = made_set([i // 2 for i in range(30)])
    shuffled = LabelledSet(tuple(whole[i] for i in order), whole.classes, whole.root)
    shares = {"train": 0.8, "val": 0.2}
    first = {p.path: p.split for p in split_by_group(whole, shares, 3)}
    assert first == {p.path: p.split for p in split_by_group(shuffled, shares, 3)}


def test_single_pictures_come_out_in_the_asked_shares() -> None:
    parts = split_by_group(made_set(list(range(100))), {"train": 0.7, "val": 0.3}, 0)
    assert (len(parts.of_split("train")), len(parts.of_split("val"))) == (70, 30)
    other = split_by_group(made_set(list(range(100))), {"train": 0.7, "val": 0.3}, 1)
    assert [p.split for p in parts] != [p.split for p in other]


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.2, "b": -0.2}, {"a": 0.5, "b": 0.3, "c": 0.2}])
def test_shares_that_cannot_be_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(BadParameter):
        split_by_group(made_set([0, 0, 1]), shares)


def test_health_counts_by_hand() -> None:
    summary = health(made_set([0, 1, 2, 3, 4, 5]))  # boxes: 0, 1, 2, 0, 1, 2
    assert (summary.pictures, summary.empty, summary.boxes) == (6, 2, 6)
    assert [(c.name, c.boxes, c.pictures) for c in summary.classes] == [("WBC", 4, 4), ("RBC", 2, 2)]
    assert summary.classes[0].side_px == (10, 10, 10)
    assert summary.classes[1].side_px == (28.3, 28.3, 28.3)  # the root of 20 × 40
    assert summary.sizes == {(50, 60): 6}
    json.dumps(summary.to_dict(), allow_nan=False)


def test_an_empty_set_is_fine() -> None:
    empty = LabelledSet((), ("WBC",), Path())
    assert health(empty).classes[0].side_px is None
    assert empty.counts().tolist() == [0]


def test_a_split_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownName, match="train"):
        made_set([0]).of_split("trian")


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(BadParameter):
        LabelledPicture(Path("a.png"), (5, 5), np.zeros((2, 4), np.float32), np.zeros(1, np.int16))


def test_a_report_counts_everything_and_keeps_a_few_places() -> None:
    log = FindingLog()
    log.extend((Reason.ZERO_SIZE, f"a.txt:{i}") for i in range(40))
    log.add(Reason.NO_LABELS, "b.png")
    log.add(Reason.CLIPPED, "c.txt:1")
    report = ImportReport("yolo", "set", 3, 10, log.findings(), ("A note.",))
    assert (report.boxes_left_out, report.pictures_left_out) == (40, 1)
    assert len(report.findings[1].examples) == EXAMPLES_KEPT
    assert report.sentence() == "10 boxes on 3 pictures; left out: 40 boxes and 1 picture."
    assert len(report.lines()) == 1 + 3 + 1
    json.dumps(report.to_dict(), allow_nan=False)
