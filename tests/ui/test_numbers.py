"""The page of numbers shows what the room of statistics says, points at its cells, and writes signatures down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTabBar, QWidget

from cellwright.annotation import Estimated, Status
from cellwright.annotation.answering import judged, sorted_into
from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.project import copy_project
from cellwright.stats import binomial_interval
from cellwright.ui.looks.widgets import scrolling
from cellwright.ui.looks.wording import percent_interval_text
from cellwright.ui.numbers.bland_altman_view import BlandAltmanView
from cellwright.ui.numbers.confusion_table import ConfusionTable
from cellwright.ui.numbers.counts_page import CountsPage
from cellwright.ui.numbers.numbers_page import NumbersPage
from cellwright.ui.numbers.sign_dialog import FactorDialog, SignDialog
from cellwright.ui.panels.counts_panel import CountsPanel
from cellwright.ui.state.class_style import ClassStyle
from cellwright.workflows import count_table
from cellwright.workflows.agreement import ReadCell, agreement_of
from cellwright.workflows.differential import differential
from cellwright.workflows.differential_cells import FieldCells
from cellwright.workflows.sure_counts import CountKind
from tests.ui.test_accessibility import CONTROLS, is_qts_own

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.main_window import MainWindow


@pytest.fixture
def numbers(analyzed: MainWindow) -> NumbersPage:
    """The page of a window that shows an analyzed picture."""
    page = analyzed.shelf.show("numbers")
    assert isinstance(page, NumbersPage)
    page.refresh()
    return page


@pytest.fixture
def link(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> OpenProject:
    """A project of the picture, in which its white cells can be told by kind."""
    analyzed.correcting.files.create(tmp_path / "project")
    made = analyzed.correcting.link
    assert made is not None
    qtbot.waitUntil(lambda: all(each.marks is not None for each in analyzed.session.pictures), timeout=30_000)
    for name in ("neutrophil", "lymphocyte"):
        made.project.add_classes([(name, name.title(), "#009E73", "")], "A.")
    made.follow()
    return made


def white_cells(link: OpenProject) -> list[object]:
    white = next(each.id for each in link.classes if each.name == "WBC")
    found = [
        each for each in link.project.objects_in(1) if each.state.class_id == white and (each.state.score or 0) > 0.5
    ]
    return sorted(found, key=lambda each: each.state.geometry.box)


def number(link: OpenProject, name: str) -> int:
    return next(each.id for each in link.classes if each.name == name)


def sort_white_cells(link: OpenProject) -> int:
    """Tell every white cell by kind, neutrophils and lymphocytes in turn; return how many there are."""
    cells = white_cells(link)
    for at, each in enumerate(cells):
        kind = number(link, "neutrophil" if at % 3 else "lymphocyte")
        link.apply(sorted_into([each], link.reviewer(), kind))  # type: ignore[list-item]
    return len(cells)


# Counts --------------------------------------------------------------------------------------------------------------


def test_the_table_says_what_is_counted_and_how_sure_it_is(analyzed: MainWindow, numbers: NumbersPage) -> None:
    found, table = numbers.counts.found, analyzed.counts.table
    assert found is not None and table is not None
    assert [row.count for row in found.rows] == [row.count for row in table.rows]  # type: ignore[union-attr]
    assert numbers.counts.table.rowCount() == len(found.rows) + 1
    red = next(at for at, row in enumerate(found.rows) if row.name == "RBC")
    cell = numbers.counts.table.item(red, 3)
    assert cell is not None
    assert percent_interval_text(binomial_interval(found.rows[red].count, found.total.count)) in cell.text()
    assert "Garwood" in numbers.counts.words.text()
    lines = numbers.counts.text().splitlines()
    assert lines[1].split("\t")[1] == str(found.rows[0].count)
    numbers.copy()
    assert QGuiApplication.clipboard().text() == numbers.counts.text()


def test_the_numbers_follow_the_slider_and_the_meter_says_what_is_needed(
    analyzed: MainWindow, numbers: NumbersPage, qtbot: QtBot
) -> None:
    before = numbers.counts.found
    assert before is not None
    analyzed.session.set_all_thresholds(0.99)
    qtbot.waitUntil(lambda: numbers.counts.found is not before, timeout=5_000)
    after = numbers.counts.found
    assert after is not None and after.total.count < before.total.count
    assert after.total.expected == before.total.expected, "what is expected needs no threshold"
    analyzed.session.reset_thresholds()
    numbers.refresh()
    numbers.counts.half.setValue(20.0)
    assert "for ±20.0 points" in numbers.counts.adequacy.text()
    wide = numbers.counts.meter.value()
    numbers.counts.half.setValue(1.0)
    assert numbers.counts.meter.value() < wide
    assert "not enough yet" in numbers.counts.adequacy.text()


def test_what_intervals_suppose_can_be_chosen_and_is_refused_where_it_makes_no_sense(numbers: NumbersPage) -> None:
    page = numbers.counts
    page.together.setCurrentIndex(1)
    assert "Bonferroni" in page.words.text()
    page.kinds.setCurrentIndex(page.kinds.findData(CountKind.BOOTSTRAP.name))
    assert "there is one" in page.words.text()
    assert page.found is not None and "exact" in page.found.count_method


def test_a_click_on_a_class_lets_its_cells_stand_out(analyzed: MainWindow, numbers: NumbersPage) -> None:
    numbers.counts.table.cellClicked.emit(0, 0)
    assert analyzed.session.lit_class == "WBC"
    numbers.counts.table.cellClicked.emit(numbers.counts.table.rowCount() - 1, 0)
    assert analyzed.session.lit_class is None


def test_nothing_analyzed_is_said(qtbot: QtBot) -> None:
    page = CountsPage()
    qtbot.addWidget(page)
    page.show_analyses([], [])
    assert "Analyze a picture" in page.words.text()
    assert page.text() == ""


# Threshold -----------------------------------------------------------------------------------------------------------


def test_the_curve_stands_beside_what_is_expected_and_sets_the_threshold(
    analyzed: MainWindow, numbers: NumbersPage, qtbot: QtBot
) -> None:
    numbers.show_threshold()
    numbers.refresh()
    page = numbers.threshold
    page.classes.setCurrentIndex(page.classes.findData("RBC"))
    assert page.view.curve is not None
    picture = analyzed.session.current
    assert picture is not None and picture.objects is not None
    red = picture.objects.scores[picture.objects.class_index == 1]
    assert page.view.curve.at(0.8) == int((red >= np.float32(0.8)).sum())
    assert "expected" in page.words.text()
    page.view.resize(500, 200)
    area = page.view._area()
    place = QPointF(area.left() + 0.75 * area.width(), 50).toPoint()
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert analyzed.session.threshold("RBC") == pytest.approx(0.75, abs=0.01)
    assert analyzed.session.threshold("WBC") != pytest.approx(0.75, abs=0.01)
    page.view.grab()


def test_arrow_keys_step_the_threshold(analyzed: MainWindow, numbers: NumbersPage, qtbot: QtBot) -> None:
    numbers.show_threshold()
    numbers.refresh()
    page = numbers.threshold
    name, before = page.classes.currentData(), page.view.threshold
    qtbot.keyClick(page.view, Qt.Key.Key_Right)
    assert analyzed.session.threshold(name) == pytest.approx(before + 0.01, abs=0.006)
    numbers.refresh()
    qtbot.keyClick(page.view, Qt.Key.Key_Left)
    qtbot.keyClick(page.view, Qt.Key.Key_Up)
    assert analyzed.session.threshold(name) == pytest.approx(before, abs=0.006)


def test_every_control_has_a_name_and_says_what_it_does(numbers: NumbersPage, qtbot: QtBot) -> None:
    found = differential([FieldCells("a", np.zeros(0, "V16"), np.zeros(0, np.int64), np.zeros(0, bool), ("WBC",))])
    dialogs = [SignDialog(found, "A."), FactorDialog({})]
    for dialog in dialogs:
        qtbot.addWidget(dialog)
    for whole in (numbers, *dialogs):
        for each in whole.findChildren(QWidget):
            if isinstance(each, CONTROLS) and not is_qts_own(each):
                assert each.accessibleName() or getattr(each, "text", str)(), each
                assert each.toolTip() or isinstance(each, QTabBar) or each.text() == "Cancel", each.accessibleName()


# Audits --------------------------------------------------------------------------------------------------------------


def test_an_audit_corrects_the_counts(analyzed: MainWindow, numbers: NumbersPage, link: OpenProject) -> None:
    from uuid import UUID

    from cellwright.ui.review.audit_dialog import AuditChoice
    from cellwright.workflows.audit import Strata

    numbers.show_audit()
    numbers.refresh()
    assert "Draw an audit" in numbers.audit.words.text()
    analyzed.reviewing.queueing.draw(AuditChoice(10_000, Strata.NONE, 1, 0))
    numbers.refresh()
    assert "Nobody has answered" in numbers.audit.words.text()
    draws = link.project.audit_draws(1)
    names = [UUID(hex=each) for each in draws]
    objects = [each for each in map(link.project.object, names) if each is not None]
    link.apply(judged(objects, link.reviewer(), Status.ACCEPTED, {n: draws[n.hex] for n in names}))
    numbers.refresh()
    found = numbers.audit.found
    assert found is not None and found.real.value == len(names)
    assert "drew no windows" in numbers.audit.words.text()
    assert numbers.audit.table.isColumnHidden(4)
    assert "All cells" in numbers.audit.text()


# Agreement -----------------------------------------------------------------------------------------------------------


def test_a_number_of_the_confusion_matrix_opens_its_cells(
    analyzed: MainWindow, numbers: NumbersPage, link: OpenProject
) -> None:
    numbers.show_agreement()
    numbers.refresh()
    assert "no cell that both" in numbers.agreement.words.text()
    told = sort_white_cells(link)
    numbers.refresh()
    found = numbers.agreement.found
    assert found is not None and int(found.table.sum()) == told
    row = found.classes.index("lymphocyte")
    column = found.classes.index("WBC")
    numbers.agreement.table.cellClicked.emit(row, column)
    gallery = analyzed.reviewing.gallery
    assert analyzed.tabs.currentWidget() is gallery.panel
    shown = {gallery.sorting.cells.ids[at].tobytes() for at in gallery.sorting.rows}
    assert shown == set(found.ids(row, column)) and shown
    numbers.agreement.audits.setChecked(True)
    numbers.refresh()
    assert numbers.agreement.found is None


def test_another_readers_project_is_compared_on_the_same_pictures(
    numbers: NumbersPage, link: OpenProject, tmp_path: Path
) -> None:
    copy_project(link.project, tmp_path / "other", "B.").close()
    told = sort_white_cells(link)
    numbers.show_agreement()
    numbers.refresh()
    numbers.agreement.compare_with(tmp_path / "other")
    found = numbers.agreement.found
    assert found is not None and (found.first, found.second) == ("project", "other")
    row, column = found.classes.index("neutrophil"), found.classes.index("WBC")
    assert found.table[row, column] == told - len(range(0, told, 3))
    numbers.agreement.as_one.setChecked(True)
    assert numbers.agreement.found is not None
    assert numbers.agreement.found.agreed[0] == numbers.agreement.found.agreed[1]
    numbers.agreement.compare_with(tmp_path / "nowhere")
    assert numbers.agreement.found is None
    assert "nowhere is no project" in numbers.agreement.words.text()


def test_an_empty_place_of_the_matrix_shows_nothing(qtbot: QtBot) -> None:
    cells = [ReadCell(bytes([at] * 16), 1, "WBC", "WBC" if at % 3 else None) for at in range(9)]
    table = ConfusionTable()
    qtbot.addWidget(table)
    table.show_agreement(agreement_of(("A.", "B."), [("WBC", "White cell")], cells, [1], 0.95, []))
    asked: list[tuple[int, int]] = []
    table.place_chosen.connect(lambda row, column: asked.append((row, column)))
    table.cellClicked.emit(1, 0)
    table.cellClicked.emit(0, 1)
    assert asked == [(0, 1)]
    item = table.item(0, 1)
    assert item is not None and "33.3" in item.toolTip()
    table.show_agreement(None)
    assert table.rowCount() == 0


def test_differences_of_counts_are_drawn(qtbot: QtBot) -> None:
    cells = [ReadCell(bytes([at] * 16), at % 5, "WBC", "WBC" if at % 4 else None) for at in range(60)]
    found = agreement_of(("A.", "B."), [("WBC", "White cell")], cells, range(5), 0.95, [])
    view = BlandAltmanView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    empty = view.grab().toImage()
    view.show_counts(*found.counts("WBC"), found.bland_altman("WBC"))
    assert view.grab().toImage() != empty
    assert "5 pictures" in view.accessibleDescription()


# Differential --------------------------------------------------------------------------------------------------------


def test_a_differential_is_signed_off_once_every_white_cell_is_reviewed(
    analyzed: MainWindow, numbers: NumbersPage, link: OpenProject
) -> None:
    page = numbers.differential
    numbers.show_differential()
    numbers.refresh()
    waiting = len(white_cells(link))
    assert page.found is not None and page.found.unreviewed == waiting > 0
    assert not page.sign.isEnabled()
    page.waiting.click()
    assert len(analyzed.reviewing.gallery.sorting.rows) == waiting
    numbers.sign("Dr. S.")
    assert link.project.sign_offs() == [], "the project refuses it too"
    sort_white_cells(link)
    analyzed.shelf.show("numbers")
    numbers.refresh()
    assert page.found.white == waiting
    assert page.sign.isEnabled()
    assert page.found.row_named("lymphocyte").count == len(range(0, waiting, 3))
    numbers.ask_to_sign()
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, SignDialog)
    dialog.name.setText(" ")
    assert not dialog.sign.isEnabled()
    dialog.name.setText("Dr. S.")
    dialog.accept()
    numbers.refresh()
    assert "Signed off by Dr. S." in page.signed.text()
    assert "not a medical device" in page.words.text()
    analyzed.actions_set["edit.undo"].trigger()
    numbers.refresh()
    assert "no longer holds" in page.signed.text(), "undo took a correction back, and not the signature"
    analyzed.actions_set["edit.redo"].trigger()
    numbers.refresh()
    assert "no longer" not in page.signed.text()
    page.withdraw.click()
    assert link.project.sign_offs() == []


def test_estimates_appear_only_with_the_laboratorys_factor(
    analyzed: MainWindow, numbers: NumbersPage, link: OpenProject
) -> None:
    page = numbers.differential
    numbers.show_differential()
    numbers.refresh()
    assert page.estimates.text() == ""
    numbers.ask_for_factors()
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, FactorDialog)
    dialog.factors[Estimated.WHITE].setValue(2000)
    dialog.accept()
    numbers.refresh()
    assert f"{2000 * len(white_cells(link)):,} per µL" in page.estimates.text()
    assert link.author in page.estimates.text()
    assert Estimated.PLATELETS not in link.project.laboratory_factors()


def test_another_differential_stands_beside(numbers: NumbersPage, link: OpenProject, tmp_path: Path) -> None:
    sort_white_cells(link)
    numbers.show_differential()
    numbers.refresh()
    assert numbers.differential.table.isColumnHidden(5)
    numbers.compare_with(link.folder)
    assert not numbers.differential.table.isColumnHidden(5)
    item = numbers.differential.table.item(0, 6)
    assert item is not None and "chance may do that" in item.text()
    numbers.compare_with(tmp_path / "nowhere")


def test_without_a_project_a_differential_is_shown_and_not_signed(numbers: NumbersPage) -> None:
    numbers.show_differential()
    numbers.refresh()
    page = numbers.differential
    assert page.found is not None and page.found.unreviewed > 0
    numbers.sign("Dr. S.")
    numbers.ask_for_factors()
    assert not page.sign.isEnabled()


# The panel of counts -------------------------------------------------------------------------------------------------

STYLES = tuple(
    ClassStyle(name, title, "#0072B2", name[0])
    for name, title in (("WBC", "White blood cell"), ("RBC", "Red blood cell"), ("PLT", "Platelet"))
)


def a_table(counts: list[int], names: tuple[str, ...], area: float | None) -> object:
    n = sum(counts)
    index = np.repeat(np.arange(len(counts)), counts).astype(np.int16)
    ids = np.frombuffer(np.arange(4 * n, dtype=np.uint32).tobytes(), "V16")
    objects = Objects(ids, np.zeros((n, 4), np.float32), index, np.ones(n, np.float32), names)
    return replace(count_table(objects, area_mm2=area), note="The whole picture was analysed.")


@pytest.mark.parametrize("height", [206, 300, 500])
@pytest.mark.parametrize("area", [None, 0.05])
def test_the_last_class_and_the_total_are_seen_however_low_the_panel_is(
    qtbot: QtBot, height: int, area: float | None
) -> None:
    panel = CountsPanel()
    place = scrolling(panel, "Counts")
    qtbot.addWidget(place)
    place.resize(290, height)
    with qtbot.waitExposed(place):
        place.show()
    panel.show_counts(a_table([4, 163, 12], ("WBC", "RBC", "PLT"), area), STYLES, set(), None)  # type: ignore[arg-type]
    total = panel._total
    qtbot.waitUntil(lambda: total.mapTo(place.viewport(), QPoint(0, total.height())).y() <= place.viewport().height())
    assert panel.row("PLT").isVisible()
    assert panel.row("RBC").share.isVisible()
    assert panel.row("RBC").density.isVisible() is (area is not None and height > 206)


def test_many_classes_without_a_cell_are_put_together_where_there_is_no_room(qtbot: QtBot) -> None:
    names = tuple(f"kind {at}" for at in range(12))
    styles = tuple(ClassStyle(name, name, "#0072B2", "K") for name in names)
    panel = CountsPanel()
    place = scrolling(panel, "Counts")
    qtbot.addWidget(place)
    place.resize(290, 240)
    with qtbot.waitExposed(place):
        place.show()
    counts = [3, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]
    panel.show_counts(a_table(counts, names, None), styles, set(), None)  # type: ignore[arg-type]
    assert [panel.row(name).isVisible() for name in names] == [bool(each) for each in counts]
    assert "kind 1, kind 2" in panel._none.text()
    assert panel.row("kind 0").share.isVisible(), "so that there is room to say more of the others"
    place.resize(290, 900)
    qtbot.waitUntil(lambda: panel.row("kind 1").isVisible(), timeout=5_000)
    assert panel.row("kind 3").share.isVisible()


def test_densities_of_pictures_with_a_pixel_size_are_in_the_table(analyzed: MainWindow, numbers: NumbersPage) -> None:
    assert numbers.counts.table.isColumnHidden(4)
    picture = analyzed.session.current
    assert picture is not None
    analyzed.session.set_pixel_size(picture, PixelSize(0.2, 0.2, PixelSizeSource.USER))
    numbers.refresh()
    assert not numbers.counts.table.isColumnHidden(4)
