"""Networks of other programs find what they should, whole and in tiles, whatever order their axes have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from cellwright.core import BadParameter, ModelNotUsable, Objects
from cellwright.inference import DetectOptions, open_predictor
from cellwright.testing import Nuclei
from cellwright.zoo import ClassDecoding, LabelDecoding, list_models


def test_a_recorded_model_stands_on_the_shelf_and_counts(
    shelf: Any, graphs: Any, discs: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = shelf.put(graphs.blurred(), "foreground", ClassDecoding())
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(shelf.folder))
    listed = {entry.name: entry for entry in list_models()}
    assert listed["own"].problem == ""
    found = shelf.found(model, discs)
    assert len(found) == 7 * 9
    assert found.source.startswith("model:own@")


def same(found: Objects, wanted: Objects) -> None:
    """Check that the same objects were found, whatever their order: many score alike."""
    assert len(found) == len(wanted)
    rows = [np.lexsort(objects.boxes.T) for objects in (found, wanted)]
    np.testing.assert_array_equal(found.boxes[rows[0]], wanted.boxes[rows[1]])
    np.testing.assert_allclose(found.scores[rows[0]], wanted.scores[rows[1]], atol=1e-5)
    assert found.masks is not None
    assert wanted.masks is not None
    np.testing.assert_array_equal(found.masks.areas()[rows[0]], wanted.masks.areas()[rows[1]])


@pytest.mark.parametrize("tile", [64, 96, 160])
def test_whole_is_tiled(shelf: Any, graphs: Any, discs: NDArray[np.uint8], tile: int) -> None:
    model = shelf.put(graphs.blurred(), "foreground", ClassDecoding(), contract={"halo_px": 16})
    whole = shelf.found(model, discs, DetectOptions(tile_px=512))
    tiled = shelf.found(model, discs, DetectOptions(tile_px=tile))
    same(tiled, whole)


def test_a_network_of_one_size_is_given_that_size_alone(shelf: Any, graphs: Any, discs: NDArray[np.uint8]) -> None:
    free = shelf.put(graphs.blurred(), "foreground", ClassDecoding(), name="free")
    fixed = {"tile_px": 96, "halo_px": 16}
    one = shelf.put(
        graphs.blurred(shape=(1, 3, 96, 96)), "foreground", ClassDecoding(), contract=fixed, name="one-size"
    )
    same(shelf.found(one, discs), shelf.found(free, discs))


def test_a_network_of_one_size_is_asked_in_parts_where_tiles_are_larger(shelf: Any, graphs: Any) -> None:
    fixed = {"tile_px": 96, "halo_px": 16}
    one = shelf.put(graphs.blurred(shape=(1, 3, 96, 96)), "foreground", ClassDecoding(), contract=fixed)
    free = shelf.put(graphs.blurred(), "foreground", ClassDecoding(), name="free")
    picture = np.random.default_rng(1).integers(0, 256, (1, 192, 288, 3), np.uint8)
    np.testing.assert_allclose(open_predictor(one).predict(picture), open_predictor(free).predict(picture), atol=1e-5)


def test_axes_channels_and_numbers_come_as_the_card_says(shelf: Any, graphs: Any) -> None:
    """Grey in the last axis as bytes: a pixel of 3, 6, 9 is 6, and 6 · 1/60 is 0.1."""
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "k"], ["y"]),
    ]
    data = graphs.model(nodes, {"k": np.array(1 / 60, np.float32)}, ("n", "h", "w", 1), kind=TensorProto.UINT8)
    model = shelf.put(
        data,
        "foreground",
        ClassDecoding(),
        input={"axes": "byxc", "channels": "grey", "values": "bytes"},
        outputs=[{"axes": "byxc"}],
    )
    picture = np.broadcast_to(np.array([3, 6, 9], np.uint8), (1, 32, 64, 3))
    np.testing.assert_allclose(open_predictor(model).predict(picture)[0, 1], 0.1, atol=1e-6)


def test_blue_may_come_first(shelf: Any, graphs: Any) -> None:
    kernel = np.zeros((1, 3, 1, 1), np.float32)
    kernel[0, 0] = 1
    data = graphs.model([helper.make_node("Conv", ["x", "k"], ["y"])], {"k": kernel})
    model = shelf.put(data, "foreground", ClassDecoding(), input={"channels": "bgr"})
    picture = np.broadcast_to(np.array([255, 0, 51], np.uint8), (1, 32, 32, 3))
    np.testing.assert_allclose(open_predictor(model).predict(picture)[0, 1], 0.2, atol=1e-6)


def test_steps_before_and_after_are_done(shelf: Any, graphs: Any) -> None:
    """(1 - 0.5) / 0.25 = 2, and the sigmoid of 2 is 0.8808."""
    nodes = [helper.make_node("Slice", ["x", "a", "b", "c"], ["y"])]
    data = graphs.model(nodes, {"a": np.array([0]), "b": np.array([1]), "c": np.array([1])})
    steps = [{"id": "fixed_zero_mean_unit_variance", "kwargs": {"mean": 0.5, "std": 0.25}}]
    model = shelf.put(
        data,
        "foreground",
        ClassDecoding(),
        input={"steps": steps},
        outputs=[{"axes": "bcyx", "steps": [{"id": "sigmoid"}]}],
    )
    answer = open_predictor(model).predict(np.full((1, 32, 32, 3), 255, np.uint8))
    np.testing.assert_allclose(answer[0, 1], 0.880797, atol=1e-5)


def test_mean_and_deviation_are_those_of_the_whole_picture(shelf: Any, graphs: Any) -> None:
    """A network that lets numbers through sees mean 0 and deviation 1, in whatever tiles."""
    nodes = [helper.make_node("Slice", ["x", "a", "b", "c"], ["m"]), helper.make_node("Sigmoid", ["m"], ["y"])]
    data = graphs.model(nodes, {"a": np.array([0]), "b": np.array([1]), "c": np.array([1])})
    model = shelf.put(
        data, "foreground", ClassDecoding(), input={"values": "spread"}, contract={"contrast": "spread", "halo_px": 0}
    )
    field = Nuclei(3, (150, 170))
    picture = np.repeat(field.read(field.box)[..., None], 3, 2).astype(np.uint8)
    whole = shelf.found(model, picture, DetectOptions(tile_px=512))
    tiled = shelf.found(model, picture, DetectOptions(tile_px=64))
    assert whole.id_strings() == tiled.id_strings()
    grey = picture[..., 0].astype(float)
    covered = (grey > grey.mean()).sum()
    assert whole.masks is not None
    assert abs(whole.masks.areas().sum() - covered) <= 0.02 * grey.size


def test_numbered_objects_are_joined_across_seams(shelf: Any, graphs: Any, discs: NDArray[np.uint8]) -> None:
    """Every pixel gets the number of its disc, from its place in the tile: the numbers differ from tile to tile."""
    nodes = [
        helper.make_node("Slice", ["x", "a", "b", "c"], ["red"]),
        helper.make_node("Greater", ["red", "half"], ["in"]),
        helper.make_node("Cast", ["in"], ["y"], to=TensorProto.FLOAT),
    ]
    constants = {"a": np.array([0]), "b": np.array([1]), "c": np.array([1]), "half": np.array(0.5, np.float32)}
    model = shelf.put(graphs.model(nodes, constants), "labels", LabelDecoding())
    one = np.zeros_like(discs)
    one[8:28, 50:80] = discs[8:28, 50:80]
    one[8:28, 50:80, 0] = 255
    found = shelf.found(model, one, DetectOptions(tile_px=128))
    assert len(found) == 1
    assert found.masks is not None
    assert found.masks.areas().tolist() == [600]


def test_a_size_that_a_network_does_not_take_is_padded_and_cut_back(shelf: Any, graphs: Any) -> None:
    """Sides 20, 36, 52 …: a side of 32 goes as 36."""
    data = graphs.blurred()
    model = shelf.put(
        data, "foreground", ClassDecoding(), contract={"stride": 16, "tile_px": 64}, input={"least_px": 20}
    )
    picture = np.full((1, 32, 48, 3), 255, np.uint8)
    assert open_predictor(model).predict(picture).shape == (1, 2, 32, 48)


def test_what_is_added_to_a_picture_is_cut_back_and_holds_no_object(shelf: Any, graphs: Any) -> None:
    """One size of 96, a picture of 64: boxes with their middle in what was added are left out."""
    rows = np.array([[[30, 30, 10, 10, 0.9, 0.9], [80, 20, 10, 10, 0.9, 0.9]]], np.float32)
    model = shelf.put(graphs.saying(rows, shape=(1, 3, 96, 96)), "yolo-v5")
    found = shelf.found(model, np.zeros((64, 64, 3), np.uint8))
    np.testing.assert_allclose(found.boxes, [[25, 25, 35, 35]])


def test_numbered_objects_are_never_asked_for_in_parts(shelf: Any, graphs: Any) -> None:
    data = graphs.saying(np.zeros((1, 1, 96, 96), np.float32), shape=(1, 3, 96, 96))
    model = shelf.put(data, "labels", LabelDecoding())
    with pytest.raises(ModelNotUsable, match="which parts would split"):
        open_predictor(model).predict(np.zeros((1, 128, 128, 3), np.uint8))


@pytest.mark.parametrize("device", ["cuda", "cpu:torch", "cpu:openvino"])
def test_a_device_that_cannot_run_it_is_refused(shelf: Any, graphs: Any, device: str) -> None:
    model = shelf.put(graphs.blurred(), "foreground", ClassDecoding())
    with pytest.raises(BadParameter):
        open_predictor(model, device)


def test_turned_copies_are_averaged(shelf: Any, graphs: Any, discs: NDArray[np.uint8]) -> None:
    model = shelf.put(graphs.blurred(), "foreground", ClassDecoding())
    plain, copies = shelf.found(model, discs), shelf.found(model, discs, DetectOptions(augment=True))
    np.testing.assert_array_equal(np.sort(copies.boxes, 0), np.sort(plain.boxes, 0))


@pytest.mark.parametrize(
    ("shape", "convention", "words", "said"),
    [
        ((1, 3, 96, 96), "foreground", {"input": {"fixed_px": 64}}, "its card says 64"),
        ((1, 3, 16, 16), "foreground", {}, "leaves nothing"),
        ((1, 3, 64, 96), "foreground", {}, "tiles are square"),
        (("n", 3, "h", "w"), "foreground", {"input": {"axes": "cyx"}}, "takes an array of 4"),
        (("n", 3, "h", "w"), "foreground", {"input": {"channels": "grey"}}, "takes 3 channels"),
        (("n", 3, "h", "w"), "foreground", {"outputs": [{"name": "z", "axes": "bcyx"}]}, "has no output 'z'"),
        (("n", 3, "h", "w"), "yolo-v8", {}, "needs the decoding boxes"),
        (("n", 3, "h", "w"), "nothing", {}, "convention"),
        (("n", 3, "h", "w"), "foreground", {"input": {"steps": [{"id": "scale_range"}]}}, "whole picture"),
        (("n", 3, "h", "w"), "foreground", {"external": {"../w": "0" * 64}}, "inside the model folder"),
    ],
)
def test_a_card_that_says_otherwise_than_the_file_is_refused(
    shelf: Any, graphs: Any, shape: tuple[int | str, ...], convention: str, words: dict[str, Any], said: str
) -> None:
    model = shelf.put(graphs.blurred(shape=shape), convention, ClassDecoding(), **words)
    with pytest.raises(ModelNotUsable, match=said) as caught:
        open_predictor(model)
    assert "\n" not in str(caught.value)


def test_too_few_outputs_are_told_before_the_first_picture(shelf: Any, graphs: Any) -> None:
    with pytest.raises(ModelNotUsable, match="has 1 outputs"):
        open_predictor(shelf.put(graphs.blurred(), "detections"))
