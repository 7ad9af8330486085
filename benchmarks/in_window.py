"""Measuring a window in a process of its own: starting that process, and waiting in it as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellwright.ui import MainWindow

_WITH_DISPLAY = Path(__file__).resolve().parents[1] / ".ci" / "with-display"


def measured_apart(module: str, *words: str, needs_display: bool = True, seconds: float = 1200) -> dict[str, float]:
    """Run a benchmark's module in a process of its own and return what it prints.

    Parameters
    ----------
    module : str
        Name of the module under `benchmarks`, whose last line of output is one JSON object.
    words : str
        What it is called with.
    needs_display : bool
        Whether it draws by OpenGL; under Xvfb where there is no display. If not, Qt draws offscreen.
    seconds : float
        The longest it may take.

    Raises
    ------
    subprocess.CalledProcessError, subprocess.TimeoutExpired
        If it fails, or takes longer.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *words]
    surroundings = dict(os.environ)
    if needs_display:
        command.insert(0, str(_WITH_DISPLAY))
    else:
        surroundings["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as folder:
        # neither the settings of whoever measures nor their drafts have a part in it
        surroundings |= {"CELLWRIGHT_CONFIG_DIR": folder, "XDG_DATA_HOME": folder}
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True, timeout=seconds)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def until(holds: Callable[[], bool], milliseconds: int = 20, seconds: float = 600) -> None:
    """Let the window work until something holds, which is asked every so often; `TimeoutError` if it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("The window did not get ready.")
        spin(milliseconds)


def spin(milliseconds: int) -> None:
    """Let the window work for so long."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def end(window: MainWindow) -> None:
    """Close the window as the program does."""
    from cellwright.ui.app import dispose

    dispose(window)
