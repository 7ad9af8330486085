"""Many slides into a project from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import tifffile
from PIL import Image

from cellwright.project import Project

Run = Callable[..., Any]
DEVICE = ("--device", "cpu:torch-fp32")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_slides_go_into_a_project_that_is_gone_on_with(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    words = ("analyze", smears, "--project", tmp_path / "p", "--model", model, "--all", *DEVICE)
    said = cellwright(*words, "--out", tmp_path / "out")
    assert said.code == 0, said.err
    assert "a new project" in said.err and "All 2 slides are done." in said.err and "1/2  smear_1.png" in said.err
    written = rows(tmp_path / "out" / "slides.csv")
    assert [row["class"] for row in written] == ["WBC", "RBC", "PLT", "all"] * 2
    for name in ("smear_1.png", "smear_2.png"):
        of_slide = [row for row in written if row["slide"] == name]
        assert sum(int(row["count"]) for row in of_slide[:3]) == int(of_slide[3]["count"]) > 5
        assert float(of_slide[3]["count_low"]) < int(of_slide[3]["count"])
        assert of_slide[3]["coverage_percent"] == "100.00" and of_slide[3]["state"] == "done"
    assert openpyxl.load_workbook(tmp_path / "out" / "slides.xlsx").sheetnames[0] == "slides"
    with Project(tmp_path / "p", read_only=True) as project:
        assert len(project.pictures()) == 2 and project.objects_in(1)
    again = cellwright(*words)
    assert again.code == 0 and again.err.count("from an earlier run") == 2
    refused = cellwright(*words, "--out", tmp_path / "out")
    assert refused.code == 2 and "slides.csv" in refused.err


def test_a_bad_slide_is_named_and_the_exit_code_says_partly(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    words = ("--project", tmp_path / "p", "--model", model, "--all", *DEVICE)
    said = cellwright("analyze", bad, smears / "smear_1.png", tmp_path / "lost.svs", *words, "--json")
    assert said.code == 1
    states = {item["name"]: item["state"] for item in said.json["slides"]}
    assert states == {"bad.png": "failed", "smear_1.png": "done"}
    assert "lost.svs" in said.json["left_out"][0]["what"]
    assert cellwright("analyze", bad, *words).code == 2
    assert "Missing: " in cellwright("analyze", bad, *words).err


def test_regions_decide_what_counts(cellwright: Run, model: Path, smears: Path, tmp_path: Path) -> None:
    zone = tmp_path / "zone.geojson"
    ring = [[0, 0], [130, 0], [130, 200], [0, 200], [0, 0]]
    zone.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}), "utf-8")
    counts = {}
    for name, words in {"all": ("--all",), "left": ("--all", "--region", zone)}.items():
        said = cellwright(
            "analyze", smears / "smear_1.png", "--project", tmp_path / name, "--model", model, *words, *DEVICE, "--json"
        )
        assert said.code == 0, said.err
        counts[name] = said.json["slides"][0]["counts"]["all"]["count"]
    assert 0 < counts["left"] < counts["all"]


def test_workers_find_the_same_objects(cellwright: Run, model: Path, smears: Path, tmp_path: Path) -> None:
    found = []
    for name, words in {"here": (), "there": ("--workers", 1)}.items():
        said = cellwright(
            "analyze", smears, "--project", tmp_path / name, "--model", model, "--all", *words, *DEVICE, "--json"
        )
        assert said.code == 0, said.err
        with Project(tmp_path / name, read_only=True) as project:
            objects = {each.id: each.state for number in (1, 2) for each in project.objects_in(number)}
        found.append((objects, [item["counts"] for item in said.json["slides"]]))
    assert found[0] == found[1] and len(found[0][0]) > 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--workers", 2), "--project"),
        (("--retry",), "--project"),
        (("--project", "p", "--with-pictures"), "--with-pictures"),
        (("--project", "p", "--format", "yolo", "--out", "o"), "not yolo"),
        (("--project", "p", "--workers", 0), "from 1"),
        (("--project", "p", "--region", "none.geojson"), "none.geojson"),
    ],
)
def test_words_that_make_no_sense_are_refused_before_any_work(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path, words: tuple[object, ...], said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    refused = cellwright("analyze", smears, "--model", model, *DEVICE, *words)
    assert refused.code == 2 and said in refused.err, refused.err


def test_pictures_of_a_file_that_holds_several_are_no_longer_passed_by_in_silence(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    several = tmp_path / "several.tif"
    with tifffile.TiffWriter(several) as file:
        for name, size in (("smear_1.png", (260, 200)), ("smear_2.png", (250, 200))):
            with Image.open(smears / name) as picture:
                file.write(np.asarray(picture.resize(size)), photometric="rgb", metadata=None)
    words = ("analyze", several, "--model", model, *DEVICE)
    first = cellwright(*words, "--json")
    assert first.code == 0 and len(first.json["pictures"]) == 1
    assert "holds 2 pictures; the first is taken, --series all takes every one" in first.err
    every = cellwright(*words, "--series", "all", "--json", "--out", tmp_path / "out", "--format", "csv")
    assert [picture["width_px"] for picture in every.json["pictures"]] == [260, 250] and every.err == ""
    second = cellwright(*words, "--series", 2, "--json")
    assert second.json["pictures"] == [every.json["pictures"][1] | {"seconds": second.json["pictures"][0]["seconds"]}]
    assert cellwright(*words, "--series", 3).code == 1
    kept = cellwright(*words, "--series", "all", "--project", tmp_path / "p", "--all", "--json")
    assert [slide["series"] for slide in kept.json["slides"]] == [0, 1] and kept.code == 0, kept.err
    with Project(tmp_path / "p", read_only=True) as project:
        assert [(Path(each.file).name, each.series) for each in project.pictures()] == [
            ("several.tif", 0),
            ("several.tif", 1),
        ]
        for picture, size in zip(project.pictures(), [(200, 260), (200, 250)], strict=True):
            with project.picture_ref(picture).open() as slide:
                assert slide.shape == size


def test_a_slide_is_counted_anew_for_other_thresholds_without_being_looked_at_again(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    words = (
        "analyze",
        smears / "smear_1.png",
        "--project",
        tmp_path / "p",
        "--model",
        model,
        "--all",
        *DEVICE,
        "--json",
    )

    def counted(*more: object) -> tuple[int, bool]:
        said = cellwright(*words, *more)
        assert said.code == 0, said.err
        (slide,) = said.json["slides"]
        return sum(each["count"] for name, each in slide["counts"].items() if name != "all"), slide["was_done"]

    usual, _ = counted()
    with Project(tmp_path / "p", read_only=True) as project:
        scores = project.columns(1).scores
    for least in (0.1, 0.35, 0.8):
        total, was_done = counted("--confidence", least)
        assert was_done
        assert total == np.count_nonzero(scores >= np.float32(least))
    assert counted() == (usual, True)
    refused = cellwright(*words, "--confidence", "0.4567")
    assert "hundredths" in refused.err + str(refused.json)


def test_a_channel_can_be_chosen_for_slides_of_a_project(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    words = (
        "analyze",
        smears / "smear_1.png",
        "--project",
        tmp_path / "p",
        "--model",
        model,
        "--all",
        *DEVICE,
        "--json",
    )
    everything, green = cellwright(*words), cellwright(*words, "--channel", "2")
    assert green.code == 0, green.err
    assert green.json["slides"][0]["run"] != everything.json["slides"][0]["run"]
    assert not green.json["slides"][0]["was_done"]
    assert cellwright(*words, "--channel", "2").json["slides"][0]["was_done"]
    missing = cellwright(*words, "--channel", "DAPI")
    assert missing.code == 2 and "DAPI" in missing.json["slides"][0]["said"]


def test_objects_of_a_batch_are_measured_and_a_manifest_vouches_for_all_of_it(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    out, project = tmp_path / "out", tmp_path / "p"
    words = ("analyze", smears, "--project", project, "--model", model, "--all", *DEVICE, "--format", "csv")
    said = cellwright(*words, "--out", out, "--manifest", "--measure", "width,neighbour_count", "--keep", "width > 8")
    assert said.code == 0, said.err
    objects = rows(out / "objects.csv")
    assert objects and all(float(row["width"]) > 8 for row in objects)
    assert {row["picture"] for row in objects} == {"smear_1.png", "smear_2.png"} and objects[0]["neighbour_count"]
    content = json.loads((out / "manifest.json").read_bytes())
    assert {file["path"] for file in content["files"]} == {"slides.csv", "coverage.csv", "objects.csv", "counts.csv"}
    assert content["keep"] == "width > 8" and content["project"]["entry"] > 0 and content["measured"]
    assert sum(sum(each["found"]["counted"].values()) for each in content["pictures"]) == len(objects)
    assert cellwright("verify", out / "manifest.json", "--model", model).code == 0
    (out / "slides.csv").write_text("changed", "utf-8")
    changed = cellwright("verify", out / "manifest.json", "--model", model)
    assert changed.code == 1 and "slides.csv was changed" in changed.out
    refused = cellwright(*words, "--out", out, "--manifest")
    assert refused.code == 2 and "slides.csv" in refused.err
    assert cellwright(*words, "--manifest").code == 2, "there is nothing to vouch for"
