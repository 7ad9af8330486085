"""``cellwright differential``: what it prints, what it writes into a project, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import Status
from cellwright.core import Objects
from cellwright.export import read_table
from cellwright.project import Project
from tests.cli.conftest import Said

CLASSES = ("neutrophil", "lymphocyte", "erythroblast", "unidentified", "PLT")


def a_project(folder: Path, counts: tuple[int, ...], *, reviewed: bool = False) -> Path:
    picture = folder.parent / f"{folder.name}.png"
    Image.fromarray(np.full((100, 100 + sum(counts) % 50, 3), 200, np.uint8)).save(picture)
    with Project.create(folder) as project:
        project.add_pictures([picture], "A.")
        project.add_classes([(name, name.title(), "#0072B2", "") for name in CLASSES], "A.")
        n = sum(counts)
        ids = np.frombuffer(np.random.default_rng(n).bytes(16 * n), "V16")
        boxes = np.tile(np.array([[1, 1, 9, 9]], np.float32), (n, 1))
        index = np.repeat(np.arange(5), counts).astype(np.int16)
        project.add_objects(1, Objects(ids, boxes, index, np.full(n, 0.9, np.float32), CLASSES), "A.")
        if reviewed:
            project.change_objects([each.id for each in project.objects_in(1)], "A.", status=Status.ACCEPTED)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_project(tmp_path / "one", (91, 9, 6, 2, 40))


def test_a_differential_is_printed_with_limits(cellwright: Callable[..., Said], folder: Path) -> None:
    said = cellwright("differential", folder)
    assert said.code == 0
    assert "Differential of 100 white cells on 1 picture" in said.out
    assert "4.2–16.4" in said.out
    assert "For each 100 white cells" in said.out
    assert "Kept apart" in said.out
    assert "not a medical device" in said.err
    assert "108 cells are unreviewed" in said.err


def test_a_differential_as_json(cellwright: Callable[..., Said], folder: Path) -> None:
    found = cellwright("differential", folder, "--json", "--together", "bonferroni", "--role", "PLT=left-out").json
    assert (found["white"], found["unidentified"], found["unreviewed"]) == (100, 2, 108)
    assert found["classes"]["erythroblast"]["per_100"] == 6
    assert "Bonferroni" in found["method"]
    assert found["per_microlitre"] == {}
    assert found["notes"][-1].startswith("Cellwright is not a medical device")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_differential_is_written_as_a_table(
    cellwright: Callable[..., Said], folder: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"differential.{ending}"
    assert cellwright("differential", folder, "--out", out).code == 0
    table = read_table(out, "differential")
    assert [str(each) for each in table.column("class").cells()] == [
        "neutrophil",
        "lymphocyte",
        "erythroblast",
        "unidentified",
    ]
    numbers = {
        name: [None if each in (None, "") else float(each) for each in table.column(name).cells()]
        for name in ("n", "share", "per_100")
    }
    assert numbers["n"] == [91, 9, 6, 2]
    assert numbers["share"] == pytest.approx([0.91, 0.09, None, 2 / 102])
    assert numbers["per_100"] == pytest.approx([None, None, 6, None])
    assert cellwright("differential", folder, "--out", out).code == 2
    assert cellwright("differential", folder, "--out", out, "--overwrite").code == 0
    assert cellwright("differential", folder, "--out", tmp_path / "differential.txt").code == 2


def test_it_is_signed_off_by_name_only_once_reviewed(cellwright: Callable[..., Said], tmp_path: Path) -> None:
    waiting = a_project(tmp_path / "waiting", (5, 5, 0, 0, 0))
    refused = cellwright("differential", waiting, "--sign", "--author", "Dr. S.")
    assert refused.code == 2
    assert "10 cells are unreviewed" in refused.err
    done = a_project(tmp_path / "done", (50, 50, 0, 0, 0), reviewed=True)
    signed = cellwright("differential", done, "--sign", "--author", "Dr. S.", "--remark", "EDTA", "--json").json
    assert [(each["author"], each["cells"], each["holds"]) for each in signed["signed"]] == [("Dr. S.", 100, True)]
    assert "Signed off by Dr. S." in cellwright("differential", done).err
    assert "sign-off" in cellwright("history", done).out
    assert "withdrawn" in cellwright("differential", done, "--withdraw", "--author", "Dr. T.").err
    assert cellwright("differential", done, "--json").json["signed"] == []
    assert cellwright("differential", done, "--withdraw").code == 2


def test_a_factor_is_kept_with_who_entered_it(cellwright: Callable[..., Said], folder: Path) -> None:
    said = cellwright("differential", folder, "--platelet-factor", 15000, "--author", "Lab")
    assert "Estimate of platelets: 600,000 per µL" in said.err
    assert "entered by Lab" in said.err
    found = cellwright("differential", folder, "--json").json["per_microlitre"]
    assert (found["platelets"]["value"], found["platelets"]["entered_by"]) == (600_000, "Lab")
    assert "taken away" in cellwright("differential", folder, "--platelet-factor", 0).err
    assert cellwright("differential", folder, "--json").json["per_microlitre"] == {}
    assert cellwright("differential", folder, "--white-factor", -3).code == 2


def test_two_differentials_are_compared(cellwright: Callable[..., Said], folder: Path, tmp_path: Path) -> None:
    other = a_project(tmp_path / "other", (50, 50, 0, 0, 0))
    assert "differs" in cellwright("differential", folder, "--compare", other).out
    found = cellwright("differential", folder, "--compare", other, "--json").json["differences"]
    assert not found["Lymphocyte"]["may_be_the_same"]


def test_pictures_are_counted_too(cellwright: Callable[..., Said], smears: Path, model: Path) -> None:
    said = cellwright("differential", smears, "--model", model, "--json", "--platelet-factor", 1000)
    assert said.code == 0
    assert said.json["pictures"] == 2
    assert said.json["per_microlitre"]["platelets"]["value"] is not None
    assert cellwright("differential", smears, "--model", model, "--sign").code == 2
    for words in (("--confidence", "0.5"), ("--confidence", "WBC=x"), ("--role", "WBC=blue")):
        assert cellwright("differential", smears.parent / "none", *words).code == 2
