"""Every way of answering becomes what Cellwright's decoders take; worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from cellwright_onnx.conventions import Asked, as_answer
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.zoo import (
    TASK_OF,
    BoxDecoding,
    ClassDecoding,
    Decoding,
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    StarDecoding,
    Thresholds,
    TouchingDecoding,
)

SIDE = 16


def asked(decoding: Decoding, classes: int = 2, shape: tuple[int, int] = (SIDE, SIDE)) -> Asked:
    names = ["A", "B", "C"][:classes]
    card = ModelCard(
        name="own",
        title="Own",
        task=TASK_OF[decoding.kind],
        architecture={"kind": "onnx"},
        input=InputContract(tile_px=64, halo_px=8),
        classes=tuple(ObjectClass(name=name, title=name, colour="#0072B2", badge=name) for name in names),
        decoding=decoding,
        thresholds=Thresholds(confidence=dict.fromkeys(names, 0.5)),
    )
    return Asked(card, shape)


def numbers(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


def test_yolo_of_the_fifth_kind_multiplies_object_and_class() -> None:
    given = numbers([10, 20, 4, 6, 0.5, 0.8, 0.2])
    found = as_answer("yolo-v5", [given], asked(BoxDecoding()))
    np.testing.assert_allclose(found, numbers([17, 8, 23, 12, 0.4, 0.1]), rtol=1e-6)


def test_yolo_of_the_eighth_kind_lies_on_its_side_and_has_no_object_score() -> None:
    given = numbers([10, 20, 4, 6, 0.8, 0.2], [1, 2, 2, 2, 0.0, 1.0]).T
    found = as_answer("yolo-v8", [given], asked(BoxDecoding()))
    np.testing.assert_allclose(found, numbers([17, 8, 23, 12, 0.8, 0.2], [1, 0, 3, 2, 0, 1]), rtol=1e-6)


def test_suppression_inside_leaves_rows_with_a_class_and_padding_goes() -> None:
    given = numbers([8, 17, 12, 23, 0.9, 1], [0, 0, 2, 2, 0.6, 0], [0, 0, 0, 0, 0, 0])
    found = as_answer("yolo-nms", [given], asked(BoxDecoding()))
    np.testing.assert_allclose(found, [[17, 8, 23, 12, 0, 0.9], [0, 0, 2, 2, 0.6, 0]], rtol=1e-6)


def test_boxes_scores_and_classes_may_come_apart() -> None:
    apart = [numbers([8, 17, 12, 23]), np.array([0.9], np.float32), np.array([1.0], np.float32)]
    np.testing.assert_allclose(
        as_answer("detections", apart, asked(BoxDecoding())), [[17, 8, 23, 12, 0, 0.9]], rtol=1e-6
    )


@given(st.lists(st.tuples(*[st.floats(0, 500, width=32)] * 2, *[st.floats(1, 80, width=32)] * 2), max_size=9))
def test_both_kinds_of_yolo_say_the_same_boxes(rows: list[tuple[float, ...]]) -> None:
    boxes = np.array(rows, np.float32).reshape(-1, 4)
    sure = np.ones((len(boxes), 1), np.float32)
    fifth = as_answer("yolo-v5", [np.hstack([boxes, sure, sure])], asked(BoxDecoding(), 1))
    eighth = as_answer("yolo-v8", [np.hstack([boxes, sure]).T], asked(BoxDecoding(), 1))
    np.testing.assert_array_equal(fifth, eighth)
    np.testing.assert_allclose(fifth[:, 2] - fifth[:, 0], boxes[:, 3], atol=1e-3)


def test_a_class_that_the_card_does_not_name_is_refused() -> None:
    with pytest.raises(ModelNotUsable, match="class 7, and its card names 2"):
        as_answer("yolo-nms", [numbers([8, 17, 12, 23, 0.9, 7])], asked(BoxDecoding()))


def test_a_probability_of_one_thing_is_also_that_of_the_ground() -> None:
    maps = np.full((1, SIDE, SIDE), 0.25, np.float32)
    found = as_answer("foreground", [maps], asked(ClassDecoding(), 1))
    assert found.shape == (2, SIDE, SIDE)
    assert found[0, 0, 0] == 0.75
    assert found[1, 0, 0] == 0.25


def test_foreground_and_edge_become_three_that_add_up_to_one() -> None:
    maps = np.stack([np.full((SIDE, SIDE), 0.8), np.full((SIDE, SIDE), 0.25)]).astype(np.float32)
    found = as_answer("foreground-boundary", [maps], asked(TouchingDecoding(), 1))
    np.testing.assert_allclose(found[:, 3, 3], [0.2, 0.6, 0.2], rtol=1e-6)


@pytest.mark.parametrize("order", ["one", "two", "turned"])
def test_stars_come_in_one_array_or_two(order: str) -> None:
    probability = np.full((1, 8, 8), 0.9, np.float32)
    rays = np.arange(32 * 64, dtype=np.float32).reshape(32, 8, 8)
    answers = {"one": [np.concatenate([probability, rays])], "two": [probability, rays], "turned": [rays, probability]}
    found = as_answer("stardist", answers[order], asked(StarDecoding(grid=2), 1))
    assert found.shape == (33, 8, 8)
    np.testing.assert_array_equal(found[0], probability[0])
    assert found[1:].min() > 0
    np.testing.assert_array_equal(found[2:], rays[1:])


@pytest.mark.parametrize("name", ["instanseg", "labels"])
def test_labels_pass_as_they_are(name: str) -> None:
    maps = np.arange(SIDE * SIDE, dtype=np.float32).reshape(1, SIDE, SIDE)
    np.testing.assert_array_equal(as_answer(name, [maps], asked(LabelDecoding(), 1)), maps)


@pytest.mark.parametrize(
    ("name", "decoding", "answer"),
    [
        ("yolo-v5", BoxDecoding(), np.zeros((9, 8))),
        ("yolo-v8", BoxDecoding(), np.zeros((9, 8, 8))),
        ("yolo-nms", BoxDecoding(), np.zeros((9, 7))),
        ("classes", ClassDecoding(), np.zeros((2, SIDE, SIDE))),
        ("classes", ClassDecoding(), np.zeros((3, SIDE, SIDE - 1))),
        ("boundary", TouchingDecoding(), np.zeros((2, SIDE, SIDE))),
        ("stardist", StarDecoding(grid=1), np.zeros((33, SIDE // 2, SIDE // 2))),
        ("stardist", StarDecoding(grid=1), np.zeros((3, SIDE, SIDE))),
        ("labels", LabelDecoding(), np.zeros((1, SIDE, SIDE))),
        ("cellwright", BoxDecoding(), np.zeros((9, 9))),
        ("cellwright", ClassDecoding(), np.zeros((3, 1, 1))),
    ],
)
def test_answers_of_another_shape_are_refused_in_one_sentence(
    name: str, decoding: Decoding, answer: NDArray[np.float64]
) -> None:
    classes = 1 if decoding.kind == "touching" else 2
    with pytest.raises(ModelNotUsable) as caught:
        as_answer(name, [answer.astype(np.float32)], asked(decoding, classes))
    assert "own answers with" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["foreground", "classes"])
def test_logits_are_not_taken_for_probabilities(name: str) -> None:
    maps = np.full((1 if name == "foreground" else 2, SIDE, SIDE), 3.5, np.float32)
    with pytest.raises(ModelNotUsable, match="if they are logits, add"):
        as_answer(name, [maps], asked(ClassDecoding(), 1))
