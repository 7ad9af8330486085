"""Brightness, channels and planes of the picture, as a person changes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog

from cellwright.imaging import SlideRef
from cellwright.ui.main_window import MainWindow
from cellwright.ui.proposing import nuclear_channel
from cellwright.ui.state.look import ChannelLook, Look, render
from cellwright.ui.state.picture import PictureState
from tests.ui.conftest import is_done, wait_until_still
from tests.ui.known_boxes import KnownBoxes, make_objects
from tests.ui.test_accessibility import complaints

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

T, Z, NAMES = 2, 3, ("DAPI", "GFP")


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Two time points of three planes of two channels, 16 bit; every plane has one value."""
    path = tmp_path / "stack.ome.tif"
    t, z, c = np.indices((T, Z, 2))
    values = (1000 + 4000 * t + 1000 * z + 300 * c).astype(np.uint16)
    pixels = np.broadcast_to(values[..., None, None], (T, Z, 2, 90, 120)).copy()
    pixels[..., :20, :] = 0
    pixels[..., -20:, :] = 9000
    tifffile.imwrite(path, pixels, metadata={"axes": "TZCYX", "Channel": {"Name": list(NAMES)}})
    return path


@pytest.fixture
def of_stack(window: MainWindow, stack: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows the stack, its first plane analyzed."""
    window.controller.open_paths([stack])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    return window


def shown_value(window: MainWindow) -> np.ndarray:
    """Red, green, blue in the middle of the picture as it is shown."""
    picture = window.session.current
    assert picture is not None
    loaded = window.controller.loaded_picture(picture)
    assert loaded is not None
    return np.asarray(loaded.levels[0])[45, 60]


def is_shown(window: MainWindow) -> bool:
    picture = window.session.current
    assert picture is not None
    loaded = window.controller.loaded_picture(picture)
    return loaded is not None and loaded.look == picture.look


def test_values_between_black_and_brightest_are_shown_in_proportion() -> None:
    pixels = np.array([[[0], [20], [100], [200]]], np.uint16)
    look = Look((ChannelLook(True, (255, 255, 255), 0, 100),))
    assert render(pixels, look, False)[0, :, 0].tolist() == [0, 51, 255, 255]
    narrower = look.with_window(None, 20, 20)
    assert (narrower.channels[0].low, narrower.channels[0].high) == (10, 30)
    assert render(pixels, narrower, False)[0, :, 0].tolist() == [0, 128, 255, 255]


def test_channels_add_up_in_their_colours_and_hidden_ones_do_not() -> None:
    pixels = np.full((1, 1, 2), 40, np.uint8)
    blue, green = ChannelLook(True, (0, 0, 255), 0, 40), ChannelLook(True, (0, 255, 0), 0, 200)
    assert render(pixels, Look((blue, green)), False)[0, 0].tolist() == [0, 51, 255]
    assert render(pixels, Look((blue, ChannelLook(False, (0, 255, 0), 0, 200))), False)[0, 0].tolist() == [0, 0, 255]
    hidden = ChannelLook(False, (0, 0, 255), 0, 100)
    assert not render(pixels, Look((hidden, hidden)), False).any()


def test_channels_are_chosen_by_name(of_stack: MainWindow, qtbot: QtBot) -> None:
    rows = of_stack.display.rows
    assert [row.name for row in rows] == list(NAMES)
    before = shown_value(of_stack)
    assert before[1] > 0
    rows[1].check.click()
    qtbot.waitUntil(lambda: is_shown(of_stack))
    assert shown_value(of_stack)[1] == 0
    assert shown_value(of_stack)[0] == before[0]


def test_the_colour_of_a_channel_is_asked_for_and_taken(of_stack: MainWindow, qtbot: QtBot) -> None:
    row = of_stack.display.rows[0]
    row.colour.click()
    dialog = next(d for d in of_stack.findChildren(QColorDialog) if d.isVisible())
    dialog.setCurrentColor("#0000ff")
    dialog.accept()
    qtbot.waitUntil(lambda: is_shown(of_stack) and shown_value(of_stack)[2] > 0)
    assert shown_value(of_stack)[0] == 0


def test_window_and_level_change_only_their_channel(of_stack: MainWindow, qtbot: QtBot) -> None:
    display = of_stack.display
    display.of.setCurrentIndex(1)
    display.level_number.setValue(9000)
    display.window_number.setValue(10)
    qtbot.waitUntil(lambda: is_shown(of_stack) and shown_value(of_stack)[1] == 0)
    picture = of_stack.session.current
    assert picture is not None
    assert picture.facts is not None
    assert picture.look is not None
    assert picture.look.channels[0] == picture.facts.look.channels[0]
    of_stack.actions_set["view.reset_display"].trigger()
    qtbot.waitUntil(lambda: is_shown(of_stack) and shown_value(of_stack)[1] > 0)
    assert picture.look == picture.facts.look


def test_a_drag_changes_window_and_level(of_stack: MainWindow, qtbot: QtBot) -> None:
    picture = of_stack.session.current
    assert picture is not None
    assert picture.look is not None
    before = picture.look.channels[0]
    of_stack.display.drag(-0.1, 0.2)
    after = picture.look.channels[0]
    assert after.window < before.window
    assert after.level > before.level
    qtbot.waitUntil(lambda: is_shown(of_stack))


def test_the_last_of_many_looks_is_the_one_that_is_seen(of_stack: MainWindow, qtbot: QtBot) -> None:
    for value in range(2000, 9000, 250):
        of_stack.display.level_number.setValue(value)
    qtbot.waitUntil(lambda: is_shown(of_stack))
    picture = of_stack.session.current
    assert picture is not None
    assert picture.look is not None
    assert picture.look.channels[0].level == pytest.approx(8750)


def test_each_plane_is_seen_and_has_results_of_its_own(of_stack: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    bar = of_stack.centre.planes
    assert bar.isVisible()
    assert bar._z_place.text() == "1 / 3"
    assert bar._done.text() == "1 of 6 analyzed"
    first = shown_value(of_stack).copy()
    rows = of_stack.objects.model.rowCount()
    of_stack.actions_set["view.next_plane"].trigger()
    qtbot.waitUntil(lambda: is_shown(of_stack))
    assert (shown_value(of_stack) > first)[0]
    qtbot.waitUntil(lambda: of_stack.counts.table is None)
    assert of_stack.session.current is not None
    assert of_stack.session.current.state is PictureState.OPEN
    known.objects = make_objects(7, seed=3)
    bar.this.click()
    qtbot.waitUntil(lambda: of_stack.session.current is not None and of_stack.session.current.analysis is not None)
    asked = known.asked[-1]
    assert isinstance(asked, SlideRef)
    assert (asked.z, asked.t) == (1, 0)
    of_stack.actions_set["view.previous_plane"].trigger()
    qtbot.waitUntil(lambda: of_stack.objects.model.rowCount() == rows)
    qtbot.waitUntil(lambda: bar._done.text() == "2 of 6 analyzed")


def test_all_planes_are_analyzed_as_one_job(of_stack: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    picture = of_stack.session.current
    assert picture is not None
    jobs = len(of_stack.jobs.rows)
    of_stack.centre.planes.every.click()
    qtbot.waitUntil(lambda: picture.analyzed_planes == T * Z and not picture.state.is_busy, timeout=30_000)
    assert len(of_stack.jobs.rows) == jobs + 1
    assert {(ref.z, ref.t) for ref in known.asked[-T * Z :] if isinstance(ref, SlideRef)} == set(picture.planes)
    of_stack.actions_set["view.next_time"].trigger()
    qtbot.waitUntil(lambda: of_stack.objects.model.rowCount() > 0)


def test_a_model_can_be_shown_one_channel(of_stack: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    asked = len(known.asked)
    of_stack.display.analysed.setCurrentIndex(2)
    of_stack.display.analysed.activated.emit(2)
    qtbot.waitUntil(lambda: len(known.asked) > asked and is_done(of_stack), timeout=20_000)
    assert isinstance(known.asked[-1], SlideRef)
    assert known.asked[-1].channels == (1,)
    qtbot.waitUntil(lambda: not of_stack.controller.is_working)


def test_a_single_plane_has_no_plane_bar_and_no_channels(analyzed: MainWindow) -> None:
    assert not analyzed.centre.planes.isVisible()
    assert analyzed.display.rows == []
    assert not analyzed.display.of.isVisibleTo(analyzed.display)
    assert analyzed.display.level.isVisibleTo(analyzed.display)


def test_everything_of_a_stack_can_be_named_and_reached(of_stack: MainWindow) -> None:
    assert complaints(of_stack) == []


@pytest.mark.gl
def test_the_right_button_changes_brightness_on_the_canvas(
    open_window: Callable[..., MainWindow], stack: Path, qtbot: QtBot
) -> None:
    from PySide6.QtCore import QPoint, Qt

    window = open_window()
    window.controller.open_paths([stack])
    qtbot.waitUntil(lambda: is_done(window) and window.centre.canvas is not None, timeout=30_000)
    wait_until_still(window, qtbot)
    canvas, picture = window.centre.canvas, window.session.current
    assert canvas is not None
    assert picture is not None
    assert picture.look is not None
    before, view = picture.look.channels[0], canvas.viewport()
    middle = QPoint(200, 200)
    QTest.mousePress(canvas._native, Qt.MouseButton.RightButton, pos=middle)
    QTest.mouseMove(canvas._native, middle + QPoint(-40, 30))
    QTest.mouseRelease(canvas._native, Qt.MouseButton.RightButton, pos=middle + QPoint(-40, 30))
    assert picture.look.channels[0].window < before.window
    assert picture.look.channels[0].level > before.level
    assert canvas.viewport() == view
    qtbot.waitUntil(lambda: is_shown(window))


def test_the_stain_of_nuclei_is_known_by_name() -> None:
    assert nuclear_channel(("Actin", "DAPI")) == 1
    assert nuclear_channel(("Hoechst 33342", "GFP")) == 0
    assert nuclear_channel(("red", "green")) is None
    assert nuclear_channel(("DAPI", "Nuclei")) is None


def test_a_model_of_nuclei_is_offered_their_channel(of_stack: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    picture, card = of_stack.session.current, of_stack.session.card
    assert picture is not None
    assert card is not None
    assert not of_stack.proposing.say_channel(picture), "these are blood cells"
    one = card.classes[0].model_copy(update={"name": "nucleus"})
    limits = card.thresholds.model_copy(update={"confidence": {"nucleus": 0.5}})
    known.card = card.changed(classes=(one,), thresholds=limits, metrics=None)
    known.objects = replace(known.objects, classes=("nucleus",), class_index=np.zeros(len(known.objects), np.int16))
    of_stack.session.set_model(Path("models/nuclei"), known.card)
    assert of_stack.proposing.say_channel(picture)
    message = of_stack.centre.banner.message
    assert message is not None
    assert message.action_text == "Analyze DAPI"
    of_stack.centre.banner._act()
    qtbot.waitUntil(lambda: is_done(of_stack) and not of_stack.controller.is_working, timeout=20_000)
    asked = known.asked[-1]
    assert isinstance(asked, SlideRef)
    assert asked.channels == (0,)
    assert of_stack.display.analysed.currentText() == "DAPI"
    assert not of_stack.proposing.say_channel(picture)
