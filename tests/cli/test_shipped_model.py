"""The shipped model on real smears, from the command line: the counts are near the truth, the scores are the card's."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellwright.bundled import bundled
from cellwright.datasets import read_dataset
from cellwright.zoo import load_card

Run = Callable[..., Any]
MODEL = "blood-cells-yolo"
ALIASES = {"Platelets": "PLT"}


def test_real_smears_are_counted_as_people_counted_them(cellwright: Run, data_dir: Path, tmp_path: Path) -> None:
    card = load_card(bundled("models", MODEL))
    labelled, _ = read_dataset(
        data_dir / "blood_txl_pbc", "yolo", split="val", classes=card.class_names, aliases=ALIASES
    )
    pictures = list(labelled)[::30]
    truth = Counter(card.class_names[i] for picture in pictures for i in picture.class_index)
    said = cellwright("analyze", *(p.path for p in pictures), "--model", MODEL, "--out", tmp_path, "--format", "csv")
    assert said.code == 0
    with (tmp_path / "objects.csv").open(encoding="utf-8-sig", newline="") as file:
        found = Counter(row["class"] for row in csv.DictReader(file))
    assert len(pictures) == 8 and sum(truth.values()) > 80
    assert found["RBC"] == pytest.approx(truth["RBC"], rel=0.05)
    assert abs(found["WBC"] - truth["WBC"]) <= 1
    assert abs(found["PLT"] - truth["PLT"]) <= 3


@pytest.mark.slow
def test_the_scores_on_the_card_are_what_the_command_says(cellwright: Run, data_dir: Path) -> None:
    said = cellwright("evaluate", "--model", MODEL, "--data", data_dir / "blood_txl_pbc", "--split", "val", "--json")
    card = load_card(bundled("models", MODEL))
    assert said.code == 0 and card.metrics is not None
    # Half precision on some processors, float32 on others: the boxes move by fractions of a pixel.
    assert said.json["scores"]["map_50"] == pytest.approx(card.metrics.map_50, abs=0.004)
    assert said.json["scores"]["map_50_95"] == pytest.approx(card.metrics.map_50_95, abs=0.004)
