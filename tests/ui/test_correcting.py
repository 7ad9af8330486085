"""Correcting as a person does it, drawn offscreen: every step is in the journal, and comes back after a restart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QLabel
from skimage.measure import regionprops

from cellwright.annotation import Answer, Drawn, Status
from cellwright.bundled import bundled
from cellwright.project import Project
from cellwright.shapes import labels_from_masks
from cellwright.ui.canvas.gestures import BoxDrawn, Clicked
from cellwright.ui.correcting.drafts import drafts_folder, is_draft
from cellwright.ui.dialogs.export_dialog import ExportChoice, ExportDialog
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.picture import Picture
from cellwright.zoo import load_card
from tests.patient_bot import PATIENCE_MS
from tests.ui.conftest import is_done

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def has_more(picture: Picture, than: int) -> bool:
    return picture.objects is not None and len(picture.objects) > than


def press(window: MainWindow, key: str) -> None:
    action = window.actions_set[key]
    waited = QDeadlineTimer(PATIENCE_MS)
    while not action.isEnabled() and not waited.hasExpired():  # what is offered follows a moment later
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    assert action.isEnabled(), key
    action.trigger()


def count_of(window: MainWindow, name: str) -> int:
    window.presenter.refresh_objects()
    table = window.counts.table
    assert table is not None
    return next(row.count for row in table.rows if row.name == name)  # type: ignore[union-attr]


def test_who_corrects_without_a_project_gets_a_draft(analyzed: MainWindow) -> None:
    objects = analyzed.session.current.objects  # type: ignore[union-attr]
    assert objects is not None
    row = int(np.flatnonzero((objects.class_index == 1) & (objects.scores > 0.9))[0])
    name = objects.ids[row].tobytes()
    red, white = count_of(analyzed, "RBC"), count_of(analyzed, "WBC")
    analyzed.session.select(row)
    press(analyzed, "correct.class_1")
    link = analyzed.correcting.link
    assert link is not None
    assert is_draft(link.folder)
    assert link.folder.parent == drafts_folder()
    assert (count_of(analyzed, "RBC"), count_of(analyzed, "WBC")) == (red - 1, white + 1)
    with Project(link.folder, read_only=True) as other:
        entry = other.journal(1)[0]
        assert (entry.kind.value, entry.objects) == ("reclassify", 1)
    assert analyzed.session.selected_id == name, "what was selected stays selected"
    shown = analyzed.selected.cell
    assert shown is not None
    assert shown.style.name == "WBC"
    assert shown.status == "corrected"
    said = analyzed.selected.findChildren(QLabel)
    assert f"corrected; the model had {shown.score:.3f}" in [words.text() for words in said]
    assert len(shown.history) == 2
    assert "reclassified Red blood cell → White blood cell" in shown.history[1]


def test_what_the_tools_change_is_a_review_that_came_about_freely(analyzed: MainWindow) -> None:
    analyzed.session.select_rows(np.arange(3))
    press(analyzed, "correct.delete")
    link = analyzed.correcting.link
    assert link is not None
    found = link.project.reviews()
    assert [each.answer for each in found] == [Answer.REJECTED] * 3
    assert {(each.drawn, each.probability) for each in found} == {(Drawn.FREE, None)}
    press(analyzed, "edit.undo")
    assert link.project.reviews() == []


def test_undo_says_what_it_takes_back_and_takes_it_back(analyzed: MainWindow) -> None:
    analyzed.session.select_rows(np.arange(12))
    press(analyzed, "correct.reject")
    undo = analyzed.actions_set["edit.undo"]
    assert undo.text() == "&Undo review of 12 cells"
    marks = analyzed.session.current.marks  # type: ignore[union-attr]
    assert marks is not None
    assert int(marks.is_status(Status.REJECTED).sum()) == 12
    press(analyzed, "edit.undo")
    marks = analyzed.session.current.marks  # type: ignore[union-attr]
    assert marks is not None
    assert not marks.is_reviewed.any()
    assert analyzed.actions_set["edit.redo"].text() == "R&edo review of 12 cells"
    press(analyzed, "edit.redo")
    assert analyzed.session.current.marks.is_status(Status.REJECTED).sum() == 12  # type: ignore[union-attr]


def test_rejected_cells_do_not_count_and_accepted_ones_do_however_unsure(analyzed: MainWindow) -> None:
    picture = analyzed.session.current
    assert picture is not None and picture.objects is not None
    unsure = int(np.argmin(picture.objects.scores))
    before = analyzed.session.counted(picture)
    sure = int(np.argmax(picture.objects.scores))
    assert before[sure]
    assert not before[unsure]
    analyzed.session.select(unsure)
    press(analyzed, "correct.accept")
    analyzed.session.select(sure)
    press(analyzed, "correct.reject")
    after = analyzed.session.counted(picture)
    assert after[unsure]
    assert not after[sure]
    assert picture.analysis is not None
    assert len(picture.analysis.counted(analyzed.session.thresholds_for(picture))) == int(after.sum()), "files follow"


def test_reopening_shows_pictures_and_objects_without_analysis(
    analyzed: MainWindow, open_window: Callable[..., MainWindow], smear: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    analyzed.session.select_rows(np.arange(3))
    press(analyzed, "correct.delete")
    analyzed.correcting.files.save_as(tmp_path / "cells")
    assert analyzed.correcting.link is not None
    assert analyzed.correcting.link.folder == tmp_path / "cells"
    assert not list(drafts_folder().glob("*")), "a draft moves"
    ids = set(analyzed.session.current.objects.id_strings())  # type: ignore[union-attr]
    assert len(ids) == 57
    analyzed.close()

    again = open_window()
    again.controller.analyze_on_open = True
    again.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: is_done(again), timeout=20_000)
    picture = again.session.current
    assert picture is not None
    assert picture.path == smear
    assert set(picture.objects.id_strings()) == ids  # type: ignore[union-attr]
    assert again.windowTitle() == "smear.png — cells — Cellwright"
    assert again.actions_set["edit.undo"].text() == "&Undo deletion of 3 cells"
    press(again, "edit.undo")
    assert len(again.session.current.objects) == 60  # type: ignore[union-attr, arg-type]


def test_a_new_project_takes_in_what_is_open(analyzed: MainWindow, tmp_path: Path) -> None:
    press(analyzed, "file.new_project")
    dialog = analyzed.correcting.files.dialog
    assert dialog is not None
    dialog.name.setText("mine")  # type: ignore[attr-defined]
    dialog.folder.setText(str(tmp_path))  # type: ignore[attr-defined]
    dialog._ok.click()  # type: ignore[attr-defined]
    analyzed.correcting.belonging.join_all()
    with Project(tmp_path / "mine", read_only=True) as project:
        (picture,) = project.pictures()
        assert len(project.objects_in(picture.id)) == 60
        assert [each.key for each in project.classes()] == ["1", "2", "3"]
        assert len(project.runs()) == 1
    assert analyzed.settings.recent_projects == [str(tmp_path / "mine")]


def test_two_windows_on_one_project_see_each_other(
    analyzed: MainWindow, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    analyzed.session.select(0)
    press(analyzed, "correct.accept")
    analyzed.correcting.files.save_as(tmp_path / "cells")
    second = open_window()
    second.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: is_done(second), timeout=20_000)
    analyzed.session.select_rows(np.arange(5))
    press(analyzed, "correct.reject")
    assert second.correcting.link is not None
    second.correcting.link.look_again()
    marks = second.session.current.marks  # type: ignore[union-attr]
    assert marks is not None
    assert marks.is_status(Status.REJECTED).sum() == 5


def test_next_unreviewed_goes_through_the_table_and_ends(analyzed: MainWindow) -> None:
    analyzed.session.set_all_thresholds(0.9)
    analyzed.presenter.refresh_objects()
    left = analyzed.objects.model.rowCount()
    assert left > 2
    for _ in range(left):
        press(analyzed, "correct.next")
        press(analyzed, "correct.accept")
    picture = analyzed.session.current
    assert picture is not None and picture.marks is not None
    assert int(picture.marks.is_reviewed.sum()) == left
    before = analyzed.session.selected_id
    press(analyzed, "correct.next")
    assert analyzed.session.selected_id == before


@pytest.mark.parametrize("what", ["locked", "no project", "damaged"])
def test_what_cannot_be_opened_is_told_and_nothing_is_lost(what: str, analyzed: MainWindow, tmp_path: Path) -> None:
    folder = tmp_path / "cells"
    if what != "no project":
        Project.create(folder).close()
    else:
        folder.mkdir()
    if what == "damaged":
        with Project(folder) as project:
            project.back_up()
        (folder / "project.sqlite").write_bytes(b"no database" * 100)
    if what == "locked":
        import sqlite3

        other = sqlite3.connect(folder / "project.sqlite", isolation_level=None)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
    analyzed.correcting.files.open(folder)
    message = analyzed.centre.banner.message
    assert message is not None
    assert len(analyzed.session.pictures) == 1, "what was open stays open"
    if what == "damaged":
        assert message.action is not None
        message.action()
        assert analyzed.correcting.link is not None
        assert analyzed.correcting.link.folder == folder
    if what == "locked":
        other.close()


def test_a_filter_selects_many_and_one_step_changes_them(analyzed: MainWindow) -> None:
    picture = analyzed.session.current
    assert picture is not None and picture.objects is not None
    analyzed.session.set_all_thresholds(0.05)
    analyzed.presenter.refresh_objects()
    analyzed.filter_line.line.setText("class == WBC and score < 0.6")
    analyzed.filter_line.select()
    wanted = (picture.objects.class_index == 0) & (picture.objects.scores < 0.6)
    assert wanted.sum() > 1
    np.testing.assert_array_equal(analyzed.session.selected_rows, np.flatnonzero(wanted))
    press(analyzed, "correct.accept")
    analyzed.filter_line.line.setText("status == accepted")
    analyzed.filter_line.select()
    assert len(analyzed.session.selected_rows) == wanted.sum()
    assert analyzed.actions_set["edit.undo"].text() == f"&Undo review of {wanted.sum()} cells"
    analyzed.filter_line.line.setText("status == accepted and sorce < 1")
    analyzed.filter_line.select()
    assert "Did you mean" in analyzed.filter_line.said.text(), "a slip is told, with what was meant"


@pytest.mark.parametrize("key", ["correct.delete", "correct.reject", "correct.class_2"])
def test_what_a_filter_selects_is_changed_and_brought_back_as_one_step(analyzed: MainWindow, key: str) -> None:
    picture = analyzed.session.current
    assert picture is not None and picture.objects is not None
    analyzed.filter_line.line.setText("class == WBC and score > 0.5")
    analyzed.filter_line.select()
    chosen = {each.tobytes() for each in analyzed.session.selected_ids}
    assert len(chosen) > 3
    before = dict(zip(picture.objects.id_strings(), picture.objects.class_index.tolist(), strict=True))
    press(analyzed, key)
    link = analyzed.correcting.link
    assert link is not None
    assert link.project.journal(1)[0].objects == len(chosen)
    if key == "correct.reject":
        analyzed.filter_line.line.setText("status == rejected")
        analyzed.filter_line.select()
        assert {each.tobytes() for each in analyzed.session.selected_ids} == chosen, "so they can be brought back"
    press(analyzed, "edit.undo")
    after = dict(zip(picture.objects.id_strings(), picture.objects.class_index.tolist(), strict=True))
    assert after == before


def test_a_click_finds_the_cell_by_the_loaded_model(window: MainWindow, data_dir: Path, qtbot: QtBot) -> None:
    from skimage.io import imread

    folder = data_dir / "nuclei_dsb2018"
    path = next(each for each in sorted((folder / "images").iterdir()) if each.stat().st_size > 300_000)
    truth = imread(folder / "labels" / f"{path.stem}.png")
    model = bundled("models", "nuclei-stardist")
    window.session.set_model(model, load_card(model))
    window.controller.analyze_on_open = False
    window.controller.open_paths([path])
    session = window.session
    qtbot.waitUntil(
        lambda: session.current is not None and window.controller.loaded_picture(session.current) is not None,
        timeout=20_000,
    )
    picture = session.current
    assert picture is not None
    found = []
    regions = [each for each in regionprops(truth) if each.area > 200]  # type: ignore[no-untyped-call]
    for region in regions[:4]:
        y, x = (float(each) for each in region.centroid)
        before = 0 if picture.objects is None else len(picture.objects)
        window.correcting.drawing.take(Clicked(y, x))
        qtbot.waitUntil(partial(has_more, picture, before), timeout=60_000)
        assert picture.objects is not None and picture.objects.masks is not None
        drawn = labels_from_masks(picture.objects.masks.take(np.array([before])), truth.shape) > 0
        real = truth == region.label
        found.append(float((drawn & real).sum() / (drawn | real).sum()))
    assert min(found) > 0.5
    assert window.actions_set["edit.undo"].text() == "&Undo adding of 1 cell"


def test_what_is_drawn_on_a_picture_that_no_model_saw_can_be_exported(
    window: MainWindow, smear: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.controller.analyze_on_open = False
    window.controller.open_paths([smear])
    session = window.session
    qtbot.waitUntil(
        lambda: session.current is not None and window.controller.loaded_picture(session.current) is not None,
        timeout=20_000,
    )
    for corner in (10.0, 100.0):
        window.correcting.drawing.take(BoxDrawn((corner, corner, corner + 40, corner + 30)))
    press(window, "file.export")
    dialog = window.commands.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.chosen.emit(ExportChoice(tmp_path / "out", ("csv",), False, False, False))
    written = tmp_path / "out" / "objects.csv"
    qtbot.waitUntil(written.is_file, timeout=20_000)
    lines = written.read_text("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert all("smear.png" in line for line in lines[1:])


def test_taking_back_an_analysis_shows_nothing_until_it_is_done_again(analyzed: MainWindow) -> None:
    picture = analyzed.session.current
    assert picture is not None
    analyzed.session.select(0)
    press(analyzed, "correct.accept")
    press(analyzed, "edit.undo")
    press(analyzed, "edit.undo")
    assert picture.objects is None
    press(analyzed, "edit.redo")
    assert has_more(picture, 59)
