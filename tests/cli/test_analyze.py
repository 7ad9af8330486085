"""Pictures in, counts and files out, and nothing left out in silence."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest

from cellwright.cli.analyze import parse_confidence
from cellwright.core import BadParameter
from cellwright.inference import looking
from cellwright.jobs import run_inline
from cellwright.workflows import AnalyzePicture, count_table
from cellwright.zoo import load_card

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


def test_the_same_picture_gives_the_same_objects_as_in_the_window(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    picture = smears / "smear_1.png"
    said = cellwright("analyze", picture, "--model", model, "--out", tmp_path, "--format", "parquet", *DEVICE)
    assert said.code == 0
    table = pq.read_table(tmp_path / "objects.parquet")
    expected = run_inline(AnalyzePicture(picture, model, DEVICE[1])).counted()
    assert table.column("uuid").to_pylist() == expected.id_strings() and len(expected) > 5
    boxes = np.stack([table.column(f"bbox-{side}").to_numpy() for side in range(4)], axis=1)
    np.testing.assert_array_equal(boxes, expected.boxes)
    np.testing.assert_array_equal(table.column("score").to_numpy(), expected.scores)
    assert table.column("class").to_pylist() == [expected.classes[i] for i in expected.class_index]


def test_folders_are_walked_and_counts_printed_with_their_intervals(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    said = cellwright("analyze", smears, "--model", model, "--out", tmp_path / "out", *DEVICE)
    assert said.code == 0
    tables = [count_table(run_inline(AnalyzePicture(smears / f"smear_{i}.png", model, DEVICE[1]))) for i in (1, 2)]
    total = sum(table.total.count for table in tables)
    assert "2 pictures together: All 2 pictures were analysed whole." in said.out
    assert "95% interval" in said.out and f"{total:,} (" in said.out
    for word in ("White blood cell", "Red blood cell", "Platelet", "All cells", "smear_1.png", "smear_2.png"):
        assert word in said.out
    # The default formats: tables for a spreadsheet and a picture to look at.
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")) == [
        "counts.csv",
        "objects.csv",
        "overlays/smear_1.png",
        "overlays/smear_2.png",
        "results.xlsx",
    ]
    with (tmp_path / "out" / "counts.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["class"] == "all"]
    assert sum(int(row["count"]) for row in rows) == total


def test_one_bad_picture_does_not_stop_the_rest_and_is_named_at_the_end(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(smears, folder)
    (folder / "smear_0.png").write_bytes((folder / "smear_1.png").read_bytes()[:200])
    said = cellwright("analyze", folder, tmp_path / "gone.png", "--model", model, "--json", *DEVICE)
    assert said.code == 1
    assert [picture["name"] for picture in said.json["pictures"]] == ["smear_1.png", "smear_2.png"]
    left = {Path(entry["what"]).name: entry["reason"] for entry in said.json["left_out"]}
    assert set(left) == {"smear_0.png", "gone.png"}
    plain = cellwright("analyze", folder, tmp_path / "gone.png", "--model", model, *DEVICE)
    assert plain.code == 1
    assert "Left out:" in plain.err.splitlines()[-1] and "smear_0.png" in plain.err.splitlines()[-1]
    assert "Traceback" not in plain.err


def test_a_workbook_names_the_pictures_it_lacks(cellwright: Run, model: Path, smears: Path, tmp_path: Path) -> None:
    words = (smears, tmp_path / "gone.png", "--model", model, "--out", tmp_path / "out", "--format", "xlsx", *DEVICE)
    assert cellwright("analyze", *words).code == 1
    book = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx")
    assert "Not in these tables" in book["methods"]["A1"].value and "gone.png" in book["methods"]["A1"].value


def test_when_nothing_can_be_read_nothing_is_written(cellwright: Run, model: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tif"
    bad.write_text("no picture")
    said = cellwright("analyze", bad, "--model", model, "--out", tmp_path / "out", *DEVICE)
    assert said.code == 1 and "bad.tif" in said.err and not (tmp_path / "out").exists()


def test_json_says_everything_the_table_says(cellwright: Run, model: Path, smears: Path) -> None:
    picture = smears / "smear_1.png"
    said = cellwright("analyze", picture, "--model", model, "--json", "--pixel-size", "0.5", *DEVICE)
    assert said.code == 0 and said.err == ""
    entry = said.json["pictures"][0]
    assert entry["pixel_size_um"] == {"y": 0.5, "x": 0.5, "source": "user"}
    assert entry["analysed_mm2"] == pytest.approx(200 * 260 * 0.25e-6)
    red = entry["counts"]["RBC"]
    assert red["count_interval"][0] <= red["count"] <= red["count_interval"][1]
    assert red["per_mm2"] == pytest.approx(red["count"] / entry["analysed_mm2"])
    assert said.json["total"]["counts"] == entry["counts"]
    assert said.json["model"] == {"name": "tiny", "sha256": load_card(model).model_hash}


def test_results_are_not_replaced_without_leave_and_that_is_said_before_the_work(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("analyze", smears / "smear_1.png", "--model", model, "--out", tmp_path, "--format", "csv", *DEVICE)
    assert cellwright(*words).code == 0
    before = (tmp_path / "objects.csv").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("cellwright.cli.analyze.AnalyzePicture", None)  # any work would fail
        said = cellwright(*words)
    assert said.code == 2 and "already exist" in said.err and said.err.count("\n") == 1
    assert (tmp_path / "objects.csv").read_bytes() == before
    assert cellwright(*words, "--overwrite", "--confidence", "0.9").code == 0
    assert (tmp_path / "objects.csv").read_bytes() != before


def test_mistakes_are_one_sentence_with_a_way_out(cellwright: Run, model: Path, smears: Path, tmp_path: Path) -> None:
    picture = smears / "smear_1.png"
    for words, expected in (
        (["--model", "blood-cels-yolo"], "No model is called"),
        (["--model", tmp_path], "no model folder"),
        (["--model", model, "--confidence", "0.001"], "outside 0.05 to 1"),
        (["--model", model, "--confidence", "RBX=0.4"], "no class 'RBX'"),
        (["--model", model, "--pixel-size", "-1"], "above 0"),
        (["--model", model, "--format", "csv"], "give --out DIR"),
        (["--model", model, "--device", "abacus"], "No device is called"),
    ):
        said = cellwright("analyze", picture, *words)
        assert said.code == 2, words
        assert said.err.startswith("cellwright: ") and said.err.count("\n") == 1, said.err
        assert expected in said.err


def test_confidence_is_one_number_or_some_by_class(model: Path) -> None:
    card = load_card(model)
    assert parse_confidence(None, card) == (0.3, 0.3, 0.3)
    assert parse_confidence("0.5", card) == (0.5, 0.5, 0.5)
    assert parse_confidence("plt=0.2, WBC=0.9", card) == (0.9, 0.3, 0.2)
    for text in ("high", "RBC=", "nan", "1.1"):
        with pytest.raises(BadParameter):
            parse_confidence(text, card)


def test_a_tile_that_cannot_be_analysed_makes_the_exit_code_say_so(
    cellwright: Run, model: Path, smears: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = looking.read_tile

    def read(slide: object, view: object, tile: Any, *rest: object) -> object:
        if tile.index == 1:
            raise OSError("the disk has a scratch")
        return whole(slide, view, tile, *rest)

    monkeypatch.setattr(looking, "read_tile", read)
    said = cellwright("analyze", smears / "smear_1.png", "--model", model, *DEVICE)
    assert said.code == 1
    assert "could not be analysed" in said.out and "the disk has a scratch" in said.err
