"""Plots beside a real smear in the real window: gates drawn with the mouse are seen in the picture, as are colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from cellwright.settings import Settings
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from cellwright.ui.plots.plots import Plots
from cellwright.ui.plots.tools import PlotTool
from cellwright.ui.state.plotting import PlotKind
from cellwright.ui.state.plotting_gate import gated_rows
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.test_plots import drag, plots_of
from tests.ui.test_screenshots import counted, folder, shoot

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

__all__ = ["counted", "folder"]
pytestmark = [pytest.mark.gl, pytest.mark.slow]


@pytest.fixture
def smear_window(data_dir: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The real window with a photographed smear, analyzed by the shipped model."""
    window = MainWindow(Settings())
    window.resize(1280, 800)
    with qtbot.waitExposed(window):
        window.show()
    window.start([data_dir / "blood_bccd_voc" / "JPEGImages" / "BloodImage_00001.jpg"])
    qtbot.waitUntil(lambda: is_done(window) and window.centre.canvas is not None, timeout=180_000)
    qtbot.waitUntil(lambda: not window.controller.is_working, timeout=60_000)
    yield window
    dispose(window)


def seen(page: Plots, window: MainWindow) -> np.ndarray:
    """The picture as it is drawn, (H, W, 3)."""
    canvas = window.centre.canvas
    assert canvas is not None
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_a_gate_around_the_largest_cells_marks_them_in_the_picture(smear_window: MainWindow, qtbot: QtBot) -> None:
    session, page = smear_window.session, plots_of(smear_window, qtbot)
    picture = session.current
    assert picture is not None
    assert picture.objects is not None
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="area_bbox"))
    wait_until_still(smear_window, qtbot)
    before = seen(page, smear_window)
    areas = np.sort(page.area.cells.values[0])  # type: ignore[union-attr]
    page.gates.tools[PlotTool.RANGE].click()
    middle = float(areas[-1] + areas[-2]) / 2
    (low, high), _ = page.area.plot.getViewBox().viewRange()
    drag(page, (middle, 1.0), (high - 0.001 * (high - low), 1.0))
    assert page.gate is not None
    assert np.array_equal(session.selected_rows, gated_rows(session, picture, page.gate))
    kinds = {picture.objects.classes[kind] for kind in picture.objects.class_index[session.selected_rows]}
    assert kinds == {"WBC"}, "the white cell is the largest of this smear"
    qtbot.waitUntil(lambda: not np.array_equal(seen(page, smear_window), before))  # it stands out in the picture
    marked = seen(page, smear_window)
    page.colour_picture()
    qtbot.waitUntil(lambda: (seen(page, smear_window) != marked).any(axis=2).mean() > 0.002, timeout=10_000)


def test_screenshot_of_plots(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    page = plots_of(counted, qtbot)
    counted.resizeDocks([counted.places.dock_of(counted.tabs)], [330], Qt.Orientation.Vertical)
    page.show_spec(replace(page.spec, x="area_bbox_um2", y="score", x_log=True))
    qtbot.wait(300)
    page.gates.tools[PlotTool.LASSO].click()
    log = np.log10
    drag(page, (log(95), 0.975), (log(95), 1.004), (log(190), 1.004), (log(190), 0.975))
    page.save_gate("white cells")
    page.colour_picture()
    assert len(counted.session.selected_rows) == 3
    qtbot.wait(500)
    shoot(counted, folder, "plots", qtbot)
