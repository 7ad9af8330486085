"""The scripts behind `make`: they parse, answer at once when nothing changed, and name what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = ("run", "setup", "run-sample", "with-display")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_executable_and_parses(repository: Path, name: str) -> None:
    script = repository / ".ci" / name
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_make_help_names_the_four_commands(repository: Path) -> None:
    said = subprocess.run(["make", "-s", "help"], cwd=repository, capture_output=True, text=True, check=True).stdout
    assert all(f"make {command} " in said for command in ("run", "test", "check", "bench"))


def test_ci_calls_the_command_of_the_readme(repository: Path) -> None:
    assert "make test" in (repository / ".ci" / "run").read_text("utf-8")
    readme = (repository / "README.md").read_text("utf-8")
    assert "make run" in readme
    assert "make test" in readme


def test_the_gallery_says_what_the_cards_say(repository: Path) -> None:
    done = subprocess.run([sys.executable, str(repository / ".ci" / "model-page"), "--check"], check=False)
    assert done.returncode == 0, "run `make gallery`"


def test_the_scores_in_the_readme_are_those_of_the_cards(repository: Path) -> None:
    done = subprocess.run([sys.executable, str(repository / ".ci" / "model-table"), "--check"], check=False)
    assert done.returncode == 0, "run `make table`"


def test_every_file_the_documents_point_at_is_there(repository: Path) -> None:
    for document in [*repository.glob("*.md"), *(repository / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", document.read_text("utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} points at {target}"


def test_every_document_stands_in_the_index_and_every_picture_in_a_document(repository: Path) -> None:
    docs = repository / "docs"
    index = (docs / "README.md").read_text("utf-8")
    pages = {page.name for page in docs.iterdir() if page.suffix in {".md", ".ipynb"}} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w.-]+)\)", index))
    kept = subprocess.run(
        ["git", "ls-files", "docs/images"], cwd=repository, capture_output=True, text=True, check=True
    )
    words = "".join(page.read_text("utf-8") for page in [*repository.glob("*.md"), *docs.glob("*.md")])
    shown = kept.stdout.split()
    assert shown
    assert [picture for picture in shown if picture.removeprefix("docs/") not in words] == []


def test_every_script_stands_in_the_design_and_behind_make(repository: Path) -> None:
    design = (repository / "docs" / "DESIGN.md").read_text("utf-8").split("## Rooms")[0]
    targets = (repository / "Makefile").read_text("utf-8")
    scripts = {script.name for script in (repository / ".ci").iterdir() if script.is_file()}
    assert set(SCRIPTS) < scripts
    assert {name for name in scripts if name not in design} == set()
    assert {name for name in scripts - {"run"} if f".ci/{name}" not in targets} == set(), "`run` calls make"


def test_ci_refuses_to_run_without_data(repository: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "CELLWRIGHT_DATA": str(tmp_path / "absent")}
    done = subprocess.run(
        [str(repository / ".ci" / "run")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "CELLWRIGHT_DATA" in done.stderr


def test_setup_does_nothing_the_second_time(repository: Path, tmp_path: Path) -> None:
    """With a stamp that fits, no Python is asked and nothing is installed: the folder holds no Python at all."""
    checkout = _checkout(repository, tmp_path)
    files = [checkout / name for name in ("pyproject.toml", "constraints.txt", ".ci/setup")]
    together = b"".join(file.read_bytes() for file in files)
    stamp = subprocess.run(["cksum"], input=together, capture_output=True, check=True).stdout
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".cellwright-ready").write_bytes(stamp)
    done = subprocess.run([str(checkout / ".ci" / "setup")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_setup_says_what_to_do_without_a_python_that_is_new_enough(repository: Path, tmp_path: Path) -> None:
    checkout = _checkout(repository, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "id", "grep", "rm", "printf"):
        found = shutil.which(tool)
        if found:
            (tools / tool).symlink_to(found)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # stands for one that is too old
    (tools / "python3").chmod(0o755)
    environment = {"PATH": str(tools), "HOME": str(tmp_path)}
    done = subprocess.run(
        [str(checkout / ".ci" / "setup")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Python 3.11" in done.stderr


def _checkout(repository: Path, tmp_path: Path) -> Path:
    checkout = tmp_path / "checkout"
    (checkout / ".ci").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", ".ci/setup"):
        shutil.copy(repository / name, checkout / name)
    return checkout
