"""Packages of bioimage.io: unpacked, read, run and checked; those that would leave their folder or burst are not."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from cellwright_onnx import command
from cellwright_onnx.checking import check
from cellwright_onnx.package import unpack
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable, OutputExists
from cellwright.inference import open_predictor
from cellwright.zoo import load_card


def description(data: bytes, **parts: Any) -> dict[str, Any]:
    """Return the description of a network of one foreground."""
    side = {"min": 32, "step": 32}
    return {
        "format_version": "0.5.4",
        "type": "model",
        "name": "Somebody's discs",
        "description": "Marks red discs.",
        "license": "MIT",
        "inputs": [
            {
                "id": "raw",
                "axes": [
                    {"type": "batch"},
                    {"type": "channel", "channel_names": ["r", "g", "b"]},
                    {"type": "space", "id": "y", "size": side},
                    {"type": "space", "id": "x", "size": side},
                ],
                "data": {"type": "uint8"},
                "preprocessing": [{"id": "scale_linear", "kwargs": {"gain": 1 / 255}}],
                "test_tensor": {"source": "in.npy"},
            }
        ],
        "outputs": [
            {
                "id": "discs",
                "axes": [
                    {"type": "batch"},
                    {"type": "channel", "channel_names": ["disc"]},
                    {"type": "space", "id": "y", "size": {"tensor_id": "raw", "axis_id": "y"}, "halo": 4},
                    {"type": "space", "id": "x", "size": {"tensor_id": "raw", "axis_id": "x"}, "halo": 4},
                ],
                "data": {"type": "float32"},
                "postprocessing": [],
                "test_tensor": {"source": "out.npy"},
            }
        ],
        "weights": {"onnx": {"source": "w.onnx", "sha256": hashlib.sha256(data).hexdigest(), "opset_version": 18}},
        **parts,
    }


@pytest.fixture
def package(tmp_path: Path, graphs: Any) -> Path:
    """A folder as somebody else would make it."""
    data = graphs.blurred()
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "w.onnx").write_bytes(data)
    (folder / "rdf.yaml").write_text(yaml.safe_dump(description(data)))
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, 64, 64), np.uint8)
    np.save(folder / "in.npy", pixels)
    np.save(folder / "out.npy", answered(pixels))
    return folder


def answered(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean of red in a square of five, sharpened: what `Graphs.blurred` computes."""
    red = np.pad(pixels[0, 0].astype(np.float64) / 255, 2)
    mean = sum(red[y : y + 64, x : x + 64] for y in range(5) for x in range(5)) / 25
    return (1 / (1 + np.exp(-20 * (mean - 0.5))))[None, None].astype(np.float32)


def test_a_folder_of_somebody_else_is_a_model(package: Path, shelf: Any, discs: NDArray[np.uint8]) -> None:
    card = load_card(package)
    assert card.title == "Somebody's discs"
    assert card.licence == "MIT"
    assert card.class_names == ("object",)
    assert len(shelf.found(package, discs)) == 7 * 9


def test_it_answers_to_its_test_input_with_its_test_output(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = check(package)
    assert found.is_right
    assert found.largest < 1e-5
    assert command.main(["check", str(package)]) == command.DONE
    np.save(package / "out.npy", np.load(package / "out.npy") + np.float32(0.1))
    assert command.main(["check", str(package)]) == command.FAILED
    assert "WRONG" in capsys.readouterr().out


def test_a_test_tensor_outside_the_package_is_not_read(package: Path, graphs: Any) -> None:
    told = description(graphs.blurred())
    told["inputs"][0]["test_tensor"]["source"] = "../in.npy"
    (package / "rdf.yaml").write_text(yaml.safe_dump(told))
    with pytest.raises(ModelNotUsable, match="does not lie inside"):
        check(package)


def test_an_array_of_objects_is_never_unpickled(package: Path) -> None:
    np.save(package / "in.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(ModelNotUsable, match="no array that can be read"):
        check(package)


@pytest.mark.parametrize("inside", ["", "discs-1.0/"])
def test_a_zip_file_goes_onto_the_shelf(package: Path, tmp_path: Path, inside: str) -> None:
    archive = zipped(package, tmp_path / "discs.zip", inside)
    folder = unpack(archive, tmp_path / "shelf")
    assert sorted(path.name for path in (tmp_path / "shelf").iterdir()) == ["discs"]
    assert open_predictor(folder).card.title == "Somebody's discs"
    with pytest.raises(OutputExists):
        unpack(archive, tmp_path / "shelf")


@pytest.mark.parametrize("name", ["../rdf.yaml", "/rdf.yaml", "a/../../rdf.yaml", "C:rdf.yaml", "..\\rdf.yaml"])
def test_a_zip_file_that_writes_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo(name), "type: model")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    # zipfile itself brings backslashes into order where they separate folders.
    with pytest.raises(ModelNotUsable, match=r"no plain file inside its folder|holds no rdf\.yaml"):
        unpack(archive, tmp_path / "shelf")
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted([*before, "shelf"])


def test_a_link_in_a_zip_file_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    link = zipfile.ZipInfo("rdf.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(ModelNotUsable, match="no plain file"):
        unpack(archive, tmp_path / "shelf")


def test_zip_bombs_are_refused_whatever_they_say_of_themselves(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("rdf.yaml", b"\0" * 30_000_000)
    with pytest.raises(ModelNotUsable, match="which no model needs"):
        unpack(archive, tmp_path / "shelf")
    data = bytearray(archive.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    archive.write_bytes(data)
    with pytest.raises(ModelNotUsable):
        unpack(archive, tmp_path / "shelf")
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as packed:
        for number in range(1001):
            packed.writestr(f"{number}", "")
    with pytest.raises(ModelNotUsable, match="1,001 files"):
        unpack(many, tmp_path / "shelf")
    assert not list((tmp_path / "shelf").iterdir())


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04cut"])
def test_what_is_no_zip_file_is_told(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(content)
    assert command.main(["unpack", str(archive), "--out", str(tmp_path / "shelf")]) == command.FAILED
    assert capsys.readouterr().err.count("\n") == 1


def test_a_package_that_holds_no_model_that_runs_leaves_nothing_behind(package: Path, tmp_path: Path) -> None:
    (package / "w.onnx").unlink()
    with pytest.raises(ModelNotUsable, match="is missing"):
        unpack(zipped(package, tmp_path / "discs.zip"), tmp_path / "shelf")
    assert not list((tmp_path / "shelf").iterdir())


# Cards for networks that have none.


def test_a_card_is_made_of_a_file_and_a_convention(
    tmp_path: Path, graphs: Any, shelf: Any, discs: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Discs.onnx").write_bytes(graphs.blurred(shape=(1, 3, 96, 96)))
    words = ["card", str(tmp_path / "Discs.onnx"), "--convention", "foreground", "--classes", "disc"]
    assert command.main([*words, "--out", str(tmp_path / "shelf")]) == command.DONE
    folder = tmp_path / "shelf" / "discs"
    card = load_card(folder)
    assert (card.input.tile_px, card.input.stride, card.class_names) == (96, 32, ("disc",))
    assert len(shelf.found(folder, discs)) == 7 * 9
    assert command.main([*words, "--out", str(tmp_path / "shelf")]) == command.FAILED
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--convention", "yolo-v99", "--classes", "a"], "there are yolo-v5"),
        (["--convention", "yolo-v8", "--classes", "a,a"], "two classes share a name"),
        (["--convention", "yolo-v8", "--classes", ""], "classes"),
        (["--convention", "foreground", "--classes", "a", "--tile", "100"], "not a multiple of stride"),
    ],
)
def test_a_card_that_makes_no_sense_leaves_nothing_behind(
    tmp_path: Path, graphs: Any, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.onnx").write_bytes(graphs.blurred())
    made = ["card", str(tmp_path / "net.onnx"), *words, "--out", str(tmp_path / "shelf")]
    assert command.main(made) == command.FAILED
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "shelf").iterdir())


def test_a_logit_needs_its_sigmoid_and_gets_it(
    tmp_path: Path, graphs: Any, shelf: Any, discs: NDArray[np.uint8]
) -> None:
    model = onnx.load_from_string(graphs.blurred())
    model.graph.node.pop()
    model.graph.output[0].name = "logit"
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    words = ["card", str(tmp_path / "net.onnx"), "--convention", "foreground", "--classes", "disc", "--out"]
    assert command.main([*words, str(tmp_path / "a")]) == command.DONE
    assert "if they are logits" in shelf.complaint(tmp_path / "a" / "net", discs)
    assert command.main([*words, str(tmp_path / "b"), "--activation", "sigmoid"]) == command.DONE
    assert len(shelf.found(tmp_path / "b" / "net", discs)) == 7 * 9


def test_stars_in_one_array_get_a_card_that_reads_them(
    tmp_path: Path, graphs: Any, shelf: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = np.zeros((1, 9, 64, 64), np.float32)
    maps[0, 0, 20, 30], maps[0, 1:] = 0.9, 8
    words = "--convention stardist --classes cell --tile 64 --halo 8 --out"
    said = [*words.split(), str(tmp_path / "shelf")]
    for name, answers in {"one": (maps,), "two": (maps[:, :1], maps[:, 1:])}.items():
        (tmp_path / f"{name}.onnx").write_bytes(graphs.saying(*answers))
        assert command.main(["card", str(tmp_path / f"{name}.onnx"), *said]) == command.DONE
        (box,) = shelf.found(tmp_path / "shelf" / name, np.eye(64, dtype=np.uint8)[..., None].repeat(3, 2) * 255).boxes
        assert np.abs((box[:2] + box[2:]) / 2 - [20.5, 30.5]).max() <= 1
    capsys.readouterr()
    assert command.main(["card", str(tmp_path / "one.onnx"), *said, "--name", "b", "--activation", "sigmoid"]) != 0
    assert "an activation, which is not for rays" in capsys.readouterr().err
    (tmp_path / "few.onnx").write_bytes(graphs.saying(maps))
    few = ["card", str(tmp_path / "few.onnx"), "--convention", "detections", *said[2:]]
    assert command.main(few) == command.FAILED
    assert "answers with 1 array, and 3 are needed for the convention 'detections'" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "shelf").iterdir()) == ["one", "two"]


def zipped(folder: Path, archive: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, inside + path.name)
    return archive
