"""Tools under a real mouse: presses, movements and keys on the canvas become gestures in level-0 pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from cellwright.core import Masks, Objects
from cellwright.shapes import stroke
from cellwright.ui.canvas import Brush, CanvasOptions, Editable, PictureCanvas, ShownObjects, Tool
from cellwright.ui.canvas.gestures import (
    BoxChanged,
    BoxDrawn,
    BoxToMask,
    Clicked,
    Filled,
    Lassoed,
    LineDrawn,
    PointMoved,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
)
from cellwright.ui.looks.theme import DARK
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.loading import LoadedPicture, LoadPicture
from tests.ui.hand import LEFT, NONE, Hand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl

ID = UUID(int=3)


def loaded(path: Path) -> LoadedPicture:
    steps = LoadPicture(path).run()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            picture: LoadedPicture = end.value
            return picture


@pytest.fixture
def hand(qtbot: QtBot, tmp_path: Path) -> Iterator[Hand]:
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((400, 500, 3), 128, np.uint8)).save(path)
    canvas = PictureCanvas(DARK)
    canvas.resize(900, 700)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.show_picture(1, loaded(path))
    canvas._set_view(200, 250, 2.0)  # so that places of half a pixel are places of the screen
    qtbot.waitUntil(lambda: canvas._is_painted)
    for _ in range(5):  # what it draws for the first time, and what that moves
        QCoreApplication.processEvents()
    yield Hand(canvas)
    canvas.close_viewer()
    canvas.close()
    canvas.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_boxes_are_drawn_moved_and_resized(hand: Hand) -> None:
    hand.canvas.set_tool(Tool.BOX)
    hand.drag((100, 100), (140, 120), (150, 190))
    assert hand.take() == BoxDrawn((100, 100, 150, 190))
    hand.canvas.tools.set_editable(Editable(ID, (100, 100, 150, 190)))
    hand.drag((120, 130), (125, 135), (130, 150))
    assert hand.take() == BoxChanged(ID, (110, 120, 160, 210))
    hand.drag((150, 190), (155, 200), (160, 210))
    assert hand.take() == BoxChanged(ID, (100, 100, 160, 210))
    hand.canvas.set_tool(Tool.BOX_MASK)
    hand.drag((100, 100), (150, 190))
    assert hand.take() == BoxToMask((100, 100, 150, 190))


def test_a_click_with_the_box_tool_still_chooses(hand: Hand, qtbot: QtBot) -> None:
    hand.canvas.set_tool(Tool.BOX)
    with qtbot.waitSignal(hand.canvas.clicked) as told:
        hand.click(100, 120)
    assert told.args == [100, 120]
    assert hand.gestures == []


def test_a_stroke_is_as_wide_as_the_brush_is_on_the_screen(hand: Hand) -> None:
    hand.canvas.set_tool(Tool.PAINT)
    hand.drag((100, 100), (110, 120), (130, 150))
    stroke = hand.take()
    assert isinstance(stroke, Stroke)
    assert stroke.path.tolist() == [[100, 100], [110, 120], [130, 150]]
    assert (stroke.radius_px, stroke.is_erasing) == (6.0, False)
    hand.canvas._set_view(200, 250, 4.0)
    hand.canvas.set_tool(Tool.ERASE)
    hand.click(200, 250)
    stroke = hand.take()
    assert isinstance(stroke, Stroke)
    assert (stroke.radius_px, stroke.is_erasing) == (3.0, True)
    hand.canvas.tools.set_brush(Brush(7.0, is_of_screen=False))
    hand.click(200, 250)
    stroke = hand.take()
    assert isinstance(stroke, Stroke)
    assert stroke.radius_px == 7.0


def test_while_painting_the_screen_shows_the_pixels_under_the_brush(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.set_tool(Tool.PAINT)
    QTest.mousePress(canvas._native, LEFT, NONE, hand.on_screen(100, 100))
    hand.move(100, 140)
    pixels = canvas.tools.sheet.patch.pixels
    assert pixels.shape == (canvas._native.height(), canvas._native.width(), 4)
    inside, beside = hand.on_screen(103, 120), hand.on_screen(110, 120)
    assert pixels[inside.y(), inside.x(), 3] > 0
    assert pixels[beside.y(), beside.x(), 3] == 0
    shown = canvas.grab().toImage()
    at = canvas._native.mapTo(canvas, inside)
    assert shown.pixelColor(at).red() > shown.pixelColor(at).blue() + 20
    canvas._set_view(200, 250, 1.0)  # looked at from further away, the stroke is where it was
    QCoreApplication.processEvents()
    inside = hand.on_screen(103, 120)
    assert canvas.tools.sheet.patch.pixels[inside.y(), inside.x(), 3] > 0
    QTest.mouseRelease(canvas._native, LEFT, NONE, inside)
    stroke = hand.take()
    assert isinstance(stroke, Stroke)
    assert stroke.radius_px == 6.0  # as when it began


def test_keys_change_the_brush_and_its_circle(hand: Hand) -> None:
    tools = hand.canvas.tools
    hand.canvas.set_tool(Tool.PAINT)
    hand.move(100, 100)
    before = tools.sheet.view.brush
    assert before is not None
    hand.key(Qt.Key.Key_BracketRight)
    assert tools.brush.radius == pytest.approx(15)
    after = tools.sheet.view.brush
    assert after is not None
    assert after[1] == pytest.approx(15)
    hand.key(Qt.Key.Key_BracketLeft)
    hand.key(Qt.Key.Key_BracketLeft)
    assert tools.brush.radius == pytest.approx(9.6)
    for _ in range(60):
        hand.key(Qt.Key.Key_BracketLeft)
    assert tools.brush.radius == 0.5
    QCoreApplication.sendEvent(hand.canvas._native, QEvent(QEvent.Type.Leave))
    assert tools.sheet.view.brush is None


def test_lines_outlines_and_seeds(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.set_tool(Tool.POLYGON)
    for place in ((100, 100), (100, 160), (150, 160)):
        hand.click(*place)
    hand.move(170, 120)
    assert canvas.tools.sheet.view.marks.line[-1] == (170, 120)
    hand.double_click(150, 100)
    polygon = hand.take()
    assert isinstance(polygon, PolygonDrawn)
    assert polygon.points.tolist() == [[100, 100], [100, 160], [150, 160], [150, 100]]
    canvas.set_tool(Tool.SCISSORS)
    hand.drag((100, 100), (150, 120), (200, 100))
    line = hand.take()
    assert isinstance(line, LineDrawn)
    assert line.points.tolist() == [[100, 100], [150, 120], [200, 100]]
    canvas.set_tool(Tool.SEEDS)
    hand.click(100, 100)
    hand.click(150, 150)
    hand.key(Qt.Key.Key_Return)
    seeds = hand.take()
    assert isinstance(seeds, SeedsPlaced)
    assert seeds.points.tolist() == [[100, 100], [150, 150]]
    canvas.set_tool(Tool.LASSO)
    hand.drag((100, 100), (100, 200), (200, 200), keys=Qt.KeyboardModifier.ShiftModifier)
    lasso = hand.take()
    assert isinstance(lasso, Lassoed)
    assert lasso.is_adding
    assert lasso.points.tolist() == [[100, 100], [100, 200], [200, 200]]


def test_places_are_clicked_and_points_dragged(hand: Hand) -> None:
    for tool, kind in ((Tool.FILL, Filled), (Tool.CLICK, Clicked), (Tool.POINT, PointPlaced)):
        hand.canvas.set_tool(tool)
        hand.click(120.5, 130)
        assert hand.take() == kind(120.5, 130)
    hand.canvas.tools.set_editable(Editable(ID, points=np.array([[100.0, 100.0], [150.0, 150.0]])))
    hand.drag((150, 150), (160, 160), (170, 180))
    assert hand.take() == PointMoved(ID, 1, 170, 180)


def test_escape_drops_the_drawing_and_leaves_the_tool(hand: Hand, qtbot: QtBot) -> None:
    hand.canvas.set_tool(Tool.POLYGON)
    hand.click(100, 100)
    with qtbot.waitSignal(hand.canvas.tool_ended):
        hand.key(Qt.Key.Key_Escape)
    assert hand.canvas.tool is Tool.LOOK
    hand.canvas.set_tool(Tool.POLYGON)
    for place in ((200, 200), (200, 260), (250, 260)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Enter)
    polygon = hand.take()
    assert isinstance(polygon, PolygonDrawn)
    assert len(polygon.points) == 3


def test_space_moves_the_picture_while_it_is_held(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.set_tool(Tool.PAINT)
    before = canvas.viewport()
    QTest.keyPress(canvas._native, Qt.Key.Key_Space)
    hand.drag((200, 250), (190, 240), (180, 230), (170, 220))
    QTest.keyRelease(canvas._native, Qt.Key.Key_Space)
    after = canvas.viewport()
    assert before is not None
    assert after is not None
    assert after.centre_y > before.centre_y + 10
    assert after.centre_x > before.centre_x + 10
    assert hand.gestures == []
    hand.drag((200, 250), (190, 240))
    assert isinstance(hand.take(), Stroke)
    assert canvas.viewport() == after


def test_keys_of_a_tool_win_over_shortcuts_of_the_window_and_only_while_it_is_in_hand(hand: Hand) -> None:
    def is_kept(key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, keys)
        event.ignore()
        QCoreApplication.sendEvent(hand.canvas._native, event)
        return event.isAccepted()

    ours = (Qt.Key.Key_BracketLeft, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return)
    assert not any(is_kept(key) for key in ours)
    hand.canvas.set_tool(Tool.PAINT)
    assert all(is_kept(key) for key in ours)
    assert not is_kept(Qt.Key.Key_1)
    assert not is_kept(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    hand.canvas.set_tool(Tool.POLYGON)
    assert not is_kept(Qt.Key.Key_BracketLeft)


def test_without_a_tool_drags_move_the_picture(hand: Hand) -> None:
    before = hand.canvas.viewport()
    hand.drag((200, 250), (190, 240), (180, 230), (170, 220))
    assert hand.canvas.viewport() != before
    assert hand.gestures == []


def test_another_picture_drops_the_drawing(hand: Hand, tmp_path: Path) -> None:
    hand.canvas.set_tool(Tool.SEEDS)
    hand.click(100, 100)
    hand.canvas.show_picture(2, loaded(tmp_path / "grey.png"))
    assert hand.canvas.tools.sheet.view.marks.dots == ()
    assert hand.canvas.tool is Tool.SEEDS
    hand.canvas.set_tool(Tool.RULER)
    assert hand.canvas.drags.is_ruling
    hand.canvas.set_tool(Tool.LOOK)
    assert not hand.canvas.drags.is_ruling


def red_discs(*middles: tuple[float, float]) -> ShownObjects:
    discs = Masks.concatenate([stroke([middle], 20) for middle in middles])
    n = len(discs)
    objects = Objects(
        np.zeros(n, "V16"), discs.boxes(), np.zeros(n, np.int16), np.ones(n, np.float32), ("RBC",), "made up", discs
    )
    style = ClassStyle("RBC", "Red cell", "#ff0000", "R")
    return ShownObjects(objects, np.arange(n), (style,), np.full((n, 3), (255, 0, 0), np.uint8))


def test_after_a_stroke_only_the_changed_cell_is_drawn_anew(hand: Hand) -> None:
    hand.canvas.set_options(CanvasOptions(fill_opacity=1.0, boxes=False, labels=False))
    hand.canvas.show_objects(red_discs((150, 150), (250, 350)))
    assert is_red(hand, 150, 150)
    for middles, red, ground in (
        (((190, 150), (250, 350)), (190, 150), (150, 150)),
        (((190, 150), (250, 350), (100, 300)), (100, 300), (150, 150)),
        (((190, 150), (250, 350), (120, 300)), (138, 300), (82, 300)),
        (((190, 150), (120, 300)), (120, 300), (250, 350)),
    ):
        hand.canvas.show_objects(red_discs(*middles))
        assert is_red(hand, *red)
        assert is_red(hand, 190, 150)
        assert not is_red(hand, *ground)


def is_red(hand: Hand, y: float, x: float) -> bool:
    QCoreApplication.processEvents()
    place = hand.canvas._native.mapTo(hand.canvas, hand.on_screen(y, x))
    colour = hand.canvas.grab().toImage().pixelColor(place)
    return colour.red() > 200 and colour.blue() < 60


def test_a_changed_cell_is_drawn_at_once_and_stays_when_one_moves(hand: Hand) -> None:
    canvas = hand.canvas
    canvas.set_options(CanvasOptions(fill_opacity=1.0, boxes=False, labels=False))
    canvas.show_objects(red_discs((150, 150), (250, 350)))
    assert is_red(hand, 150, 150)
    assert not is_red(hand, 190, 150)
    canvas.change_mask(0, stroke([[190, 150]], 20))
    assert is_red(hand, 190, 150)
    assert not is_red(hand, 150, 150)
    assert is_red(hand, 250, 350)
    canvas._set_view(200, 250, 1.3)
    assert is_red(hand, 190, 150)
    assert not is_red(hand, 150, 150)
    canvas.change_mask(1, stroke([[380, 480]], 15))  # further out than any cell was
    assert is_red(hand, 380, 480)
    assert not is_red(hand, 250, 350)
    canvas.change_mask(1, Masks.empty(1))
    assert not is_red(hand, 380, 480)
