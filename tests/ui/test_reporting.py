"""Reports from the window, and what was done there done again by the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel

from cellwright.cli import main
from cellwright.core import PixelSize, PixelSizeSource
from cellwright.settings import Settings
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from cellwright.ui.panels.banner import Level
from cellwright.ui.reporting.recipe_dialog import RecipeDialog
from cellwright.ui.reporting.recorder import measured_on
from cellwright.ui.reporting.report_dialog import ReportDialog
from cellwright.workflows.analysis_recipe import read_recipe
from cellwright.zoo import load_card
from tests.tiny_model import write_smear, write_tiny_model
from tests.ui.conftest import is_done
from tests.ui.test_correcting import press as press_key
from tests.ui.test_export import export_dialog, press, said, tick_only

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def report_dialog(window: MainWindow) -> ReportDialog:
    window.actions_set["file.report"].trigger()
    dialog = window.commands.dialog
    assert isinstance(dialog, ReportDialog)
    return dialog


def test_a_report_is_written_beside_the_window(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = report_dialog(analyzed)
    assert dialog.this_one.isChecked() and not dialog.only.isVisible() and not dialog.with_measured.isEnabled()
    dialog.laboratory.setText("Laboratory <of> blood")
    dialog.path.setText(str(tmp_path / "report.txt"))
    assert not dialog.write_button.isEnabled(), "the name says the kind"
    dialog.path.setText(str(tmp_path / "report.html"))
    press(dialog.write_button)
    message = said(analyzed, qtbot)
    assert message.level is Level.GOOD and "report.html" in message.text
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Laboratory &lt;of&gt; blood" in text and "not a medical device" in text
    assert "Sign-off is blocked" in text and "smear.png" in text
    assert analyzed.settings.laboratory == "Laboratory <of> blood"
    assert analyzed.commands.reporting.recorder.steps[-1].said.startswith("Wrote the report")
    dialog = report_dialog(analyzed)
    dialog.path.setText(str(tmp_path / "report.html"))
    press(dialog.write_button)
    assert dialog.replace_button.isVisible() and "already exists" in dialog.foot.question.text()
    dialog.reject()


def test_a_filter_of_the_window_holds_in_its_report(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    analyzed.session.show_only("class == 'RBC'")
    dialog = report_dialog(analyzed)
    assert dialog.only.isVisible() and dialog.only.isChecked()
    dialog.path.setText(str(tmp_path / "report.html"))
    press(dialog.write_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    assert "kept for which: class == &#x27;RBC&#x27;" in (tmp_path / "report.html").read_text("utf-8")


def test_nothing_is_reported_before_anything_was_found(window: MainWindow) -> None:
    window.commands.reporting.ask()
    assert not window.findChildren(ReportDialog)
    window.commands.reporting.ask_recipe()
    (dialog,) = window.findChildren(RecipeDialog)
    assert not dialog.save_button.isEnabled() and "Analyze a picture first" in said_in(dialog)
    dialog.reject()


def said_in(dialog: RecipeDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def real_window(qtbot: QtBot, tiny: Path) -> Iterator[MainWindow]:
    """A window whose analyses are real ones."""
    window = MainWindow(Settings(), None)
    window.resize(1280, 800)
    with qtbot.waitExposed(window):
        window.show()
    window.start()
    window.controller.device = "cpu"
    window.session.set_model(tiny, load_card(tiny))
    qtbot.waitUntil(lambda: window.is_viewer_ready, timeout=60_000)
    yield window
    dispose(window)


def open_and_wait(window: MainWindow, paths: list[Path], qtbot: QtBot) -> None:
    window.controller.open_paths(paths)
    qtbot.waitUntil(
        lambda: len(window.session.pictures) == len(paths) and all(p.analysis for p in window.session.pictures),
        timeout=60_000,
    )
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)


def test_a_recorded_session_is_done_again_on_other_pictures(
    real_window: MainWindow, tiny: Path, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    window, session = real_window, real_window.session
    (tmp_path / "new").mkdir()
    first, other = write_smear(tmp_path / "first.png", seed=1), write_smear(tmp_path / "new" / "other.png", seed=2)
    open_and_wait(window, [first, other], qtbot)
    # What a person does: another threshold, a pixel size, a filter, something measured, an export of both.
    session.set_threshold("RBC", 0.42)
    for picture in session.pictures:
        session.set_pixel_size(picture, PixelSize(0.5, 0.5, PixelSizeSource.USER))
    session.show_only("width > 12 and class in (RBC, WBC)")
    window.measuring.cells.measure(session.pictures, ("neighbour_count",))
    qtbot.waitUntil(lambda: bool(measured_on(session, session.pictures)), timeout=60_000)
    dialog = export_dialog(window)
    tick_only(dialog, "csv")
    assert dialog.only.isVisible() and dialog.only.isChecked() and dialog.all_of_them.isChecked()
    press(dialog.manifest)
    dialog.folder.setText(str(tmp_path / "window"))
    press(dialog.export_button)
    assert said(window, qtbot).level is Level.GOOD
    window.actions_set["file.recipe"].trigger()
    shown = window.commands.dialog
    assert isinstance(shown, RecipeDialog)
    steps = [shown.steps.item(row).text() for row in range(shown.steps.count())]
    for words in ("Opened first.png", "Counted RBC from 0.42", "0.5 µm", "Showed only cells", "Exported csv of 2"):
        assert sum(words in step for step in steps) >= 1, words
    shown.path.setText(str(tmp_path / "recipe.toml"))
    press(shown.save_button)
    recipe = read_recipe(tmp_path / "recipe.toml")
    assert recipe.confidence["RBC"] == 0.42 and recipe.keep is not None and recipe.write.formats == ("csv",)
    assert recipe.write.measured == ("neighbour_count",)
    assert "# What was done:" in (tmp_path / "recipe.toml").read_text("utf-8")
    run = ["run", str(tmp_path / "recipe.toml"), "--model", str(tiny), "--device", "cpu"]
    assert main([*run, str(first), str(other), "--out", str(tmp_path / "cli")]) == 0
    for name in ("objects.csv", "counts.csv"):
        assert (tmp_path / "cli" / name).read_bytes() == (tmp_path / "window" / name).read_bytes(), name
    capsys.readouterr()
    again = tmp_path / "again"
    assert main([*run, str(tmp_path / "new"), "--out", str(again)]) == 0
    rows = (tmp_path / "window" / "objects.csv").read_text("utf-8").splitlines()
    news = (again / "objects.csv").read_text("utf-8").splitlines()
    assert news == [rows[0], *(row for row in rows[1:] if ",other.png," in row)] and len(news) > 1


def test_a_manifest_of_the_window_verifies_and_reruns_on_the_command_line(
    real_window: MainWindow, tiny: Path, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_smear(tmp_path / "smear.png", seed=3)
    open_and_wait(real_window, [picture], qtbot)
    real_window.session.show_only("width > 10")
    dialog = export_dialog(real_window)
    tick_only(dialog, "csv", "parquet")
    press(dialog.manifest)
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(real_window, qtbot).level is Level.GOOD
    manifest = tmp_path / "out" / "manifest.json"
    assert json.loads(manifest.read_bytes())["keep"] == "width > 10"
    assert main(["verify", str(manifest)]) == 0
    assert main(["rerun", str(manifest)]) == 0
    assert "in every bit" in capsys.readouterr().out
    assert main(["recipe", str(manifest), "--out", str(tmp_path / "recipe.toml")]) == 0
    assert tomllib.loads((tmp_path / "recipe.toml").read_text("utf-8"))["keep"] == {"objects": "width > 10"}
    pixels = np.asarray(Image.open(picture)).copy()
    pixels[50, 60, 2] ^= 1
    Image.fromarray(pixels).save(picture)
    assert main(["verify", str(manifest)]) == 1
    assert "DIFFERS  pixels smear.png" in capsys.readouterr().out


def test_corrections_are_reported_with_who_made_them_and_named_as_what_no_recipe_repeats(
    analyzed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    analyzed.session.select(int(analyzed.session.shown(analyzed.session.current)[0]))  # type: ignore[arg-type]
    press_key(analyzed, "correct.accept")
    steps = analyzed.commands.reporting.recorder.steps
    qtbot.waitUntil(lambda: any("1 cell so far" in step.said for step in steps), timeout=10_000)
    dialog = report_dialog(analyzed)
    dialog.path.setText(str(tmp_path / "report.html"))
    press(dialog.write_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Who reviewed what" in text and "1 of " in text and "journal entry" in text
    analyzed.actions_set["file.recipe"].trigger()
    (recipe,) = analyzed.findChildren(RecipeDialog)
    assert "which no recipe repeats" in said_in(recipe) or "analyze it anew" in said_in(recipe)
    recipe.reject()
