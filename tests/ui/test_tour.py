"""The whole story of correcting and teaching, in the real window with real models, as docs/tour.md tells it.

On real pictures of nuclei; where ``CELLWRIGHT_SCREENSHOTS`` asks for the guide's pictures, on drawn ones instead, since
pictures of data sets are not ours to publish.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cellwright.annotation import Status
from cellwright.datasets import read_dataset
from cellwright.jobs import RunState
from cellwright.project import Project
from cellwright.settings import Settings
from cellwright.testing.nuclei import Nuclei
from cellwright.ui.app import dispose
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.picture import Picture, PictureState
from cellwright.zoo import find_model, load_card
from tests.ui.hand import Hand

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gl, pytest.mark.slow]

SIZE = (1280, 800)
PICTURES = 6
MODEL = "nuclei-stardist"
_ANALYSIS_MS, _TRAINING_MS = 240_000, 480_000


@pytest.fixture
def shots() -> Path | None:
    chosen = os.environ.get("CELLWRIGHT_SCREENSHOTS")
    return None if chosen is None else Path(chosen)


@pytest.fixture
def pictures(tmp_path: Path, shots: Path | None, request: pytest.FixtureRequest) -> Path:
    """A folder of pictures that the model has not seen."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    if shots is not None:
        for seed in range(PICTURES):
            nuclei = Nuclei(11 + seed, (320, 400))
            Image.fromarray(np.asarray(nuclei.read(nuclei.box)).squeeze()).save(folder / f"field_{seed + 1}.png")
        return folder
    data: Path = request.getfixturevalue("data_dir") / "nuclei_dsb2018"
    labelled, _report = read_dataset(data)
    unseen = [each for each in labelled.pictures if each.split == "val" and each.size == (256, 256)]
    for each in unseen[:PICTURES]:
        shutil.copy(each.path, folder)
    return folder


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(Settings())
    made.resize(*SIZE)
    with qtbot.waitExposed(made):
        made.show()
    made.start()
    qtbot.waitUntil(lambda: made.is_viewer_ready, timeout=60_000)
    yield made
    dispose(made)


def test_a_folder_is_analyzed_reviewed_repainted_and_taught(
    window: MainWindow, pictures: Path, tmp_path: Path, shots: Path | None, qtbot: QtBot
) -> None:
    def shoot(name: str) -> None:
        qtbot.wait(300 if shots is None else 3000)  # crops and curves are drawn in the background
        grabbed = window.grab()
        assert not grabbed.isNull()
        if shots is not None:
            assert grabbed.save(str(shots / f"tour-{name}.png"))

    project = tmp_path / "project"
    _open_and_analyze(window, project, pictures, qtbot)
    shoot("analyzed")
    _review_in_gallery(window, qtbot, shoot)
    _repaint(window, qtbot, shoot)
    _accept_the_rest(window, qtbot)
    _teach(window, qtbot, shoot)
    link = window.correcting.link
    assert link is not None
    said = [(entry.kind, entry.action) for entry in link.project.journal()]
    window.correcting.files.close()
    with Project(project) as again:
        assert [(entry.kind, entry.action) for entry in again.journal()] == said


def _open_and_analyze(window: MainWindow, project: Path, pictures: Path, qtbot: QtBot) -> None:
    window.correcting.files.create(project)
    folder = find_model(MODEL)
    window.session.set_model(folder, load_card(folder))
    window.controller.analyze_on_open = False
    window.controller.open_paths([pictures])
    qtbot.waitUntil(lambda: len(window.session.pictures) == PICTURES, timeout=60_000)
    window.controller.analyze(window.session.pictures)
    qtbot.waitUntil(
        lambda: all(each.state is PictureState.DONE for each in window.session.pictures), timeout=_ANALYSIS_MS
    )
    qtbot.waitUntil(lambda: window.centre.canvas is not None and not window.controller.is_working, timeout=60_000)
    link = window.correcting.link
    assert link is not None and link.folder == project
    assert len(link.pictures) == PICTURES
    # What the model found is in the project, with ids that stay.
    for each in window.session.pictures:
        assert each.objects is not None
        number = link.picture_id(each.path)
        assert number is not None
        kept = {one.id.bytes for one in link.project.objects_in(number)}
        assert kept >= {name.tobytes() for name in each.objects.ids[window.session.counted(each)]}


def _shown_with_objects(window: MainWindow) -> Picture:
    best = max(window.session.pictures, key=lambda each: int(window.session.counted(each).sum()))
    window.session.show(best)
    return best


def _review_in_gallery(window: MainWindow, qtbot: QtBot, shoot: Callable[[str], None]) -> None:
    picture = _shown_with_objects(window)
    window.actions_set["review.gallery"].trigger()
    gallery = window.reviewing.gallery
    gallery.panel._start.click()
    qtbot.waitUntil(lambda: gallery.panel.grid.count > 4, timeout=60_000)
    before = int(window.session.counted(picture).sum())
    gallery.panel.grid.go_to(0)
    gallery.on_key("X")
    gallery.panel.grid.go_to(1)
    gallery.on_key("A")
    qtbot.waitUntil(lambda: int(window.session.counted(picture).sum()) == before - 1)
    shoot("gallery")
    window.actions_set["edit.undo"].trigger()
    window.actions_set["edit.undo"].trigger()
    qtbot.waitUntil(lambda: int(window.session.counted(picture).sum()) == before)


def _repaint(window: MainWindow, qtbot: QtBot, shoot: Callable[[str], None]) -> None:
    picture = _shown_with_objects(window)
    canvas = window.centre.canvas
    assert canvas is not None and picture.objects is not None
    qtbot.waitUntil(lambda: window.controller.loaded_picture(picture) is not None, timeout=60_000)
    row = int(window.session.shown(picture)[0])
    name = picture.objects.ids[row].tobytes()
    window.session.select(row)
    window.actions_set["tool.paint"].trigger()
    y0, x0, y1, x1 = (float(edge) for edge in picture.objects.boxes[row])
    hand = Hand(canvas)
    hand.drag(((y0 + y1) / 2, (x0 + x1) / 2), ((y0 + y1) / 2, x1), (y1 + 2, x1 + 2))
    link = window.correcting.link
    assert link is not None

    def was_painted() -> bool:
        (each,) = link.objects([name])
        return each.state.status is Status.CORRECTED

    qtbot.waitUntil(was_painted)
    shoot("painted")
    (each,) = link.objects([name])
    assert each.state.geometry.masks().areas()[0] > 0
    assert any("paint" in line.text for line in link.project.history(each.id))
    QTest.keyClick(canvas._native, Qt.Key.Key_Escape)


def _accept_the_rest(window: MainWindow, qtbot: QtBot) -> None:
    link = window.correcting.link
    assert link is not None
    for picture in window.session.pictures:
        window.session.show(picture)
        qtbot.waitUntil(lambda shown=picture: window.controller.loaded_picture(shown) is not None, timeout=60_000)
        rows = window.session.shown(picture)
        if not len(rows):
            continue
        window.session.select_rows(rows)
        qtbot.waitUntil(window.actions_set["correct.accept"].isEnabled)
        window.actions_set["correct.accept"].trigger()
        window.actions_set["review.picture"].trigger()
        number = link.picture_id(picture.path)
        assert number is not None
        counts = link.project.counts(number)
        assert sum(n for (_, status), n in counts.items() if status in (Status.ACCEPTED, Status.CORRECTED)) >= len(rows)


def _teach(window: MainWindow, qtbot: QtBot, shoot: Callable[[str], None]) -> None:
    window.actions_set["teach.panel"].trigger()
    teaching = window.teaching
    choices = teaching.panel.choices
    choices.model.setCurrentText(MODEL)
    choices.layers.setCurrentIndex(choices.layers.findData("head"))
    choices.minutes.setValue(0.4)
    choices.held_out.setValue(50)
    qtbot.waitUntil(teaching.panel.start.isEnabled, timeout=60_000)
    teaching.panel.start.click()
    qtbot.waitUntil(
        lambda: teaching.run is not None and teaching.run.report().state is RunState.RUNNING, timeout=60_000
    )
    qtbot.waitUntil(lambda: teaching.look().state.is_end, timeout=_TRAINING_MS)  # type: ignore[union-attr]
    assert teaching.run is not None
    report = teaching.run.report()
    assert report.state is RunState.DONE, report
    shoot("taught")
    verdict = report.result["verdict"]  # type: ignore[index]
    assert verdict["sentence"] and verdict["sentence"] in teaching.panel.verdict.text()
    assert teaching.panel.keep.isEnabled() == bool(verdict["is_better"])
    if verdict["is_better"]:
        teaching.panel.keep.click()
        assert teaching.panel.back.isEnabled()
        teaching.panel.back.click()
