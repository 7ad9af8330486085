"""Raw answers become few, calibrated boxes."""

from __future__ import annotations

import hashlib
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import ModelNotUsable
from cellwright.inference import Boxes, Cut, best_boxes, calibrated, object_ids


def raw(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_a_temperature_moves_a_score_as_the_formula_says() -> None:
    p = 0.9
    expected = 1 / (1 + math.exp(-math.log(p / (1 - p)) / 2))
    assert calibrated(raw((p, p)), (1.0, 2.0))[0].tolist() == pytest.approx([p, expected], abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.2, 5))
def test_calibration_keeps_the_order_and_the_middle(low: float, high: float, temperature: float) -> None:
    low, high = sorted((low, high))
    a, b, middle = calibrated(np.array([[low], [high], [0.5]], np.float32), (temperature,))[:, 0]
    assert 0 <= a <= b <= 1
    assert middle == pytest.approx(0.5)


def test_each_place_answers_with_its_likeliest_class_above_the_floor() -> None:
    answer = raw((0, 0, 10, 10, 0.6, 0.3), (50, 50, 60, 60, 0.04, 0.2), (90, 90, 99, 99, 0.01, 0.04))
    found = best_boxes(answer, Cut(0.05, (1.0, 1.0), 0.5))
    assert found.class_index.tolist() == [0, 1]
    assert found.scores.tolist() == pytest.approx([0.6, 0.2])
    assert found.boxes.tolist() == [[0, 0, 10, 10], [50, 50, 60, 60]]


def test_every_class_above_the_floor_answers_where_that_is_asked() -> None:
    answer = raw((0, 0, 10, 10, 0.6, 0.3), (50, 50, 60, 60, 0.04, 0.2))
    found = best_boxes(answer, Cut(0.05, (1.0, 1.0), 0.5, every_class=True))
    assert found.class_index.tolist() == [0, 1, 1]
    assert found.scores.tolist() == pytest.approx([0.6, 0.3, 0.2])


def test_the_floor_holds_for_calibrated_scores() -> None:
    answer = raw((0, 0, 10, 10, 0.02, 0.0), (50, 50, 60, 60, 0.0, 0.02))
    found = best_boxes(answer, Cut(0.1, (2.0, 1.0), 0.5))  # 0.02 becomes 0.125 at T = 2
    assert found.class_index.tolist() == [0]
    assert found.scores[0] == pytest.approx(1 / (1 + math.sqrt(49)), abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), max_size=30),
    st.floats(0.01, 0.9),
    st.tuples(st.floats(0.3, 4), st.floats(0.3, 4)),
)
def test_cutting_before_calibration_loses_nothing(
    probabilities: list[tuple[float, float]], floor: float, temperatures: tuple[float, float]
) -> None:
    rows = [(100 * i, 0, 100 * i + 10, 10, *p) for i, p in enumerate(probabilities)]
    answer = np.array(rows, np.float32).reshape(-1, 6)
    found = best_boxes(answer, Cut(floor, temperatures, 0.5))
    everything = calibrated(answer[:, 4:], temperatures).max(axis=1, initial=0.0)
    assert sorted(found.scores) == sorted(everything[everything >= floor])


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ModelNotUsable, match="not finite"):
        best_boxes(raw((0, 0, math.nan, 10, 0.6, 0.3)), Cut(0.05, (1.0, 1.0), 0.5))


def test_ids_depend_on_picture_model_class_and_box_alone() -> None:
    boxes = Boxes(raw((0, 0, 1, 1), (0, 0, 1, 1), (0, 0, 1, 2)), np.array([0, 1, 0], np.int16), np.ones(3, np.float32))
    ids = object_ids(boxes, "picture", "model")
    assert len(set(ids.tolist())) == 3
    again = object_ids(boxes.take(np.array([2, 0, 1])), "picture", "model")
    assert again.tolist() == ids[[2, 0, 1]].tolist()
    assert not set(object_ids(boxes, "other", "model").tolist()) & set(ids.tolist())
    assert not set(object_ids(boxes, "picture", "other").tolist()) & set(ids.tolist())
    by_hand = hashlib.blake2b(b"picture\0model\0" + struct.pack("<h4f", 0, 0, 0, 1, 1), digest_size=16)
    assert ids[0].tobytes() == by_hand.digest()
