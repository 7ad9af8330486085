"""Turned copies are looked at where a person asks for them, and never by a model that they would mislead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.ui.main_window import MainWindow
from tests.ui.known_boxes import KnownBoxes

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_turned_copies_are_looked_at_only_when_asked(analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    assert known.asked_augment is False
    box = analyzed.model_panel.augment
    assert box.isEnabled()
    box.click()
    analyzed.actions_set["analyze.run"].trigger()
    qtbot.waitUntil(lambda: not analyzed.controller.is_working and known.asked_augment is True, timeout=20_000)
    box.click()
    assert not analyzed.session.augment


def test_a_model_that_knows_left_from_right_is_not_asked_for_them(
    analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot
) -> None:
    card = analyzed.session.card
    assert card is not None
    box = analyzed.model_panel.augment
    box.click()
    upright = card.changed(input=card.input.model_copy(update={"orientation": "upright"}))
    analyzed.session.set_model(Path("models/x"), upright)
    assert not box.isEnabled()
    assert "mislead" in box.toolTip()
    known.asked_augment = None
    analyzed.actions_set["analyze.run"].trigger()
    qtbot.waitUntil(lambda: not analyzed.controller.is_working and known.asked_augment is False, timeout=20_000)
    analyzed.session.set_model(Path("models/x"), card)
    assert box.isEnabled()
    assert box.isChecked()
