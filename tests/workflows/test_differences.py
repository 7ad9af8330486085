"""Two lists of objects are told apart one by one, and what moved within the tolerance is the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cellwright.workflows.differences import ENGINES, NONE, Rows, compare


def rows(boxes: Sequence[tuple[float, ...]], classes: str, ids: str, scores: list[float] | None = None) -> Rows:
    values = np.array(boxes, np.float64).reshape(-1, 4)
    return Rows(list(ids), list(classes), values, np.array(scores or [0.5] * len(boxes), np.float64))


A = (0.0, 0.0, 10.0, 10.0)
B = (20.0, 20.0, 30.0, 30.0)


def test_by_hand() -> None:
    then = rows([A, B], "WR", "ab")
    moved = rows([(1.0, 0.0, 10.0, 10.0), B], "WR", "xb")
    found = compare(then, moved, ENGINES)
    assert (found.same, found.near, found.is_same) == (1, 1, True)
    strict = compare(then, moved, NONE)
    assert (strict.same, strict.near) == (1, 0)
    assert strict.only_then == ("W 0.50 at y 5, x 5",) and strict.only_now == ("W 0.50 at y 6, x 5",)
    assert "1 were there then alone and 1 now alone" in strict.sentence(NONE)


def test_another_class_or_score_is_another_object() -> None:
    assert not compare(rows([A], "W", "a"), rows([A], "R", "a"), ENGINES).is_same
    assert not compare(rows([A], "W", "a", [0.5]), rows([A], "W", "a", [0.7]), ENGINES).is_same


def test_each_object_has_one_counterpart() -> None:
    found = compare(rows([A, A], "WW", "ab"), rows([A], "W", "x"), ENGINES)
    assert found.near + found.same == 1 and len(found.only_then) == 1


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), unique=True, max_size=20), st.randoms())
def test_order_and_ids_make_no_difference(places: list[tuple[int, int]], chance: object) -> None:
    boxes = [(float(y) * 9, float(x) * 9, float(y) * 9 + 5, float(x) * 9 + 5) for y, x in places]
    ids = "".join(chr(0x4E00 + n) for n in range(len(boxes)))
    shuffled = list(boxes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = compare(rows(boxes, "W" * len(boxes), ids), rows(shuffled, "W" * len(boxes), ids.upper()), ENGINES)
    assert found.is_same and found.same + found.near == len(boxes)
    gone = compare(rows(boxes, "W" * len(boxes), ids), rows(boxes[1:], "W" * len(boxes[1:]), ids[1:]), NONE)
    assert len(gone.only_then) == (1 if boxes else 0) and not gone.only_now
