"""Overview, density, account of tiles and regions on the canvas, under a real mouse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cellwright.core import Box, Coverage, TileRecord, TileState
from cellwright.ui.canvas import PictureCanvas
from cellwright.ui.canvas.many_objects import IN_VIEW, MANY
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.region_shapes import RegionKind
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.known_boxes import KnownBoxes, make_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QColor
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl
LEFT = Qt.MouseButton.LeftButton
COUNT = 40_000


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    """A grey picture of 3000 × 4000 pixels."""
    path = tmp_path / "smear.png"
    Image.fromarray(np.full((3000, 4000, 3), 200, np.uint8)).save(path, compress_level=1)
    return path


@pytest.fixture
def crowded(open_window: Callable[..., MainWindow], smear: Path, known: KnownBoxes, qtbot: QtBot) -> MainWindow:
    """A window with more cells than are drawn one by one."""
    known.objects = make_objects(COUNT, side=6, shape=(3000, 4000))
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    canvas = canvas_of(window)
    qtbot.waitUntil(lambda: canvas.many.is_ready)
    wait_until_still(window, qtbot)
    return window


def canvas_of(window: MainWindow) -> PictureCanvas:
    canvas = window.centre.canvas
    assert canvas is not None
    return canvas


def on_screen(canvas: PictureCanvas, y: float, x: float) -> QPoint:
    view = canvas.viewport()
    assert view is not None
    place = view.points_to_screen(np.array([[y, x]]))[0]
    return QPoint(round(place[1]), round(place[0]))


def colour_at(canvas: PictureCanvas, y: float, x: float) -> QColor:
    QApplication.processEvents()
    return canvas.grab().toImage().pixelColor(on_screen(canvas, y, x))


def test_of_very_many_cells_the_density_is_drawn_and_zoomed_in_the_cells(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(crowded)
    assert COUNT > MANY
    qtbot.waitUntil(lambda: canvas.many.density is not None, timeout=10_000)
    assert len(canvas._shown.rows) == 0
    qtbot.waitUntil(lambda: canvas.slide.sheet.legend is not None)
    canvas.look_at(1500, 2000, 2.0)
    qtbot.waitUntil(lambda: canvas.many.density is None, timeout=10_000)
    assert canvas.slide.sheet.legend is None
    picture, view = crowded.session.current, canvas.viewport()
    assert picture is not None
    assert picture.objects is not None
    assert view is not None
    seen = view.visible_rows(picture.objects.boxes[crowded.session.shown(picture)])
    assert 0 < len(seen) <= len(canvas._shown.rows) <= 4 * IN_VIEW
    drawn = canvas._shown
    inside = view.visible_rows(drawn.objects.boxes[drawn.rows])
    assert len(inside) == len(seen), "every cell in view is drawn, and none twice"


def test_fewer_cells_too_small_to_be_told_apart_are_a_density_until_that_is_switched_off(
    crowded: MainWindow, qtbot: QtBot
) -> None:
    canvas, picture = canvas_of(crowded), crowded.session.current
    assert picture is not None
    crowded.session.set_objects(picture, make_objects(3000, side=6, shape=(3000, 4000)), picture.styles)
    qtbot.waitUntil(lambda: canvas.many.density is not None and len(canvas._shown.rows) == 0, timeout=10_000)
    crowded.set_options(replace(crowded.options, density=False))
    qtbot.waitUntil(lambda: len(canvas._shown.rows) == len(crowded.session.shown(picture)), timeout=10_000)
    crowded.set_options(replace(crowded.options, density=True))
    qtbot.waitUntil(lambda: len(canvas._shown.rows) == 0, timeout=10_000)
    canvas.look_at(1500, 2000, 3.0)
    qtbot.waitUntil(lambda: len(canvas._shown.rows) == len(crowded.session.shown(picture)), timeout=10_000)


def test_the_density_can_be_hidden(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(crowded)
    qtbot.waitUntil(lambda: canvas.many.density is not None, timeout=10_000)
    crowded.set_options(replace(crowded.options, density=False))
    qtbot.waitUntil(lambda: canvas.many.density is None, timeout=10_000)
    colour = colour_at(canvas, 1500, 2000)
    assert abs(colour.red() - 200) < 4


def test_a_click_in_the_overview_goes_there(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(crowded)
    overview = canvas.slide.overview
    assert overview.isHidden(), "the whole picture is in view"
    canvas.look_at(300, 300, 1.0)
    qtbot.waitUntil(lambda: not overview.isHidden(), timeout=10_000)
    QTest.mouseClick(overview, LEFT, pos=QPoint(overview.width() * 3 // 4, overview.height() // 2))
    view = canvas.viewport()
    assert view is not None
    assert view.centre_y == pytest.approx(1500, abs=40)
    assert view.centre_x == pytest.approx(3000, abs=40)
    crowded.set_options(replace(crowded.options, overview=False))
    assert overview.isHidden()


def test_tiles_are_drawn_where_they_are_and_failed_ones_stand_out(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas, picture = canvas_of(crowded), crowded.session.current
    assert picture is not None
    crowded.set_options(replace(crowded.options, density=False, boxes=False))
    states = (TileState.ANALYSED, TileState.FAILED, TileState.EXCLUDED)
    records = [TileRecord(Box(0, 1000 * i, 3000, 1000 * i + 1000), state, "") for i, state in enumerate(states)]
    crowded.slides.regioning.set_coverage(picture, Coverage(tuple(records)))
    qtbot.waitUntil(lambda: canvas.many.density is None)
    plain = colour_at(canvas, 1500, 500)
    crowded.set_options(replace(crowded.options, coverage=True))
    analysed, bare = colour_at(canvas, 1500, 500), colour_at(canvas, 1500, 3500)
    assert analysed.green() > analysed.red(), "greenish"
    assert bare == plain, "there is no tile"
    shown = canvas.grab().toImage()
    corner, far = on_screen(canvas, 1400, 1300), on_screen(canvas, 1600, 1700)
    reds = [
        shown.pixelColor(x, corner.y()).red() - shown.pixelColor(x, corner.y()).blue()
        for x in range(corner.x(), far.x())
    ]
    assert max(reds) > 120, "stripes"
    assert min(reds) < max(reds) - 40, "and ground between them"


def draw(canvas: PictureCanvas, *places: tuple[float, float]) -> None:
    surface = canvas._native
    for y, x in places:
        QTest.mouseMove(surface, on_screen(canvas, y, x))
        QTest.mouseClick(surface, LEFT, pos=on_screen(canvas, y, x))


def test_a_rectangle_is_drawn_by_dragging(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas = canvas_of(crowded)
    surface, before = canvas._native, canvas.viewport()
    crowded.actions_set["slide.draw"].trigger()
    qtbot.waitUntil(lambda: canvas.slide.region_tool.is_drawing)
    QTest.mousePress(surface, LEFT, pos=on_screen(canvas, 500, 600))
    QTest.mouseMove(surface, on_screen(canvas, 900, 1000))
    QTest.mouseMove(surface, on_screen(canvas, 1500, 2000))
    qtbot.waitUntil(lambda: canvas.slide.sheet.draft is not None)
    QTest.mouseRelease(surface, LEFT, pos=on_screen(canvas, 1500, 2000))
    (region,) = crowded.slides.regioning.store.shapes(crowded.session.current)  # type: ignore[arg-type]
    assert region.kind is RegionKind.INCLUDE
    assert np.abs(region.corners.min(axis=0) - (500, 600)).max() < 12
    assert np.abs(region.corners.max(axis=0) - (1500, 2000)).max() < 12
    assert not canvas.slide.region_tool.is_drawing
    qtbot.waitUntil(lambda: canvas.slide.sheet.draft is None)
    after = canvas.viewport()
    assert before is not None
    assert after is not None
    assert (after.centre_y, after.centre_x, after.zoom) == (before.centre_y, before.centre_x, before.zoom)


def test_a_polygon_is_drawn_corner_by_corner_and_esc_gives_up(crowded: MainWindow) -> None:
    canvas, store = canvas_of(crowded), crowded.slides.regioning.store
    picture = crowded.session.current
    assert picture is not None
    crowded.actions_set["slide.leave_out"].trigger()
    draw(canvas, (500, 500), (500, 2000), (1800, 2100))
    QTest.keyClick(canvas._native, Qt.Key.Key_Backspace)
    draw(canvas, (1700, 900))
    QTest.keyClick(canvas._native, Qt.Key.Key_Return)
    (region,) = store.shapes(picture)
    assert region.kind is RegionKind.EXCLUDE
    assert np.abs(region.corners - [(500, 500), (500, 2000), (1700, 900)]).max() < 12
    crowded.actions_set["slide.draw"].trigger()
    draw(canvas, (500, 500), (500, 2000))
    QTest.keyClick(canvas._native, Qt.Key.Key_Escape)
    assert len(store.shapes(picture)) == 1
    assert not canvas.slide.region_tool.is_drawing


def drag(canvas: PictureCanvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    surface = canvas._native
    QTest.mousePress(surface, LEFT, pos=on_screen(canvas, *start))
    QTest.mouseMove(surface, on_screen(canvas, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    QTest.mouseMove(surface, on_screen(canvas, *end))
    QTest.mouseRelease(surface, LEFT, pos=on_screen(canvas, *end))


def test_a_region_is_changed_by_its_corners_its_edges_and_as_a_whole(crowded: MainWindow, qtbot: QtBot) -> None:
    canvas, regioning, picture = canvas_of(crowded), crowded.slides.regioning, crowded.session.pictures[0]

    def corners() -> NDArray[np.float64]:
        (shape,) = regioning.store.shapes(picture)
        return np.concatenate([shape.corners.min(axis=0), shape.corners.max(axis=0)])

    def is_in_hand() -> bool:
        return canvas.slide.region_hand.shape is not None

    crowded.actions_set["slide.draw"].trigger()
    drag(canvas, (800, 900), (1600, 2200))
    link = crowded.correcting.files.link
    assert link is not None
    qtbot.waitUntil(lambda: any(link.project.region_records(each.id) for each in link.pictures), timeout=20_000)
    button = regioning.panel.reshape
    button.click()
    assert is_in_hand()
    assert button.isChecked()
    assert canvas.slide.sheet.draft is not None, "its corners are shown"
    QApplication.processEvents()  # choosing the region brought it into view
    before = canvas.viewport()
    assert before is not None
    px = 4 / before.zoom
    drawn = corners()
    drag(canvas, (1200, 1500), (1300, 1400))
    assert np.abs(corners() - drawn - (100, -100, 100, -100)).max() < px, "as a whole"
    moved = corners()
    drag(canvas, (float(moved[2]), float(moved[3])), (1900, 2000))
    assert np.abs(corners() - (moved[0], moved[1], 1900, 2000)).max() < px, "a corner: it stays a rectangle"
    drag(canvas, (float(moved[0]), 1500), (700, 1800))
    assert np.abs(corners() - (700, moved[1], 1900, 2000)).max() < px, "an edge moves across itself alone"
    after = canvas.viewport()
    assert after is not None
    assert (after.centre_y, after.centre_x, after.zoom) == (before.centre_y, before.centre_x, before.zoom)
    steps = len(link.project.journal(20))
    for _ in range(3):
        link.undo()
    assert np.array_equal(corners(), drawn)
    assert len(link.project.journal(20)) >= steps
    QTest.mousePress(canvas._native, LEFT, pos=on_screen(canvas, 1200, 1500))
    QTest.mouseMove(canvas._native, on_screen(canvas, 1300, 1600))
    QTest.keyClick(canvas._native, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas._native, LEFT, pos=on_screen(canvas, 1300, 1600))
    assert np.array_equal(corners(), drawn), "put back"
    assert is_in_hand()
    QTest.keyClick(canvas._native, Qt.Key.Key_Escape)
    assert not is_in_hand()
    assert not button.isChecked()
    assert canvas.slide.sheet.draft is None
    button.click()
    regioning._replace(regioning.store.shapes(picture)[0], [])
    assert not is_in_hand(), "there is nothing left to change"


def test_going_to_a_place_brings_it_to_the_middle(crowded: MainWindow) -> None:
    canvas = canvas_of(crowded)
    crowded.actions_set["view.go_to"].trigger()
    line = crowded.slides.dialog
    assert line is not None
    line.line.setText("nonsense")  # type: ignore[attr-defined]
    line._accept()  # type: ignore[attr-defined]
    assert not line.problem.isHidden()  # type: ignore[attr-defined]
    line.line.setText("700, 900")  # type: ignore[attr-defined]
    line._accept()  # type: ignore[attr-defined]
    view = canvas.viewport()
    assert view is not None
    assert (view.centre_y, view.centre_x) == pytest.approx((700, 900))
