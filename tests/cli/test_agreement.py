"""``cellwright agreement``: readers, model and projects, compared in print and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.workflows.test_agreement import a_project, answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with a_project(tmp_path / "p", [0, 0, 1, 1, 2]) as project:
        answer(project, "A.", ["WBC", "RBC", "RBC", "RBC", None])
        answer(project, "B.", ["WBC", "WBC", "RBC", "RBC"])
        answer(project, "C.", ["WBC", "WBC", "RBC"])
    return tmp_path / "p"


def test_readers_and_model(cellwright: Callable[..., Said], folder: Path) -> None:
    said = cellwright("agreement", folder)
    assert said.code == 0
    assert "5 cells, the readers (rows) and the model (columns)" in said.out
    assert "No cell" in said.out
    assert "Cohen's kappa" in said.err
    found = cellwright("agreement", folder, "--json").json
    assert found["readers"] == ["the readers", "the model"]
    assert found["seen_by_both"] == 4


def test_readers_of_one_project(cellwright: Callable[..., Said], folder: Path) -> None:
    found = cellwright("agreement", folder, "--readers", "A.,B.,C.", "--json").json
    assert found["table"] == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]
    assert found["fleiss"]["value"] is not None
    assert "Fleiss' kappa" in cellwright("agreement", folder, "--readers", "A.,B.,C.").err
    for words in (("--readers", "A."), ("--readers", "A.,D."), ("--audits-alone",), (folder, "--readers", "A.,B.")):
        assert cellwright("agreement", folder, *words).code == 2


def test_two_projects(cellwright: Callable[..., Said], folder: Path, tmp_path: Path) -> None:
    a_project(tmp_path / "q", [0, 1, 1, 1]).close()
    found = cellwright("agreement", folder, tmp_path / "q", "--json").json
    assert found["readers"] == ["p", "q"]
    assert found["table"][-1][-1] == 0
