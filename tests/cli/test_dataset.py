"""`cellwright dataset` end to end: each command does its work, answers in JSON, and refuses in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cellwright.cli.dataset_words import DATASET_FORMATS, READ_FORMATS
from cellwright.cli.main import main
from cellwright.datasets import FORMATS, read_dataset
from cellwright.project import Project
from cellwright.workflows import DATASET_FORMATS as WRITTEN


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "labels").mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [RBC, WBC]\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    for i in range(6):
        Image.fromarray(rng.integers(0, 255, (40, 50, 3), np.uint8)).save(folder / "images" / f"p{i}.png")
        lines = "0 0.5 0.5 0.2 0.2\n" + "1 0.2 0.2 0.1 0.1\n" * (i % 2)
        (folder / "labels" / f"p{i}.txt").write_text(lines, encoding="utf-8")
    return folder


def answer(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    """Run a command with ``--json`` and return what it prints."""
    capsys.readouterr()
    assert main(["dataset", *map(str, words), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_words_are_those_of_the_workflows() -> None:
    assert tuple(kind.value for kind in WRITTEN) == DATASET_FORMATS
    assert ("auto", *FORMATS) == READ_FORMATS


def test_a_set_comes_into_a_new_project_and_goes_out_again(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "project"
    done = answer(capsys, "import", data, project, "--author", "A.")
    assert (done["pictures"], done["objects"], done["classes"]) == (6, 9, 2)
    with Project(project, read_only=True) as opened:
        assert [entry.author for entry in opened.journal()] == ["A."]
    again = answer(capsys, "import", data, project)
    assert (again["objects"], again["journal_entry"]) == (0, None)
    written = answer(capsys, "export", project, "--out", tmp_path / "voc", "--format", "voc", "--with-pictures")
    assert written["objects"] == 9
    labelled, report = read_dataset(tmp_path / "voc")
    assert report.is_clean and labelled.counts().tolist() == [6, 3]


def test_a_set_that_cannot_be_read_leaves_no_project_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["dataset", "import", str(tmp_path / "empty"), str(tmp_path / "project")]) == 2
    assert "holds no labels" in capsys.readouterr().err
    assert not (tmp_path / "project").exists()


def test_health_says_what_there_is(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = data / "images" / "p5.png"
    cut.write_bytes(cut.read_bytes()[:900])
    found = answer(capsys, "health", data, "--heat-map", tmp_path / "heat.png", code=1)
    assert (found["pictures"], found["boxes"], found["audit"]) == (6, 9, None)
    assert [Path(path).name for path in found["unreadable"]] == ["p5.png"]
    assert sum(map(sum, found["heat_map"])) == 9
    assert (tmp_path / "heat.png").is_file()
    assert main(["dataset", "health", str(data)]) == 1
    said = capsys.readouterr()
    assert "6 pictures" in said.out and "cannot be read" in said.err


def test_splits_are_dealt_and_written(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "split.csv"
    words = ("split", data, "--shares", "train=0.5,val=0.5", "--out", out)
    assert {name: part["pictures"] for name, part in answer(capsys, *words).items()} == {"train": 3, "val": 3}
    rows = out.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "file,split,group" and len(rows) == 7
    assert main(["dataset", *map(str, words)]) == 2
    assert "already exists" in capsys.readouterr().err
    # As the set's own manifest it is what the splits are from now on.
    (data / "manifest.csv").write_text(out.read_text(encoding="utf-8"), encoding="utf-8")
    labelled, _ = read_dataset(data)
    assert {split: len(labelled.of_split(split)) for split in labelled.splits} == {"train": 3, "val": 3}


def test_versions_are_prepared_frozen_and_compared(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = answer(capsys, "freeze", data, "--out", tmp_path / "v1")
    second = answer(
        capsys, "freeze", data, "--out", tmp_path / "v2", "--parent", tmp_path / "v1", "--size", "64x32", "--grey"
    )
    assert second["parent"] == first["hash"] != second["hash"]
    labelled, _ = read_dataset(tmp_path / "v2")
    assert {picture.size for picture in labelled} == {(32, 64)}
    changes = answer(capsys, "compare", tmp_path / "v1", tmp_path / "v2")
    assert len(changes["added"]) == len(changes["removed"]) == 6 and not changes["is_prepared_alike"]
    target = tmp_path / "v1" / "images" / "p0.png"
    target.unlink()
    wrong = answer(capsys, "compare", tmp_path / "v1", tmp_path / "v1", "--check-files", code=1)
    assert wrong["changed_files"][str(tmp_path / "v1")] == ["p0.png"]


def test_changed_copies_are_written_and_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    recipe = repository / "models" / "blood-cells-yolo" / "recipe.toml"
    divided = ("--shares", "train=0.5,val=0.5", "--copies", "2")
    frozen = answer(capsys, "freeze", data, "--out", tmp_path / "v1", *divided, "--augment", recipe)
    assert frozen["splits"] == {"train": 9, "val": 3}
    written = answer(capsys, "export", data, "--out", tmp_path / "e", *divided)
    assert written["pictures"] == 12 and len(list((tmp_path / "e").rglob("*_copy2.png"))) == 3
    assert main(["dataset", "freeze", str(data), "--out", str(tmp_path / "v2"), "--augment", str(recipe)]) == 2
    assert "--copies" in capsys.readouterr().err


def test_a_preview_is_one_sheet(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "prepare", str(data), "--preview", str(tmp_path / "sheet.png"), "--count", "4"]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (484, 484)
    assert main(["dataset", "prepare", str(data)]) == 2
    assert "--preview" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("split", "SET", "--shares", "train=0.5,val=0.6"),
        ("split", "SET", "--shares", "half"),
        ("prepare", "SET", "--size", "0x0", "--out", "OUT"),
        ("prepare", "SET", "--size", "big", "--out", "OUT"),
        ("freeze", "SET", "--out", "OUT", "--parent", "SET"),
        ("compare", "SET", "SET"),
        ("export", "SET", "--out", "OUT", "--format", "labels"),
        ("health", "SET", "--model", "no-such-model"),
        ("health", "SET", "--only", "no-such-split"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    places = {"SET": str(data), "OUT": str(tmp_path / "out")}
    assert main(["dataset", *(places.get(word, word) for word in words)]) == 2
    said = capsys.readouterr().err
    assert said.strip() and "Traceback" not in said
    assert not (tmp_path / "out").exists()
