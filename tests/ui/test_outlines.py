"""Outlines, filled cells, points and their colours on a display with OpenGL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.colouring import MAP, ColourBy
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.known_boxes import KnownBoxes, make_card
from tests.ui.known_masks import disc_objects, many_discs
from tests.ui.test_canvas import canvas_of, click, colour_at, on_screen, surface

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl

MIDDLES = ((120, 160), (300, 400), (450, 640))
RADIUS = 40
LONG_MS = 600_000


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    """A grey picture."""
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((600, 800, 3), 128, np.uint8)).save(path)
    return path


@pytest.fixture
def known() -> KnownBoxes:
    """Three discs of three classes."""
    return KnownBoxes(disc_objects(MIDDLES, RADIUS, scores=(0.95, 0.6, 0.5)))


@pytest.fixture
def ready(analyzed: MainWindow, qtbot: QtBot) -> MainWindow:
    """The three discs on a canvas that has been painted."""
    qtbot.waitUntil(lambda: analyzed.centre._stack.currentWidget() is analyzed.centre.canvas)
    wait_until_still(analyzed, qtbot)
    return analyzed


def is_like(colour: QColor, wanted: QColor, slack: int = 24) -> bool:
    pairs = ((colour.red(), wanted.red()), (colour.green(), wanted.green()), (colour.blue(), wanted.blue()))
    return all(abs(a - b) <= slack for a, b in pairs)


def grey_with(colour: str, part: float) -> QColor:
    made = QColor(colour)
    return QColor(*(round((1 - part) * 128 + part * c) for c in (made.red(), made.green(), made.blue())))


def test_cells_are_filled_and_outlined_in_the_colour_of_their_class(ready: MainWindow) -> None:
    ready.actions_set["view.labels"].trigger()
    for (y, x), kind in zip(MIDDLES, make_card().classes, strict=True):
        assert is_like(colour_at(ready, y, x), grey_with(kind.colour, 0.25)), kind.name
        rim = [colour_at(ready, y + RADIUS + d, x) for d in (-2, -1, 0, 0.5, 1)]
        assert any(is_like(c, QColor(kind.colour)) for c in rim), [c.name() for c in rim]
        assert is_like(colour_at(ready, y + RADIUS + 6, x), QColor(128, 128, 128))
        # the corner of the box is no part of the disc, and boxes are not drawn where there are outlines
        assert is_like(colour_at(ready, y - RADIUS + 2, x - RADIUS + 2), QColor(128, 128, 128))


def test_each_layer_can_be_hidden_and_the_picture_stays(ready: MainWindow) -> None:
    y, x = MIDDLES[1]
    ready.actions_set["view.labels"].trigger()
    ready.actions_set["view.fill"].trigger()
    assert is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
    ready.actions_set["view.outlines"].trigger()
    assert all(is_like(colour_at(ready, y + RADIUS + d, x), QColor(128, 128, 128), 4) for d in (-2, -1, 0, 1))
    ready.actions_set["view.points"].trigger()
    assert is_like(colour_at(ready, y, x), QColor(make_card().classes[1].colour))
    ready.actions_set["view.boxes"].trigger()
    box_colour = [colour_at(ready, y - RADIUS + d, x - RADIUS + 10) for d in (-1, -0.5, 0, 0.5, 1)]
    assert any(is_like(c, QColor(make_card().classes[1].colour), 60) for c in box_colour)


def test_the_opacity_of_a_layer_follows_its_slider(ready: MainWindow) -> None:
    ready.actions_set["view.labels"].trigger()
    ready.layers.sliders["fill"].setValue(80)
    y, x = MIDDLES[0]
    assert is_like(colour_at(ready, y, x), grey_with(make_card().classes[0].colour, 0.8))


def test_the_confidence_slider_hides_outlines_at_once(ready: MainWindow, qtbot: QtBot) -> None:
    ready.actions_set["view.labels"].trigger()
    y, x = MIDDLES[2]
    assert not is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
    ready.model_panel._all.slider.setValue(700)
    qtbot.waitUntil(lambda: ready.objects.model.rowCount() == 1)
    assert is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
    assert not is_like(colour_at(ready, *MIDDLES[0]), QColor(128, 128, 128), 4)


def test_results_are_hidden_as_long_as_the_key_is_down(ready: MainWindow, qtbot: QtBot) -> None:
    y, x = MIDDLES[0]
    before = colour_at(ready, y, x)
    ready.blink._timer.setInterval(LONG_MS)  # a key that is down repeats, this one does not
    ready.activateWindow()
    qtbot.waitUntil(ready.isActiveWindow)
    QTest.keyPress(ready, Qt.Key.Key_H)
    assert is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
    assert canvas_of(ready).labels_drawn == 0
    QTest.keyRelease(ready, Qt.Key.Key_H)
    assert colour_at(ready, y, x) == before


def test_from_the_menu_results_come_back_by_themselves(ready: MainWindow, qtbot: QtBot) -> None:
    y, x = MIDDLES[0]
    usual = ready.blink._timer.interval()
    ready.blink._timer.setInterval(LONG_MS)  # not before they were looked for, however long drawing takes
    ready.actions_set["view.blink"].trigger()
    assert is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
    ready.blink._timer.setInterval(usual)
    qtbot.waitUntil(lambda: not is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4))


def test_colours_can_stand_for_a_measurement(ready: MainWindow) -> None:
    ready.actions_set["view.labels"].trigger()
    ready.layers.sliders["fill"].setValue(100)
    ready.layers.colour_by.setCurrentIndex(list(ColourBy).index(ColourBy.SCORE))
    for (y, x), score in zip(MIDDLES, (0.95, 0.6, 0.5), strict=True):
        assert is_like(colour_at(ready, y, x), QColor(*(int(v) for v in MAP[round(255 * score)])), 8)
    assert canvas_of(ready)._overlay._legend is not None
    ready.layers.colour_by.setCurrentIndex(0)
    assert canvas_of(ready)._overlay._legend is None


def test_a_click_selects_by_the_outline_and_not_by_the_box(ready: MainWindow, qtbot: QtBot) -> None:
    y, x = MIDDLES[1]
    click(ready, y - RADIUS + 3, x - RADIUS + 3)
    assert ready.session.selected is None
    click(ready, y, x)
    qtbot.waitUntil(lambda: ready.session.selected == 1)
    (ring,) = canvas_of(ready)._overlay.selected_rings
    assert ring.min(axis=0).tolist() == [y - RADIUS, x - RADIUS]
    assert ring.max(axis=0).tolist() == [y + RADIUS + 1, x + RADIUS + 1]


def test_the_raster_follows_zoom_and_movement(ready: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(ready)
    ready.actions_set["view.labels"].trigger()
    for y, x in MIDDLES:
        canvas._set_view(y, x, 5.0)
        wait_until_still(ready, qtbot)
        assert not is_like(colour_at(ready, y, x), QColor(128, 128, 128), 4)
        assert is_like(colour_at(ready, y + RADIUS + 2, x), QColor(128, 128, 128), 4)
        raster = canvas._results._masks.raster
        assert raster is not None
        assert raster.scale == pytest.approx(5.0 * ready.devicePixelRatioF())
        assert raster.height * raster.width < 3 * surface(ready).height() * surface(ready).width()


def test_lit_classes_stand_out(ready: MainWindow) -> None:
    ready.actions_set["view.labels"].trigger()
    ready.layers.sliders["fill"].setValue(100)
    ready.session.light_up("WBC")
    assert is_like(colour_at(ready, *MIDDLES[0]), QColor(make_card().classes[0].colour))
    assert is_like(colour_at(ready, *MIDDLES[1]), grey_with(make_card().classes[1].colour, 0.18))


def test_boxes_alone_have_no_outlines_to_show(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.objects = replace(known.objects, masks=None)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    assert not window.layers.checks["outlines"].isEnabled()
    assert "only the boxes" in window.layers.checks["outlines"].toolTip()
    assert window.layers.checks["boxes"].isChecked()


def test_ten_thousand_outlines_follow_the_slider_and_the_mouse(
    open_window: Callable[..., MainWindow], smear: Path, known: KnownBoxes, qtbot: QtBot
) -> None:
    known.objects = many_discs(10_000, (600, 800), radius=2)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    wait_until_still(window, qtbot)
    canvas, picture = canvas_of(window), window.session.current
    assert picture is not None
    for step in range(12):  # how long a step takes, benchmarks/bench_window.py says
        window.session.set_all_thresholds(0.1 + 0.05 * step)
        QApplication.processEvents()
        canvas.zoom_by(1.1)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == len(window.session.shown(picture)))
    assert 0 < window.objects.model.rowCount() < 10_000
    view = canvas.viewport()
    assert view is not None
    scale = view.zoom * window.devicePixelRatioF()
    qtbot.waitUntil(lambda: canvas._results._masks.raster.scale == pytest.approx(scale))  # type: ignore[union-attr]


def drag_ruler(window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    QTest.mousePress(surface(window), Qt.MouseButton.LeftButton, pos=on_screen(window, *start))
    QTest.mouseMove(surface(window), on_screen(window, *end))
    QTest.mouseRelease(surface(window), Qt.MouseButton.LeftButton, pos=on_screen(window, *end))


def test_the_ruler_measures_and_offers_the_scale_that_fits(ready: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    card = ready.session.card
    assert card is not None
    ready.session.set_model(Path("models/x"), card.changed(input=card.input.model_copy(update={"object_px": 20.0})))
    view = canvas_of(ready).viewport()
    ready.actions_set["edit.ruler"].trigger()
    y, x = MIDDLES[1]
    drag_ruler(ready, (y, x - RADIUS), (y, x + RADIUS))
    picture = ready.session.current
    assert picture is not None
    assert picture.ruler is not None
    assert picture.ruler.length_px == pytest.approx(2 * RADIUS, abs=2)
    assert canvas_of(ready)._overlay.ruler is not None
    after = canvas_of(ready).viewport()
    assert view is not None
    assert after is not None
    assert (after.centre_y, after.centre_x) == (view.centre_y, view.centre_x)
    assert ready.session.selected is None
    message = ready.centre.banner.message
    assert message is not None
    assert "times as large" in message.text
    ready.centre.banner._act()
    assert known.asked_object_px == pytest.approx(2 * RADIUS, abs=2)
    qtbot.waitUntil(lambda: is_done(ready) and not ready.controller.is_working, timeout=20_000)
    ready.actions_set["edit.deselect"].trigger()
    assert canvas_of(ready)._overlay.ruler is None
