"""Tens of thousands of cells go into a project beside the window, and what was asked meanwhile is done afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QTimer

from cellwright.project import Project
from cellwright.ui.correcting import fingerprints
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.picture import Picture
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

N = 30_000
_MOST = 0.4
"""Of the time that writing takes may be the window's longest pause: other work shares the machine of a test."""


def has_marks(picture: Picture) -> bool:
    return picture.marks is not None


def has_cells(picture: Picture, n: int) -> bool:
    return picture.objects is not None and len(picture.objects) == n


def is_reviewed(picture: Picture) -> bool:
    return picture.marks is not None and bool(picture.marks.is_reviewed.any())


@pytest.fixture
def large(window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows a picture with many boxes and has no project."""
    known.objects = make_objects(N)
    known.tiles = 1
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    return window


def test_the_window_answers_while_many_cells_are_written_and_the_step_follows(large: MainWindow, qtbot: QtBot) -> None:
    picture = large.session.current
    assert picture is not None and picture.objects is not None
    large.session.select_rows(np.arange(3))
    chosen = {each.tobytes() for each in large.session.selected_ids}
    ticks = [time.perf_counter()]
    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    large.actions_set["correct.reject"].trigger()
    assert "being written into the project" in large.status.currentMessage()
    assert not has_marks(picture), "nothing was done yet"
    large.session.select(7)  # what was selected when it was asked for counts
    qtbot.waitUntil(lambda: is_reviewed(picture), timeout=120_000)
    timer.stop()
    marks = picture.marks
    assert marks is not None
    assert {each.tobytes() for each in picture.objects.ids[marks.is_reviewed]} == chosen
    assert len(ticks) > 10
    assert float(np.diff(ticks).max()) < _MOST * (ticks[-1] - ticks[0])
    link = large.correcting.link
    assert link is not None
    assert link.project.has_more(1, N - 1)
    assert not link.project.has_more(1, N)
    large.actions_set["edit.undo"].trigger()
    assert not is_reviewed(picture)
    assert f"analysis with {N:,} cells" in large.actions_set["edit.undo"].text()
    large.actions_set["edit.undo"].trigger()
    assert len(picture.objects) == N, "not yet"
    qtbot.waitUntil(lambda: not has_cells(picture, N), timeout=60_000)
    assert not link.project.has_more(1, 0)
    large.actions_set["edit.redo"].trigger()
    qtbot.waitUntil(lambda: has_cells(picture, N), timeout=60_000)


def test_many_cells_are_read_beside_the_window(
    large: MainWindow, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    large.session.select(0)
    large.actions_set["correct.accept"].trigger()
    qtbot.waitUntil(lambda: large.session.current.marks is not None, timeout=120_000)  # type: ignore[union-attr]
    large.correcting.files.save_as(tmp_path / "cells")
    large.close()
    again = open_window()
    again.correcting.files.open(tmp_path / "cells")
    picture = again.session.current
    assert picture is not None
    assert not has_marks(picture), "not yet"
    again.presenter.refresh_objects()
    assert "being read from the project" in again.objects._words.text()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: has_marks(picture), timeout=120_000)
    assert picture.objects is not None
    assert len(picture.objects) == N
    again.session.select(5)
    again.actions_set["correct.delete"].trigger()
    assert len(picture.objects) == N - 1


def test_large_files_are_read_for_their_fingerprint_beside_the_window(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "AT_ONCE_BYTES", 1000)
    window.controller.analyze_on_open = False
    for name in ("a", "b"):
        Image.fromarray(np.random.default_rng(ord(name)).integers(0, 255, (90, 90, 3), np.uint8)).save(
            tmp_path / f"{name}.png"
        )
    window.correcting.files.create(tmp_path / "cells")
    window.controller.open_paths([tmp_path / "a.png", tmp_path / "b.png"])
    link = window.correcting.link
    assert link is not None
    qtbot.waitUntil(lambda: len(link.pictures) == 2, timeout=20_000)
    window.correcting.files.close()
    with Project(tmp_path / "cells", read_only=True) as project:
        assert [project.picture_path(each).name for each in project.pictures()] == ["a.png", "b.png"]
