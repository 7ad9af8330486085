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
from cellwright.zoo import ModelCard, Thresholds, load_card, save_card

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
