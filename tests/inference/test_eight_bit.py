"""Convolutions in 8 bits answer like those in more, where the ranges belong to the model; else nothing is rounded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.bundled import bundled
from cellwright.core import BadParameter, ModelNotUsable
from cellwright.inference import eight_bit, open_predictor
from cellwright.inference.openvino_engine import OpenvinoEngine, is_installed
from cellwright.jobs import run_inline
from cellwright.workflows.quantize import QuantizeModel, carry_over
from cellwright.zoo import list_models, load_card
from tests.tiny_model import write_tiny_model

pytestmark = pytest.mark.skipif(not is_installed(), reason="OpenVINO is not installed")
SHIPPED = [model.folder for model in list_models() if (model.folder / eight_bit.FILE).is_file()]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "tiny")


def pictures(count: int, side: int = 128) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (1, side, side, 3), np.uint8) for _ in range(count)]


def rounded(folder: Path, seen: list[np.ndarray]) -> eight_bit.EightBit:
    card = load_card(folder)
    layers = OpenvinoEngine(folder, card, "f32").observe(seen)
    said = eight_bit.EightBit(weights_sha256=card.weights.sha256, layers=layers, pictures=len(seen), data="drawn")
    eight_bit.write_eight_bit(folder, said)
    return said


def test_what_is_written_is_read_back_and_belongs_to_its_weights_alone(tiny: Path) -> None:
    said = rounded(tiny, pictures(2))
    assert eight_bit.read_eight_bit(tiny, said.weights_sha256) == said
    assert eight_bit.read_eight_bit(tiny, "0" * 64) is None
    (tiny / eight_bit.FILE).write_text('{"layers": "none"}')
    assert eight_bit.read_eight_bit(tiny, said.weights_sha256) is None
    (tiny / eight_bit.FILE).write_bytes(b"\xff" * 10)
    assert eight_bit.read_eight_bit(tiny, said.weights_sha256) is None


def test_ranges_hold_every_picture_that_was_looked_at(tiny: Path) -> None:
    engine = OpenvinoEngine(tiny, load_card(tiny), "f32")
    one, other = pictures(2)
    together = engine.observe([one, other])
    for a, b, both in zip(engine.observe([one]), engine.observe([other]), together, strict=True):
        assert both.low == min(a.low, b.low) and both.high == max(a.high, b.high)
    assert together[0].low >= 0 and together[0].high <= 1  # pixels, as parts of white


def test_a_rounded_network_answers_like_itself(tiny: Path) -> None:
    seen = pictures(4)
    rounded(tiny, seen)
    plain = OpenvinoEngine(tiny, load_card(tiny), "f32")
    eight = OpenvinoEngine(tiny, load_card(tiny), "int8")
    assert eight.name.endswith("int8")
    for picture in seen:
        ours, theirs = eight.run(picture), plain.run(picture)
        spread = theirs.std(axis=tuple(range(theirs.ndim - 1)))
        assert (np.abs(ours - theirs).mean(axis=tuple(range(theirs.ndim - 1))) < 0.15 * spread + 0.02).all()


def test_a_batch_of_two_is_two_of_one(tiny: Path) -> None:
    seen = pictures(2)
    rounded(tiny, seen)
    engine = OpenvinoEngine(tiny, load_card(tiny), "int8")
    both = engine.run(np.concatenate(seen))
    np.testing.assert_allclose(both, np.concatenate([engine.run(each) for each in seen]), rtol=0.02, atol=0.02)


def test_layers_that_are_others_are_not_rounded(tiny: Path) -> None:
    said = rounded(tiny, pictures(1))
    path = tiny / eight_bit.FILE
    words = json.loads(path.read_text())
    words["layers"][0]["mean"] *= 1.01
    path.write_text(json.dumps(words))
    card = load_card(tiny)
    assert not OpenvinoEngine(tiny, card).name.endswith("int8")
    with pytest.raises(ModelNotUsable, match="cellwright models quantize"):
        OpenvinoEngine(tiny, card, "int8")
    words["layers"] = words["layers"][1:]
    path.write_text(json.dumps(words))
    assert eight_bit.quantised(OpenvinoEngine(tiny, card, "f32")._model, said.model_copy(update={"layers": ()})) is None


def test_a_model_that_says_nothing_is_run_as_ever(tiny: Path) -> None:
    with pytest.raises(ModelNotUsable, match="8 bits"):
        open_predictor(tiny, "cpu:openvino-int8")
    assert "int8" not in open_predictor(tiny, "cpu:openvino").engine


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_models_were_measured_in_8_bits_and_lost_little(folder: Path) -> None:
    card = load_card(folder)
    said = eight_bit.read_eight_bit(folder, card.weights.sha256)
    assert said is not None and said.measured
    assert all(usual - eight < 0.002 for usual, eight in said.measured.values())
    engine = OpenvinoEngine(folder, card, "int8")
    picture = pictures(1, 2 * card.input.stride * max(1, 64 // card.input.stride))[0]
    assert np.isfinite(engine.run(picture)).all()


def test_ranges_come_from_real_pictures_and_the_loss_is_measured(data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nuclei"
    shutil.copytree(bundled("models", "nuclei-stardist"), folder)
    (folder / eight_bit.FILE).unlink()
    data = data_dir / "phase_t98g"
    said = run_inline(QuantizeModel(folder, data, "train", "val", 2))
    assert said.pictures == 2 and said.data == "phase_t98g"
    assert set(said.measured) == {"AP@0.5", "AP@0.5:0.9"}
    assert eight_bit.read_eight_bit(folder, load_card(folder).weights.sha256) == said


def test_a_model_that_loses_is_left_as_it_was(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cellwright.workflows import quantize

    folder = tmp_path / "nuclei"
    shutil.copytree(bundled("models", "nuclei-stardist"), folder)
    before = (folder / eight_bit.FILE).read_bytes()
    monkeypatch.setattr(quantize, "LARGEST_LOSS", -1.0)  # nothing is good enough
    with pytest.raises(BadParameter, match="it is run as before"):
        run_inline(QuantizeModel(folder, data_dir / "phase_t98g", "train", "val", 1))
    assert (folder / eight_bit.FILE).read_bytes() == before


def test_a_taught_model_computes_as_the_one_it_comes_from(tiny: Path, tmp_path: Path) -> None:
    taught = tmp_path / "taught"
    shutil.copytree(tiny, taught)
    assert not carry_over(tiny, taught, [])  # its parent does not
    parent = rounded(tiny, pictures(1))
    paths = []
    for number, drawn in enumerate(pictures(2)):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(drawn[0]).save(paths[-1])
    assert carry_over(tiny, taught, paths)
    said = eight_bit.read_eight_bit(taught, load_card(taught).weights.sha256)
    assert said is not None
    for ours, theirs in zip(said.layers, parent.layers, strict=True):
        assert ours.low <= theirs.low and ours.high >= theirs.high
    assert open_predictor(taught, "cpu:openvino-int8").engine.endswith("int8")
