"""A slide opened, limited to a region, counted by the shipped model, then counted among others, in the real window.

``CELLWRIGHT_SCREENSHOTS`` names the folder for the pictures of docs/viewing.md; otherwise they are only checked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from cellwright.core import Box
from cellwright.settings import Settings
from cellwright.testing.slides import KnownCells, KnownSlide, write_pyramid
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.picture import PictureState
from cellwright.workflows.batch import ItemState

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.canvas import PictureCanvas

pytestmark = [pytest.mark.gl, pytest.mark.slow]

_COUNT_MS = 240_000
SHAPE = (6000, 8000)
ISLANDS = (Box(400, 500, 3800, 4300), Box(2600, 3600, 5700, 7500))


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    chosen = os.environ.get("CELLWRIGHT_SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    """A folder of two drawn smears, and a copy of the second in which tiles are damaged."""
    folder = tmp_path / "slides"
    folder.mkdir()
    for at, (shape, islands) in enumerate(((SHAPE, ISLANDS), ((4600, 5600), (Box(300, 300, 4300, 5200),))), 1):
        cells = KnownCells(shape, seed=at, cell_px=80, islands=islands)
        write_pyramid(folder / f"smear {at}.tif", KnownSlide(cells))
    data = bytearray((folder / "smear 2.tif").read_bytes())
    with tifffile.TiffFile(folder / "smear 2.tif") as file:
        page = file.pages[0]
        at, length = page.dataoffsets[9 * 22 + 11], page.databytecounts[9 * 22 + 11]
    data[at + length // 3 : at + length // 3 + 40] = bytes(40)
    (folder / "smear 3.tif").write_bytes(data)
    return folder


@pytest.fixture
def window(slides: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("cellwright.ui.state.loading.PYRAMID_PIXELS", 5_000_000)
    made = MainWindow(Settings(analyze_on_open=False))
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.start([slides / "smear 1.tif", slides / "smear 2.tif", slides / "smear 3.tif"])
    qtbot.waitUntil(lambda: made.centre.canvas is not None and made.centre.canvas.picture is not None, timeout=120_000)
    yield made
    dispose(made)


def drag(canvas: PictureCanvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    view = canvas.viewport()
    assert view is not None
    places = view.points_to_screen(np.array([start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end]))
    points = [QPoint(round(x), round(y)) for y, x in places]
    QTest.mousePress(canvas._native, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas._native, point)
    QTest.mouseRelease(canvas._native, Qt.MouseButton.LeftButton, pos=points[-1])


def test_screenshots_of_a_slide_counted_in_a_region_and_of_a_batch(
    window: MainWindow, slides: Path, shots: Path, qtbot: QtBot
) -> None:
    canvas, session, batching = window.centre.canvas, window.session, window.slides.batching
    assert canvas is not None
    assert canvas.picture is not None
    assert canvas.picture.is_deep
    session.show(session.pictures[0])
    qtbot.waitUntil(lambda: canvas.deep.is_sharp, timeout=30_000)

    window.actions_set["slide.draw"].trigger()
    drag(canvas, (900, 900), (3300, 3900))
    window.actions_set["slide.leave_out"].trigger()
    drag(canvas, (1700, 1700), (2300, 2500))
    window.slides.regioning.panel.count.click()
    assert batching.is_running
    qtbot.waitUntil(lambda: not batching.is_running, timeout=_COUNT_MS)
    picture = session.pictures[0]
    qtbot.waitUntil(lambda: picture.objects is not None and len(picture.objects) > 0, timeout=30_000)
    assert picture.state is PictureState.DONE
    assert picture.objects is not None
    regions = window.slides.regioning.regions(picture)
    assert (len(regions.include), len(regions.exclude)) == (1, 1)
    assert regions.centres_inside(picture.objects.boxes).all(), "cells beyond the region are counted"
    with KnownSlide(KnownCells(SHAPE, seed=1, cell_px=80, islands=ISLANDS)) as drawn:
        truth = drawn.truth()
    asked = regions.centres_inside(truth.boxes)
    counted = int(session.counted(picture).sum())
    assert counted == pytest.approx(int(asked.sum()), rel=0.15), "the model does not know these drawings exactly"
    assert window.slides.regioning.coverage(picture) is not None
    assert window.actions_set["edit.undo"].isEnabled()
    window.set_options(replace(window.options, coverage=True))
    window.centre.banner.dismiss()
    canvas.look_at(2200, 2600, 0.16)
    _shoot(window, canvas, shots / "slide-counted.png", qtbot)

    batching.find([slides])
    qtbot.waitUntil(lambda: len(batching.page.table.items) == 3, timeout=30_000)
    window.actions_set["slide.batch"].trigger()
    batching.page.start.click()
    qtbot.waitUntil(lambda: not batching.is_running, timeout=_COUNT_MS)
    states = [item.state for item in batching.page.table.items]
    assert states[:2] == [ItemState.DONE, ItemState.DONE]
    assert states[2] in (ItemState.FAILED, ItemState.PARTLY)
    assert not batching.page.retry.isHidden()
    window.set_options(replace(window.options, coverage=False))
    canvas.fit()
    _shoot(window, canvas, shots / "slide-batch.png", qtbot)
    window.set_theme("light")
    window.actions_set["slide.regions"].trigger()
    _shoot(window, canvas, shots / "slide-light.png", qtbot)


def _shoot(window: MainWindow, canvas: PictureCanvas, path: Path, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: canvas.deep.is_sharp and canvas.many.is_ready, timeout=30_000)
    qtbot.wait(300)
    assert window.grab().save(str(path))
