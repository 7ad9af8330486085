"""Telling apart on the command line: what the detector found, and pictures of single cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.tiny_classifier import COLOURS, write_colour_model

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_colour_model(tmp_path_factory.mktemp("models") / "colours", 0.0)


def counts(said: Any) -> dict[str, int]:
    return {name: row["count"] for name, row in said.json["total"]["counts"].items()}


def test_white_cells_are_told_apart_and_nothing_else_changes(
    cellwright: Run, model: Path, smears: Path, classifier: Path
) -> None:
    asked = ("analyze", smears, "--model", model, "--json", *DEVICE)
    alone, both = cellwright(*asked), cellwright(*asked, "--classify", classifier)
    assert alone.code == both.code == 0
    before = counts(alone)
    after = counts(both)
    assert before["WBC"] > 0 and after["WBC"] == 0
    assert sum(after[name] for name in COLOURS) + after["unidentified"] == before["WBC"]
    assert (after["RBC"], after["PLT"]) == (before["RBC"], before["PLT"])
    assert [part["name"] for part in both.json["model"]["parts"]] == ["tiny", "colours"]
    assert "parts" not in alone.json["model"]


def test_the_table_names_both_models(
    cellwright: Run, model: Path, smears: Path, classifier: Path, tmp_path: Path
) -> None:
    words = ("analyze", smears, "--model", model, "--classify", classifier, "--out", tmp_path, "--format", "csv")
    assert cellwright(*words, *DEVICE).code == 0
    header, first, *_ = (tmp_path / "objects.csv").read_text(encoding="utf-8").splitlines()
    assert "probability_red" in header and "tiny+colours" in first


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--classify", "nobody"), "nobody"), (("--classify", "blood-cells-yolo"), "does not tell apart")],
)
def test_what_is_no_classifier_is_refused_in_one_sentence(
    cellwright: Run, model: Path, smears: Path, words: tuple[str, ...], said: str
) -> None:
    answer = cellwright("analyze", smears, "--model", model, *words, *DEVICE)
    assert answer.code != 0 and said in answer.err and "Traceback" not in answer.err


def test_slides_of_a_project_are_not_told_apart_yet(
    cellwright: Run, model: Path, smears: Path, classifier: Path, tmp_path: Path
) -> None:
    words = ("analyze", smears, "--model", model, "--classify", classifier, "--project", tmp_path / "P")
    answer = cellwright(*words)
    assert answer.code != 0 and "not yet" in answer.err


def test_a_single_cell_is_named(cellwright: Run, classifier: Path, tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 40, 3), (0, 0, 220), np.uint8)).save(tmp_path / "cell.png")
    said = cellwright("analyze", tmp_path / "cell.png", "--model", classifier, "--json", *DEVICE)
    assert counts(said) == {"red": 0, "green": 0, "blue": 1, "all": 1}
    assert sum(said.json["pictures"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert "cell.png: blue 1.000, " in cellwright("analyze", tmp_path / "cell.png", "--model", classifier, *DEVICE).err


def test_pictures_in_folders_are_evaluated(cellwright: Run, classifier: Path, tmp_path: Path) -> None:
    for kind, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0)), ("blue", (0, 200, 255))):
        (tmp_path / kind).mkdir()
        for number in range(5):
            Image.new("RGB", (40, 40), colour).save(tmp_path / kind / f"{kind}{number}.png")
    said = cellwright("evaluate", "--model", classifier, "--data", tmp_path, "--split", "train", "--json", *DEVICE)
    assert said.json["accuracy"] == 1.0 and said.json["pictures"] == 9
    shown = cellwright("evaluate", "--model", classifier, "--data", tmp_path, *DEVICE)
    assert shown.code == 0 and "split test" in shown.out and "What was taken for what" in shown.out
    assert "Worst pictures" in shown.out and "95 %" in shown.out


def test_the_card_of_a_classifier_is_shown_with_its_own_scores(cellwright: Run) -> None:
    shown = cellwright("models", "show", "wbc-classifier")
    assert shown.code == 0 and "Precision" in shown.out and "AP@0.5" not in shown.out
    assert "accuracy 0.977" in shown.out and "eosinophil" in shown.out
