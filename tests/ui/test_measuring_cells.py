"""Cells measured in the window: columns, filters, selections and sums say the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.measure import Picture as Pixels
from cellwright.measure import measure
from cellwright.ui.dialogs.columns_dialog import Choice, ColumnsDialog
from cellwright.ui.main_window import MainWindow
from cellwright.ui.panels.objects_table import ObjectsTable
from cellwright.ui.state.class_style import styles_of
from cellwright.ui.state.measured import Measured
from cellwright.ui.state.picture import Picture
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_card, make_objects
from tests.ui.known_masks import disc_objects
from tests.ui.test_accessibility import complaints

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

MIDDLES = [(100, 100), (100, 300), (300, 100), (300, 300), (450, 500), (450, 700)]
SCORES = (0.9, 0.8, 0.95, 0.85, 0.7, 0.2)


@pytest.fixture
def outlined(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> tuple[MainWindow, Picture]:
    """A window with five discs that count, and one that does not."""
    known.objects = disc_objects(MIDDLES, 20, SCORES, [0, 1, 1, 2, 1, 1])
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == 5)
    picture = window.session.current
    assert picture is not None
    return window, picture


def measured(window: MainWindow, picture: Picture) -> Measured:
    found = window.session.measured(picture)
    assert found is not None
    return found


def is_measured(window: MainWindow, picture: Picture) -> bool:
    found = measured(window, picture)
    return found.taken is not None and not found.is_behind and not window.measuring.cells._jobs


def test_what_is_measured_beside_the_window_is_what_the_room_measures(
    outlined: tuple[MainWindow, Picture], smear: Path, qtbot: QtBot
) -> None:
    window, picture = outlined
    window.measuring.cells.measure((picture,), ("solidity", "intensity_mean-red"))
    qtbot.waitUntil(lambda: is_measured(window, picture), timeout=30_000)
    found, objects = measured(window, picture), picture.objects
    assert objects is not None and objects.masks is not None
    values = np.asarray(Image.open(smear))
    pixels = Pixels(values, ("red", "green", "blue"), is_rgb=True)
    counted = window.session.counted(picture)
    for each in measure(objects.masks, ("solidity", "intensity_mean-red"), pixels=pixels, boxes=objects.boxes):
        column = found.column(each.name)
        assert np.allclose(column.numbers[counted], each.values[counted], rtol=1e-12)
        assert np.isnan(column.numbers[~counted]).all(), "what does not count is not measured"
    assert window.centre.banner.message is not None
    assert "5 cells of smear.png measured: 2 columns" in window.centre.banner.message.text


def test_corrected_cells_are_measured_again(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, picture = outlined
    window.measuring.cells.measure((picture,), ("neighbour_distance", "solidity"))
    qtbot.waitUntil(lambda: is_measured(window, picture), timeout=30_000)
    objects = picture.objects
    assert objects is not None
    before = measured(window, picture).column("solidity").numbers.copy()
    grown = disc_objects(MIDDLES, 25, SCORES, [0, 1, 1, 2, 1, 1])
    window.session.set_objects(picture, replace(grown, ids=objects.ids), picture.styles)
    assert measured(window, picture).is_behind and np.isnan(measured(window, picture).column("solidity").numbers).all()
    qtbot.waitUntil(lambda: is_measured(window, picture), timeout=30_000)
    after = measured(window, picture).column("solidity").numbers
    assert not np.isnan(after[:5]).any() and (after[:5] != before[:5]).all()
    window.session.set_all_thresholds(0.1)  # the sixth counts too
    qtbot.waitUntil(lambda: not np.isnan(measured(window, picture).column("solidity").numbers).any(), timeout=30_000)
    window.session.set_pixel_size(picture, PixelSize(0.5, 0.5, PixelSizeSource.USER))
    qtbot.waitUntil(lambda: "neighbour_distance_um" in measured(window, picture).names, timeout=30_000)


def test_rows_and_cells_are_selected_both_ways(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, picture = outlined
    table, session = window.objects, window.session
    table.view.selectRow(2)
    assert session.selected == table.model.object_rows[2]
    session.select_rows(np.array([0, 3, 4]), 3)
    assert sorted(table.model.object_rows[table.chosen_table_rows()].tolist()) == [0, 3, 4]
    assert table.model.object_rows[table.view.currentIndex().row()] == 3
    ids = session.selected_ids.copy()
    table.view.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert sorted(table.model.object_rows[table.chosen_table_rows()].tolist()) == [0, 3, 4]
    table.view.selectAll()
    assert session.selected_rows.tolist() == [0, 1, 2, 3, 4]
    session.select_rows(np.array([0, 3, 4]))
    assert np.array_equal(session.selected_ids, ids), "ids stay, wherever rows stand"
    order = np.array([4, 2, 0, 1, 3, 5])
    assert picture.objects is not None
    session.set_objects(picture, picture.objects.take(order), picture.styles)
    assert sorted(session.selected_ids.tolist()) == sorted(ids.tolist())
    qtbot.waitUntil(lambda: sorted(table.model.object_rows[table.chosen_table_rows()].tolist()) == [0, 2, 4])


def test_a_selection_in_many_pieces_is_shown_and_copied(
    window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.objects = disc_objects([(20 + 8 * (k // 40), 10 + 12 * (k % 40)) for k in range(2400)], 3, [0.9] * 2400)
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == 2400)
    wanted = np.arange(0, 2400, 2)
    window.session.select_rows(wanted)
    table = window.objects
    assert table.model.standing_out is not None
    assert np.array_equal(np.sort(table.model.object_rows[table.chosen_table_rows()]), wanted)
    window.actions_set["edit.copy_table"].trigger()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 1201
    table.view.selectRow(5)
    assert window.session.selected_rows.tolist() == [table.model.object_rows[5]]
    window.session.select_rows(wanted)
    window.session.select(7)
    assert table.model.standing_out is None
    assert table.model.object_rows[table.chosen_table_rows()].tolist() == [7]


def test_very_many_rows_are_selected_without_holding_the_window(qtbot: QtBot) -> None:
    n = 30_000
    table, chosen = ObjectsTable(), []
    qtbot.addWidget(table)
    table.rows_chosen.connect(chosen.append)
    table.show_objects(Measured(make_objects(n)), np.arange(n), styles_of(make_card()))
    table.view.selectAll()
    assert np.array_equal(np.sort(chosen[-1]), np.arange(n))
    assert not table.view.selectionModel().hasSelection(), "Qt would go through every row to draw the header"
    assert len(table.chosen_table_rows()) == n
    table.view.selectRow(3)
    assert table.chosen_table_rows().tolist() == [3]


def test_a_filter_selects_or_shows_alone_what_numpy_says(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, picture = outlined
    line = window.filter_line
    line.line.setText("area_um2 > 40 and class == 'RBC'")
    line.select()
    assert "Nobody said how large a pixel here is: use area" in line.said.text()
    window.session.set_pixel_size(picture, PixelSize(0.25, 0.25, PixelSizeSource.USER))
    line.select()
    objects = picture.objects
    assert objects is not None and objects.masks is not None
    mask = (objects.masks.areas() * 0.0625 > 40) & (objects.class_index == 1) & window.session.counted(picture)
    assert window.session.selected_rows.tolist() == np.flatnonzero(mask).tolist() == [1, 2, 4]
    count = window.counts.table
    QTest.mouseClick(line.only, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == 3)
    assert "Only 3 of 5 cells are shown" in line.said.text()
    assert count is not None and window.counts.table is not None
    assert window.counts.table.total.count == count.total.count == 5, "counts are of all"
    line.line.setText("score > 0.9")
    line.select()
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == 1)
    QTest.mouseClick(line.only, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == 5)
    assert not window.session.only


def test_what_is_not_measured_is_offered_to_be(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, picture = outlined
    line = window.filter_line
    line.line.setText("solidity > 0.5")
    line.select()
    assert "solidity has not been measured here yet" in line.said.text()
    assert line.measure_missing.isVisibleTo(line)
    QTest.mouseClick(line.measure_missing, Qt.MouseButton.LeftButton)
    dialog = window.commands.dialog
    assert isinstance(dialog, ColumnsDialog)
    assert dialog.to_measure == ("solidity",)
    assert complaints(dialog) == []
    QTest.mouseClick(dialog.show_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: is_measured(window, picture), timeout=30_000)
    model = window.objects.model
    qtbot.waitUntil(lambda: [column.name for column in model.columns][-2:] == ["solidity", "id"])
    assert window.settings.table_columns == [column.name for column in model.columns]
    line.select()
    assert window.session.selected_rows.tolist() == [0, 1, 2, 3, 4]


def test_names_are_offered_while_one_writes(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, _ = outlined
    line = window.filter_line
    line.line.setFocus()
    QTest.keyClicks(line.line, "score > 0.1 and perim")
    completer = line.completer
    assert completer.is_open
    offered = [completer.completionModel().index(row, 0).data() for row in range(completer.completionCount())]
    assert offered == ["perimeter_crofton"]
    completer.activated.emit("perimeter_crofton")
    assert line.line.text() == "score > 0.1 and perimeter_crofton "
    completer.close()
    line.line.setText("")
    line.list_columns()
    words = [completer.completionModel().index(row, 0).data() for row in range(completer.completionCount())]
    assert {"area", "class", "'RBC'", "and", "confidence"} <= set(words)
    completer.close()


def test_the_summary_follows_what_is_shown(outlined: tuple[MainWindow, Picture], qtbot: QtBot) -> None:
    window, _ = outlined
    window.actions_set["measure.summary"].trigger()
    page = window.objects.summary
    assert page.isVisible() and window.filter_line.summary.isChecked()
    assert {row.group for row in page.model.rows} == {"White blood cell", "Red blood cell", "Platelet"}
    (red,) = (row for row in page.model.rows if row.group == "Red blood cell" and row.column == "score")
    assert red.n == 3
    window.session.show_only("score > 0.75")
    qtbot.waitUntil(lambda: sum(row.n for row in page.model.rows if row.column == "score") == 4)
    page.by.setCurrentIndex(page.by.findData("nothing"))
    assert {row.group for row in page.model.rows} == {"All cells"}
    window.actions_set["edit.copy_table"].trigger()
    assert QGuiApplication.clipboard().text().startswith("group\tcolumn\tunit\tn\tmean\tsd\tmedian\tmin\tmax\n")
    window.actions_set["measure.summary"].trigger()
    assert window.objects.view.isVisible()


def test_columns_are_searched_by_name_and_meaning(qtbot: QtBot) -> None:
    choices = [
        Choice("class", "class", "kind of cell", "Cell", True),
        Choice("area", "area (px²)", "area of the object", "Size", True),
        Choice("solidity", "solidity", "share of the convex hull that is filled", "Size", False),
    ]
    dialog = ColumnsDialog(choices, ["class", "area"], "", many=True)
    qtbot.addWidget(dialog)
    dialog.search.setText("convex")
    assert [item.text(0) for item in dialog._items() if not item.isHidden()] == ["solidity"]
    size = dialog.tree.topLevelItem(1)
    assert size is not None
    size.setCheckState(0, Qt.CheckState.Checked)
    assert dialog.names == ("class", "area", "solidity") and dialog.to_measure == ("solidity",)
    assert "1 of them" in dialog.said.text()
    with qtbot.waitSignal(dialog.chosen) as said:
        dialog.show_button.click()
    assert said.args == [("class", "area", "solidity"), ("solidity",), False]


def test_boxes_are_told_apart_from_outlines(analyzed: MainWindow, qtbot: QtBot) -> None:
    analyzed.measuring.cells.choose_columns()
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, ColumnsDialog)
    assert "solidity" not in dialog._choices and "neighbour_distance" in dialog._choices
    analyzed.filter_line.line.setText("solidity > 0.9")
    analyzed.filter_line.select()
    assert "there is no solidity: that needs outlines" in analyzed.filter_line.said.text()
    analyzed.filter_line.line.setText("area_um2 > 40")
    analyzed.filter_line.select()
    assert "Only the boxes of these cells are known, so there is no area_um2: use area_bbox" in (
        analyzed.filter_line.said.text()
    )


def test_crops_and_cells_are_selected_both_ways(analyzed: MainWindow, qtbot: QtBot) -> None:
    session, gallery = analyzed.session, analyzed.reviewing.gallery
    analyzed.actions_set["review.gallery"].trigger()
    gallery.start()
    grid = gallery.panel.grid
    qtbot.waitUntil(lambda: grid.count > 5)
    qtbot.waitUntil(lambda: not gallery._soon.isActive() and is_done(analyzed))
    ids = gallery.sorting.cells.ids[gallery.sorting.rows]
    grid.setFocus()
    for _ in range(2):
        QTest.keyClick(grid, Qt.Key.Key_End)  # the first, then the last
    assert session.selected_ids.tolist() == ids[-1:].tolist()
    assert analyzed.objects.model.object_rows[analyzed.objects.chosen_table_rows()].tolist() == [session.selected]
    QTest.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert sorted(session.selected_ids.tolist()) == sorted(ids.tolist())
    picture = session.current
    assert picture is not None and picture.objects is not None
    rows = session.shown(picture)[[0, 3, 4]]
    session.select_rows(rows)
    assert sorted(ids[grid.chosen_rows()].tolist()) == sorted(picture.objects.ids[rows].tolist())
    analyzed.tabs.setCurrentIndex(0)
    session.select(int(session.shown(picture)[1]))
    analyzed.actions_set["review.gallery"].trigger()
    assert ids[grid.chosen_rows()].tolist() == session.selected_ids.tolist(), "caught up when seen again"


def test_columns_keep_fitting_widths_when_others_come_between(qtbot: QtBot) -> None:
    table = ObjectsTable()
    qtbot.addWidget(table)
    table.resize(1200, 300)
    table.show()
    table.set_columns(("class", "score", "id"))
    objects = make_objects(5)
    table.show_objects(Measured(objects), np.arange(5), styles_of(make_card()))
    table.set_columns(("class", "score", "width", "height", "id"))
    widths = [table.view.columnWidth(section) for section in range(4)]
    assert widths == [column.width for column in table.model.columns[:4]]
