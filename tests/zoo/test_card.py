"""Cards are read word by word, and what is wrong is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cellwright.core import ModelNotUsable
from cellwright.zoo import (
    TASK_OF,
    ClassDecoding,
    InputContract,
    Metrics,
    ModelCard,
    RegionDecoding,
    StarDecoding,
    Thresholds,
    TouchingDecoding,
    load_card,
    save_card,
)

MakeCard = Callable[..., ModelCard]


def test_a_card_reads_back_as_it_was_written(card: MakeCard, tmp_path: Path) -> None:
    save_card(tmp_path, card())
    assert load_card(tmp_path) == card()
    assert load_card(tmp_path / "card.json") == card()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["card.json"]


def test_thresholds_and_temperatures_follow_the_order_of_the_classes(card: MakeCard) -> None:
    assert card().class_names == ("RBC", "PLT")
    assert card().confidence_thresholds() == (0.4, 0.3)
    assert card().temperatures() == (1.0, 1.5)
    assert card().source == "model:two-kinds@000000000000"


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("colour",), "red", "colour"),
        (("classes", 0, "colour"), "red", "classes.0.colour"),
        (("input", "tile_px"), 65, "tile_px=65"),
        (("input", "tile_px"), "64", "input.tile_px"),
        (("input", "halo_px"), 32, "halo_px=32"),
        (("thresholds", "confidence"), {"RBC": 0.4}, "thresholds.confidence"),
        (("calibration", "temperature"), {"WBC": 1.0}, "WBC"),
        (("calibration", "temperature"), {"RBC": 0.0}, "calibration.temperature.RBC"),
        (("classes", 1, "name"), "RBC", "share a name"),
        (("weights", "file"), "../other.safetensors", "inside the model folder"),
        (("weights", "file"), "/etc/passwd", "inside the model folder"),
        (("weights", "sha256"), "", "weights.sha256"),
        (("name",), "Has Blanks", "name"),
        (("task",), "magic", "task"),
        (("task",), "instances", "makes detection"),
        (("decoding",), {"kind": "stars"}, "makes instances"),
        (("decoding",), {"kind": "magic"}, "decoding"),
        (("decoding",), {"kind": "boxes", "grid": 2}, "grid"),
        (("input", "contrast"), "pretty", "input.contrast"),
        (("input", "percentiles"), [99.0, 1.0], "percentiles"),
        (("input", "object_px"), 0, "input.object_px"),
    ],
)
def test_a_wrong_word_in_a_card_is_named(
    card: MakeCard, tmp_path: Path, path: tuple[Any, ...], value: Any, named: str
) -> None:
    content = json.loads(card().to_json())
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (tmp_path / "card.json").write_text(json.dumps(content))
    with pytest.raises(ModelNotUsable, match="is wrong") as caught:
        load_card(tmp_path)
    assert named in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "decoding",
    [
        StarDecoding(grid=2),
        RegionDecoding(mask_threshold=0.4),
        ClassDecoding(min_area_px=20, keep_largest=True),
    ],
)
def test_every_decoding_reads_back_with_its_task(card: MakeCard, tmp_path: Path, decoding: Any) -> None:
    written = card(
        task=TASK_OF[decoding.kind],
        decoding=decoding,
        input=InputContract(tile_px=64, halo_px=16, contrast="percentile", percentiles=(2.0, 99.0), object_px=12.5),
        metrics=Metrics(data="some", pictures=2, scores={"ap_50": 0.9, "ctr_mae": 0.01}),
    )
    save_card(tmp_path, written)
    assert load_card(tmp_path) == written
    assert written.input.contrast_percentiles == (2.0, 99.0)


def test_touching_objects_are_of_one_class(card: MakeCard) -> None:
    with pytest.raises(ValidationError, match="one class apart"):
        card(task="instances", decoding=TouchingDecoding())
    with pytest.raises(ValidationError, match="must differ"):
        TouchingDecoding(interior=2, boundary=2)


def test_scores_have_words_for_people() -> None:
    metrics = Metrics(data="some", pictures=2, map_50=0.5, scores={"ap_50": 0.9, "a_new_one": 0.1})
    assert metrics.named() == {"mAP@0.5": 0.5, "AP@0.5": 0.9, "a new one": 0.1}


def test_a_card_of_the_first_shape_is_a_detector(card: MakeCard, tmp_path: Path) -> None:
    content = json.loads(card().to_json())
    del content["decoding"], content["task"]
    for added in ("fit", "contrast", "percentiles", "object_px"):
        del content["input"][added]
    (tmp_path / "card.json").write_text(json.dumps(content))
    assert load_card(tmp_path) == card()
    assert card().input.contrast_percentiles is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_card_that_is_no_card_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelNotUsable, match="is wrong"):
        load_card(tmp_path)


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="is no model folder"):
        load_card(tmp_path)


def test_a_changed_card_is_checked_like_one_that_is_read(card: MakeCard) -> None:
    assert card().changed(title="Other").title == "Other"
    with pytest.raises(ValidationError):
        card().changed(thresholds=Thresholds(confidence={"WBC": 0.5}))


def test_importing_the_zoo_loads_no_torch() -> None:
    code = "import sys, cellwright.zoo; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
