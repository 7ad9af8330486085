"""How long a person waits before the command line answers, and what importing the window costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.rows import Row, milliseconds


def run() -> list[Row]:
    """Time whole processes, from their start to their end."""
    python = [sys.executable, "-m", "cellwright"]
    return [
        Row("cellwright --help", _process([*python, "--help"]), bar=400, note="whole process"),
        Row("cellwright models list", _process([*python, "models", "list"]), note="whole process"),
        Row(
            "import cellwright.ui.app",
            _process([sys.executable, "-c", "import cellwright.ui.app"]),
            note="whole process",
        ),
    ]


def _process(command: Sequence[str]) -> float:
    """Return the milliseconds that a command takes, with settings of its own."""
    with tempfile.TemporaryDirectory() as folder:
        surroundings = {**os.environ, "CELLWRIGHT_CONFIG_DIR": folder}

        def once() -> None:
            subprocess.run(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)

        return milliseconds(once, repeats=5)
