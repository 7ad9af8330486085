"""The shelf is listed, shown and verified, and a fault of a model is a code and a sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellwright.zoo import CARD_FILE, load_card

Run = Callable[..., Any]


@pytest.fixture
def shelf(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(model, tmp_path / "tiny")
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path))
    return tmp_path


def test_list_names_every_model_and_the_broken_ones_with_their_fault(cellwright: Run, shelf: Path) -> None:
    (shelf / "broken").mkdir()
    (shelf / "broken" / CARD_FILE).write_text("{}")
    said = cellwright("models", "list")
    assert said.code == 1
    assert "tiny" in said.out and "Tiny, for tests" in said.out and "broken" in said.out
    listed = {entry["name"]: entry for entry in cellwright("models", "list", "--json").json}
    assert listed["tiny"]["sha256"] == load_card(shelf / "tiny").model_hash
    assert listed["broken"]["problem"]


def test_show_prints_the_card(cellwright: Run, shelf: Path) -> None:
    said = cellwright("models", "show", "tiny")
    assert said.code == 0
    for word in ("Tiny, for tests", "Platelet", load_card(shelf / "tiny").model_hash, "0.30"):
        assert word in said.out
    assert cellwright("models", "show", "tiny", "--json").json["name"] == "tiny"


def test_verify_accepts_a_whole_model_and_names_the_fault_of_a_changed_one(cellwright: Run, shelf: Path) -> None:
    assert cellwright("models", "verify", "tiny", "--device", "cpu:torch-fp32").code == 0
    weights = shelf / "tiny" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    said = cellwright("models", "verify", "tiny", "--json", "--device", "cpu:torch-fp32")
    assert said.code == 1
    assert "sha256" in said.json[0]["problems"][0]


def test_export_writes_a_folder_and_says_where(cellwright: Run, tmp_path: Path) -> None:
    said = cellwright("models", "export", "nuclei-unet", "--format", "torchscript", "--out", tmp_path / "out", "--json")
    assert said.code == 0
    assert Path(said.json["folder"]).name == "nuclei-unet-torchscript"
    assert "model.pt" in said.json["files"]
    again = cellwright("models", "export", "nuclei-unet", "--format", "torchscript", "--out", tmp_path / "out")
    assert again.code != 0
    assert "is there already" in again.err
