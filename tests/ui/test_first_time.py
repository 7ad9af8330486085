"""What somebody who opens the window for the first time, on a small screen, would trip over."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QDockWidget, QMainWindow, QPushButton, QScrollArea, QWidget

from cellwright.ui.correcting.class_editor import ClassesDialog
from cellwright.ui.dialogs.columns_dialog import ColumnsDialog
from cellwright.ui.dialogs.help_dialogs import AboutDialog
from cellwright.ui.dialogs.plugins_dialog import PluginsDialog
from cellwright.ui.looks.theme import DARK
from cellwright.ui.looks.widgets import column, label, scrolling
from cellwright.ui.numbers.counts_page import CountsPage
from cellwright.ui.panels.banner import Banner, Level, Message
from cellwright.ui.panels.start_page import StartPage
from cellwright.ui.reporting.report_dialog import ReportDialog
from cellwright.workflows.scale import Proposal, scale_advice
from cellwright.zoo import find_model, load_card
from tests.ui.known_boxes import make_card
from tests.ui.known_masks import disc_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from cellwright.ui.main_window import MainWindow
    from cellwright.workflows import Analysis

SMALL_PX = 1280


@pytest.fixture
def analysis(analyzed: MainWindow) -> Analysis:
    """What was found on the picture shown."""
    assert analyzed.session.current is not None
    assert analyzed.session.current.analysis is not None
    return analyzed.session.current.analysis


def is_seen_whole(area: QScrollArea) -> bool:
    content = area.widget()
    return content is not None and content.minimumSizeHint().width() <= area.viewport().width()


def said(banner: Banner) -> str:
    """What is shown; empty for nothing."""
    return "" if banner.message is None else banner.message.text


def test_every_page_fits_a_small_screen_and_no_panel_is_cut_off(analyzed: MainWindow, qtbot: QtBot) -> None:
    gallery = analyzed.reviewing.gallery
    analyzed.actions_set["review.gallery"].trigger()
    gallery.panel._start.click()
    qtbot.waitUntil(lambda: gallery.panel.grid.count > 0)
    for at in range(analyzed.tabs.count()):
        analyzed.tabs.setCurrentIndex(at)
        page = analyzed.tabs.currentWidget()
        assert page is not None
        qtbot.waitUntil(page.isVisible)
        assert analyzed.minimumSizeHint().width() <= SMALL_PX, analyzed.tabs.tabText(at)
    docks = list(analyzed.docks[:-1])
    analyzed.resizeDocks(docks, [10] * len(docks), Qt.Orientation.Horizontal)  # as far as they go
    for dock in docks:
        area = dock.widget()
        if isinstance(area, QScrollArea):
            qtbot.waitUntil(partial(is_seen_whole, area))


def test_a_panel_asks_for_the_room_that_it_needs_later(qtbot: QtBot) -> None:
    window, dock, content = QMainWindow(), QDockWidget("Model"), QWidget()
    qtbot.addWidget(window)
    words = label("a model")
    column(content).addWidget(words)
    dock.setWidget(scrolling(content, "Model"))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.setCentralWidget(QWidget())
    with qtbot.waitExposed(window):
        window.show()
    words.setText("a model whose title is longer than that of the one before")
    qtbot.waitUntil(lambda: dock.minimumSizeHint().width() >= content.minimumSizeHint().width())


def test_the_start_page_names_what_the_program_reads(qtbot: QtBot) -> None:
    page = StartPage(DARK)
    qtbot.addWidget(page)
    said = " ".join(each.text() for each in page.findChildren(type(page._recent_title)))
    for kind in ("JPEG", "TIFF", "DICOM", "OME-Zarr", "CZI", "LIF", "ND2", "slides"):
        assert kind in said


def test_projects_stand_at_the_edge_where_nothing_was_opened_before(qtbot: QtBot) -> None:
    page = StartPage(DARK)
    qtbot.addWidget(page)
    page.resize(700, 700)
    with qtbot.waitExposed(page):
        page.show()
    titles = {each.text(): each for each in page.findChildren(type(page._recent_title))}

    def left_of(words: str) -> int:
        return titles[words].mapTo(page, QPoint(0, 0)).x()

    assert left_of("Projects") == left_of("Or try a sample")
    page.set_recent(["smear.png"])
    qtbot.waitUntil(lambda: left_of("Projects") > left_of("Recent pictures"))


def test_the_queue_says_how_to_begin_whether_or_not_a_picture_is_open(
    window: MainWindow, smear: Path, qtbot: QtBot
) -> None:
    panel = window.reviewing.queueing.panel
    window.actions_set["review.queue"].trigger()
    qtbot.waitUntil(panel.isVisible)
    assert panel._words.text().startswith("Open a picture")
    assert not panel._start.isVisible()
    window.tabs.setCurrentIndex(0)
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.session.current is not None and not window.controller.is_working, timeout=30_000)
    window.actions_set["review.queue"].trigger()
    qtbot.waitUntil(panel._start.isVisible)
    assert "Start reviewing" in panel._words.text()


def test_a_model_is_proposed_only_while_its_picture_is_shown(
    analyzed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    Image.fromarray(np.full((90, 90, 3), 200, np.uint8)).save(tmp_path / "other.png")
    first, banner = analyzed.session.current, analyzed.centre.banner
    assert first is not None
    banner.clear()
    better, chosen = load_card(find_model("nuclei-stardist")), make_card()
    assert analyzed.session.card is not None
    assert analyzed.session.card.name == chosen.name
    offers = tuple(
        Proposal(card, fitness, scale_advice(card, None, None), "because it is so")
        for card, fitness in ((better, 0.9), (chosen, 0.1))
    )
    analyzed.proposing.say(first, offers)
    assert better.title in said(banner)
    analyzed.controller.open_paths([tmp_path / "other.png"])
    qtbot.waitUntil(lambda: len(analyzed.session.pictures) == 2 and not analyzed.controller.is_working, timeout=30_000)
    analyzed.session.show(analyzed.session.pictures[1])
    assert better.title not in said(banner)
    analyzed.session.show(first)
    analyzed.proposing.say(first, offers)
    assert better.title in said(banner)
    analyzed.session.set_model(Path("models/other"), better)
    assert better.title not in said(banner)


def test_a_message_that_waits_can_be_taken_back(qtbot: QtBot) -> None:
    banner = Banner(DARK)
    qtbot.addWidget(banner)
    warning, hint = (
        Message(Level.WARNING, "A tile could not be read."),
        Message(Level.INFO, "Another model fits better."),
    )
    banner.say(warning)
    banner.say(hint)
    assert banner.withdraw(hint)
    assert banner.message is warning
    assert banner._more.text() == ""
    assert not banner.withdraw(hint)
    banner.dismiss()
    assert banner.message is None


def test_the_share_of_the_only_class_asks_for_no_more_cells(analysis: Analysis, qtbot: QtBot) -> None:
    page = CountsPage()
    qtbot.addWidget(page)
    page.show_analyses([analysis], [0.5] * len(analysis.objects.classes))
    assert not page._wanted.isHidden()
    assert "need" in page.adequacy.text().casefold()
    alone = replace(
        analysis.objects,
        classes=analysis.objects.classes[:1],
        class_index=np.zeros(len(analysis.objects), np.int16),
    )
    card = analysis.card.model_copy(update={"classes": analysis.card.classes[:1]})
    page.show_analyses([replace(analysis, objects=alone, card=card)], [0.5])
    assert page.found is not None
    assert len(page.found.rows) == 1
    assert page._wanted.isHidden()
    assert page.adequacy.isHidden()


def test_areas_are_not_counted(analysis: Analysis, qtbot: QtBot) -> None:
    page = CountsPage()
    qtbot.addWidget(page)
    card = analysis.card.model_copy(update={"task": "semantic"})
    page.show_analyses([replace(analysis, card=card)], [0.5] * len(analysis.objects.classes))
    assert page.table.rowCount() == 0
    assert "areas" in page.words.text()
    assert page.text() == ""


def test_a_report_of_areas_offers_no_cells_one_by_one(analyzed: MainWindow, analysis: Analysis, qtbot: QtBot) -> None:
    picture = analyzed.session.current
    assert picture is not None
    card = analysis.card.model_copy(update={"task": "semantic"})
    areas = disc_objects([(100, 100), (300, 300), (450, 500)], 40)
    picture.analysis = replace(analysis, card=card, objects=areas)
    analyzed.session.set_objects(picture, areas, picture.styles)
    analyzed.actions_set["file.report"].trigger()
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, ReportDialog)
    assert dialog.title.text() == dialog.choice().title == "Report of areas"
    assert dialog.with_cells.isHidden()
    dialog.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ColumnsDialog((), (), "", many=False),
        lambda: ClassesDialog((), None),  # type: ignore[arg-type]
        lambda: PluginsDialog(()),
        lambda: AboutDialog(None),  # type: ignore[arg-type]
    ],
)
def test_enter_does_what_a_dialog_is_for(make: Callable[[], QDialog], qtbot: QtBot) -> None:
    dialog: QWidget = make()
    qtbot.addWidget(dialog)
    assert sum(each.isDefault() for each in dialog.findChildren(QPushButton)) == 1
