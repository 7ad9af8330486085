"""A model finds what people left out of a labelled set, and says so only where it disagrees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import Objects
from cellwright.datasets import LabelledPicture
from cellwright.workflows import DoubtKind, doubts_of

CLASSES = ("WBC", "RBC")


def labelled(boxes: list[list[float]], classes: list[int], ignore: list[bool] | None = None) -> LabelledPicture:
    ignored = None if ignore is None else np.array(ignore, bool)
    shaped = np.array(boxes, np.float32).reshape(-1, 4)
    return LabelledPicture(Path("a.png"), (100, 100), shaped, np.array(classes, np.int16), ignore=ignored)


def found(boxes: list[list[float]], classes: list[int], scores: list[float]) -> Objects:
    ids = np.frombuffer(np.arange(2 * len(boxes), dtype=np.uint64).tobytes(), "V16")
    shaped = np.array(boxes, np.float32).reshape(-1, 4)
    return Objects(ids, shaped, np.array(classes, np.int16), np.array(scores, np.float32), CLASSES, "model:m@0")


A, B, C = [0.0, 0.0, 20.0, 20.0], [40.0, 40.0, 60.0, 60.0], [70.0, 10.0, 90.0, 30.0]


def test_the_three_kinds_of_doubt() -> None:
    doubts = list(doubts_of(labelled([A, B], [0, 1]), found([A, C], [1, 1], [0.9, 0.8])))
    assert [(d.kind, d.labelled, d.found) for d in doubts] == [
        (DoubtKind.CLASS, "WBC", "RBC"),
        (DoubtKind.MISSING, "", "RBC"),
        (DoubtKind.NOTHING_THERE, "RBC", ""),
    ]
    assert [round(d.score, 6) for d in doubts] == [0.9, 0.8, 1.0]
    assert doubts[1].box == tuple(C) and doubts[2].box == tuple(B)


def test_two_cells_need_two_labels() -> None:
    near = [0.0, 3.0, 20.0, 23.0]
    doubts = list(doubts_of(labelled([A], [1]), found([A, near], [1, 1], [0.7, 0.6])))
    assert [(d.kind, round(d.score, 6)) for d in doubts] == [(DoubtKind.MISSING, 0.6)]


def test_what_nobody_judges_is_not_doubted() -> None:
    assert not list(doubts_of(labelled([A, B], [0, 1], [True, True]), found([A], [1], [0.9])))


def test_a_poor_fit_speaks_for_the_label() -> None:
    wide = [0.0, 0.0, 20.0, 48.0]  # overlap 0.42
    kinds = {d.kind: d.score for d in doubts_of(labelled([A], [1]), found([wide], [1], [0.75]))}
    assert kinds[DoubtKind.NOTHING_THERE] == pytest.approx(0.25)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 1)), max_size=8, unique=True))
def test_a_model_that_agrees_doubts_nothing(cells: list[tuple[int, int, int]]) -> None:
    places = {(y, x): kind for y, x, kind in cells}
    boxes = [[10.0 * y, 10.0 * x, 10.0 * y + 9, 10.0 * x + 9] for y, x in places]
    kinds = list(places.values())
    assert not list(doubts_of(labelled(boxes, kinds), found(boxes, kinds, [1.0] * len(boxes))))


def test_the_cells_that_bccd_left_out_are_found(data_dir: Path) -> None:
    from benchmarks.bench_labels import measure

    ranked, _ = measure(data_dir)
    assert (ranked.pictures, ranked.left_out) == (39, 493)
    assert ranked.recall >= 0.9
    assert ranked.precision_at(0.7) >= 0.9
