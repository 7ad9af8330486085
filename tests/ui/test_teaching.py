"""The panel that teaches: what it says before, shows while, and offers after; the real process behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cellwright.jobs import Progress, RunReport, RunState
from cellwright.ui.looks.theme import theme_named
from cellwright.ui.teaching.curves import Curves, read_rows
from cellwright.ui.teaching.lineage_view import LineageView
from cellwright.ui.teaching.panel import TeachPanel
from cellwright.ui.teaching.preview_dialog import PreviewDialog
from cellwright.ui.teaching.teaching import running_run
from cellwright.workflows.teaching import LessonSummary
from tests.training.lessons import disc_project
from tests.training.test_tune import write_beginner


def result(*, is_better: bool) -> dict[str, Any]:
    case = {
        "picture": "/pictures/a.png",
        "box": [1.0, 2.0, 3.0, 4.0],
        "kind": "missed",
        "class_name": "nucleus",
        "score": 0.0,
        "was_right": True,
        "before": "nucleus 0.71",
        "after": "nothing",
        "crop": "01.png",
    }
    sentence = "Better: AP@0.5 0.1 → 0.4." if is_better else "Not better: keep the old one."
    verdict = {"is_better": is_better, "sentence": sentence, "worst": [case]}
    return {"name": "nuclei-stardist-t1", "is_in_use": False, "verdict": verdict}


@pytest.fixture
def panel(qtbot: Any) -> TeachPanel:
    made = TeachPanel()
    qtbot.addWidget(made)
    return made


def test_nothing_can_be_taught_before_there_is_something_to_learn_from(panel: TeachPanel) -> None:
    assert not panel.start.isEnabled() and "Open a project" in panel.summary.text()
    panel.show_summary(LessonSummary(3, 120, 2, {"nucleus": 120}, ()))
    assert panel.start.isEnabled()
    assert "120 objects (120 nucleus) on 3 pictures; judged on 2 others" in panel.summary.text()
    assert "At least three pictures must be held out" in panel.summary.text()
    panel.show_summary(None, "Nothing was accepted.")
    assert panel.summary.text() == "Nothing was accepted." and not panel.start.isEnabled()


def test_buttons_follow_the_run(panel: TeachPanel) -> None:
    panel.show_summary(LessonSummary(3, 120, 3, {"nucleus": 120}, ("eos",)))
    assert "New to the model: eos" in panel.summary.text()
    panel.show_report(RunReport(RunState.RUNNING, Progress(30, 100, "Step 30")), 45.0)
    assert not panel.start.isEnabled() and not panel.pause.isHidden() and panel.bar.value() == 30
    assert panel.said.text() == "Teaching. Step 30. about 45 s left"
    panel.show_report(RunReport(RunState.PAUSED, Progress(30, 100, "Step 30")), None)
    assert panel.pause.text() == "Go on"
    panel.show_report(RunReport(RunState.FAILED, None, "Memory ran out. Teach less."), None)
    assert "Memory ran out" in panel.said.text() and not panel.go_on.isHidden()
    assert panel.cancel.isHidden() and panel.start.isEnabled()


def test_a_new_class_may_be_what_the_model_calls_otherwise(panel: TeachPanel, qtbot: Any) -> None:
    panel.show_summary(LessonSummary(3, 120, 3, {"object": 120}, ("object",), ("nucleus",)))
    said = "New to the model: object. It knows nucleus, and nothing teaches it that"
    assert said in panel.summary.text() and not panel.rename.isHidden()
    assert [panel.same.itemText(at) for at in range(panel.same.count())] == ["object is nucleus"]
    with qtbot.waitSignal(panel.same_asked) as asked:
        panel.rename.click()
    assert asked.args == ["object", "nucleus"]
    panel.show_report(RunReport(RunState.RUNNING, Progress(30, 100, "Step 30")), None)
    assert not panel.rename.isEnabled()
    panel.show_summary(LessonSummary(3, 120, 3, {"nucleus": 120}, ()))
    assert panel.rename.isHidden() and panel.same.isHidden()


def test_a_class_takes_the_models_name_and_gives_it_back(
    open_window: Any, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path / "models"))
    write_beginner(tmp_path / "models" / "beginner", "stars")
    project = disc_project(tmp_path / "pictures", 4, "object")
    window = open_window(start=False)
    window.correcting.files.open(project)
    window.actions_set["teach.panel"].trigger()
    panel, link = window.teaching.panel, window.correcting.link
    panel.choices.model.setCurrentText("beginner")
    qtbot.waitUntil(lambda: "New to the model: object. It knows disc" in panel.summary.text())
    panel.rename.click()
    qtbot.waitUntil(lambda: "27 disc" in panel.summary.text() and panel.rename.isHidden())
    assert [each.name for each in link.classes] == ["disc"] and "New to the model" not in panel.summary.text()
    window.actions_set["edit.undo"].trigger()
    qtbot.waitUntil(lambda: "New to the model: object" in panel.summary.text())
    assert [each.name for each in link.classes] == ["object"]


def test_what_is_not_better_cannot_be_kept_by_a_button(panel: TeachPanel, qtbot: Any) -> None:
    panel.show_result(result(is_better=False), can_go_back=False)
    assert panel.verdict.text() == "Not better: keep the old one."
    assert not panel.keep.isEnabled() and not panel.back.isEnabled()
    panel.show_result(result(is_better=True), can_go_back=True)
    with qtbot.waitSignal(panel.keep_asked) as kept:
        panel.keep.click()
    assert kept.args == ["nuclei-stardist-t1"] and panel.back.isEnabled()
    with qtbot.waitSignal(panel.case_chosen) as chosen:
        panel.worst.itemClicked.emit(panel.worst.item(0))
    assert chosen.args[0]["box"] == [1.0, 2.0, 3.0, 4.0]
    item = panel.worst.item(0)
    assert item.text() == "Missed nucleus\nwas right before"
    assert item.toolTip() == "Missed nucleus; was right before, on a.png. Before: nucleus 0.71; after: nothing"
    assert panel.pages.tabText(panel.pages.currentIndex()) == "Verdict"


def test_worst_cases_are_shown_with_what_either_model_found(panel: TeachPanel, tmp_path: Path) -> None:
    Image.fromarray(np.full((240, 488, 3), 90, np.uint8)).save(tmp_path / "01.png")
    said = result(is_better=False)
    panel.show_result(said, can_go_back=False, crops=tmp_path)
    assert not panel.worst.item(0).icon().isNull()
    panel.show_result(said, can_go_back=False)  # of a run whose folder is gone
    assert panel.worst.item(0).icon().isNull() and panel.worst.count() == 1
    panel.show_result(None, can_go_back=False)
    assert panel.worst.count() == 0 and "said here whether it became better" in panel.verdict.text()


@pytest.mark.parametrize("width", [700, 1100])
def test_nothing_that_is_said_is_cut(panel: TeachPanel, qtbot: Any, width: int) -> None:
    said = result(is_better=True)
    said["verdict"]["sentence"] = "Better: AP@0.5 0.005 → 0.283 on 5 held-out pictures (difference +0.196 to +0.353)."
    panel.show_result(said, can_go_back=True)
    panel.curves.show_rows([{"epoch": 1, "loss": 2.0, "map_50": 0.5}, {"epoch": 2, "loss": 1.0, "map_50": 0.6}])
    panel.resize(width, 240)
    with qtbot.waitExposed(panel):
        panel.show()
    for index in range(panel.pages.count()):
        panel.pages.setCurrentIndex(index)
        for words in (panel.verdict, *panel.curves.titles):
            if words.isVisible():
                needed = words.heightForWidth(words.width()) if words.wordWrap() else words.sizeHint().height()
                assert words.height() >= needed, words.text()
                if not words.wordWrap():
                    assert words.width() >= words.sizeHint().width(), words.text()
    assert panel.curves.titles[1].text() == "mAP@0.5, held out"


def test_curves_draw_what_the_run_has_written(qtbot: Any, tmp_path: Path) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.set_theme(theme_named("dark"))
    path = tmp_path / "metrics.jsonl"
    assert read_rows(path) == []
    rows = [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.5, "ap_50": 0.2}, {"epoch": 2, "loss": 1.4, "ap_50": 0.3}]
    path.write_text("\n".join(json.dumps(row) for row in rows) + '\n{"epoch": 3, "lo')
    curves.show_rows(read_rows(path))
    assert [row["loss"] for row in curves.rows] == [2.0, 1.4]
    losses, scores = curves._plots
    assert losses.listDataItems()[0].getData()[1].tolist() == [2.0, 1.4]
    assert scores.listDataItems()[0].getData()[1].tolist() == [0.3]
    curves.show_rows([])
    assert not losses.listDataItems()


def test_lineage_shows_models_below_what_they_came_from(qtbot: Any) -> None:
    view = LineageView()
    qtbot.addWidget(view)
    verdict = {"metric": "ap_50", "gain": {"old": 0.1, "tuned": 0.4}, "sentence": "Better."}
    shared = {"family": "a", "objects": 5, "pictures": 2, "made": "2026-01-01T10:00:00", "is_better": True}
    view.show_rows(
        [
            {"name": "a-t1", "parent": "a@123", "is_in_use": False, "verdict": verdict, **shared},
            {"name": "a-t2", "parent": "a-t1@456", "is_in_use": True, "verdict": {}, **shared},
        ]
    )
    top = view.topLevelItem(0)
    assert top.text(0) == "a" and top.child(0).text(0) == "a-t1"
    assert top.child(0).text(1) == "AP@0.5 0.100 → 0.400, better"
    assert top.child(0).child(0).text(0) == "a-t2  (in use)"


def test_the_preview_shows_pictures(qtbot: Any) -> None:
    dialog = PreviewDialog([np.zeros((40, 60, 3), np.uint8)] * 3)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.isVisible()
    dialog.close()


def test_the_window_teaches_in_a_process_and_offers_to_keep_what_is_better(
    open_window: Any, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **kwargs: str(tmp_path / "user"))
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path / "models"))
    # The child reads the environment, not what is patched here.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    write_beginner(tmp_path / "models" / "beginner", "stars")
    project = disc_project(tmp_path / "pictures", 5, "disc")
    window = open_window(start=False)
    window.correcting.files.open(project)
    window.actions_set["teach.panel"].trigger()
    teaching, panel = window.teaching, window.teaching.panel
    assert window.tabs.currentWidget().isAncestorOf(panel)
    panel.choices.model.setCurrentText("beginner")
    panel.choices.held_out.setValue(60)
    panel.choices.minutes.setValue(0.2)
    said = "18 objects (18 disc) on 2 pictures; judged on 3 others"
    qtbot.waitUntil(lambda: said in panel.summary.text(), timeout=60_000)
    panel.start.click()
    teaching.run.pause()
    qtbot.waitUntil(lambda: teaching.run.report().state is RunState.PAUSED, timeout=120_000)
    # A second window on the project finds the run.
    assert running_run(project).folder == teaching.run.folder
    teaching.run.unpause()
    qtbot.waitUntil(lambda: panel.curves.rows != [], timeout=120_000)
    qtbot.waitUntil(lambda: not panel.keep.isHidden(), timeout=120_000)
    report = teaching.run.report()
    assert report.result["verdict"]["sentence"] == panel.verdict.text()
    assert running_run(project) is None
    assert panel.keep.isEnabled() == report.result["verdict"]["is_better"]


def test_stopping_from_the_panel_can_be_gone_on_with(
    open_window: Any, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    write_beginner(tmp_path / "models" / "beginner", "stars")
    project = disc_project(tmp_path / "pictures", 4, "disc")
    window = open_window(start=False)
    window.correcting.files.open(project)
    window.actions_set["teach.panel"].trigger()
    panel = window.teaching.panel
    panel.choices.model.setCurrentText("beginner")
    qtbot.waitUntil(panel.start.isEnabled, timeout=60_000)
    panel.start.click()
    qtbot.waitUntil(window.teaching.run.is_alive, timeout=30_000)
    panel.cancel.click()
    assert "can go on" in panel.said.text() and not panel.go_on.isHidden()
