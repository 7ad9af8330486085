from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.cli import main

if TYPE_CHECKING:
    import pytest


def test_a_project_is_made_told_about_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, folder = tmp_path / "a.png", str(tmp_path / "p")
    picture.write_bytes(b"a picture")
    assert main(["new", folder, str(tmp_path / "missing.png")]) == 2
    assert not Path(folder).exists()
    assert main(["new", folder, str(picture), "--author", "A."]) == 0
    assert main(["new", folder]) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["undo", folder, "--author", "B."]) == 0
    assert main(["undo", folder]) == 1
    assert main(["redo", folder, "--author", "B.", "--steps", "3"]) == 0
    capsys.readouterr()
    assert main(["history", folder, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["author"], each["action"], each["target"]) for each in told] == [
        ("A.", "do", 1),
        ("B.", "undo", 1),
        ("B.", "redo", 1),
    ]
    assert main(["history", folder]) == 0
    assert "undo 1: pictures" in capsys.readouterr().out


def test_a_damaged_project_is_restored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, folder = tmp_path / "a.png", tmp_path / "p"
    picture.write_bytes(b"a picture")
    assert main(["new", str(folder), str(picture)]) == 0
    (folder / "project.sqlite").write_bytes(b"")
    assert main(["history", str(folder)]) == 2
    assert "restore" in capsys.readouterr().err
    assert main(["restore", str(folder), "--list"]) == 0
    assert main(["restore", str(folder)]) == 0
    assert main(["history", str(folder)]) == 0
