"""Every distribution under plugins/ is a member like the others: declared, checked, built; alone and together."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
CLUTTER = {".pytest_cache", ".mypy_cache", ".ruff_cache", "__pycache__"}
LONGEST_FILE = 500
FORBIDDEN = re.compile(r"^\s*(?:from|import) cellwright\.ui\b", re.MULTILINE)

each_member = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)


def project(member: Path) -> dict[str, Any]:
    return tomllib.loads((member / "pyproject.toml").read_text("utf-8"))


def package(member: Path) -> Path:
    return member / "src" / member.name.replace("-", "_")


def test_there_are_members() -> None:
    assert {member.name for member in MEMBERS} >= {"cellwright-threshold"}


@each_member
def test_a_member_is_laid_out_like_the_others(member: Path) -> None:
    here = {path.name for path in member.iterdir()} - CLUTTER
    assert here == {"LICENSE", "pyproject.toml", "README.md", "src", "tests"}
    assert (member / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (package(member) / "__init__.py").is_file()
    assert list((member / "tests").rglob("test_*.py"))


@each_member
def test_a_member_declares_what_its_neighbours_declare(member: Path) -> None:
    words = project(member)
    said = words["project"]
    assert said["name"] == member.name
    assert said["requires-python"] == ">=3.11"
    assert said["license"] == "BSD-3-Clause"
    assert said["license-files"] == ["LICENSE"]
    assert "Typing :: Typed" in said["classifiers"] and (package(member) / "py.typed").is_file()
    assert "cellwright" in {re.split(r"[\s\[<>=;]", line)[0] for line in said["dependencies"]}
    assert words["tool"]["uv"]["sources"]["cellwright"] == {"workspace": True}
    assert words["build-system"]["build-backend"] == "hatchling.build"


@each_member
def test_a_member_is_known_to_the_checks(member: Path) -> None:
    paths = project(ROOT)["tool"]["mypy"]["mypy_path"].split(":")
    assert f"plugins/{member.name}/src" in paths


@each_member
def test_a_member_says_for_which_interface_it_was_written(member: Path) -> None:
    groups = [name for name in project(member)["project"].get("entry-points", {}) if name.startswith("cellwright.")]
    text = (package(member) / "__init__.py").read_text("utf-8")
    assert not groups or "CELLWRIGHT_INTERFACE = 1" in text


@each_member
def test_a_member_keeps_to_the_rooms_below_the_window(member: Path) -> None:
    for file in package(member).rglob("*.py"):
        text = file.read_text("utf-8")
        assert not FORBIDDEN.search(text), f"{file.name} uses the window"
        assert ast.get_docstring(ast.parse(text)), f"{file.name} has no docstring"
        assert text.count("\n") <= LONGEST_FILE, f"{file.name} is too long: two purposes, two files"


@each_member
def test_every_library_a_member_imports_is_asked_for(member: Path) -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    words = project(member)["project"]
    lines = [
        *words["dependencies"],
        *(line for extra in words.get("optional-dependencies", {}).values() for line in extra),
    ]
    asked = {canonicalize_name(Requirement(line).name) for line in lines}
    providers = metadata.packages_distributions()
    own = {package(member).name}
    used = {name for file in package(member).rglob("*.py") for name in _imported(file)} - own
    missing = {name for name in used if not {canonicalize_name(each) for each in providers.get(name, [name])} & asked}
    assert missing == set()


@each_member
def test_every_pin_allows_what_a_member_asks_for(member: Path) -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    pins = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    for line in project(member)["project"]["dependencies"]:
        requirement = Requirement(line)
        if requirement.name == "cellwright":
            continue
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} but {pin} is pinned"


def test_the_stamp_of_setup_notices_every_member() -> None:
    """A member whose pyproject.toml changes is installed anew."""
    script = (ROOT / ".ci" / "setup").read_text("utf-8")
    begin = script.index("members() {")
    functions = script[begin : script.index("\n}\n", script.index("fingerprint() {")) + 3]
    listed = subprocess.run(
        ["sh", "-c", f"{functions}\nmembers"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert [ROOT / name for name in listed] == MEMBERS


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Cellwright and every member as wheels, built with the backend that is installed; no network."""
    out = tmp_path_factory.mktemp("wheels")
    for folder in (ROOT, *MEMBERS):
        words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(folder)]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
    return {path.name.split("-")[0].replace("_", "-"): path for path in out.glob("*.whl")}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that borrows this one's libraries, but not the checkout; its Python."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = (home / "lib").glob("python*/site-packages")
    # A plain line adds the folder without the .pth files in it: the libraries, not the editable checkouts.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "python"


def test_a_wheel_holds_one_package(wheels: dict[str, Path]) -> None:
    for member in MEMBERS:
        names = zipfile.ZipFile(wheels[member.name]).namelist()
        tops = {name.split("/")[0].split("-")[0] for name in names}
        assert tops == {package(member).name}
        tracked = {path.relative_to(package(member)).as_posix() for path in _tracked(package(member))}
        assert {f"{package(member).name}/{name}" for name in tracked} <= set(names)


def test_every_wheel_carries_its_licence(wheels: dict[str, Path]) -> None:
    """BSD-3-Clause asks for it; the weights that the program's wheel holds were made from work of others."""
    for name, wheel in wheels.items():
        held = zipfile.ZipFile(wheel)
        licences = {path.rsplit("/", 1)[-1]: held.read(path) for path in held.namelist() if "/licenses/" in path}
        wanted = {"LICENSE", "THIRD-PARTY.md"} if name == "cellwright" else {"LICENSE"}
        assert set(licences) == wanted, name
        assert all(text == (ROOT / file).read_bytes() for file, text in licences.items())


def test_the_notes_on_the_work_of_others_name_what_every_card_cites() -> None:
    """Each data set of a card, and each model that began from weights of others."""
    notes = (ROOT / "THIRD-PARTY.md").read_text("utf-8")
    for card in sorted(ROOT.glob("models/*/card.json")):
        said = json.loads(card.read_text("utf-8"))
        assert f"`{said['name']}`" in notes
        began = "ImageNet" in str(said["training"])
        assert began == (f"`{said['name']}`" in notes.partition("## Weights")[2].partition("###")[0]), said["name"]


def test_they_install_and_answer_together_and_alone(wheels: dict[str, Path], elsewhere: Path, tmp_path: Path) -> None:
    together = _installed(tmp_path / "together", elsewhere, *wheels.values())
    host = _installed(tmp_path / "host", elsewhere, wheels["cellwright"])
    said = _run(elsewhere, (together,), "-m", "cellwright", "plugins", "--no-check")
    for member in MEMBERS:
        alone = _installed(tmp_path / member.name, elsewhere, wheels[member.name])
        for folder, others in ((together, ()), (alone, (host,))):
            words = "-c", f"import {package(member).name} as it; print(it.__file__)"
            where = _run(elsewhere, (folder, *others), *words)
            assert Path(where.strip()).is_relative_to(folder)
        if any(name.startswith("cellwright.") for name in project(member)["project"].get("entry-points", {})):
            assert member.name in said
    assert "threshold-nuclei" in _run(elsewhere, (together,), "-m", "cellwright", "models", "list")


def _installed(place: Path, python: Path, *wheels: Path) -> Path:
    words = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, "--target", place, *wheels]
    subprocess.run([sys.executable, "-m", "uv", *map(str, words)], check=True, timeout=240)
    return place


def _run(python: Path, places: Sequence[Path], *words: str) -> str:
    surroundings = {name: value for name, value in os.environ.items() if name != "CELLWRIGHT_MODELS"}
    surroundings |= {"PYTHONPATH": os.pathsep.join(map(str, places)), "COLUMNS": "200"}
    done = subprocess.run(
        [str(python), *words], cwd=places[0], env=surroundings, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _tracked(folder: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name.decode() for name in listed.split(b"\0") if name]


def _imported(file: Path) -> set[str]:
    """Top names of other people's packages that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"__future__"}
