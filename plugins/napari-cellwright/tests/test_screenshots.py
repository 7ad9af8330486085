"""The picture of docs/napari.md, written to the folder that ``CELLWRIGHT_SCREENSHOTS`` names, else only taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import napari
    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gl, pytest.mark.slow]


def test_screenshot_of_napari(
    make_viewer: Callable[[], napari.Viewer], nuclei_path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    viewer = make_viewer()
    viewer.window.resize(1280, 800)
    viewer.open(str(nuclei_path), plugin="napari-cellwright")
    viewer.scale_bar.visible = True
    _, form = viewer.window.add_plugin_dock_widget("napari-cellwright", "Analyze with Cellwright")
    form.asked["model"].value = "nuclei-stardist"
    form.go()
    qtbot.waitUntil(lambda: form.running is None, timeout=120_000)
    viewer.reset_view()
    viewer.camera.zoom *= 2
    qtbot.wait(300)
    path = Path(os.environ.get("CELLWRIGHT_SCREENSHOTS") or tmp_path) / "napari.png"
    viewer.screenshot(str(path), canvas_only=False, flash=False)
    assert path.stat().st_size > 20_000
