"""The tutorial of docs/plugins.md works as it stands: files in an empty folder, commands in a fresh environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

FILES = {
    "pyproject.toml",
    "plain_pictures/__init__.py",
    "plain_pictures/reading.py",
    "plain_pictures/measuring.py",
    "plain_pictures/writing.py",
    "tests/test_plain_pictures.py",
}


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    """What the page says, up to where the tutorial ends."""
    text = (repository / "docs" / "plugins.md").read_text("utf-8")
    return text[: text.index("## A model")]


@pytest.fixture(scope="module")
def files(page: str) -> dict[str, str]:
    """What the page says stands in which file."""
    return dict(re.findall(r"^`([\w./]+)`.*?```\w+\n(.*?)```", page, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with pip that has Cellwright and pytest, borrowed from this one; its folder of programs."""
    home = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(home, with_pip=True, symlinks=True)
    (site,) = (home / "lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name, module in (("cellwright", "cellwright.cli"), ("pytest", "pytest")):
        program = home / "bin" / name
        program.write_text(f"#!{home}/bin/python\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
        program.chmod(0o755)
    return home / "bin"


@pytest.fixture(scope="module")
def said(
    page: str, files: dict[str, str], environment: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each command of the page said, in a folder with the files of the page."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    commands = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[-1].splitlines()
    # Nothing is downloaded: what pip would fetch is borrowed.
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "COLUMNS": "200"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    surroundings = {**kept, **offline, "PATH": f"{environment}{os.pathsep}{os.environ['PATH']}"}
    surroundings["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return {
        line: subprocess.run(
            ["sh", "-c", line], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300, check=False
        )
        for line in commands
    }


def test_the_page_names_every_file(files: dict[str, str]) -> None:
    assert set(files) == FILES


def test_the_commands_are_these(said: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert list(said) == ["pip install .", "cellwright plugins", "pytest"]


def test_it_installs(said: dict[str, subprocess.CompletedProcess[str]], environment: Path) -> None:
    done = said["pip install ."]
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(environment.parent.glob("lib/python*/site-packages/plain_pictures/reading.py"))


def test_the_command_lists_it_as_ready(said: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done = said["cellwright plugins"]
    ours = [line.split() for line in done.stdout.splitlines() if "plain-pictures" in line]
    assert [words[:2] for words in ours] == [["readers", "ppm"], ["measurements", "elongation"], ["exporters", "list"]]
    assert all(words[-1] == "ready" for words in ours)


def test_its_tests_pass(said: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done = said["pytest"]
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 30


def test_python_is_this_one(environment: Path) -> None:
    """The environment is fresh and not that of the checkout."""
    where = [str(environment / "python"), "-c", "import sys; print(sys.prefix)"]
    assert subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip() != sys.prefix
