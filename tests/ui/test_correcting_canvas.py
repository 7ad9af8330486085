"""Tools on the real canvas: a gesture becomes a step, and the picture shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cellwright.ui.canvas import PictureCanvas, Tool
from cellwright.ui.canvas.gestures import BoxDrawn, Lassoed, Stroke
from cellwright.ui.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gl


def test_tools_draw_select_and_end_with_esc(analyzed: MainWindow, qtbot: QtBot) -> None:
    window = analyzed
    qtbot.waitUntil(lambda: window.centre.canvas is not None and window.centre.canvas.picture is not None)
    canvas, session = window.centre.canvas, window.session
    assert canvas is not None
    picture = session.current
    assert picture is not None and picture.objects is not None
    window.actions_set["tool.box"].trigger()
    assert tool_of(canvas) is Tool.BOX
    canvas.gesture.emit(BoxDrawn((10.0, 10.0, 60.0, 60.0)))
    assert len(picture.objects) == 61
    assert picture.marks is not None
    assert picture.marks.by_person.sum() == 1
    window.actions_set["tool.paint"].trigger()
    assert tool_of(canvas) is Tool.PAINT
    assert not window.actions_set["tool.box"].isChecked()
    session.select(None)
    canvas.gesture.emit(Stroke(np.array([[300.0, 300.0], [300.0, 330.0]]), 8.0))
    assert picture.objects.masks is not None
    assert (picture.objects.masks.counts > 0).sum() == 1, "boxes and an outline side by side"
    canvas.gesture.emit(Lassoed(np.array([[0.0, 0.0], [0.0, 100.0], [100.0, 100.0], [100.0, 0.0]])))
    shown = session.shown(picture)
    middles = picture.objects.centres[shown]
    assert set(session.selected_rows) == set(shown[(middles < 100).all(1)])
    window.actions_set["edit.deselect"].trigger()
    assert canvas.tool is Tool.LOOK
    assert not window.actions_set["tool.paint"].isChecked()
    window.actions_set["edit.undo"].trigger()
    window.actions_set["edit.undo"].trigger()
    assert len(picture.objects) == 60


def test_a_stroke_is_on_disk_and_seen_at_once_and_the_tables_follow(
    analyzed: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = analyzed
    qtbot.waitUntil(lambda: window.centre.canvas is not None and window.centre.canvas.picture is not None)
    canvas, picture = window.centre.canvas, window.session.current
    assert canvas is not None and picture is not None
    window.actions_set["tool.paint"].trigger()
    window.session.select(None)
    canvas.gesture.emit(Stroke(np.array([[300.0, 300.0], [300.0, 330.0]]), 8.0))
    row, link = window.session.selected, window.correcting.link
    assert row is not None and link is not None
    before = area_of(window, row)
    changed: list[int] = []
    monkeypatch.setattr(canvas, "change_mask", lambda at, _mask: changed.append(at))
    for x in (330.0, 350.0):
        canvas.gesture.emit(Stroke(np.array([[300.0, x], [300.0, x + 20]]), 8.0))
    assert changed == [row, row], "only this cell is drawn anew"
    assert area_of(window, row) == before, "not yet"
    assert link.project.journal(1)[0].kind.value == "paint"
    assert window.session.selected == row
    qtbot.waitUntil(lambda: area_of(window, row) > before + 400, timeout=5_000)
    after = area_of(window, row)
    canvas.gesture.emit(Stroke(np.array([[300.0, 370.0], [300.0, 390.0]]), 8.0))
    window.actions_set["edit.undo"].trigger()
    assert area_of(window, row) == after, "undoing comes after what is still to follow"
    window.actions_set["edit.undo"].trigger()
    window.actions_set["edit.undo"].trigger()
    assert area_of(window, row) == before


def tool_of(canvas: PictureCanvas) -> Tool:
    return canvas.tool


def area_of(window: MainWindow, row: int) -> int:
    picture = window.session.current
    assert picture is not None and picture.objects is not None and picture.objects.masks is not None
    return int(picture.objects.masks.areas()[row])
