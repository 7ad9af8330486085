"""The window as a person uses it, drawn offscreen (so without the canvas; see test_canvas.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton

from cellwright.core import PixelSize, PixelSizeSource, SlideNotReadable
from cellwright.jobs import JobState
from cellwright.settings import Settings, load_settings
from cellwright.ui.actions.declared import ACTIONS
from cellwright.ui.dialogs.export_dialog import ExportDialog
from cellwright.ui.dialogs.pixel_size_dialog import PixelSizeDialog
from cellwright.ui.main_window import MainWindow
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.state.picture import PictureState
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KeptAnswers, KnownBoxes, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def dialog_of(window: MainWindow) -> QDialog:
    dialog = window.commands.dialog
    assert dialog is not None
    return dialog


def drag_of(data: QMimeData) -> QDragEnterEvent:
    place, action = QPointF(5, 5), Qt.DropAction.CopyAction
    return QDragEnterEvent(place.toPoint(), action, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


# ---- every declared action


@pytest.mark.parametrize("key", [info.key for info in ACTIONS])
def test_every_action_can_be_triggered(
    key: str, analyzed: MainWindow, smear: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(smear)], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(smear.parent))
    monkeypatch.setattr("cellwright.ui.folders.QDesktopServices.openUrl", lambda _url: True)
    errors: list[Message] = []
    analyzed.controller.message.connect(lambda m: errors.append(m) if m.level is Level.ERROR else None)
    analyzed.session.select(3)
    action = analyzed.actions_set[key]
    action.trigger()
    qtbot.wait(30)
    if action.isCheckable():
        action.trigger()
    qtbot.waitUntil(lambda: not analyzed.controller.is_working, timeout=20_000)
    assert not errors


def test_every_action_is_bound(window: MainWindow) -> None:
    assert window.actions_set.unbound == set()


def test_actions_are_offered_when_they_make_sense(window: MainWindow, smear: Path, qtbot: QtBot) -> None:
    assert not window.actions_set["file.export"].isEnabled()
    assert not window.actions_set["analyze.run"].isEnabled()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)
    assert window.actions_set["file.export"].isEnabled()
    assert not window.actions_set["view.centre"].isEnabled()
    window.session.select(0)
    assert window.actions_set["view.centre"].isEnabled()
    assert not window.actions_set["view.next_picture"].isEnabled()


# ---- opening


def test_nothing_open_shows_the_start_page(window: MainWindow) -> None:
    assert window.centre.is_start_page
    assert "Drop" in window.pictures._hint.text()


def test_a_dropped_folder_opens_its_pictures(window: MainWindow, smear: Path, qtbot: QtBot) -> None:
    (smear.parent / "second.png").write_bytes(smear.read_bytes())
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(smear.parent))])
    QApplication.sendEvent(window, drag_of(data))
    drop = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, drop)
    qtbot.waitUntil(lambda: len(window.session.pictures) == 2 and is_done(window), timeout=20_000)
    qtbot.waitUntil(lambda: all(p.state is PictureState.DONE for p in window.session.pictures))
    assert window.pictures.list.count() == 2


def test_opened_pictures_are_remembered(analyzed: MainWindow, smear: Path) -> None:
    assert analyzed.settings.recent_files == [str(smear)]
    assert len(analyzed.actions_set.submenu("recent").actions()) == 1


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_bad_file_is_one_sentence_and_the_window_lives(
    content: bytes, open_window: Callable[..., MainWindow], smear: Path, qtbot: QtBot, known: KnownBoxes
) -> None:
    window = open_window()
    window.controller.analyze_on_open = False
    bad = smear.parent / "bad.png"
    bad.write_bytes(content)
    window.controller.open_paths([bad])
    qtbot.waitUntil(lambda: window.centre.banner.message is not None, timeout=20_000)
    message = window.centre.banner.message
    assert message is not None
    assert message.level is Level.ERROR
    assert "bad.png" in message.text
    assert "Traceback" not in message.text
    assert "Traceback" in message.details
    window.centre.banner.copy()
    assert "bad.png" in QGuiApplication.clipboard().text()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.session.current is not None and window.session.current.name == "smear.png")
    assert [p.state for p in window.session.pictures] == [PictureState.FAILED, PictureState.OPEN]
    qtbot.waitUntil(lambda: window.session.pictures[1].shape == (600, 800))


def test_a_missing_path_is_said_and_nothing_opens(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.controller.open_paths([tmp_path / "nowhere.png"])
    qtbot.waitUntil(lambda: window.centre.banner.message is not None)
    assert window.centre.banner.message is not None
    assert "nowhere.png" in window.centre.banner.message.text
    assert window.session.pictures == ()


def test_many_pictures_are_not_analyzed_unasked(
    window: MainWindow, smear: Path, qtbot: QtBot, known: KnownBoxes
) -> None:
    for i in range(25):
        (smear.parent / f"{i:02}.png").write_bytes(smear.read_bytes())
    window.controller.open_paths([smear.parent])
    qtbot.waitUntil(lambda: window.centre.banner.message is not None, timeout=20_000)
    assert known.asked == []
    message = window.centre.banner.message
    assert message is not None
    assert message.action_text == "Analyze all"
    window.centre.banner._act()
    qtbot.waitUntil(lambda: len(known.asked) == 26, timeout=20_000)
    qtbot.waitUntil(lambda: not window.controller.is_working, timeout=30_000)


# ---- counting


def test_counts_table_and_list_agree(analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    table = analyzed.counts.table
    assert table is not None
    picture = analyzed.session.current
    assert picture is not None
    expected = known.objects.at_least(analyzed.session.thresholds_for(picture))
    assert [row.count for row in table.rows] == expected.counts().tolist()
    assert analyzed.objects.model.rowCount() == table.total.count == len(expected)
    qtbot.waitUntil(lambda: f"{len(expected)} cells" in analyzed.pictures.list.item(0).text())
    assert analyzed.counts.row("RBC").count.text() == str(expected.counts()[1])


def test_the_slider_changes_counts_and_table_without_inference(
    analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot
) -> None:
    asked = len(known.asked)
    slider = analyzed.model_panel._all.slider
    slider.setFocus()
    before = analyzed.objects.model.rowCount()
    for _ in range(5):
        QTest.keyClick(slider, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: analyzed.objects.model.rowCount() < before)
    threshold = slider.value() / 1000
    table = analyzed.counts.table
    assert table is not None
    assert table.total.count == len(known.objects.at_least(threshold)) == analyzed.objects.model.rowCount()
    assert len(known.asked) == asked
    analyzed.actions_set["analyze.confidence_reset"].trigger()
    qtbot.waitUntil(lambda: analyzed.objects.model.rowCount() == before)


def test_another_overlap_chooses_cells_anew_without_inference(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.answers = KeptAnswers(known.objects)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)
    picture = window.session.current
    assert picture is not None
    window.model_panel._toggle.click()
    qtbot.waitUntil(lambda: window.model_panel.overlap.isVisibleTo(window.model_panel))
    asked = len(known.asked)
    every = known.objects.take(np.arange(0, len(known.objects), 2))
    for value in (0.6, 0.7, 0.3):
        window.model_panel.overlap.number.setValue(value)
    qtbot.waitUntil(lambda: picture.objects is not None and len(picture.objects) == len(every))
    qtbot.waitUntil(lambda: window.objects.model.rowCount() == len(every.at_least([0.5, 0.4, 0.3])))
    assert len(known.asked) == asked
    assert picture.analysis is not None
    assert len(picture.analysis.objects) == len(every)
    window.session.reset_thresholds()
    qtbot.waitUntil(lambda: window.session.overlap == picture.overlap or picture.overlap is None)


def test_without_kept_answers_there_is_no_slider_for_overlaps(analyzed: MainWindow) -> None:
    analyzed.model_panel._toggle.click()
    assert not analyzed.model_panel.overlap.isVisibleTo(analyzed.model_panel)


def test_each_class_has_a_slider_of_its_own(analyzed: MainWindow, qtbot: QtBot) -> None:
    analyzed.model_panel._sliders["RBC"].number.setValue(0.9)
    assert analyzed.session.thresholds == {"WBC": 0.5, "RBC": 0.9, "PLT": 0.3}
    assert "0.30–0.90" in analyzed.model_panel._toggle.text()


def test_a_hidden_class_leaves_the_table_and_keeps_its_count(analyzed: MainWindow, qtbot: QtBot) -> None:
    row = analyzed.counts.row("RBC")
    count, rows = int(row.count.text()), analyzed.objects.model.rowCount()
    row.check.click()
    qtbot.waitUntil(lambda: analyzed.objects.model.rowCount() == rows - count)
    assert int(row.count.text()) == count


def test_a_title_ends_in_dots_where_the_numbers_need_its_room(analyzed: MainWindow, qtbot: QtBot) -> None:
    row = analyzed.counts.row("WBC")
    row.name.resize(60, row.name.height())
    qtbot.waitUntil(lambda: row.name.text().endswith("…"))
    row.name.resize(400, row.name.height())
    qtbot.waitUntil(lambda: row.name.text() == "White blood cell")


def test_a_click_on_a_count_lights_up_its_class_and_a_second_stops(analyzed: MainWindow) -> None:
    row = analyzed.counts.row("WBC")
    row.name.click()
    assert analyzed.session.lit_class == "WBC"
    assert row.is_lit
    row.name.click()
    assert analyzed.session.lit_class is None


def test_an_entered_pixel_size_changes_densities_at_once(analyzed: MainWindow, qtbot: QtBot) -> None:
    assert analyzed.counts.table is not None
    assert analyzed.counts.table.area_mm2 is None
    assert analyzed.status.pixel_size.text().startswith("Pixel size unknown")
    analyzed.status.pixel_size.click()
    dialog = dialog_of(analyzed)
    assert isinstance(dialog, PixelSizeDialog)
    assert not dialog.isModal()
    assert not dialog.accept_button.isEnabled()
    dialog.width_um.setValue(0.1)
    assert dialog.height_um.value() == pytest.approx(0.1)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: analyzed.counts.table is not None and analyzed.counts.table.area_mm2 is not None)
    table = analyzed.counts.table
    assert table is not None
    assert table.area_mm2 == pytest.approx(600 * 800 * 0.01 / 1e6)
    assert table.total.per_mm2 == pytest.approx(table.total.count / table.area_mm2)
    assert analyzed.status.pixel_size.text() == "0.1 µm/px (user)"
    titles = [column.title for column in analyzed.objects.model.columns]
    assert "width_um" in titles and "area_bbox_um2" in titles


def test_missing_tiles_are_said(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.coverage_gap = True
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)
    assert window.centre.banner.message is not None
    assert window.centre.banner.message.level is Level.WARNING
    qtbot.waitUntil(lambda: "incomplete" in window.pictures.list.item(0).text())
    assert "cannot be decoded" in window.counts._coverage.text()


# ---- selecting


def test_a_row_shows_its_cell(analyzed: MainWindow, known: KnownBoxes) -> None:
    analyzed.objects.view.selectRow(4)
    object_row = int(analyzed.objects.model.object_rows[4])
    assert analyzed.session.selected == object_row
    cell = analyzed.selected.cell
    assert cell is not None
    assert cell.id_text == known.objects.id_strings()[object_row]
    assert cell.crop is not None
    assert cell.crop.shape[0] == cell.crop.shape[1] > 24


def test_keys_step_through_the_cells(analyzed: MainWindow, qtbot: QtBot) -> None:
    for expected in (0, 1, 2):
        analyzed.actions_set["edit.next_object"].trigger()
        assert analyzed.session.selected == analyzed.objects.model.object_rows[expected]
    analyzed.actions_set["edit.previous_object"].trigger()
    assert analyzed.session.selected == analyzed.objects.model.object_rows[1]
    analyzed.actions_set["edit.deselect"].trigger()
    assert analyzed.session.selected is None
    qtbot.waitUntil(lambda: not analyzed.objects.view.selectionModel().hasSelection())


def test_sorting_keeps_the_selected_cell(analyzed: MainWindow) -> None:
    analyzed.objects.view.selectRow(7)
    chosen = analyzed.session.selected
    analyzed.objects.view.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert analyzed.session.selected == chosen
    current = analyzed.objects.view.currentIndex().row()
    assert analyzed.objects.model.object_rows[current] == chosen


def test_a_cell_below_the_threshold_is_not_in_the_table_any_more(analyzed: MainWindow, qtbot: QtBot) -> None:
    analyzed.objects.view.selectRow(analyzed.objects.model.rowCount() - 1)
    analyzed.session.set_all_thresholds(0.99)
    qtbot.waitUntil(lambda: not analyzed.objects.view.selectionModel().hasSelection())


def test_copied_tables_can_be_pasted(analyzed: MainWindow) -> None:
    analyzed.actions_set["edit.copy_table"].trigger()
    assert len(QGuiApplication.clipboard().text().splitlines()) == analyzed.objects.model.rowCount() + 1
    analyzed.actions_set["edit.copy_counts"].trigger()
    text = QGuiApplication.clipboard().text()
    assert "Red blood cell" in text
    assert "count low 95 %" in text


# ---- jobs


def test_objects_come_tile_by_tile_and_cancel_keeps_them(
    window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.gate.clear()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.objects.model.rowCount() > 0, timeout=20_000)
    picture = window.session.current
    assert picture is not None
    assert picture.state is PictureState.ANALYZING
    assert picture.objects is not None
    assert 0 < len(picture.objects) < len(known.objects)
    assert window.tabs.tabText(window.tabs.indexOf(window.jobs)) == "Jobs (1)"
    assert window.actions_set["analyze.cancel"].isEnabled()
    window.jobs.rows[-1].cancel.click()
    qtbot.waitUntil(lambda: picture.state is PictureState.CANCELLED)
    assert window.objects.model.rowCount() > 0
    qtbot.waitUntil(lambda: "stopped early" in window.pictures.list.item(0).text())
    assert not window.actions_set["analyze.cancel"].isEnabled()
    assert window.jobs.rows[-1].state_text == "Cancelled"


def test_a_late_answer_to_an_old_question_is_dropped(
    window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.gate.clear()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: len(known.asked) == 1 and window.session.current is not None, timeout=20_000)
    picture = window.session.current
    assert picture is not None
    old = known.objects
    known.objects = make_objects(10, seed=9)
    states: list[PictureState] = []
    window.commands.analyze()
    window.session.picture_changed.connect(lambda changed: states.append(changed.state))
    known.gate.set()
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)
    ends = {JobState.CANCELLED, JobState.DONE}
    qtbot.waitUntil(lambda: {row.job.state for row in window.jobs.rows} == ends, timeout=20_000)
    assert states[-1] is PictureState.DONE
    assert not {PictureState.OPEN, PictureState.CANCELLED} & set(states), "the old job's end is not that of the new one"
    assert picture.objects is not None
    assert len(picture.objects) == 10 != len(old)
    assert picture.generation == 2


@pytest.mark.parametrize(
    "error", [RuntimeError("sizes of tensors do not match"), MemoryError(), SlideNotReadable("no")]
)
def test_a_failed_analysis_is_said_plainly(
    error: Exception, open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.error = error
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.centre.banner.message is not None, timeout=20_000)
    picture = window.session.current
    assert picture is not None
    assert picture.state is PictureState.FAILED
    row = window.jobs.rows[-1]
    assert "Traceback" not in row.state_text
    row._details_button.click()
    assert "Traceback" in row._details.toPlainText()
    row._copy.click()
    assert "Traceback" in QGuiApplication.clipboard().text()
    known.error = None
    window.commands.analyze()
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)


def test_closing_a_picture_stops_its_analysis(window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot) -> None:
    known.gate.clear()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.objects.model.rowCount() > 0, timeout=20_000)
    window.actions_set["file.close"].trigger()
    assert window.session.pictures == ()
    qtbot.waitUntil(lambda: not window.controller.is_working, timeout=5000)
    assert window.centre.is_start_page


def test_the_window_closes_at_once_while_an_analysis_runs(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.gate.clear()
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: window.objects.model.rowCount() > 0, timeout=20_000)
    window.close()
    assert not known.gate.is_set(), "the window did not wait for tiles that never come"
    assert not window.isVisible()


# ---- export


def test_export_writes_and_asks_before_it_replaces(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "out"
    analyzed.actions_set["file.export"].trigger()
    dialog = dialog_of(analyzed)
    assert isinstance(dialog, ExportDialog)
    for name, check in dialog.formats.items():
        check.setChecked(name in ("csv", "coco", "overlay"))
    dialog.folder.setText(str(folder))
    dialog.export_button.click()
    qtbot.waitUntil(lambda: analyzed.centre.banner.message is not None, timeout=30_000)
    assert analyzed.centre.banner.message is not None
    assert analyzed.centre.banner.message.level is Level.GOOD, analyzed.centre.banner.message.text
    rows = (folder / "objects.csv").read_text(encoding="utf-8").splitlines()
    assert sum(line.count("smear.png") > 0 for line in rows) == analyzed.objects.model.rowCount()
    (folder / "objects.csv").write_text("mine", encoding="utf-8")
    analyzed.centre.banner.clear()

    analyzed.actions_set["file.export"].trigger()
    dialog = dialog_of(analyzed)
    assert isinstance(dialog, ExportDialog)
    assert dialog.folder.text() == str(folder)
    dialog.export_button.click()
    assert dialog.isVisible()
    assert "Replace" in dialog.foot.question.text()
    assert (folder / "objects.csv").read_text(encoding="utf-8") == "mine"
    dialog.replace_button.click()
    qtbot.waitUntil(lambda: analyzed.centre.banner.message is not None, timeout=30_000)
    assert (folder / "objects.csv").read_text(encoding="utf-8") != "mine"


def test_export_needs_a_kind_of_file_and_a_folder(analyzed: MainWindow) -> None:
    analyzed.actions_set["file.export"].trigger()
    dialog = dialog_of(analyzed)
    assert isinstance(dialog, ExportDialog)
    for check in dialog.formats.values():
        check.setChecked(False)
    assert not dialog.export_button.isEnabled()
    dialog.formats["csv"].setChecked(True)
    assert dialog.export_button.isEnabled()
    dialog.folder.setText(" ")
    assert not dialog.export_button.isEnabled()
    dialog.reject()


# ---- looks and memory


def test_the_theme_changes_and_is_remembered(window: MainWindow) -> None:
    dark = QApplication.palette().window().color().name()
    window.actions_set["view.light_theme"].trigger()
    assert QApplication.palette().window().color().name() != dark
    assert window.settings.theme == "light"
    window.actions_set["view.light_theme"].trigger()
    assert QApplication.palette().window().color().name() == dark


def test_the_window_comes_back_as_it_was_left(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    first = open_window(start=False)
    first.resize(1100, 700)
    first.docks[0].hide()
    first.actions_set["view.labels"].trigger()
    first.close()
    again = open_window(load_settings(), start=False)
    # the helper gives every window its size; what is restored before that is the state of the panels
    assert again.docks[0].isHidden()
    assert not again.options.labels
    assert again.settings.window_geometry
    again.actions_set["view.reset_panels"].trigger()
    assert not again.docks[0].isHidden()


def test_layers_and_actions_show_the_same(window: MainWindow) -> None:
    window.layers.checks["boxes"].click()
    assert not window.options.boxes
    assert not window.actions_set["view.boxes"].isChecked()
    window.actions_set["view.boxes"].trigger()
    assert window.layers.checks["boxes"].isChecked()


def test_an_unexpected_error_is_told_and_logged(window: MainWindow, qtbot: QtBot) -> None:
    from cellwright.ui.logs import log_folder, start_log, stop_log, watch_errors

    log = start_log()
    forget = watch_errors(window.tell_error)
    try:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: window.centre.banner.message is not None)
    finally:
        forget()
        stop_log(log)
    message = window.centre.banner.message
    assert message is not None
    assert "ZeroDivisionError" in message.details
    folder = log_folder()
    assert folder is not None
    assert "ZeroDivisionError" in (folder / "cellwright.log").read_text(encoding="utf-8")


def test_the_palette_runs_what_is_typed(analyzed: MainWindow, qtbot: QtBot) -> None:
    analyzed.actions_set["help.palette"].trigger()
    palette = analyzed.commands._palette
    assert palette.isVisible()
    QTest.keyClicks(palette.line, "higher conf")
    assert palette.list.currentItem().text() == "Analyze: Higher confidence"
    before = analyzed.session.thresholds
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert analyzed.session.thresholds["RBC"] == pytest.approx(before["RBC"] + 0.01)


def test_the_palette_shows_keys_and_moves_with_the_arrows(window: MainWindow) -> None:
    window.actions_set["help.palette"].trigger()
    palette = window.commands._palette
    first = palette.list.currentRow()
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentRow() > first
    names = [palette.list.item(i).text() for i in range(palette.list.count())]
    # but for the palette itself, and keys that no class has; pages are listed as well
    offered = sum(window.actions_set[info.key].isVisible() for info in ACTIONS) - 1
    assert len(names) == offered + len(window.shelf.entries())
    palette.close()


def test_settings_that_are_nonsense_do_not_stop_the_window(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(Settings(window_geometry="bm9uc2Vuc2U=", window_state="%%%"), start=False)
    assert window.isVisible()


def test_the_file_s_pixel_size_is_shown_with_its_source(
    open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    import tifffile

    path = tmp_path / "sized.ome.tif"
    pixels = np.full((300, 400, 3), 200, np.uint8)
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(path, pixels, photometric="rgb", metadata={"axes": "YXS", **sizes})
    window = open_window()
    window.controller.open_paths([path])
    qtbot.waitUntil(lambda: is_done(window), timeout=20_000)
    assert window.session.current is not None
    assert window.session.current.pixel_size == PixelSize(0.25, 0.25, PixelSizeSource.TAG)
    qtbot.waitUntil(lambda: window.status.pixel_size.text() == "0.25 µm/px (tag)")
    assert window.counts.table is not None
    assert window.counts.table.area_mm2 == pytest.approx(300 * 400 * 0.0625 / 1e6)


def test_the_pictures_list_closes_with_delete(analyzed: MainWindow) -> None:
    analyzed.pictures.list.setFocus()
    QTest.keyClick(analyzed.pictures.list, Qt.Key.Key_Delete)
    assert analyzed.session.pictures == ()


def test_dragging_something_over_the_window_marks_the_drop_area(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp")])
    enter = drag_of(data)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window.centre.start_page._drop.property("active")
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.centre.start_page._drop.property("active")


@pytest.mark.parametrize("name", ["smear", "nuclei", "chest"])
def test_the_start_page_offers_every_sample(name: str, window: MainWindow, qtbot: QtBot) -> None:
    window.centre.start_page.sample_asked.emit(name)
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    assert window.session.current is not None
    assert window.session.current.name == f"{name}.png"


def test_sample_buttons_show_their_picture(window: MainWindow) -> None:
    buttons = [b for b in window.centre.start_page.findChildren(QPushButton) if b.property("kind") == "sample"]
    assert [b.accessibleName() for b in buttons] == ["Blood smear", "Nuclei", "Chest X-ray"]
    assert all(not b.icon().isNull() for b in buttons)
