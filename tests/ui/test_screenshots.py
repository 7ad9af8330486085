"""The pictures of the window that README and the guide show, taken from the real program with its sample and model.

``CELLWRIGHT_SCREENSHOTS`` names the folder they are written to (``make screenshots``: docs/images); otherwise they are
only checked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from cellwright.bundled import bundled
from cellwright.settings import Settings
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from cellwright.workflows import AreaTable, CountTable
from tests.ui.conftest import is_done

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gl, pytest.mark.slow]
SIZE = (1280, 800)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    chosen = os.environ.get("CELLWRIGHT_SCREENSHOTS")
    made = Path(chosen) if chosen else tmp_path
    made.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture
def counted(qtbot: QtBot) -> Iterator[MainWindow]:
    """The real window with the sample, analyzed by the shipped model."""
    window = MainWindow(Settings())
    window.resize(*SIZE)
    with qtbot.waitExposed(window):
        window.show()
    window.start([bundled("resources", "samples", "smear.png")])
    qtbot.waitUntil(lambda: is_done(window) and window.centre.canvas is not None, timeout=180_000)
    qtbot.waitUntil(lambda: not window.controller.is_working, timeout=60_000)
    qtbot.wait(500)
    yield window
    dispose(window)


def is_shown(window: MainWindow, name: str) -> bool:
    """Whether a picture is shown with all that was found on it."""
    current = window.session.current
    return current is not None and current.name == name and is_done(window) and not window.controller.is_working


def shoot(widget: QWidget, folder: Path, name: str, qtbot: QtBot) -> QImage:
    """Take a picture of a widget and see that something is on it."""
    qtbot.wait(250)
    shown = widget.grab().toImage()
    path = folder / f"{name}.png"
    assert shown.save(str(path))
    rgb = shown.convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    assert len(np.unique(pixels)) > 50, f"{name} is empty"
    return shown


def test_screenshot_of_the_start_page(folder: Path, qtbot: QtBot) -> None:
    window = MainWindow(Settings())
    window.resize(*SIZE)
    with qtbot.waitExposed(window):
        window.show()
    window.load_models()
    shoot(window, folder, "start", qtbot)
    dispose(window)


def test_screenshot_of_nuclei(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    counted.centre.start_page.sample_asked.emit("nuclei")
    qtbot.waitUntil(lambda: is_shown(counted, "nuclei.png"), timeout=180_000)
    table = counted.counts.table
    assert isinstance(table, CountTable)
    drawn = json.loads(bundled("resources", "samples", "nuclei.json").read_text(encoding="utf-8"))
    assert table.rows[0].count == pytest.approx(drawn["counts"]["nucleus"], rel=0.05)
    canvas = counted.centre.canvas
    assert canvas is not None
    canvas.zoom_by(1.8)
    shoot(counted, folder, "nuclei", qtbot)


def test_screenshot_of_measured_cells(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    counted.centre.start_page.sample_asked.emit("nuclei")
    qtbot.waitUntil(lambda: is_shown(counted, "nuclei.png"), timeout=180_000)
    cells, picture = counted.measuring.cells, counted.session.current
    assert picture is not None
    names = ("class", "score", "area_um2", "solidity", "circularity", "neighbour_distance_um", "id")
    cells._on_chosen(names, ("solidity", "circularity", "neighbour_distance"), False)
    qtbot.waitUntil(lambda: len(counted.objects.model.columns) == len(names) and is_shown(counted, "nuclei.png"))
    counted.centre.banner.dismiss()
    counted.resizeDocks([counted.docks[-1]], [330], Qt.Orientation.Vertical)
    counted.filter_line.line.setText("area_um2 > 85 and solidity > 0.96")
    counted.filter_line.select()
    assert 0 < len(counted.session.selected_rows) < counted.objects.model.rowCount()
    shoot(counted, folder, "table", qtbot)


def test_screenshot_of_a_chest(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    counted.centre.start_page.sample_asked.emit("chest")
    qtbot.waitUntil(lambda: is_shown(counted, "chest.png"), timeout=180_000)
    table = counted.counts.table
    assert isinstance(table, AreaTable)
    assert [row.objects for row in table.rows] == [1, 1, 1]
    assert counted.counts.ratio.text().startswith("Cardiothoracic ratio 0.")
    shoot(counted, folder, "chest", qtbot)


def test_screenshots_of_a_counted_smear(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    table = counted.counts.table
    assert table is not None
    assert table.total.count > 20
    assert table.is_complete
    assert counted.centre.banner.message is None, "the model fits its own sample"
    shoot(counted, folder, "window", qtbot)

    white = next(row for row in range(counted.objects.model.rowCount()) if counted.objects.model.text(row, 0)[0] == "W")
    counted.objects.view.selectRow(white)
    counted.presenter.centre_selected()
    canvas = counted.centre.canvas
    assert canvas is not None
    canvas.zoom_by(2.2)
    shoot(counted, folder, "cell", qtbot)
    canvas.fit()
    counted.commands.deselect()

    counted.set_theme("light")
    shoot(counted, folder, "light", qtbot)
    counted.set_theme("dark")

    counted.actions_set["file.export"].trigger()
    assert counted.commands.dialog is not None
    counted.commands.dialog.folder.setText("results")  # type: ignore[attr-defined]
    shoot(counted.commands.dialog, folder, "export", qtbot)
    counted.commands.dialog.close()

    counted.actions_set["help.palette"].trigger()
    palette = counted.commands._palette
    palette.line.setText("pix")
    shoot(palette, folder, "palette", qtbot)
    palette.close()


def test_screenshot_of_numbers(counted: MainWindow, folder: Path, qtbot: QtBot) -> None:
    counted.actions_set["numbers.counts"].trigger()
    page = counted.shelf.show("numbers")
    assert page is not None
    qtbot.waitUntil(lambda: page.counts.found is not None, timeout=10_000)  # type: ignore[attr-defined]
    shoot(counted, folder, "numbers", qtbot)
