"""How long a person waits before anything answers: the command line's help, and the window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rows import Row, milliseconds

_WITH_DISPLAY = Path(__file__).resolve().parents[1] / ".ci" / "with-display"


def run() -> list[Row]:
    """Time whole processes, from their start to their end."""
    python = [sys.executable, "-m", "cellwright"]
    rows = [
        Row("cellwright --help", _process([*python, "--help"]), bar=400, note="whole process"),
        Row("cellwright models list", _process([*python, "models", "list"]), note="whole process"),
        Row(
            "import cellwright.ui.app",
            _process([sys.executable, "-c", "import cellwright.ui.app"]),
            note="whole process",
        ),
    ]
    if shutil.which("xvfb-run"):
        note = "process start to a painted window that was closed again; Xvfb's own start taken off; OpenGL in software"
        empty = _process([str(_WITH_DISPLAY), "true"])
        shown = _process([str(_WITH_DISPLAY), *python], CELLWRIGHT_QUIT_AFTER_MS="1")
        rows.append(Row("the window, shown and closed", shown - empty, bar=4000, note=note))
    return rows


def _process(command: Sequence[str], **environment: str) -> float:
    """Return the milliseconds that a command takes, with settings of its own."""
    with tempfile.TemporaryDirectory() as folder:
        surroundings = {**os.environ, "CELLWRIGHT_CONFIG_DIR": folder, **environment}

        def once() -> None:
            subprocess.run(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)

        return milliseconds(once, repeats=5)
