"""From a recipe and labels to a model that the other commands take, in three commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import write_smear

Run = Callable[..., Any]

RECIPE = """
name = "blobs"
title = "Blobs"
val_size_px = 96
val_every = 1

[architecture]
kind = "yolo"
backbone = { kind = "csp_darknet", width = 0.125, depth = 0.33 }
neck = { kind = "pan", out = [16, 16, 32] }
head = { kind = "point", width = 16, depth = 1, bins = 8 }

[data]
classes = ["BLOB"]

[[phases]]
epochs = 40
size_px = 96
mosaic = 0.0

[optimise]
batch = 4

[card]
summary = "Finds blobs."
tile_px = 96
halo_px = 16
trained_on = "drawn blobs"
judged_on = "other drawn blobs"
licence = "BSD-3-Clause"
[card.classes]
BLOB = { title = "Blob", colour = "#D55E00", badge = "B" }
"""


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """A YOLO set of six pictures, one box each, and a recipe beside it."""
    root = tmp_path / "blobs"
    for split, seeds in (("train", range(4)), ("val", range(4, 6))):
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True)
        for seed in seeds:
            write_smear(root / "images" / split / f"{seed}.png", (80, 96), seed)
            (root / "labels" / split / f"{seed}.txt").write_text("0 0.5 0.5 0.3 0.3\n")
    (root / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [BLOB]\n")
    (root / "recipe.toml").write_text(RECIPE)
    return root


def test_a_model_is_trained_listed_evaluated_and_used(cellwright: Run, blobs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("--out", out, "--epochs", "1", "--device", "cpu", "--workers", "0", "--threads", "1", "--json")
    said = cellwright("train", blobs, "--data", blobs, *words)
    assert said.code == 0, said.err
    assert said.json["epochs"] == 1 and said.json["scores"]["pictures"] == 2
    model = said.json["model"]
    assert cellwright("models", "show", model).code == 0
    judged = cellwright("evaluate", "--model", model, "--data", blobs, "--json", "--device", "cpu:torch-fp32")
    assert judged.code == 0 and judged.json["split"] == "val"
    used = cellwright("analyze", blobs / "images", "--model", model, "--device", "cpu:torch-fp32", "--json")
    assert used.code == 0 and len(used.json["pictures"]) == 6


@pytest.mark.parametrize(("word", "value"), [("--threads", "0"), ("--workers", "-1"), ("--workers", "two")])
def test_impossible_numbers_of_workers_and_threads_are_explained(
    cellwright: Run, blobs: Path, word: str, value: str
) -> None:
    said = cellwright("train", blobs, "--data", blobs, f"{word}={value}")
    assert said.code == 2
    assert f"{value!r} is not a whole number from" in said.err


def test_training_that_cannot_begin_is_one_sentence(cellwright: Run, blobs: Path, tmp_path: Path) -> None:
    for words, expected in (
        (["no-recipe.toml", "--data", blobs], "cannot be read"),
        ([blobs, "--data", tmp_path / "gone", "--out", tmp_path / "run"], "does not exist"),
        ([blobs, "--data", blobs, "--epochs", "0"], "at least 1"),
    ):
        said = cellwright("train", *words)
        assert said.code == 2
        assert said.err.startswith("cellwright: ") and said.err.count("\n") == 1, said.err
        assert expected in said.err
