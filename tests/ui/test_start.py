"""Starting the program as a process, and where it cannot start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cellwright.bundled import bundled
from cellwright.core import CellwrightError
from cellwright.ui.app import check_display
from cellwright.ui.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


START = "import sys; from cellwright.ui import main; sys.exit(main(sys.argv[1:]))"
CLOSED_WHEN_OPEN = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from cellwright.ui import main
from cellwright.ui.main_window import MainWindow

def look():
    for window in app.topLevelWidgets():
        if isinstance(window, MainWindow) and window.settings.recent_files:
            window.close()

app, timer = QApplication(sys.argv[:1]), QTimer()
timer.timeout.connect(look)
timer.start(50)
sys.exit(main(sys.argv[1:]))
"""
"""However long it takes to open a picture."""


def start(*arguments: str, script: str = START, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "CELLWRIGHT_QUIT_AFTER_MS": "1500", **environment}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def test_the_program_starts_with_a_picture_and_ends_by_itself(smear: Path, settings_of_its_own: Path) -> None:
    done = start(str(smear), script=CLOSED_WHEN_OPEN, CELLWRIGHT_QUIT_AFTER_MS="")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert str(smear) in (settings_of_its_own / "cellwright" / "settings.json").read_text(encoding="utf-8")


def test_closing_while_a_model_is_prepared_for_the_first_time_is_no_crash(smear: Path, tmp_path: Path) -> None:
    done = start(str(smear), CELLWRIGHT_QUIT_AFTER_MS="2500", CELLWRIGHT_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr


def test_the_program_starts_with_a_bad_picture(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tif"
    bad.write_text("this is no TIFF", encoding="utf-8")
    done = start(str(bad))
    assert done.returncode == 0, done.stderr


def test_without_a_display_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CellwrightError, match="cellwright analyze"):
        check_display()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    check_display()


def test_a_model_that_is_got_ready_says_so_and_then_is_silent(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.session.set_model(bundled("models") / "chest-unet", window.session.card)
    window.warm_up()
    assert "first time" in window.status.currentMessage()
    assert not window.controller.is_working, "nobody asked for it, so it is no job to wait for"
    qtbot.waitUntil(lambda: not window.status.currentMessage(), timeout=120_000)
