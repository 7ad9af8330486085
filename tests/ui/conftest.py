"""Windows for tests, and proof that nothing of them is left over."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from cellwright.settings import Settings
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from tests.ui.known_boxes import KnownBoxes, make_card

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

_LONGEST_STEP_S = 120
_ROUNDS = 4
"""So many looks in a row, all that Qt had waiting done between them, must see the same."""


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    """A picture of 600 × 800 pixels."""
    path = tmp_path / "smear.png"
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(150, 255, (600, 800, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def known() -> KnownBoxes:
    """What analyses answer."""
    return KnownBoxes()


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a window, a thread of a queue or a running timer behind."""
    threads = set(threading.enumerate())
    yield
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    left = [w for w in app.topLevelWidgets() if w.isVisible() or isinstance(w, MainWindow)]
    if left:
        gc.collect()
        left = [w for w in app.topLevelWidgets() if w.isVisible() or isinstance(w, MainWindow)]
    assert not left, f"top-level widgets left: {left}"
    workers = [t for t in set(threading.enumerate()) - threads if t.name[:3] in ("dev", "fil")]
    for worker in workers:
        worker.join(_LONGEST_STEP_S)  # a window that closes waits for the step under way, but not for ever
    new = [worker.name for worker in workers if worker.is_alive()]
    assert not new, f"threads left: {new}"
    running = [t for t in app.findChildren(QTimer) if t.isActive() and t.parent() is not app]
    assert not running, f"timers left: {running}"


@pytest.fixture
def open_window(qtbot: QtBot, known: KnownBoxes) -> Iterator[Callable[..., MainWindow]]:
    """Open windows whose analyses answer from `known`; they are closed at the end."""
    windows: list[MainWindow] = []

    def make(settings: Settings | None = None, *, start: bool = True) -> MainWindow:
        window = MainWindow(settings or Settings(), known)
        windows.append(window)
        window.resize(1280, 800)
        with qtbot.waitExposed(window):
            window.show()
        if start:
            window.start()
            window.session.set_model(Path("models/blood-cells-test"), make_card())
            qtbot.waitUntil(lambda: window.is_viewer_ready and window.controller.is_quiet, timeout=60_000)
        return window

    yield make
    for window in windows:
        window.close()
        window.controller.queue.close(_LONGEST_STEP_S)  # `dispose` waits no longer than a person would
        dispose(window)


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    """A window with a model and nothing open."""
    return open_window()


@pytest.fixture
def analyzed(window: MainWindow, smear: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows an analyzed picture."""
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    return window


def wait_until_still(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the picture was painted, and nothing moves it any more: panels beside it take their room in steps."""
    seen: list[tuple[object, object]] = []

    def is_still() -> bool:
        canvas = window.centre.canvas
        if canvas is None or not canvas._is_painted:
            return False
        seen.append((canvas._native.size(), canvas.viewport()))
        return len(seen) >= _ROUNDS and all(each == seen[-1] for each in seen[-_ROUNDS:])

    qtbot.waitUntil(is_still)


def is_done(window: MainWindow) -> bool:
    """Whether the shown picture is loaded and analyzed, all of it is shown, and no work is left to change it."""
    picture = window.session.current
    return (
        picture is not None
        and window.controller.is_quiet
        and picture.analysis is not None
        and window.controller.loaded_picture(picture) is not None
        and window.counts.table is not None
        and window.presenter.is_up_to_date
    )
