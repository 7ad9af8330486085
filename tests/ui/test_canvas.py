"""The canvas under the mouse: real clicks, drags, wheels and sliders on a display with OpenGL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from cellwright.core import Objects
from cellwright.ui.canvas import PictureCanvas
from cellwright.ui.main_window import MainWindow
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.known_boxes import CLASSES, KnownBoxes, make_card, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl

BOXES = np.array([[100, 100, 200, 220], [120, 130, 150, 170], [400, 500, 500, 640], [300, 60, 380, 160]], np.float32)


@pytest.fixture
def known() -> KnownBoxes:
    """Four cells, the second inside the first."""
    ids = np.array([bytes([i + 1] * 16) for i in range(4)], "V16")
    kinds = np.array([0, 1, 1, 2], np.int16)
    return KnownBoxes(Objects(ids, BOXES, kinds, np.full(4, 0.9, np.float32), CLASSES, make_card().source))


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    """A picture that is grey, with a white square at rows 100…199, columns 100…219."""
    pixels = np.full((600, 800, 3), 128, np.uint8)
    pixels[100:200, 100:220] = 255
    path = tmp_path / "smear.png"
    Image.fromarray(pixels).save(path)
    return path


def canvas_of(window: MainWindow) -> PictureCanvas:
    canvas = window.centre.canvas
    assert canvas is not None
    return canvas


def surface(window: MainWindow) -> QWidget:
    return canvas_of(window)._native


def on_screen(window: MainWindow, y: float, x: float) -> QPoint:
    view = canvas_of(window).viewport()
    assert view is not None
    place = view.to_screen(np.array([[y, x, y, x]]))[0]
    return QPoint(round(place[1]), round(place[0]))


def click(window: MainWindow, y: float, x: float) -> None:
    QTest.mouseMove(surface(window), on_screen(window, y, x))
    QTest.mouseClick(surface(window), Qt.MouseButton.LeftButton, pos=on_screen(window, y, x))


def colour_at(window: MainWindow, y: float, x: float) -> QColor:
    QApplication.processEvents()
    place = on_screen(window, y, x)
    return window.centre.grab().toImage().pixelColor(surface(window).mapTo(window.centre, place))


@pytest.fixture
def ready(analyzed: MainWindow, qtbot: QtBot) -> MainWindow:
    """An analyzed picture on a canvas that has been painted."""
    qtbot.waitUntil(lambda: analyzed.centre._stack.currentWidget() is analyzed.centre.canvas)
    wait_until_still(analyzed, qtbot)
    return analyzed


def test_the_whole_picture_is_seen_and_its_pixels_stand_where_boxes_say(ready: MainWindow) -> None:
    view = canvas_of(ready).viewport()
    assert view is not None
    y0, x0, y1, x1 = view.bounds
    assert y0 <= 0
    assert x0 <= 0
    assert y1 >= 600
    assert x1 >= 800
    ready.actions_set["view.boxes"].trigger()
    # just inside and just outside of the white square, at its corners
    for y, x, white in ((103, 103, True), (97, 103, False), (103, 97, False), (196, 216, True), (203, 216, False)):
        assert (colour_at(ready, y, x).red() > 240) is white, (y, x)


def test_boxes_have_the_colour_of_their_class(ready: MainWindow) -> None:
    for row, kind in ((0, 0), (2, 1), (3, 2)):
        _y0, x0, y1, x1 = BOXES[row]
        wanted = QColor(make_card().classes[kind].colour)
        place = on_screen(ready, float(y1), float((x0 + x1) / 2))
        shown = ready.centre.grab().toImage()
        at = surface(ready).mapTo(ready.centre, place)
        near = [shown.pixelColor(at.x(), at.y() + d) for d in range(-2, 3)]
        assert any(abs(c.red() - wanted.red()) + abs(c.blue() - wanted.blue()) < 30 for c in near), [
            c.name() for c in near
        ]


def test_hidden_boxes_are_not_drawn(ready: MainWindow) -> None:
    before = ready.centre.grab().toImage()
    ready.actions_set["view.boxes"].trigger()
    QApplication.processEvents()
    after = ready.centre.grab().toImage()
    place = surface(ready).mapTo(ready.centre, on_screen(ready, 500, 570))
    assert any(
        before.pixelColor(place.x(), place.y() + d) != after.pixelColor(place.x(), place.y() + d) for d in range(-2, 3)
    )


@pytest.mark.parametrize(("y", "x", "row"), [(450, 570, 2), (110, 110, 0), (135, 150, 1), (340, 100, 3)])
def test_a_click_selects_the_smallest_box_and_its_row(
    y: float, x: float, row: int, ready: MainWindow, qtbot: QtBot
) -> None:
    click(ready, y, x)
    qtbot.waitUntil(lambda: ready.session.selected == row)
    current = ready.objects.view.currentIndex()
    assert ready.objects.model.object_rows[current.row()] == row
    assert ready.selected.cell is not None
    assert canvas_of(ready)._overlay.selected is not None


def test_a_click_beside_every_box_selects_nothing(ready: MainWindow, qtbot: QtBot) -> None:
    click(ready, 450, 570)
    qtbot.waitUntil(lambda: ready.session.selected == 2)
    click(ready, 560, 300)
    qtbot.waitUntil(lambda: ready.session.selected is None)


def test_a_drag_moves_the_picture_and_selects_nothing(ready: MainWindow, qtbot: QtBot) -> None:
    before = canvas_of(ready).viewport()
    assert before is not None
    start = on_screen(ready, 450, 570)
    QTest.mousePress(surface(ready), Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(surface(ready), start + QPoint(12 * step, 8 * step))
        QApplication.processEvents()
    QTest.mouseRelease(surface(ready), Qt.MouseButton.LeftButton, pos=start + QPoint(60, 40))
    after = canvas_of(ready).viewport()
    assert after is not None
    assert after.centre_x == pytest.approx(before.centre_x - 60 / before.zoom, abs=12 / before.zoom)
    assert after.centre_y == pytest.approx(before.centre_y - 40 / before.zoom, abs=8 / before.zoom)
    assert ready.session.selected is None


def test_the_wheel_zooms_where_the_mouse_is(ready: MainWindow, qtbot: QtBot) -> None:
    place = on_screen(ready, 450, 570)
    before = canvas_of(ready).viewport()
    assert before is not None
    event = QWheelEvent(
        QPointF(place), QPointF(surface(ready).mapToGlobal(place)), QPoint(0, 0), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QTest.mouseMove(surface(ready), place)
    QApplication.sendEvent(surface(ready), event)
    qtbot.waitUntil(lambda: (v := canvas_of(ready).viewport()) is not None and v.zoom > before.zoom)
    moved = on_screen(ready, 450, 570)
    assert abs(moved.x() - place.x()) <= 2
    assert abs(moved.y() - place.y()) <= 2


def test_a_double_click_on_a_row_brings_its_cell_to_the_middle(ready: MainWindow, qtbot: QtBot) -> None:
    table = ready.objects.model.table_row(3)
    assert table is not None
    view = ready.objects.view
    place = view.visualRect(ready.objects.model.index(table, 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: ready.session.selected == 3)
    seen = canvas_of(ready).viewport()
    assert seen is not None
    assert (seen.centre_y, seen.centre_x) == pytest.approx((340, 110))


def test_enter_on_a_row_does_too(ready: MainWindow, qtbot: QtBot) -> None:
    row = ready.objects.model.table_row(2)
    assert row is not None
    ready.objects.view.setFocus()
    ready.objects.view.selectRow(row)
    QTest.keyClick(ready.objects.view, Qt.Key.Key_Return)
    seen = canvas_of(ready).viewport()
    assert seen is not None
    assert (seen.centre_y, seen.centre_x) == pytest.approx((450, 570))


def test_zoom_actions_and_fit(ready: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(ready)
    start = canvas.viewport()
    assert start is not None
    ready.actions_set["view.zoom_in"].trigger()
    larger = canvas.viewport()
    assert larger is not None
    assert larger.zoom == pytest.approx(1.25 * start.zoom)
    ready.actions_set["view.actual"].trigger()
    actual = canvas.viewport()
    assert actual is not None
    assert actual.zoom == pytest.approx(1 / ready.devicePixelRatioF())
    qtbot.waitUntil(lambda: ready.status._zoom.text() == "100 %")
    ready.actions_set["view.fit"].trigger()
    again = canvas.viewport()
    assert again is not None
    assert again.zoom == pytest.approx(start.zoom)


def test_a_whole_picture_stays_whole_when_the_window_changes(ready: MainWindow, qtbot: QtBot) -> None:
    before = surface(ready).size()
    ready.resize(1000, 640)
    qtbot.waitUntil(lambda: surface(ready).size() != before)
    wait_until_still(ready, qtbot)
    view = canvas_of(ready).viewport()
    assert view is not None
    y0, x0, y1, x1 = view.bounds
    assert min(-y0, -x0, y1 - 600, x1 - 800) >= 0


def test_keys_do_not_reach_napari(ready: MainWindow, qtbot: QtBot) -> None:
    surface(ready).setFocus()
    QTest.keyClick(surface(ready), Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(surface(ready), Qt.Key.Key_Delete)
    assert canvas_of(ready)._model.dims.ndisplay == 2
    assert len(canvas_of(ready)._model.layers) == 1


def test_labels_appear_when_there_is_room(ready: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(ready)
    canvas._set_view(300, 400, 0.05)
    qtbot.waitUntil(lambda: canvas.labels_drawn == 0)
    canvas.fit()
    qtbot.waitUntil(lambda: canvas.labels_drawn == 4)
    ready.actions_set["view.labels"].trigger()
    qtbot.waitUntil(lambda: canvas.labels_drawn == 0)


def test_each_picture_is_seen_where_it_was_left(ready: MainWindow, smear: Path, qtbot: QtBot) -> None:
    other = smear.parent / "other.png"
    other.write_bytes(smear.read_bytes())
    canvas = canvas_of(ready)
    canvas._set_view(150, 160, 3.0)
    first = ready.session.current
    ready.controller.open_paths([other])
    qtbot.waitUntil(
        lambda: is_done(ready) and ready.session.current is ready.session.pictures[-1] is not first, timeout=20_000
    )
    ready.session.step(1)
    qtbot.waitUntil(lambda: canvas.viewport() is not None and canvas.viewport().centre_y == pytest.approx(150))  # type: ignore[union-attr]
    view = canvas.viewport()
    assert view is not None
    assert view.zoom == pytest.approx(3.0)


def test_the_mouse_says_where_it_is(ready: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseMove(surface(ready), on_screen(ready, 250, 300))
    QApplication.processEvents()
    QTest.mouseMove(surface(ready), on_screen(ready, 251, 301))
    qtbot.waitUntil(lambda: ready.status._place.text().startswith("y 25"))


def test_a_large_picture_is_shown_in_several_resolutions(
    open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellwright.ui.state.loading.IN_MEMORY_PIXELS", 1_000_000)
    pixels = np.zeros((3000, 2000, 3), np.uint8)
    pixels[1500:, 1000:] = 200
    path = tmp_path / "large.png"
    Image.fromarray(pixels).save(path)
    window = open_window()
    window.controller.open_paths([path])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    wait_until_still(window, qtbot)
    loaded = canvas_of(window).picture
    assert loaded is not None
    assert len(loaded.levels) > 1
    window.actions_set["view.boxes"].trigger()
    assert colour_at(window, 2250, 1500).red() > 180
    assert colour_at(window, 750, 500).red() < 20


def test_ten_thousand_boxes_follow_the_slider(
    open_window: Callable[..., MainWindow], smear: Path, known: KnownBoxes, qtbot: QtBot
) -> None:
    known.objects = make_objects(10_000, side=6)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    slider = window.model_panel._all.slider
    for value in range(300, 700, 20):  # how long a step takes, benchmarks/bench_window.py says
        slider.setValue(value)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: window.presenter.is_up_to_date)
    table = window.counts.table
    assert table is not None
    assert table.total.count == len(known.objects.at_least(0.68))


def test_nothing_is_left_of_a_closed_window(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    canvas = window.centre.make_canvas()
    assert canvas is not None
    window.close()
    assert canvas.picture is None
