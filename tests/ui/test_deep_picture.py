"""A slide on the canvas: every pixel where it belongs at every zoom, nothing read on the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from cellwright.imaging.pyramid import PyramidSlide
from cellwright.ui.canvas import PictureCanvas
from cellwright.ui.main_window import MainWindow
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.test_tiles import pixels_of, write_pyramid

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl
ROWS, COLUMNS = 3000, 2600


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    return write_pyramid(tmp_path / "slide.tif", pixels_of(ROWS, COLUMNS))


@pytest.fixture
def shown(
    open_window: Callable[..., MainWindow], slide: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    monkeypatch.setattr("cellwright.ui.state.loading.PYRAMID_PIXELS", 1_000_000)
    window = open_window()
    window.controller.open_paths([slide])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    wait_until_still(window, qtbot)
    window.set_options(type(window.options)(boxes=False, labels=False, scale_bar=False))
    return window


def canvas_of(window: MainWindow) -> PictureCanvas:
    canvas = window.centre.canvas
    assert canvas is not None
    return canvas


def seen(canvas: PictureCanvas, y: float, x: float) -> tuple[int, int, int]:
    view = canvas.viewport()
    assert view is not None
    place = view.points_to_screen(np.array([[y, x]]))[0]
    QApplication.processEvents()
    colour = canvas.grab().toImage().pixelColor(round(place[1]), round(place[0]))
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("zoom", [0.12, 0.3, 1.0, 6.0])
def test_every_place_has_its_own_colour_at_every_zoom(shown: MainWindow, zoom: float, qtbot: QtBot) -> None:
    canvas = canvas_of(shown)
    canvas.look_at(1303.0, 1101.0, zoom)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: canvas.deep.is_sharp, timeout=30_000)
    view = canvas.viewport()
    assert view is not None
    for dy, dx in ((0.4, -0.4), (-0.3, -0.35), (0.25, -0.3), (-0.35, 0.1)):
        y, x = 1303 + dy * 0.6 * view.height / zoom, 1101 + dx * 0.6 * view.width / zoom
        y, x = (y // 8) * 8 + 4, (x // 8) * 8 + 4
        if 0 <= y < ROWS and 0 <= x < COLUMNS:
            found, wanted = seen(canvas, y, x), (y // 8 % 256, x // 8 % 256, (y + x) // 16 % 256)
            assert np.abs(np.subtract(found, wanted)).max() <= 4, (y, x)


def test_the_window_never_reads_pixels_while_the_slide_is_moved(
    shown: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = canvas_of(shown)
    readers = []
    read = PyramidSlide.read

    def noted(self: PyramidSlide, region: object) -> object:
        readers.append(threading.current_thread())
        return read(self, region)  # type: ignore[arg-type]

    monkeypatch.setattr(PyramidSlide, "read", noted)
    for step in range(12):
        canvas.look_at(300.0 + 200 * step, 300.0 + 150 * step, 0.2 * 1.3**step)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: canvas.deep.is_sharp, timeout=30_000)
    assert readers
    assert threading.main_thread() not in readers


def test_another_contrast_is_seen_in_every_tile(shown: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(shown)
    canvas.look_at(1000.0, 900.0, 1.0)
    qtbot.waitUntil(lambda: canvas.deep.is_sharp, timeout=30_000)
    before = seen(canvas, 1004, 904)
    look = shown.session.current.look  # type: ignore[union-attr]
    assert look is not None
    shown.commands.set_look(look.with_window(None, 64, 128))
    qtbot.waitUntil(lambda: max(np.subtract(seen(canvas, 1004, 904), before)) > 50, timeout=30_000)


def test_a_hidden_picture_is_not_seen(shown: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(shown)
    canvas.look_at(1000.0, 900.0, 1.0)
    qtbot.waitUntil(lambda: canvas.deep.is_sharp, timeout=30_000)
    before = seen(canvas, 1004, 904)
    shown.set_options(type(shown.options)(boxes=False, picture=False))
    qtbot.waitUntil(lambda: seen(canvas, 1004, 904) != before, timeout=10_000)


def test_nothing_goes_on_reading_once_the_slide_is_closed(shown: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(shown)
    loader = canvas.deep.loader
    assert loader is not None
    shown.commands.close_picture()
    assert canvas.deep.loader is None
    qtbot.waitUntil(lambda: not any(thread.is_alive() for thread in loader._threads), timeout=10_000)
