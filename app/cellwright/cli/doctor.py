"""``cellwright doctor``: what is installed, what is missing and how to get it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import cellwright
from cellwright.cli import system
from cellwright.cli.console import print_json, print_table
from cellwright.cli.main import Exit

_NEEDED = (
    "numpy",
    "scipy",
    "torch",
    "torchvision",
    "openvino",
    "numba",
    "napari",
    "PySide6",
    "tifffile",
    "imagecodecs",
    "simplejpeg",
    "openslide-python",
    "openslide-bin",
    "zarr",
    "liffile",
    "nd2",
    "pydicom",
    "pillow",
    "pyarrow",
    "openpyxl",
    "pydantic",
    "safetensors",
)

if TYPE_CHECKING:
    from argparse import Namespace

_PROBE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    topic, name : str
        What it belongs to and what it is.
    value : str
        What was found.
    problem : str
        What is wrong with it; empty where nothing is.
    remedy : str
        What to do about that.
    is_needed : bool
        Whether the program cannot do its work without it.
    """

    topic: str
    name: str
    value: str
    problem: str = ""
    remedy: str = ""
    is_needed: bool = True


def run(options: Namespace) -> int:
    """Look at everything, print it, and fail if something needed is missing."""
    findings = examine()
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    return Exit.INCOMPLETE if any(f.problem and f.is_needed for f in findings) else Exit.DONE


def examine() -> list[Finding]:
    """Return what was found, good and bad, topic by topic."""
    return [*_program(), *_packages(), *_machine(), *_devices(), *_window(), *_models()]


def _program() -> list[Finding]:
    here = str(Path(cellwright.__file__).parent)
    return [
        Finding("Program", "Cellwright", f"{cellwright.__version__} in {here}"),
        Finding("Program", "Python", f"{platform.python_version()} in {sys.prefix}"),
        Finding("Program", "System", f"{platform.platform()}, {platform.machine()}"),
    ]


def _packages() -> list[Finding]:
    found = []
    for name in _NEEDED:
        version = _version(name)
        optional = name == "openvino"
        how = f"Install it with: {sys.executable} -m pip install {name}"
        slower = "not installed, so networks run slower on this processor"
        problem = "" if version else slower if optional else "not installed"
        found.append(Finding("Packages", name, version, problem, "" if version else how, is_needed=not optional))
    return found


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _machine() -> list[Finding]:
    cpu = system.processor()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = [
        Finding("Machine", "Processor", f"{cpu.name}, {cores} core{'' if cores == 1 else 's'} for us"),
        Finding("Machine", "Fast arithmetic", ", ".join(cpu.features) or "none that is known"),
    ]
    memory = system.memory_bytes()
    if memory:
        found.append(Finding("Machine", "Memory", f"{memory / 2**30:.1f} GiB"))
    return found


def _devices() -> list[Finding]:
    """Return where networks can run; in a process of its own, since a broken driver can end the one that asks."""
    answer, trouble = _probe("cellwright.cli.devices")
    if trouble:
        return [Finding("Devices", "Networks", "", trouble, "Repeat with --debug and report what is printed.")]
    return [Finding("Devices", str(name), str(said), is_needed=False) for name, said in answer.items()]


def _window() -> list[Finding]:
    display = _display()
    found = [display, *_libraries()]
    # Without a display Qt can still be tried, drawing into memory; OpenGL cannot.
    answer, trouble = _probe("cellwright.ui.probe", {} if display.value else {"QT_QPA_PLATFORM": "offscreen"})
    remedy = "Install the libraries named above, or work on the command line: cellwright analyze."
    if trouble:
        return [*found, Finding("Window", "Qt", "", trouble, remedy, is_needed=False)]
    for name, said in answer.items():
        if said:
            found.append(Finding("Window", name, str(said), is_needed=False))
        elif display.value:
            found.append(Finding("Window", name, "", "none, so pictures cannot be shown", remedy, is_needed=False))
    return found


def _display() -> Finding:
    shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    if shown or sys.platform in {"win32", "darwin"}:
        return Finding("Window", "Display", shown or sys.platform)
    return Finding(
        "Window",
        "Display",
        "",
        "no display, so the window cannot open",
        "Log in to a desktop, use ssh -X, or work on the command line: cellwright analyze.",
        is_needed=False,
    )


def _libraries() -> list[Finding]:
    missing = system.missing_libraries()
    if not missing:
        return [Finding("Window", "System libraries", "all found")]
    packages = " ".join(dict.fromkeys(missing.values()))
    remedy = f"On Debian or Ubuntu: sudo apt-get install --no-install-recommends {packages}"
    return [Finding("Window", "System libraries", "", f"missing: {', '.join(missing)}", remedy, is_needed=False)]


def _models() -> list[Finding]:
    from cellwright.zoo import list_models, model_dirs

    folders = ", ".join(str(folder) for folder in model_dirs())
    found = [Finding("Models", "Folders searched", folders)]
    models = list_models()
    for model in models:
        remedy = "Copy the model folder again." if model.problem else ""
        found.append(Finding("Models", model.name, str(model.folder), model.problem, remedy))
    if not models:
        found.append(
            Finding("Models", "Models", "", "no model is there", "Put a model folder into one of the folders above.")
        )
    return found


def _probe(module: str, surroundings: Mapping[str, str] | None = None) -> tuple[dict[str, object], str]:
    """Return the JSON that a module prints when it is run, or why it did not."""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module],
            env={**os.environ, **(surroundings or {})},
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, f"no answer ({error})"
    lines = ended.stdout.strip().splitlines()
    if ended.returncode == 0 and lines:
        answer: dict[str, object] = json.loads(lines[-1])
        return answer, ""
    said = ended.stderr.strip().splitlines()
    return {}, said[-1] if said else f"it ended with code {ended.returncode}"


def _print(findings: Sequence[Finding]) -> None:
    for topic in dict.fromkeys(finding.topic for finding in findings):
        rows = [[f.name, f"✗ {f.problem}" if f.problem else f.value] for f in findings if f.topic == topic]
        print_table(topic, ["", ""], rows, left=2)
        print()
    wrong = [finding for finding in findings if finding.problem]
    if not wrong:
        print("Nothing is missing.")
    for finding in wrong:
        weight = "" if finding.is_needed else " (not needed on the command line)"
        print(f"{finding.name}: {finding.problem.rstrip('.')}{weight}. {finding.remedy}")
