"""Telling apart on the command line: what the detector found, and pictures of single cells."""

from __future__ import annotations

import json
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


def test_slides_of_a_project_are_told_apart_and_everything_names_both_models(
    cellwright: Run, model: Path, smears: Path, classifier: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asked = ("analyze", smears, "--model", model, "--all", "--json", *DEVICE)
    alone = cellwright(*asked, "--project", tmp_path / "alone")
    words = (
        "--project",
        tmp_path / "both",
        "--classify",
        classifier,
        "--out",
        out,
        "--manifest",
        "--measure",
        "geometry",
    )
    both = cellwright(*asked, *words)
    assert alone.code == both.code == 0
    for before, after in zip(alone.json["slides"], both.json["slides"], strict=True):
        one, other = ({name: row["count"] for name, row in each["counts"].items()} for each in (before, after))
        assert one["WBC"] > 0 and other["WBC"] == 0
        assert sum(other[name] for name in COLOURS) + other["unidentified"] == one["WBC"]
        assert (other["RBC"], other["PLT"], other["all"]) == (one["RBC"], one["PLT"], one["all"])
        assert any("colours told" in note for note in after["notes"])
    assert [part["name"] for part in both.json["model"]["parts"]] == ["tiny", "colours"]
    for name in ("slides.csv", "objects.csv"):
        assert "tiny+colours" in (out / name).read_text(encoding="utf-8").splitlines()[1]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in manifest["models"]] == ["tiny", "colours"]
    assert cellwright("verify", out / "manifest.json").code == 0
    assert cellwright("verify", out / "manifest.json", "--model", model).code == 0
    said = cellwright("rerun", out / "manifest.json")
    assert "its objects come from a project" in said.out + said.err
    again = cellwright(*asked, *words, "--overwrite")
    assert [slide["was_done"] for slide in again.json["slides"]] == [True, True]
    assert counts_of_slides(again) == counts_of_slides(both)


def counts_of_slides(said: Any) -> list[Any]:
    return [slide["counts"] for slide in said.json["slides"]]


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
