"""Files that were made to harm, or are merely broken: one sentence each, and nothing outside the folder is touched."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from cellwright_onnx import command
from cellwright_onnx.onnx_file import external_files
from cellwright_onnx.torchscript_session import refuse_bomb
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from cellwright.core import ModelNotUsable
from cellwright.inference import open_predictor
from cellwright.zoo import ClassDecoding


def one_sentence(error: pytest.ExceptionInfo[ModelNotUsable]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 700
    return text


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_off_file_is_told_as_that(shelf: Any, graphs: Any, share: float) -> None:
    data = graphs.blurred()
    model = shelf.put(data[: int(share * len(data))], "foreground", ClassDecoding())
    with pytest.raises(ModelNotUsable) as caught:
        open_predictor(model)
    one_sentence(caught)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_onnx_are_told_or_name_no_file(data: bytes) -> None:
    try:
        assert all(isinstance(name, str) for name in external_files(data))
    except ModelNotUsable:
        return


@pytest.mark.parametrize("place", ["../../etc/passwd", "/etc/passwd", "weights.bin", "a/../../b", "C:\\w", ""])
def test_numbers_in_other_files_are_refused_unless_the_card_names_them(shelf: Any, graphs: Any, place: str) -> None:
    model = shelf.put(external(graphs.blurred(), place), "foreground", ClassDecoding())
    with pytest.raises(ModelNotUsable, match=r"which its card does not name|inside the model folder") as caught:
        open_predictor(model)
    one_sentence(caught)


def test_a_card_cannot_name_a_file_outside_its_folder(shelf: Any, graphs: Any) -> None:
    data = external(graphs.blurred(), "../secret")
    (shelf.folder / "secret").write_bytes(b"0" * 300)
    sha256 = hashlib.sha256(b"0" * 300).hexdigest()
    model = shelf.put(data, "foreground", ClassDecoding(), external={"../secret": sha256})
    with pytest.raises(ModelNotUsable, match="inside the model folder") as caught:
        open_predictor(model)
    one_sentence(caught)


def test_a_link_out_of_the_folder_is_not_followed(shelf: Any, graphs: Any) -> None:
    data = external(graphs.blurred(), "weights.bin")
    (shelf.folder / "secret").write_bytes(b"0" * 300)
    sha256 = hashlib.sha256(b"0" * 300).hexdigest()
    model = shelf.put(data, "foreground", ClassDecoding(), external={"weights.bin": sha256})
    (model / "weights.bin").symlink_to(shelf.folder / "secret")
    with pytest.raises(ModelNotUsable, match="nothing outside is read") as caught:
        open_predictor(model)
    one_sentence(caught)


def test_numbers_in_a_file_that_the_card_names_are_used(shelf: Any, graphs: Any) -> None:
    plain = shelf.put(graphs.blurred(), "foreground", ClassDecoding(), name="plain")
    kernel = numpy_helper.to_array(onnx.load_from_string(graphs.blurred()).graph.initializer[0]).tobytes()
    named = {"weights.bin": hashlib.sha256(kernel).hexdigest()}
    model = shelf.put(external(graphs.blurred(), "weights.bin"), "foreground", ClassDecoding(), external=named)
    (model / "weights.bin").write_bytes(kernel)
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    np.testing.assert_array_equal(open_predictor(model).predict(picture), open_predictor(plain).predict(picture))
    (model / "weights.bin").write_bytes(kernel[:-1] + b"x")
    with pytest.raises(ModelNotUsable, match="sha256 differs"):
        open_predictor(model)


def test_external_numbers_are_found_wherever_they_hide() -> None:
    tensor = onnx.load_from_string(external_tensor("deep")).graph.initializer[0]
    inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=tensor)], "inner", [], [])
    outer = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)], "g", [], [])
    assert external_files(helper.make_model(outer).SerializeToString()) == {"deep"}


def test_graphs_within_graphs_without_end_are_refused() -> None:
    graph = b""
    for _ in range(40):
        attribute = field(6, graph)
        graph = field(1, field(5, attribute))
    with pytest.raises(ModelNotUsable, match="deep"):
        external_files(field(7, graph))


def test_a_network_that_wants_more_memory_than_there_is_stops_with_a_sentence(shelf: Any, graphs: Any) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["r"], keepdims=0),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    data = graphs.model(nodes, {"s": np.array([600_000, 600_000])})
    picture = np.zeros((32, 32, 3), np.uint8)
    said = shelf.complaint(shelf.put(data, "foreground", ClassDecoding()), picture)
    assert "memory" in said
    assert "\n" not in said


def test_sizes_that_do_not_fit_their_numbers_are_refused(shelf: Any, graphs: Any) -> None:
    model = onnx.load_from_string(graphs.blurred())
    model.graph.initializer[0].dims[:] = [2**31, 3, 5, 5]
    with pytest.raises(ModelNotUsable, match="ONNX Runtime does not take") as caught:
        open_predictor(shelf.put(model.SerializeToString(), "foreground", ClassDecoding()))
    one_sentence(caught)


def test_operators_that_nobody_knows_are_refused(shelf: Any, graphs: Any) -> None:
    data = graphs.model([helper.make_node("StealFiles", ["x"], ["y"], domain="evil")], {})
    with pytest.raises(ModelNotUsable) as caught:
        open_predictor(shelf.put(data, "foreground", ClassDecoding()))
    one_sentence(caught)


def test_two_inputs_and_odd_types_are_refused(shelf: Any, graphs: Any) -> None:
    two = onnx.load_from_string(graphs.blurred())
    two.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1]))
    two.graph.node.append(helper.make_node("Identity", ["z"], ["w"]))
    with pytest.raises(ModelNotUsable, match="takes 2 inputs"):
        open_predictor(shelf.put(two.SerializeToString(), "foreground", ClassDecoding(), name="a"))
    words = graphs.model([helper.make_node("Identity", ["x"], ["y"])], {}, kind=TensorProto.STRING)
    with pytest.raises(ModelNotUsable):
        open_predictor(shelf.put(words, "foreground", ClassDecoding(), name="b"))


def test_a_network_that_fails_on_a_picture_fails_the_tile_with_a_sentence(shelf: Any, graphs: Any) -> None:
    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    said = shelf.complaint(
        shelf.put(graphs.model(nodes, {"s": np.array([7, 7])}), "foreground", ClassDecoding()),
        np.zeros((32, 32, 3), np.uint8),
    )
    assert "does not answer" in said
    assert "\n" not in said


def test_answers_that_are_no_numbers_fail_the_tile(shelf: Any, graphs: Any) -> None:
    answer = np.full((1, 1, 32, 32), np.nan, np.float32)
    model = shelf.put(graphs.saying(answer), "foreground", ClassDecoding())
    assert "not finite" in shelf.complaint(model, np.zeros((32, 32, 3), np.uint8))


# TorchScript.


@pytest.fixture(scope="module")
def script() -> bytes:
    """A network that lets red through."""
    import torch

    class Red(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        buffer = io.BytesIO()
        graph: Any = torch.jit.trace(Red(), torch.zeros(1, 3, 8, 8))  # type: ignore[no-untyped-call]
        torch.jit.save(graph, buffer)
    return buffer.getvalue()


def test_torchscript_is_loaded_only_after_consent(
    shelf: Any, script: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = shelf.put(script, "foreground", ClassDecoding(), file="model.pt")
    with pytest.raises(ModelNotUsable, match="holds code that runs when it is loaded") as caught:
        open_predictor(model)
    assert f"cellwright-onnx trust {model}" in one_sentence(caught)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert command.main(["trust", str(model)]) == command.FAILED
    assert "nobody can see from outside" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert command.main(["trust", str(model)]) == command.DONE
    picture = np.full((1, 32, 32, 3), 51, np.uint8)
    np.testing.assert_allclose(open_predictor(model).predict(picture)[0, 1], 0.2, atol=1e-6)


def test_consent_is_for_one_file_and_not_for_its_name(shelf: Any, script: bytes) -> None:
    model = shelf.put(script, "foreground", ClassDecoding(), file="model.pt")
    assert command.main(["trust", str(model), "--yes"]) == command.DONE
    other = shelf.put(script + b"\0", "foreground", ClassDecoding(), file="model.pt")
    with pytest.raises(ModelNotUsable, match="nobody has allowed it"):
        open_predictor(other)


def test_a_damaged_list_of_what_is_trusted_trusts_nothing(shelf: Any, script: bytes) -> None:
    from cellwright_onnx.consent import trusted_file

    model = shelf.put(script, "foreground", ClassDecoding(), file="model.pt")
    assert command.main(["trust", str(model), "--yes"]) == command.DONE
    path = trusted_file()
    assert path is not None
    path.write_text("[")
    with pytest.raises(ModelNotUsable, match="nobody has allowed it"):
        open_predictor(model)


def test_broken_archives_and_bombs_are_told_before_torch_sees_them(shelf: Any, script: bytes) -> None:
    model = shelf.put(script[: len(script) // 2], "foreground", ClassDecoding(), file="model.pt")
    assert command.main(["trust", str(model), "--yes"]) == command.DONE
    with pytest.raises(ModelNotUsable, match="no TorchScript archive") as caught:
        open_predictor(model)
    one_sentence(caught)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("data.pkl", b"\0" * 50_000_000)
    with pytest.raises(ModelNotUsable, match="which no weights do"):
        refuse_bomb(buffer.getvalue(), Path("model.pt"))


def field(number: int, content: bytes) -> bytes:
    """Return a field of a protocol buffer that holds bytes."""
    length, left = b"", len(content)
    while left > 127:
        length, left = length + bytes([left & 127 | 128]), left >> 7
    return bytes([number << 3 | 2]) + length + bytes([left]) + content


def external(data: bytes, place: str) -> bytes:
    """Return a network whose first numbers lie in another file."""
    model = onnx.load_from_string(data)
    point_outside(model.graph.initializer[0], place)
    return bytes(model.SerializeToString())


def external_tensor(place: str) -> bytes:
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "t")
    point_outside(tensor, place)
    return bytes(helper.make_model(helper.make_graph([], "g", [], [], [tensor])).SerializeToString())


def point_outside(tensor: onnx.TensorProto, place: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
