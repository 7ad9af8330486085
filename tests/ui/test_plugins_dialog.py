"""Help ▸ Plugins lists at once and says, once each was loaded, which cannot be used and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cellwright.ui.dialogs.plugins_dialog import PluginsDialog
from cellwright.workflows.plugins import Plugin

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.main_window import MainWindow

LISTED = (
    Plugin("readers", "labfile", "lab-pack", "0.3", "lab_pack:open_labfile"),
    Plugin("architectures", "old-net", "lab-pack", "0.3", "lab_pack_old:build"),
)
TRIED = (
    LISTED[0],
    Plugin("architectures", "old-net", "lab-pack", "0.3", "lab_pack_old:build", "it was written for version 0"),
)


def texts(dialog: PluginsDialog, row: int) -> list[str]:
    return [item.text() for at in range(4) if (item := dialog.table.item(row, at)) is not None]


@pytest.fixture
def dialog(qtbot: QtBot) -> PluginsDialog:
    made = PluginsDialog(LISTED)
    qtbot.addWidget(made)
    return made


def test_names_are_there_before_anything_was_loaded(dialog: PluginsDialog) -> None:
    assert texts(dialog, 0) == ["readers", "labfile", "lab-pack 0.3", "…"]
    assert dialog.advice.text().startswith("Loading")


def test_what_cannot_be_used_says_why_and_that_the_rest_goes_on(dialog: PluginsDialog) -> None:
    dialog.show_tried(TRIED)
    assert texts(dialog, 0)[3] == "Ready"
    assert "written for version 0" in texts(dialog, 1)[3]
    assert dialog.advice.text().startswith("1 of 2 cannot be used")


def test_without_plugins_it_says_what_they_may_bring(qtbot: QtBot) -> None:
    empty = PluginsDialog(())
    qtbot.addWidget(empty)
    assert "docs/plugins.md" in empty.advice.text()
    assert empty.table.isHidden()


def test_the_menu_opens_it(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_set["help.plugins"].trigger()
    shown = window.commands.dialog
    assert isinstance(shown, PluginsDialog)
    qtbot.waitUntil(lambda: not shown.advice.text().startswith("Loading"))
    shown.accept()
