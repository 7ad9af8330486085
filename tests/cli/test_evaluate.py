"""Scores are right where the truth is known: the model's own findings, and the same with one taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellwright.jobs import run_inline
from cellwright.workflows import AnalyzePicture, ExportFormat, export_analyses
from tests.tiny_model import write_smear

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


@pytest.fixture
def own_findings(model: Path, tmp_path: Path) -> Callable[[int], Path]:
    """Writes what the model itself finds as the truth, less the first `missing` objects of the first picture.

    The pictures fit into one tile: where two tiles meet, what is found depends a little on how low one looks.
    """

    def write(missing: int) -> Path:
        pictures = [write_smear(tmp_path / f"smear_{seed}.png", (140, 180), seed) for seed in (1, 2)]
        analyses = [run_inline(AnalyzePicture(path, model, DEVICE[1])) for path in pictures]
        counted = analyses[0].counted()
        analyses[0] = analyses[0].with_objects(counted.take(np.arange(missing, len(counted))))
        export_analyses(analyses, tmp_path / f"less_{missing}", (ExportFormat.COCO,), with_pictures=True)
        return tmp_path / f"less_{missing}" / "coco"

    return write


def test_a_model_is_perfect_on_its_own_findings(
    cellwright: Run, model: Path, own_findings: Callable[[int], Path]
) -> None:
    said = cellwright("evaluate", "--model", model, "--data", own_findings(0), "--json", *DEVICE)
    assert said.code == 0
    result = said.json
    assert result["scores"]["pictures"] == 2
    # Not 1: average precision also asks for the second guesses of each place, of which this model is full.
    assert 0.5 < result["scores"]["map_50"] <= 1.0
    for entry in result["per_class"].values():
        point = entry["operating_point"]
        assert (point["false_positives"], point["false_negatives"]) == (0, 0)
        assert entry["counts"]["mean_absolute_error"] == 0.0
    assert all(picture["f1"] == 1.0 for picture in result["worst_pictures"])
    assert result["import"]["boxes_left_out"] == 0


def test_what_the_truth_lacks_is_invented_and_the_picture_is_the_worst(
    cellwright: Run, model: Path, own_findings: Callable[[int], Path]
) -> None:
    data = own_findings(2)
    result = cellwright("evaluate", "--model", model, "--data", data, "--json", *DEVICE).json
    points = [entry["operating_point"] for entry in result["per_class"].values()]
    assert sum(point["false_positives"] for point in points) == 2
    assert sum(point["false_negatives"] for point in points) == 0
    worst = result["worst_pictures"][0]
    assert Path(worst["path"]).name == "smear_1.png" and worst["false_positives"] == 2
    said = cellwright("evaluate", "--model", model, "--data", data, *DEVICE)
    for word in ("mAP@0.5", "Precision", "Count error", "ECE", "Worst pictures", "smear_1.png"):
        assert word in said.out


def test_sets_and_splits_that_are_not_there_are_one_sentence(
    cellwright: Run, model: Path, own_findings: Callable[[int], Path], tmp_path: Path
) -> None:
    for words in (["--data", tmp_path / "gone"], ["--data", own_findings(0), "--split", "test"]):
        said = cellwright("evaluate", "--model", model, *words, *DEVICE)
        assert said.code == 2 and said.err.count("\n") == 1 and said.err.startswith("cellwright: ")
