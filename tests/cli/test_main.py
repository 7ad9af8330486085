"""The command line answers at once, and every error is a sentence."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import cellwright as package
from cellwright.cli import main, parser
from cellwright.workflows import DEFAULT_MODEL, ExportFormat

COMMANDS = ("", "analyze", "export", "train", "evaluate", "models", "doctor")
HEAVY = {"numpy", "torch", "PySide6", "napari", "scipy", "pydantic", "rich", "openvino", "numba", "PIL"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    # Counting imports, not seconds: a busy machine must not decide whether this holds.
    program = (
        "import sys, json\n"
        "from cellwright.cli import main\n"
        f"code = main({[*command.split(), '--help']!r})\n"
        "print(json.dumps([code, sorted({name.split('.')[0] for name in sys.modules})]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=_app())
    code, modules = json.loads(ended.stdout.splitlines()[-1])
    assert code == 0 and "usage: cellwright" in ended.stdout
    assert not HEAVY & set(modules)


def test_the_module_runs_like_the_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "cellwright", "--version"], capture_output=True, text=True, check=True, cwd=_app()
    )
    assert ended.stdout.strip() == f"Cellwright {package.__version__}"


def test_words_known_without_imports_are_those_of_the_rooms() -> None:
    assert tuple(kind.value for kind in ExportFormat) == parser.EXPORT_FORMATS
    assert parser.DEFAULT_MODEL == DEFAULT_MODEL
    assert set(parser.DEFAULT_FORMATS.split(",")) <= set(parser.EXPORT_FORMATS)


@pytest.mark.parametrize(
    "words",
    [
        ["analyze"],
        ["analyze", "a.png", "--format", "docx", "--out", "x"],
        ["models"],
        ["models", "sell"],
        ["evaluate", "--data", "x"],
        ["train", "recipe.toml"],
        ["--no-such-option"],
    ],
)
def test_words_that_make_no_sense_end_with_code_2_and_the_usage(
    cellwright: Callable[..., object], words: list[str]
) -> None:
    said = cellwright(*words)
    assert said.code == 2 and "usage: cellwright" in said.err  # type: ignore[attr-defined]


def test_a_command_that_does_not_exist_is_taken_for_a_picture_and_named(cellwright: Callable[..., object]) -> None:
    said = cellwright("analyse", "smear.png")
    assert said.code == 2  # type: ignore[attr-defined]
    assert said.err.count("\n") == 1 and "analyse does not exist" in said.err  # type: ignore[attr-defined]


def test_a_fault_of_ours_is_a_sentence_too_and_debug_shows_where(
    cellwright: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("cellwright.cli.models.list_models", fail)
    said = cellwright("models", "list")
    assert said.code == 2  # type: ignore[attr-defined]
    assert "ZeroDivisionError: a mistake" in said.err and "Traceback" not in said.err  # type: ignore[attr-defined]
    with pytest.raises(ZeroDivisionError):
        cellwright("models", "list", "--debug")


def test_control_c_ends_quietly(cellwright: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cellwright.cli.models.list_models", interrupt)
    said = cellwright("models", "list")
    assert said.code == 130 and said.err.startswith("cellwright: interrupted")  # type: ignore[attr-defined]


def _app() -> str:
    return str(Path(package.__file__).parents[1])


def test_both_commands_lead_to_the_same_place(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    ways = {**project["scripts"], **project["gui-scripts"]}
    assert set(ways) == {"cellwright", "cellwright-window"}
    for way in ways.values():
        module, _, name = way.partition(":")
        assert getattr(importlib.import_module(module), name) is main
