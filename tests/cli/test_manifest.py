"""A manifest says what results were made from: it verifies, and whatever was changed since is named in a sentence."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cellwright.core.canonical import canonical_json
from cellwright.imaging import array_ref
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows import AnalyzePicture, ExportAnalyses, ExportFormat, analysis_recipe

Run = Callable[..., Any]
DEVICE = ("--device", "cpu")


@dataclass(frozen=True)
class Place:
    """Pictures, a model and results that a test may change."""

    folder: Path

    @property
    def picture(self) -> Path:
        return self.folder / "in" / "smear_1.png"

    @property
    def model(self) -> Path:
        return self.folder / "tiny"

    @property
    def manifest(self) -> Path:
        return self.folder / "out" / "manifest.json"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, model: Path, smears: Path) -> Path:
    """An analysis of two pictures, exported as the window does it: by the operation, not by the command."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(smears, folder / "in")
    shutil.copytree(model, folder / "tiny")
    analyses = tuple(
        run_inline(AnalyzePicture(folder / "in" / name, folder / "tiny", "cpu"))
        for name in ("smear_1.png", "smear_2.png")
    )
    formats = (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.COCO)
    run_inline(ExportAnalyses(analyses, folder / "out", formats, 0.4, manifest=True))
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    shutil.copytree(made, tmp_path / "moved")
    return Place(tmp_path / "moved")


def lines_of(said: Any) -> dict[tuple[str, str], tuple[str, str]]:
    return {(line["what"], line["name"]): (line["agreement"], line["said"]) for line in said.json["lines"]}


def problems_of(said: Any) -> dict[tuple[str, str], str]:
    return {key: told for key, (kind, told) in lines_of(said).items() if kind in ("different", "missing")}


def test_a_manifest_made_by_the_workflow_verifies_on_the_command_line(cellwright: Run, place: Place) -> None:
    said = cellwright("verify", place.manifest)
    assert said.code == 0
    assert "same     pixels smear_1.png have the same values" in said.out
    assert "same     model tiny has the same weights" in said.out
    assert "same     file objects.csv is as it was written" in said.out
    assert "same     file coco/" in said.out
    assert said.err.splitlines()[-1].startswith("Everything is as the manifest says")


def test_a_manifest_says_everything_and_is_canonical(place: Place) -> None:
    raw = place.manifest.read_bytes()
    content = json.loads(raw)
    assert canonical_json(content) == raw
    assert {"python", "cellwright", "numpy", "torch", "system"} <= set(content["versions"])
    picture = content["pictures"][0]
    assert picture["path"] == "../in/smear_1.png", "no path of one machine"
    assert picture["pixels"]["shape"] == [200, 260, 3] and picture["pixels"]["dtype"] == "uint8"
    assert picture["asked"]["scales"] == [1] and picture["found"]["device"] == "cpu"
    assert content["confidence"] == [0.4] * 3 and content["seed"] is None
    assert content["models"][0]["path"] == "../tiny"
    assert {file["path"] for file in content["files"]} >= {"objects.csv", "counts.csv", "results.xlsx"}


def test_one_flipped_pixel_fails_and_is_given_its_place(cellwright: Run, place: Place) -> None:
    pixels = np.asarray(Image.open(place.picture)).copy()
    pixels[7, 9, 1] ^= 1
    Image.fromarray(pixels).save(place.picture)
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 1
    assert problems_of(said) == {
        ("pixels", "smear_1.png"): "have other values within y 0 to 200, x 0 to 260",
        ("picture", "smear_1.png"): "is another file: its bytes differ",
    }
    plain = cellwright("verify", place.manifest)
    assert "DIFFERS  pixels smear_1.png have other values" in plain.out


def test_the_same_pixels_in_other_bytes_are_told_and_are_no_fault(cellwright: Run, place: Place) -> None:
    Image.open(place.picture).save(place.picture, compress_level=1)
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 0
    assert lines_of(said)["picture", "smear_1.png"] == ("noted", "is stored in other bytes, with the same pixels")


def test_a_changed_cell_of_a_table_fails_and_names_table_and_column(cellwright: Run, place: Place) -> None:
    path = place.manifest.parent / "objects.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[1][3] = "0.9999" if rows[1][3] != "0.9999" else "0.9998"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 1
    assert list(problems_of(said)) == [("file", "objects.csv")]
    assert problems_of(said)["file", "objects.csv"] == "was changed after it was written: column 'score'"
    for changed, expected in ((rows[:-1], "every column, as if rows"), ([row[1:] for row in rows], "other columns")):
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(changed)
        assert expected in problems_of(cellwright("verify", place.manifest, "--json"))["file", "objects.csv"]
    path.write_bytes(b"")
    assert "(0 bytes now" in problems_of(cellwright("verify", place.manifest, "--json"))["file", "objects.csv"]


def test_other_weights_fail_and_so_does_another_card(cellwright: Run, place: Place) -> None:
    weights = place.model / "weights.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 1 and "has other weights: sha256" in problems_of(said)["model", "tiny"]
    raw[-1] ^= 1
    weights.write_bytes(raw)
    card = place.model / "card.json"
    card.write_text(card.read_text(encoding="utf-8").replace("Tiny, for tests", "Tiny"), encoding="utf-8")
    said = cellwright("verify", place.manifest, "--json")
    assert list(problems_of(said)) == [("card", "tiny")]


def test_what_is_gone_is_named_and_can_be_looked_for_elsewhere(cellwright: Run, place: Place, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(place.folder / "in", elsewhere)
    shutil.move(place.model, tmp_path / "models")
    (place.manifest.parent / "counts.csv").unlink()
    said = cellwright("verify", place.manifest, "--json")
    kinds = {key: kind for key, (kind, _) in lines_of(said).items()}
    missing = {("picture", "smear_1.png"), ("picture", "smear_2.png"), ("model", "tiny"), ("file", "counts.csv")}
    assert {key for key, kind in kinds.items() if kind == "missing"} == missing
    found = cellwright("verify", place.manifest, "--json", "--pictures", elsewhere, "--model", tmp_path / "models")
    assert list(problems_of(found)) == [("file", "counts.csv")]


def test_a_manifest_that_was_written_anew_is_told(cellwright: Run, place: Place) -> None:
    place.manifest.write_text(json.dumps(json.loads(place.manifest.read_bytes()), indent=2), encoding="utf-8")
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 1 and list(problems_of(said)) == [("manifest", "manifest.json")]


def test_other_versions_are_noted_and_are_no_fault(cellwright: Run, place: Place) -> None:
    content = json.loads(place.manifest.read_bytes())
    content["versions"]["numpy"] = "1.0"
    place.manifest.write_bytes(canonical_json(content))
    said = cellwright("verify", place.manifest, "--json")
    assert said.code == 0 and lines_of(said)["version", "numpy"][1].endswith("was 1.0")


def test_a_picture_in_memory_is_hashed_and_told_as_such(cellwright: Run, model: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (120, 140, 3), np.uint8)
    analysis = run_inline(AnalyzePicture(array_ref(pixels), model, "cpu"))
    run_inline(ExportAnalyses((analysis,), tmp_path, (ExportFormat.CSV,), manifest=True))
    said = cellwright("verify", tmp_path / "manifest.json", "--json")
    assert [told for (what, _), told in problems_of(said).items() if what == "picture"] == [
        "was in the memory of a program, so there is no file to look at"
    ]
    assert cellwright("rerun", tmp_path / "manifest.json").code == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ("[]", "is no manifest of Cellwright"),
        ('{"manifest": 2}', "newer Cellwright"),
        ('{"manifest": 1}', "is missing"),
    ],
)
def test_what_is_no_manifest_is_one_sentence(
    cellwright: Run, tmp_path: Path, content: str | None, expected: str
) -> None:
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    for command in ("verify", "rerun", "recipe"):
        said = cellwright(command, path)
        assert said.code == 2 and said.err.count("\n") == 1 and expected in said.err


def test_an_unknown_key_of_a_manifest_is_named(cellwright: Run, place: Place) -> None:
    content = json.loads(place.manifest.read_bytes()) | {"operator": "me"}
    place.manifest.write_bytes(canonical_json(content))
    assert "nobody knows the key 'operator'" in cellwright("verify", place.manifest).err


def test_rerun_finds_the_same_objects(cellwright: Run, place: Place) -> None:
    said = cellwright("rerun", place.manifest)
    assert said.code == 0 and said.out.count("in every bit") == 2 and "The same objects" in said.err


def test_rerun_names_the_objects_that_a_changed_picture_lost(cellwright: Run, place: Place) -> None:
    pixels = np.asarray(Image.open(place.picture)).copy()
    pixels[:, :130] = (225, 215, 220)
    Image.fromarray(pixels).save(place.picture)
    said = cellwright("rerun", place.manifest, "--json")
    assert said.code == 1
    first, second = said.json["pictures"]
    assert second["same"] and not first["same"]
    assert first["only_then"] and " at y " in first["only_then"][0]
    plain = cellwright("rerun", place.manifest)
    assert "DIFFERS  smear_1.png" in plain.out and "then alone: " in plain.out


def test_rerun_refuses_another_model_of_the_same_name(cellwright: Run, place: Place) -> None:
    card = json.loads((place.model / "card.json").read_text(encoding="utf-8"))
    card["weights"]["sha256"] = "ab" * 32
    (place.model / "card.json").write_text(json.dumps(card), encoding="utf-8")
    said = cellwright("rerun", place.manifest)
    assert said.code == 2 and "other weights" in said.err


def test_a_recipe_repeats_the_analysis_on_other_pictures(cellwright: Run, place: Place, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    assert cellwright("recipe", place.manifest, "--out", recipe).code == 0
    text = recipe.read_text(encoding="utf-8")
    assert cellwright("recipe", place.manifest).out == text
    assert 'formats = ["csv", "xlsx", "coco"]' in text and "WBC = 0.4" in text
    out = tmp_path / "again"
    said = cellwright("run", recipe, place.picture, "--out", out, "--model", place.model, *DEVICE)
    assert said.code == 0
    direct = tmp_path / "direct"
    words = ("--confidence", "0.4", "--format", "csv", "--out", direct, "--model", place.model, *DEVICE)
    assert cellwright("analyze", place.picture, *words).code == 0
    assert (out / "objects.csv").read_bytes() == (direct / "objects.csv").read_bytes()
    assert cellwright("verify", out / "manifest.json").code == 0
    refused = cellwright("run", recipe, place.picture, "--out", out, "--model", place.model, *DEVICE)
    assert refused.code == 2 and "already exist" in refused.err


def test_analyze_writes_a_manifest_when_asked_and_says_where(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    picture, out = smears / "smear_1.png", tmp_path / "out"
    words = ("analyze", picture, "--model", model, "--format", "csv", *DEVICE)
    assert cellwright(*words, "--manifest").code == 2
    asked = ("--out", out, "--manifest", "--augment", "--scales", "1,1.25", "--pixel-size", "0.2")
    said = cellwright(*words, *asked)
    assert said.code == 0 and f"Written: {out / 'manifest.json'}" in said.err
    assert cellwright("rerun", out / "manifest.json").code == 0
    recipe = analysis_recipe.read_recipe(_recipe_file(cellwright, out, tmp_path))
    assert recipe.look.augment and recipe.look.scales == (1.0, 1.25)
    assert recipe.look.pixel_size_um == (0.2, 0.2)
    assert "objects.csv and 2 more already exist" in cellwright(*words, "--out", out, "--manifest").err


def test_measurements_that_were_asked_for_join_the_table_and_the_recipe(
    cellwright: Run, model: Path, smears: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("--model", model, "--format", "csv", "--out", out, "--manifest", "--measure", "neighbours", *DEVICE)
    assert cellwright("analyze", smears / "smear_1.png", *words).code == 0
    with (out / "objects.csv").open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    assert len(header) > 21 and len(set(header)) == len(header)
    unknown = cellwright("analyze", smears, *words[:-4], "--overwrite", "--measure", "neighbors", *DEVICE)
    assert unknown.code == 2 and "neighbo" in unknown.err and unknown.err.count("\n") == 1
    assert 'measured = ["neighbours"]' in cellwright("recipe", out / "manifest.json").out


def _recipe_file(cellwright: Run, out: Path, folder: Path) -> Path:
    path = folder / "made.toml"
    assert cellwright("recipe", out / "manifest.json", "--out", path).code == 0
    return path


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("recipe = 1", "recipe = 1\nseeds = 4", "nobody knows the key 'seeds'"),
        ("[write]", "[write]\ncolour = 1", "nobody knows the key 'write.colour'"),
        ("recipe = 1", "recipe = 9", "recipe"),
        ("WBC = 0.4", "WBC = 4.0", "between 0 and 1"),
        ("WBC = 0.4", "XYZ = 0.4", "both must be the same"),
        ('"csv"', '"docx"', "write.formats"),
        ("[write]", "[write", "is no TOML"),
        ('sha256 = "', 'sha256 = "00', "model.sha256"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_one_sentence(
    cellwright: Run, place: Place, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    recipe = tmp_path / "recipe.toml"
    text = cellwright("recipe", place.manifest).out
    assert old in text
    recipe.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = cellwright("run", recipe, place.picture, "--out", tmp_path / "x", "--model", place.model)
    assert said.code == 2 and said.err.count("\n") == 1 and expected in said.err, said.err


def test_a_recipe_refuses_a_model_with_other_weights(cellwright: Run, place: Place, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    text = cellwright("recipe", place.manifest).out
    at = text.index('sha256 = "') + len('sha256 = "')
    recipe.write_text(f"{text[:at]}{'0' * 64}{text[at + 64 :]}", encoding="utf-8")
    said = cellwright("run", recipe, place.picture, "--out", tmp_path / "x", "--model", place.model)
    assert said.code == 2 and "has other weights" in said.err


def test_a_manifest_of_a_project_says_where_its_journal_stood(
    cellwright: Run, place: Place, tmp_path: Path, model: Path
) -> None:
    project, out = tmp_path / "project", tmp_path / "of_project"
    words = ("analyze", place.picture, "--project", project, "--model", model, "--all", *DEVICE)
    assert cellwright(*words).code == 0
    assert cellwright("export", project, "--out", out, "--format", "csv", "--manifest").code == 0
    said = cellwright("verify", out / "manifest.json", "--json", "--model", model)
    assert said.code == 0 and any(what == "project" for what, _ in lines_of(said))
    with Project(project) as opened:
        opened.undo("A.")
    assert cellwright("verify", out / "manifest.json", "--model", model).code == 0, "the journal went on"
    content = json.loads((out / "manifest.json").read_bytes())
    content["project"]["sha256"] = "00" * 32
    (out / "manifest.json").write_bytes(canonical_json(content))
    said = cellwright("verify", out / "manifest.json", "--json", "--model", model)
    assert list(problems_of(said).values()) == [
        f"has another history: its journal up to entry {content['project']['entry']} was changed"
    ]
    assert cellwright("recipe", out / "manifest.json").code == 2
