"""Descriptions of bioimage.io become cards, or are refused with one sentence that says what is not understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cellwright.core import ModelNotUsable
from cellwright.zoo import find_model, list_models, load_card
from cellwright.zoo.recorded import recorded_network

Told = dict[str, Any]
Write = Callable[[Told], Path]


def space(name: str, size: Any, **words: Any) -> Told:
    return {"type": "space", "id": name, "size": size, **words}


def told(
    channels: int = 1,
    names: tuple[str, ...] = ("nuclei",),
    size: Any = None,
    before: tuple[Told, ...] = (),
    after: tuple[Told, ...] = (),
    halo: int = 0,
    **parts: Any,
) -> Told:
    """Return a description of a network of maps."""
    side = size or {"min": 64, "step": 16}
    rim = {"halo": halo} if halo else {}
    given = [space(name, {"tensor_id": "raw", "axis_id": name}, **rim) for name in "yx"]
    own = [{"type": "channel", "channel_names": [f"c{n}" for n in range(channels)]}]
    return {
        "format_version": "0.5.3",
        "type": "model",
        "name": "Theirs",
        "description": "Finds nuclei.",
        "license": "CC-BY-4.0",
        "cite": [{"text": "A paper", "doi": "10.1/x"}],
        "inputs": [
            {
                "id": "raw",
                "axes": [{"type": "batch"}, *own, space("y", side), space("x", side)],
                "data": {"type": "float32"},
                "preprocessing": list(before),
            }
        ],
        "outputs": [
            {
                "id": "out",
                "axes": [{"type": "batch"}, {"type": "channel", "channel_names": list(names)}, *given],
                "data": {"type": "float32"},
                "postprocessing": list(after),
            }
        ],
        "weights": {"onnx": {"source": "weights.onnx", "opset_version": 15}},
        **parts,
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a package with empty weights."""

    def written(described: Told, name: str = "rdf.yaml") -> Path:
        folder = tmp_path / "theirs"
        folder.mkdir(exist_ok=True)
        (folder / "weights.onnx").write_bytes(b"weights")
        (folder / name).write_text(yaml.safe_dump(described))
        return folder

    return written


SIGMOID = ({"id": "sigmoid"},)
SOFTMAX = ({"id": "softmax", "kwargs": {"axis": "channel"}},)


@pytest.mark.parametrize("name", ["rdf.yaml", "bioimageio.yaml"])
def test_a_package_stands_on_the_shelf(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = write(told(after=SIGMOID), name)
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path))
    assert "theirs" in [entry.name for entry in list_models()]
    assert find_model("theirs") == find_model(folder / name) == folder
    card = load_card(folder)
    assert (card.title, card.licence, card.citations) == ("Theirs", "CC-BY-4.0", ("A paper 10.1/x",))
    assert len(card.model_hash) == 64


def test_a_card_beside_the_description_comes_first(write: Write, card: Callable[..., Any]) -> None:
    from cellwright.zoo import save_card

    folder = write(told(after=SIGMOID))
    save_card(folder, card(name="mine"))
    assert load_card(folder).name == "mine"


def test_percentiles_become_the_contrast_of_the_whole_picture(write: Write) -> None:
    before = (
        {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}},
        {"id": "scale_range", "kwargs": {"axes": ["channel", "y", "x"], "min_percentile": 5, "max_percentile": 99.8}},
        {"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}},
    )
    card = load_card(write(told(before=before, after=SIGMOID)))
    assert (card.input.contrast, card.input.percentiles) == ("percentile", (5.0, 99.8))
    recorded = recorded_network(card)
    assert [getattr(step, "id", "") for step in recorded.input.steps] == ["clip"]
    assert (recorded.input.values, recorded.input.channels) == ("unit", "grey")


def test_mean_and_deviation_become_the_spread_of_the_whole_picture(write: Write) -> None:
    card = load_card(write(told(before=({"id": "zero_mean_unit_variance"},), after=SIGMOID)))
    assert card.input.contrast == "spread"
    assert recorded_network(card).input.values == "spread"


def test_fixed_steps_are_done_to_bytes(write: Write) -> None:
    before = ({"id": "scale_linear", "kwargs": {"gain": 1 / 255}},)
    card = load_card(write(told(3, before=before, after=SIGMOID)))
    recorded = recorded_network(card)
    assert (card.input.contrast, recorded.input.values, recorded.input.channels) == ("display", "bytes", "rgb")


@pytest.mark.parametrize(
    ("described", "convention", "decoding", "classes"),
    [
        (told(after=SIGMOID), "foreground", "classes", ("object",)),
        (told(names=("foreground", "boundaries"), after=SIGMOID), "foreground-boundary", "touching", ("object",)),
        (told(names=("bg", "inside", "border"), after=SOFTMAX), "boundary", "touching", ("object",)),
        (told(names=("background", "cell", "dirt"), after=SOFTMAX), "classes", "classes", ("cell", "dirt")),
        (told(names=("a", "b"), config={"cellwright": {"convention": "labels"}}), "labels", "labels", ("a", "b")),
        (told(tags=["InstanSeg"]), "instanseg", "labels", ("object",)),
        (
            told(names=tuple("x" * 33), config={"stardist": {"thresholds": {"prob": 0.6, "nms": 0.3}}}),
            "stardist",
            "stars",
            ("object",),
        ),
        (
            told(config={"cellwright": {"convention": "foreground", "classes": ["lumen"]}}, after=SIGMOID),
            "foreground",
            "classes",
            ("lumen",),
        ),
    ],
)  # fmt: skip
def test_what_answers_mean_is_told_by_names_steps_or_a_declaration(
    write: Write, described: Told, convention: str, decoding: str, classes: tuple[str, ...]
) -> None:
    card = load_card(write(described))
    assert recorded_network(card).convention == convention
    assert (card.decoding.kind, card.class_names) == (decoding, classes)
    if convention == "stardist":
        assert (card.thresholds.confidence["object"], card.thresholds.nms_iou) == (0.6, 0.3)


def test_sizes_halo_and_scale_become_the_contract(write: Write) -> None:
    described = told(size={"min": 20, "step": 16}, halo=40, after=SIGMOID)
    for axis in described["inputs"][0]["axes"][2:]:
        axis |= {"unit": "micrometer", "scale": 0.5}
    card = load_card(write(described))
    assert (card.input.stride, card.input.halo_px, card.input.um_per_px) == (16, 64, 0.5)
    assert recorded_network(card).input.least_px == 20
    fixed = load_card(write(told(size=256, halo=24, after=SIGMOID)))
    assert (fixed.input.tile_px, fixed.input.stride, fixed.input.halo_px) == (256, 32, 51)
    assert recorded_network(fixed).input.fixed_px == 256
    numbered = load_card(write(told(size=256, config={"cellwright": {"convention": "labels"}})))
    assert (numbered.input.tile_px, numbered.input.stride) == (256, 256)


def test_the_hash_of_the_description_is_believed_and_tested_when_it_is_opened(write: Write) -> None:
    described = told(after=SIGMOID)
    described["weights"]["onnx"]["sha256"] = "a" * 64
    folder = write(described)
    assert load_card(folder).model_hash == "a" * 64
    from cellwright.zoo import weights_problem

    assert "sha256 differs" in weights_problem(folder, load_card(folder))


def changed(described: Told, *place: Any, to: Any) -> Told:
    """Return a description with one part replaced."""
    part: Any = described
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = to
    return described


STATISTIC = {"id": "scale_range", "kwargs": {"axes": ["y", "x"]}}


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (told(format_version="0.4.10"), "only 0.5 is read"),
        (told(type="dataset"), "describes no model"),
        (told(weights={"pytorch_state_dict": {"source": "w.pt"}}), "offers pytorch_state_dict"),
        (told(weights={"onnx": {"source": "https://example.org/w.onnx"}}), "nothing is downloaded"),
        (told(weights={"onnx": {"source": "../w.onnx"}}), "inside the model folder"),
        (told(weights={"onnx": {"source": "/etc/passwd"}}), "inside the model folder"),
        (told(weights={"onnx": {"source": "missing.onnx"}}), "is missing"),
        (told(names=("a", "b"), after=SIGMOID), "can mean several things; say what"),
        (told(config={"cellwright": {"convention": "magic"}}), "it can be cellwright"),
        (told(2, after=SIGMOID), "takes 2 channels"),
        (told(3, before=(STATISTIC,), after=SIGMOID), "treats each colour for itself"),
        (told(before=({"id": "sigmoid"}, STATISTIC), after=SIGMOID), "stands before scale_range"),
        (told(before=(STATISTIC, STATISTIC), after=SIGMOID), "two statistics"),
        (told(before=({"id": "clip", "kwargs": {"max_percentile": 99.0}},), after=SIGMOID), "without scaling"),
        (told(before=({"id": "magic"},), after=SIGMOID), "'magic' is not understood"),
        (told(after=({"id": "cellpose_flow_dynamics"},)), "is not understood"),
        (told(after=(STATISTIC,)), "whole picture, not on tiles"),
        (changed(told(after=SIGMOID), "inputs", 0, "axes", 2, to=space("z", 64)), "axis 'z'"),
        (changed(told(after=SIGMOID), "inputs", 0, "axes", 2, to=space("y", 64)), "square"),
        (changed(told(after=SIGMOID), "inputs", 0, "axes", 2, "size", to=10**9), "size"),
        (changed(told(after=SIGMOID), "outputs", 0, "axes", 2, "scale", to=2.0), "other pixels than the picture"),
        (changed(told(after=SIGMOID), "outputs", 0, "axes", 2, "size", "offset", to=-8), "smaller than the picture"),
        (changed(told(after=SIGMOID), "inputs", to=told()["inputs"] * 2), "takes 2 inputs"),
        (changed(told(after=SIGMOID), "inputs", to=[]), "inputs"),
        (changed(told(after=SIGMOID), "outputs", 0, "axes", to="many"), "axes"),
        (told(config={"stardist": {"thresholds": {"prob": 7}}}), "between 0 and 1"),
        (told(config={"cellwright": {"card": {"name": "x"}}}), "config.cellwright.card"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_sentence(write: Write, described: Told, said: str) -> None:
    folder = write(described)
    with pytest.raises(ModelNotUsable, match=said) as caught:
        load_card(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_weights_behind_a_link_that_leads_out_are_refused(write: Write, tmp_path: Path) -> None:
    folder = write(told(after=SIGMOID))
    (tmp_path / "elsewhere").write_bytes(b"secret")
    (folder / "weights.onnx").unlink()
    (folder / "weights.onnx").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelNotUsable, match="leads out of the model folder"):
        load_card(folder)


def test_a_link_that_leads_to_itself_is_told(write: Write) -> None:
    folder = write(told(after=SIGMOID))
    (folder / "weights.onnx").unlink()
    (folder / "weights.onnx").symlink_to(folder / "weights.onnx")
    with pytest.raises(ModelNotUsable):
        load_card(folder)


def test_a_refused_package_is_listed_with_its_reason(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(told(format_version="0.4.10"))
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path))
    (problem,) = [entry.problem for entry in list_models() if entry.name == "theirs"]
    assert "only 0.5" in problem
