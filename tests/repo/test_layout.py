"""What the repository promises about itself: rooms, directions, words, and nothing of one machine in it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.requirements import Requirement

FOLDERS = {"app", "benchmarks", "docs", "models", "plugins", "resources", "tests", ".ci"}
FILES = {
    ".gitignore",
    ".editorconfig",
    ".gitattributes",
    "pyproject.toml",
    "constraints.txt",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "THIRD-PARTY.md",
}
# Folders of one machine, hosts of package indexes by their usual names, files that name them.
OF_ONE_MACHINE = re.compile(
    r"(?<![\w.-])/(?:work|farm|opt/wheels|home/(?!someone/)\w+|Users/\w+)/|pythonhosted\.org|https?://[\w.-]*(?:pypi|artifact|mirror)[\w.-]*"
)
LONGEST_FILE = 500
# Found at run time: codecs by tifffile and pydicom, the event writer by torch, the engine by its name, OpenSlide's
# library by its binding, the ways to a server by fsspec.
LOADED_BY_NAME = {
    *("imagecodecs", "openvino", "pylibjpeg", "pylibjpeg-openjpeg", "tensorboard"),
    *("onnx", "onnxscript", "openslide-bin", "aiohttp", "s3fs"),
}


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    """Every file git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True).stdout
    files = [repository / name.decode() for name in listed.split(b"\0") if name]
    return [file for file in files if file.is_file()]


@pytest.fixture(scope="module")
def sources(tracked: list[Path], repository: Path) -> list[Path]:
    """The Python files of the package."""
    return [file for file in tracked if file.suffix == ".py" and file.is_relative_to(repository / "app")]


def test_nothing_lies_at_the_top_that_does_not_belong_there(tracked: list[Path], repository: Path) -> None:
    assert {file.relative_to(repository).parts[0] for file in tracked} <= FOLDERS | FILES


def test_no_file_names_a_folder_of_one_machine_or_a_package_index(tracked: list[Path]) -> None:
    found = []
    for file in tracked:
        if file.suffix in {".png", ".jpg", ".safetensors", ".svg", ".tif", ".dcm"} or file.name == "test_layout.py":
            continue
        for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), 1):
            if OF_ONE_MACHINE.search(line):
                found.append(f"{file.name}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_lock_file_and_no_address_among_the_pins(tracked: list[Path], repository: Path) -> None:
    assert "uv.lock" not in {file.name for file in tracked}
    pins = (repository / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", pin) for pin in pins)


def test_every_pin_allows_what_the_project_asks_for(repository: Path) -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    lines = (repository / "constraints.txt").read_text("utf-8").split()
    pins = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    asked = [Requirement(line) for line in project["project"]["dependencies"]]
    asked += [Requirement(line) for line in project["dependency-groups"]["test"] if isinstance(line, str)]
    for requirement in asked:
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} but {pin} is pinned"


@pytest.mark.skipif(sys.platform != "linux", reason="pins are taken on Linux")
def test_everything_that_is_installed_for_the_tests_has_a_pin(repository: Path) -> None:
    """What is asked for, and what that asks for, to the end: else two machines would not hold the same."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (repository / "constraints.txt").read_text("utf-8").split()
    pins = {canonicalize_name(line.split("==")[0]) for line in lines}
    members = [repository, *(file.parent for file in repository.glob("plugins/*/pyproject.toml"))]
    projects = [tomllib.loads((member / "pyproject.toml").read_text("utf-8")) for member in members]
    lines = [line for project in projects for line in project["project"]["dependencies"]]
    waiting = [Requirement(line) for line in (*lines, *projects[0]["dependency-groups"]["test"])]
    known: set[tuple[str, str]] = set()
    while waiting:
        asked = waiting.pop()
        for extra in {"", *asked.extras} - {extra for name, extra in known if name == canonicalize_name(asked.name)}:
            if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
                continue
            known.add((canonicalize_name(asked.name), extra))
            needs = [Requirement(line) for line in metadata.distribution(asked.name).requires or []]
            waiting += [_plain(need) for need in needs if need.marker is None or need.marker.evaluate({"extra": extra})]
    ours = {canonicalize_name(project["project"]["name"]) for project in projects}
    assert {name for name, _ in known} - pins - ours == set()


def _plain(need: Requirement) -> Requirement:
    """Return a requirement whose condition has been asked already."""
    need.marker = None
    return need


def test_every_library_the_package_imports_is_asked_for(sources: list[Path], repository: Path) -> None:
    """Also the other way round: nothing is asked for that no line imports."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    asked = {canonicalize_name(Requirement(line).name) for line in (*project["dependencies"], *extras)}
    # Plugin authors run what is under testing/, and bring pytest with them.
    used = {name for file in sources if "testing" not in file.parts for name in _imported(file)}
    providers = metadata.packages_distributions()
    needed = {name: {canonicalize_name(d) for d in providers.get(name, [name])} for name in used}
    missing = {name for name, offers in needed.items() if not offers & asked}
    assert missing == set()
    idle = asked - set().union(*needed.values()) - LOADED_BY_NAME
    assert idle == set()


def _imported(file: Path) -> set[str]:
    """Top names of other people's packages that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"cellwright", "__future__"}


def test_every_room_says_what_it_knows(repository: Path) -> None:
    rooms = [folder for folder in (repository / "app" / "cellwright").rglob("*") if _holds_python(folder)]
    assert len(rooms) > 8
    for room in rooms:
        first = room / "__init__.py"
        assert first.is_file(), f"{room} has no __init__.py"
        assert ast.get_docstring(ast.parse(first.read_text("utf-8"))), f"{room} does not say what it knows"
        assert [file for file in room.iterdir() if file.name not in {"__init__.py", "__pycache__"}], f"{room} is empty"


def _holds_python(folder: Path) -> bool:
    return folder.is_dir() and folder.name not in {"__pycache__", "_bundled"} and any(folder.glob("*.py"))


def test_every_room_has_tests_of_its_name(repository: Path) -> None:
    package = repository / "app" / "cellwright"
    rooms = {folder.name for folder in package.iterdir() if _holds_python(folder)}
    tested = {folder.name for folder in (repository / "tests").iterdir() if any(folder.rglob("test_*.py"))}
    assert rooms - tested == set()


def test_every_file_is_one_sentence_and_short_enough_for_it(sources: list[Path]) -> None:
    for file in sources:
        text = file.read_text("utf-8")
        if file.name != "__main__.py":
            assert ast.get_docstring(ast.parse(text)), f"{file} has no docstring"
        assert text.count("\n") <= LONGEST_FILE, f"{file} is longer than {LONGEST_FILE} lines: two purposes, two files"
        assert file.stem not in {"utils", "helpers", "misc", "common"}


def test_every_file_can_be_read_by_the_oldest_python_we_support(tracked: list[Path]) -> None:
    for file in tracked:
        if file.suffix == ".py":
            ast.parse(file.read_text("utf-8"), feature_version=(3, 11))


def test_imports_point_one_way(repository: Path) -> None:
    done = _python("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())", cwd=repository)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_import_contracts_notice_a_wrong_import(repository: Path, tmp_path: Path) -> None:
    """A contract that could not break would be worth nothing: break one in a copy."""
    import shutil

    shutil.copytree(repository / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repository / "pyproject.toml", tmp_path)
    culprit = tmp_path / "app" / "cellwright" / "core" / "geometry.py"
    culprit.write_text(culprit.read_text("utf-8") + "\nimport cellwright.imaging\nimport torch\n", "utf-8")
    script = (
        "import sys; sys.path.insert(0, 'app'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    )
    done = _python("-c", script, cwd=tmp_path)
    assert done.returncode != 0
    assert "Imports point one way BROKEN" in done.stdout
    assert "name torch BROKEN" in done.stdout


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        ("cellwright.ui", ("torch", "scipy", "pandas", "openvino", "pyarrow")),
        ("cellwright.cli", ("torch", "scipy", "pandas", "openvino", "pyarrow", "PySide6", "napari", "numba")),
        ("cellwright.zoo.card", ("torch", "openvino")),
        ("cellwright.workflows", ("torch", "pandas", "openvino", "PySide6")),
    ],
)
def test_importing_a_room_leaves_heavy_libraries_out(room: str, left_out: tuple[str, ...]) -> None:
    done = _python("-c", f"import sys, {room}; print(sorted(set(sys.modules) & set({left_out!r})))")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def _python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    # Another environment variable of the outer run must not decide what the inner one imports.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def test_every_benchmark_can_be_run(repository: Path) -> None:
    from benchmarks.run import benchmark_names

    names = benchmark_names()
    assert names
    for name in names:
        tree = ast.parse((repository / "benchmarks" / f"{name}.py").read_text("utf-8"))
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert ast.get_docstring(tree), f"{name} does not say what it measures"
        assert "run" in functions, f"{name} has no run()"
        assert not functions["run"].args.args, f"{name}.run() takes arguments"
