"""The export dialog: what it offers, what it writes, and what it says when that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QStyle, QStyleOptionButton, QToolBar, QToolButton

from cellwright.cli import main
from cellwright.ui.dialogs.export_dialog import ExportDialog
from cellwright.ui.dialogs.export_formats import OFFERED
from cellwright.ui.main_window import MainWindow
from cellwright.ui.panels.banner import Level, Message
from cellwright.workflows import ExportFormat, planned_outputs
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_card, make_objects
from tests.ui.known_masks import disc_objects
from tests.ui.test_display import stack  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

MIDDLES, RADIUS = ((120, 160), (300, 400), (450, 640)), 40


@pytest.fixture
def known() -> KnownBoxes:
    """Three discs of three classes."""
    return KnownBoxes(disc_objects(MIDDLES, RADIUS, scores=(0.95, 0.9, 0.9)))


def export_dialog(window: MainWindow) -> ExportDialog:
    window.actions_set["file.export"].trigger()
    dialog = window.commands.dialog
    assert isinstance(dialog, ExportDialog)
    return dialog


def press(button: QAbstractButton) -> None:
    """Click a button or a check box where a person would."""
    option = QStyleOptionButton()
    option.initFrom(button)
    box = button.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, button)
    place = box.center() if button.isCheckable() else button.rect().center()
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(place))


def tick_only(dialog: ExportDialog, *wanted: str) -> None:
    for name, check in dialog.formats.items():
        if check.isEnabled() and check.isChecked() != (name in wanted):
            press(check)
    assert set(dialog.choice().formats) == set(wanted)


def said(window: MainWindow, qtbot: QtBot) -> Message:
    """Wait for the message that ends an export."""
    qtbot.waitUntil(
        lambda: window.centre.banner.message is not None and not window.controller.is_working, timeout=60_000
    )
    message = window.centre.banner.message
    assert message is not None
    return message


def test_every_way_out_is_offered() -> None:
    assert {offered.value for offered in OFFERED} == {kind.value for kind in ExportFormat}


def test_outlines_are_offered_only_where_they_are_known(
    open_window: Callable[..., MainWindow], known: KnownBoxes, smear: Path, qtbot: QtBot
) -> None:
    known.objects = replace(known.objects, masks=None)
    window = open_window()
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    dialog = export_dialog(window)
    for kind in ExportFormat:
        assert dialog.formats[kind.value].isEnabled() is not kind.needs_outlines
    dialog.formats["labels"].setChecked(True)
    assert "labels" not in dialog.choice().formats
    assert "outlines" in dialog.formats["labels"].toolTip()
    dialog.reject()


def test_every_format_of_outlines_is_written(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "out"
    dialog = export_dialog(analyzed)
    assert all(check.isEnabled() for check in dialog.formats.values())
    tick_only(dialog, *(kind.value for kind in ExportFormat))
    dialog.folder.setText(str(folder))
    press(dialog.export_button)
    message = said(analyzed, qtbot)
    assert message.level is Level.GOOD, message.text
    assert message.action_text == "Show folder"
    assert all(path.exists() for path in planned_outputs(folder, list(ExportFormat), ["smear.png"]))
    labels = tifffile.imread(folder / "labels" / "smear.tif")
    assert [int(labels[y, x]) for y, x in MIDDLES] == [1, 2, 3]
    assert not (folder / "coco" / "images").exists()


def test_a_manifest_made_in_the_window_verifies_on_the_command_line(
    analyzed: MainWindow, tmp_path: Path, smear: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    dialog = export_dialog(analyzed)
    tick_only(dialog, "csv", "labels")
    press(dialog.manifest)
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    main(["verify", str(tmp_path / "out" / "manifest.json"), "--json"])
    lines = json.loads(capsys.readouterr().out)["lines"]
    problems = {line["what"] for line in lines if line["agreement"] in ("different", "missing")}
    assert problems == {"model"}, "the model of this test is on no shelf; all else agrees"
    pixels = np.asarray(Image.open(smear)).copy()
    pixels[3, 5, 0] ^= 1
    Image.fromarray(pixels).save(smear)
    assert main(["verify", str(tmp_path / "out" / "manifest.json"), "--json"]) == 1
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert "different" in {line["agreement"] for line in lines if line["what"] == "pixels"}
    dialog = export_dialog(analyzed)
    tick_only(dialog, "parquet")
    dialog.manifest.setChecked(True)
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert "manifest.json" in dialog.foot.question.text() and dialog.replace_button.isVisible()
    dialog.reject()


def test_copies_of_the_pictures_stand_beside_training_sets(
    analyzed: MainWindow, tmp_path: Path, smear: Path, qtbot: QtBot
) -> None:
    dialog = export_dialog(analyzed)
    tick_only(dialog, "yolo", "ome-zarr")
    press(dialog.with_pictures)
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    (copy,) = (tmp_path / "out" / "yolo").rglob("*.png")
    assert copy.read_bytes() == smear.read_bytes()
    shown = zarr.open_array(tmp_path / "out" / "ome-zarr" / "smear.ome.zarr" / "0", mode="r")
    np.testing.assert_array_equal(np.moveaxis(np.asarray(shown[:]), 0, -1), np.asarray(Image.open(smear)))


def test_pictures_of_another_model_are_left_out_and_that_is_said(
    analyzed: MainWindow, known: KnownBoxes, smear: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (smear.parent / "second.png").write_bytes(smear.read_bytes())
    card = make_card()
    known.card = card.changed(classes=card.classes[::-1])
    known.objects = replace(make_objects(5), classes=tuple(kind.name for kind in known.card.classes))
    analyzed.controller.open_paths([smear.parent / "second.png"])
    qtbot.waitUntil(lambda: len(analyzed.session.pictures) == 2 and is_done(analyzed), timeout=30_000)
    dialog = export_dialog(analyzed)
    assert not dialog.all_of_them.isVisible()
    assert dialog._left_out.text().startswith("1 picture was analyzed with a model of other classes")
    tick_only(dialog, "csv")
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    written = (tmp_path / "out" / "objects.csv").read_text(encoding="utf-8")
    assert "second.png" in written
    assert "smear.png" not in written


def test_every_analyzed_plane_of_a_stack_is_written(
    open_window: Callable[..., MainWindow],
    stack: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    window = open_window()
    window.controller.open_paths([stack])
    qtbot.waitUntil(lambda: is_done(window), timeout=30_000)
    window.centre.planes.every.click()
    picture = window.session.current
    assert picture is not None
    qtbot.waitUntil(lambda: picture.analyzed_planes == 6 and not window.controller.is_working, timeout=30_000)
    dialog = export_dialog(window)
    assert "6 planes" in dialog.this_one.text()
    tick_only(dialog, "csv")
    dialog.folder.setText(str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(window, qtbot).level is Level.GOOD
    written = (tmp_path / "out" / "counts.csv").read_text(encoding="utf-8")
    assert all(f"z {z + 1}, t {t + 1}" in written for z, t in picture.planes)


def test_a_message_about_a_picture_goes_with_it(analyzed: MainWindow) -> None:
    analyzed.say(Message(Level.ERROR, "smear.png has a problem."))
    analyzed.say(Message(Level.ERROR, "other.png has a problem."))
    analyzed.actions_set["file.close"].trigger()
    message = analyzed.centre.banner.message
    assert message is not None
    assert message.text.startswith("other.png")
    analyzed.centre.banner.dismiss()
    assert analyzed.centre.banner.message is None


@pytest.mark.gl
def test_outlines_leave_the_real_window_by_clicks_alone(
    analyzed: MainWindow, known: KnownBoxes, tmp_path: Path, qtbot: QtBot
) -> None:
    tools = analyzed.findChild(QToolBar, "tools")
    assert tools is not None
    button = tools.widgetForAction(analyzed.actions_set["file.export"])
    assert isinstance(button, QToolButton)
    press(button)
    qtbot.waitUntil(lambda: analyzed.commands.dialog is not None)
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, ExportDialog)
    with qtbot.waitExposed(dialog):
        pass
    tick_only(dialog, "geojson", "index-png", "coco")
    dialog.folder.setFocus()
    dialog.folder.selectAll()
    QTest.keyClicks(dialog.folder, str(tmp_path / "out"))
    press(dialog.export_button)
    assert said(analyzed, qtbot).level is Level.GOOD
    features = json.loads((tmp_path / "out" / "geojson" / "smear.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == len(known.objects)
    classes = np.asarray(Image.open(tmp_path / "out" / "index-png" / "smear.png"))
    assert [int(classes[y, x]) for y, x in MIDDLES] == [1, 2, 3]
    (labels,) = (tmp_path / "out" / "coco").rglob("*.json")
    assert all("counts" in a["segmentation"] for a in json.loads(labels.read_text(encoding="utf-8"))["annotations"])
