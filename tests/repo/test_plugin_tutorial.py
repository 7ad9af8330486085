"""The tutorial of docs/plugins.md works as it stands: its files, its metadata and its tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def files(repository: Path) -> dict[str, str]:
    """What the page says stands in which file."""
    page = (repository / "docs" / "plugins.md").read_text("utf-8")
    return dict(re.findall(r"^`([\w.]+)`.*?```\w+\n(.*?)```", page, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def installed(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with these files, and the metadata that installing them writes."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    project = tomllib.loads(files["pyproject.toml"])["project"]
    info = folder / f"plain_pictures-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()) for group, entries in groups]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(folder)}
    line = [sys.executable, "-m", *words]
    return subprocess.run(line, check=False, cwd=folder, env=surroundings, capture_output=True, text=True)


def test_the_page_names_every_file(files: dict[str, str]) -> None:
    assert set(files) == {"pyproject.toml", "plain_pictures.py", "test_plain_pictures.py"}


def test_its_tests_pass(installed: Path) -> None:
    ended = run(installed, "pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml")
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert " passed" in ended.stdout


def test_the_command_lists_it_as_ready(installed: Path) -> None:
    ended = run(installed, "cellwright", "plugins")
    assert ended.returncode == 0, ended.stdout
    assert "ppm" in ended.stdout
    assert "elongation" in ended.stdout
    assert "cannot be used" not in ended.stdout
