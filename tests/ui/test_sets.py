"""The page of labelled sets: what it shows is what was found, and what it asks for happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cellwright.datasets import read_dataset, read_version
from cellwright.project import Project
from cellwright.ui.main_window import MainWindow
from cellwright.ui.sets.charts import BarChart, HeatMap
from cellwright.ui.sets.page import SetsPage

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(6):
        Image.fromarray(rng.integers(0, 255, (40, 50, 3), np.uint8)).save(folder / "images" / f"p{i}.png")
        images.append({"id": i, "file_name": f"p{i}.png", "height": 40, "width": 50})
        annotations += [{"image_id": i, "category_id": c, "bbox": [5, 5 + c, 10, 12]} for c in (1, 2)[: 1 + i % 2]]
    categories = [{"id": 1, "name": "RBC"}, {"id": 2, "name": "WBC"}]
    content = {"images": images, "categories": categories, "annotations": annotations}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def page(open_window: Callable[..., MainWindow], data: Path) -> SetsPage:
    window = open_window(start=False)
    window.actions_set["dataset.open"].trigger()
    made = window.sets.page
    assert made is not None and made.isVisible()
    made.folder.setText(str(data))
    return made


def said(page: SetsPage, qtbot: QtBot, part: str) -> None:
    qtbot.waitUntil(lambda: part in page.said.text(), timeout=30_000)


def test_a_set_is_looked_over(page: SetsPage, qtbot: QtBot) -> None:
    page.check_button.click()
    qtbot.waitUntil(lambda: page.health.found is not None, timeout=30_000)
    assert "6 pictures" in page.health.summary.text() and "9 objects" in page.health.summary.text()
    assert page.health.bars.rows == (("RBC", 6), ("WBC", 3))
    assert page.health.heat.counts.sum() == 9
    assert page.health.classes.rowCount() == 2
    cell = page.health.classes.item(1, 1)
    assert cell is not None and cell.text() == "3"
    page.grab()


def test_what_cannot_be_read_is_said(page: SetsPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.folder.setText(str(tmp_path / "nowhere"))
    page.check_button.click()
    said(page, qtbot, "does not exist")


def test_a_set_goes_into_a_project_and_undo_takes_it_back(
    page: SetsPage, qtbot: QtBot, tmp_path: Path, data: Path
) -> None:
    window = page.parent()
    assert isinstance(window, MainWindow)
    window.correcting.files.create(tmp_path / "project")
    page.import_button.click()
    said(page, qtbot, "6 pictures, 9 objects and 2 classes are new")
    link = window.correcting.link
    assert link is not None and len(link.project.pictures()) == 6
    qtbot.waitUntil(lambda: len(window.session.pictures) == 6, timeout=30_000)
    with Project(tmp_path / "project", read_only=True) as project:
        assert len(project.journal()) == 1


def test_a_set_is_written_frozen_and_compared(page: SetsPage, qtbot: QtBot, tmp_path: Path) -> None:
    form = page.writing
    form.divides.setChecked(True)
    form.shares["test"].setValue(30)
    assert not form.write_button.isEnabled() and "120 %" in form.problem.text()
    for name, value in (("train", 50), ("val", 50), ("test", 0)):
        form.shares[name].setValue(value)
    form.format.setCurrentIndex(form.format.findData("yolo"))
    form.folder.setText(str(tmp_path / "yolo"))
    form.write_button.click()
    said(page, qtbot, "9 objects on 6 pictures")
    labelled, _ = read_dataset(tmp_path / "yolo")
    assert {split: len(labelled.of_split(split)) for split in labelled.splits} == {"train": 3, "val": 3}
    form.write_button.click()
    said(page, qtbot, "already exists")
    form.copies.setValue(2)
    form.folder.setText(str(tmp_path / "copies"))
    form.write_button.click()
    said(page, qtbot, "on 12 pictures (train 9, val 3)")
    form.copies.setValue(0)
    for name, tile in (("v1", 0), ("v2", 25)):
        form.folder.setText(str(tmp_path / name))
        form.tile.setValue(tile)
        form.freeze_button.click()
        said(page, qtbot, f"Frozen as {name}")
    assert page.versions.before.text() == str(tmp_path / "v1")
    page.versions.compare()
    assert read_version(tmp_path / "v2").hash[:12] in page.versions.summary.text()
    assert page.versions.changes.rowCount() == 6 + 24


def test_a_preview_is_shown(page: SetsPage, qtbot: QtBot) -> None:
    page.writing.wide.setValue(64)
    page.writing.preview_button.click()
    said(page, qtbot, "as they will be")
    dialogs = [each for each in page.children() if getattr(each, "windowTitle", str)() == "Preview"]
    assert len(dialogs) == 1
    dialogs[0].close()  # type: ignore[attr-defined]


def test_a_doubtful_place_opens_its_picture(page: SetsPage, qtbot: QtBot, data: Path) -> None:
    window = page.parent()
    assert isinstance(window, MainWindow)
    path = data / "images" / "p3.png"
    page.health.place_asked.emit(path, (1.0, 2.0, 9.0, 12.0))
    qtbot.waitUntil(lambda: window.session.current is not None, timeout=30_000)
    assert window.session.current.path.name == "p3.png"  # type: ignore[union-attr]
    page.health.place_asked.emit(path, None)
    assert len(window.session.pictures) == 1


def test_charts_draw_nothing_and_much(qtbot: QtBot) -> None:
    bars, heat = BarChart(), HeatMap()
    for widget in (bars, heat):
        qtbot.addWidget(widget)
        widget.resize(300, 200)
        widget.grab()
    bars.show_counts([("a very long name of a class that no column holds", 10**9), ("b", 0)])
    heat.show_counts(np.arange(16).reshape(4, 4))
    assert bars.sizeHint().height() > BarChart().sizeHint().height()
    for widget in (bars, heat):
        assert not widget.grab().isNull()
    assert "1,000,000,000" in bars.accessibleDescription()
