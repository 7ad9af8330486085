"""Models go out with a page, a test and what must come of it; what cannot go out is told in one sentence."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellwright.core import BadParameter, ModelNotUsable, OutputExists, PluginNotUsable
from cellwright.inference import open_predictor
from cellwright.inference.recording import record
from cellwright.jobs import run_inline
from cellwright.workflows.model_export import ExportModel
from cellwright.zoo import CARD_FILE, find_model, load_card
from cellwright.zoo.bioimageio_writing import Packed, channel_names, description_of, least_px, preprocessing_of, to_yaml
from cellwright.zoo.safe_yaml import read_yaml


def exported(model: str | Path, kind: Any, folder: Path, *, overwrite: bool = False) -> Path:
    return run_inline(ExportModel(model, kind, folder, overwrite)).folder


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported("nuclei-stardist", "torchscript", tmp_path_factory.mktemp("out"))


def test_a_folder_holds_all_that_another_program_needs(script: Path) -> None:
    assert script.name == "nuclei-stardist-torchscript"
    held = ["README.md", "card.json", "model.pt", "sample.json", "sample.npz", "sample.png"]
    assert sorted(path.name for path in script.iterdir()) == [*held, "test_input.npy", "test_output.npy"]
    card, own = load_card(script), load_card(find_model("nuclei-stardist"))
    assert card.parent == f"nuclei-stardist@{own.model_hash[:12]}"
    assert card.title == f"{own.title}, as TorchScript"
    assert (card.classes, card.thresholds, card.decoding) == (own.classes, own.thresholds, own.decoding)
    page = (script / "README.md").read_text()
    assert "multiples of 32" in page
    assert "## Validation" in page
    assert "0.802" in page


def test_the_graph_answers_as_the_test_output_says(script: Path) -> None:
    import torch

    given, wanted = np.load(script / "test_input.npy"), np.load(script / "test_output.npy")
    assert given.dtype == np.float32
    assert 0 <= given.min() <= given.max() <= 1
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        graph: Any = torch.jit.load(script / "model.pt")  # type: ignore[no-untyped-call]
        answer = graph(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(answer, wanted, rtol=1e-3, atol=1e-3)


def test_a_model_that_is_there_is_replaced_only_when_asked(script: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputExists, match="is there already"):
        exported("nuclei-stardist", "torchscript", script.parent)
    assert exported("nuclei-stardist", "torchscript", script.parent, overwrite=True) == script


def test_what_cannot_go_out_is_told(script: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="is torchscript already"):
        exported(script, "onnx", tmp_path)
    with pytest.raises(BadParameter, match="not as 'keras'"):
        exported("nuclei-stardist", "keras", tmp_path)
    folder = find_model("cells-maskrcnn")
    with pytest.raises(ModelNotUsable, match="what it does depends on what it sees; use onnx"):
        record(folder, load_card(folder), "torchscript")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == "onnxscript" else find(name, *more))
    with pytest.raises(ModelNotUsable, match=r"package onnxscript; install it: pip install 'cellwright\[export\]'"):
        exported("nuclei-stardist", "onnx", tmp_path)


def test_a_recorded_model_without_its_plugin_says_which_one_to_install(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cellwright.nets import ARCHITECTURES

    own = {name: entry for name, entry in ARCHITECTURES.entries().items() if entry.is_own}
    monkeypatch.setattr(ARCHITECTURES, "_entries", own)
    with pytest.raises(PluginNotUsable, match="pip install cellwright-onnx"):
        open_predictor(script)


@pytest.mark.parametrize(
    ("model", "channels", "names"),
    [
        ("blood-cells-yolo", 7, ["y0", "x0", "y1", "x1", "WBC", "RBC", "PLT"]),
        ("nuclei-unet", 3, ["ground", "inside", "boundary"]),
        ("chest-unet", 4, ["ground", "right-lung", "left-lung", "heart"]),
        ("cells-maskrcnn", 790, ["y0", "x0", "y1", "x1", "score", "class", "mask-0"]),
        ("nuclei-stardist", 37, ["probability", "ray-0"]),
    ],
)
def test_a_description_is_read_back_as_the_same_model(
    model: str, channels: int, names: list[str], tmp_path: Path
) -> None:
    card = load_card(find_model(model))
    found = channel_names(card, channels)
    assert len(found) == len(set(found)) == channels
    assert found[: len(names)] == names
    packed = Packed("model.onnx", "a" * 64, 18, None, channels)
    recorded = card.changed(name=f"{model}-bioimageio", architecture={"kind": "onnx", "convention": "cellwright"})
    (tmp_path / "rdf.yaml").write_text(to_yaml(description_of(card, packed, recorded)))
    (tmp_path / "model.onnx").write_bytes(b"")
    assert "*id" not in (tmp_path / "rdf.yaml").read_text()
    back = load_card(tmp_path)
    assert (back.name, back.input, back.decoding) == (recorded.name, recorded.input, recorded.decoding)
    assert (back.classes, back.thresholds, back.calibration) == (card.classes, card.thresholds, card.calibration)
    assert back.weights.sha256 == "a" * 64
    described = read_yaml(tmp_path / "rdf.yaml")
    assert described["license"] == "BSD-3-Clause"
    steps, answer = described["inputs"][0]["preprocessing"], described["outputs"][0]
    for place, added, said in (
        (steps, {"id": "magic"}, "'magic' is not understood"),
        (steps, {"id": "scale_linear", "kwargs": {"gain": 2.0}}, "other processing than config.cellwright.card"),
        (answer.setdefault("postprocessing", []), {"id": "sigmoid"}, "other processing than config.cellwright.card"),
    ):
        place.append(added)
        (tmp_path / "rdf.yaml").write_text(to_yaml(described))
        with pytest.raises(ModelNotUsable, match=said):
            load_card(tmp_path)
        place.pop()


def test_the_test_of_a_package_keeps_to_the_sizes_that_it_names() -> None:
    sides = {name: least_px(load_card(find_model(name))) for name in ("blood-cells-yolo", "nuclei-unet", "chest-unet")}
    assert sides == {"blood-cells-yolo": 32, "nuclei-unet": 224, "chest-unet": 32}


def test_steps_before_the_network_say_how_pictures_are_shown() -> None:
    display, percentile = (load_card(find_model(name)) for name in ("blood-cells-yolo", "nuclei-unet"))
    assert [step["id"] for step in preprocessing_of(display)] == ["scale_linear"]
    assert [step["id"] for step in preprocessing_of(percentile)] == ["scale_range", "clip"]


def test_the_card_of_an_exported_model_is_plain_json(script: Path) -> None:
    words = json.loads((script / CARD_FILE).read_text())
    assert words["architecture"] == {"kind": "torchscript", "convention": "cellwright", "outputs": [{"axes": "bcyx"}]}
