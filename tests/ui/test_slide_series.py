"""A file that holds several pictures says so, and each of them can be opened, corrected and found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from cellwright.ui.canvas.gestures import BoxDrawn
from cellwright.ui.main_window import MainWindow
from cellwright.ui.slides.series_dialog import SeriesDialog
from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

SIZES = ((120, 160), (90, 70), (200, 110))


@pytest.fixture
def several(tmp_path: Path) -> Path:
    path = tmp_path / "several.tif"
    rng = np.random.default_rng(0)
    with tifffile.TiffWriter(path) as file:
        for height, width in SIZES:
            file.write(rng.integers(0, 255, (height, width, 3), np.uint8), photometric="rgb", metadata=None)
    return path


def shown(window: MainWindow, qtbot: QtBot, series: int) -> Picture:
    def is_there() -> bool:
        picture = window.session.current
        return picture is not None and picture.series == series and picture.shape == SIZES[series]

    qtbot.waitUntil(is_there, timeout=20_000)
    picture = window.session.current
    assert picture is not None
    return picture


def test_the_file_says_that_it_holds_several_and_they_open(window: MainWindow, several: Path, qtbot: QtBot) -> None:
    window.controller.analyze_on_open = False
    window.controller.open_paths([several])
    first = shown(window, qtbot, 0)
    qtbot.waitUntil(lambda: window.centre.banner.message is not None, timeout=10_000)
    message = window.centre.banner.message
    assert message is not None and "holds 3 pictures" in message.text
    assert message.action is not None
    message.action()
    dialog = window.slides.dialog
    assert isinstance(dialog, SeriesDialog)
    dialog._tick_all()
    assert list(dialog.ticked()) == [1, 2]  # the first is open
    dialog._take()
    assert [picture.series for picture in window.session.pictures] == [0, 1, 2]
    second = shown(window, qtbot, 1)
    assert second.name.startswith("several.tif · ")
    assert len({picture.name for picture in window.session.pictures}) == 3
    assert window.session.open_picture(several, 1) is second
    assert window.session.open_picture(several) is first
    window.controller.open_paths([several])  # again: nothing is doubled
    shown(window, qtbot, 0)
    assert len(window.session.pictures) == 3


def test_corrections_of_each_are_kept_apart_and_found_again(
    window: MainWindow, several: Path, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window.controller.analyze_on_open = False
    window.controller.open_series(several, {0: "", 2: ""})
    shown(window, qtbot, 0)
    window.correcting.drawing.take(BoxDrawn((10.0, 10.0, 40.0, 50.0)))
    window.session.step(1)
    shown(window, qtbot, 2)
    for left in (5.0, 30.0):
        window.correcting.drawing.take(BoxDrawn((10.0, left, 40.0, left + 20)))
    window.correcting.files.save_as(tmp_path / "cells")
    window.close()

    again = open_window()
    again.controller.analyze_on_open = False
    again.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: len(again.session.pictures) == 2, timeout=20_000)
    for number, (series, cells) in enumerate(((0, 1), (2, 2))):
        again.session.show(again.session.pictures[number])
        picture = shown(again, qtbot, series)
        qtbot.waitUntil(lambda p=picture, n=cells: p.objects is not None and len(p.objects) == n, timeout=20_000)
    link = again.correcting.link
    assert link is not None
    assert sorted(Path(each.path).name for each in link.pictures) == ["several.tif", "several.tif#series=2"]
