"""Tens of thousands of cells go into a project beside the window, and what was asked meanwhile is done afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer

from cellwright.annotation import Answer, Drawn, Status
from cellwright.core import Box
from cellwright.project import Project
from cellwright.ui.correcting import fingerprints
from cellwright.ui.correcting.tables import table_of
from cellwright.ui.main_window import MainWindow
from cellwright.ui.review.bins import REJECTED
from cellwright.ui.state.picture import Picture
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

N = 30_000
_ANSWERS = 10
"""Times that the window must have answered while writing took seconds; how long its pauses are, a benchmark says."""


def has_marks(picture: Picture) -> bool:
    return picture.marks is not None


def has_cells(picture: Picture, n: int) -> bool:
    return picture.objects is not None and len(picture.objects) == n


def is_reviewed(picture: Picture) -> bool:
    return picture.marks is not None and bool(picture.marks.is_reviewed.any())


@pytest.fixture
def large(window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot) -> MainWindow:
    """A window that shows a picture with many boxes and has no project."""
    known.objects = make_objects(N)
    known.tiles = 1
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    return window


def test_the_window_answers_while_many_cells_are_written_and_the_step_follows(large: MainWindow, qtbot: QtBot) -> None:
    picture = large.session.current
    assert picture is not None and picture.objects is not None
    large.session.select_rows(np.arange(3))
    chosen = {each.tobytes() for each in large.session.selected_ids}
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1

    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(tick)
    timer.start()
    large.actions_set["correct.reject"].trigger()
    assert "being written into the project" in large.status.currentMessage()
    assert not has_marks(picture), "nothing was done yet"
    large.session.select(7)  # what was selected when it was asked for counts
    qtbot.waitUntil(lambda: is_reviewed(picture), timeout=120_000)
    timer.stop()
    marks = picture.marks
    assert marks is not None
    assert {each.tobytes() for each in picture.objects.ids[marks.is_reviewed]} == chosen
    assert ticks > _ANSWERS
    link = large.correcting.link
    assert link is not None
    assert link.project.has_more(1, N - 1)
    assert not link.project.has_more(1, N)
    large.actions_set["edit.undo"].trigger()
    assert not is_reviewed(picture)
    assert f"analysis with {N:,} cells" in large.actions_set["edit.undo"].text()
    large.actions_set["edit.undo"].trigger()
    assert len(picture.objects) == N, "not yet"
    qtbot.waitUntil(lambda: not has_cells(picture, N), timeout=60_000)
    assert not link.project.has_more(1, 0)
    large.actions_set["edit.redo"].trigger()
    qtbot.waitUntil(lambda: has_cells(picture, N), timeout=60_000)


MANY = 6_000


@pytest.fixture
def kept(window: MainWindow, known: KnownBoxes, smear: Path, qtbot: QtBot) -> MainWindow:
    """A window whose project holds many boxes of one picture; the first of them was accepted."""
    known.objects = make_objects(MANY)
    known.tiles = 1
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: is_done(window), timeout=60_000)
    window.session.select(0)
    window.actions_set["correct.accept"].trigger()
    picture = window.session.current
    assert picture is not None
    qtbot.waitUntil(lambda: is_reviewed(picture) and is_done(window), timeout=120_000)
    return window


def is_held(window: MainWindow) -> bool:
    return window.correcting.link is not None and window.correcting.link.is_held


def shown(window: MainWindow) -> dict[bytes, tuple[object, ...]]:
    """What the window shows of each cell."""
    picture = window.session.current
    assert picture is not None
    assert picture.objects is not None
    assert picture.marks is not None
    columns = picture.objects.boxes.tolist(), picture.objects.class_index.tolist(), picture.marks.status.tolist()
    return {each.tobytes(): said for each, *said in zip(picture.objects.ids, *columns, strict=True)}  # type: ignore[misc]


def in_project(window: MainWindow) -> dict[bytes, tuple[object, ...]]:
    """What another program would read of each cell."""
    with Project(window.correcting.link.folder, read_only=True) as project:  # type: ignore[union-attr]
        table = table_of(project.columns(1), project.classes(), "")
    columns = table.objects.boxes.tolist(), table.objects.class_index.tolist(), table.marks.status.tolist()
    return {each.tobytes(): said for each, *said in zip(table.objects.ids, *columns, strict=True)}  # type: ignore[misc]


@pytest.mark.parametrize("what", ["correct.accept", "correct.reject", "correct.class_2", "correct.delete"])
def test_a_step_of_very_many_cells_goes_beside_the_window_and_is_one(what: str, kept: MainWindow, qtbot: QtBot) -> None:
    link = kept.correcting.link
    assert link is not None
    before, newest = shown(kept), link.project.newest()
    kept.session.select_rows(np.arange(MANY))
    kept.actions_set[what].trigger()
    assert is_held(kept)
    assert shown(kept) == before, "the screen shows nothing that is not on disk"
    assert f"{MANY:,} cells" in kept.status.currentMessage()
    qtbot.waitUntil(lambda: not is_held(kept), timeout=120_000)
    (entry,) = link.project.journal(1)
    assert (entry.id, entry.action) == (newest + 1, "do")
    assert entry.objects in (MANY, MANY - 1), "the first was accepted before"
    assert shown(kept) == in_project(kept) != before
    assert len({each.object for each in link.project.reviews()}) == MANY
    kept.actions_set["edit.undo"].trigger()
    assert is_held(kept)
    qtbot.waitUntil(lambda: not is_held(kept), timeout=120_000)
    assert shown(kept) == in_project(kept) == before
    assert link.project.newest() == newest + 2


def test_what_is_asked_meanwhile_is_done_once_though_another_picture_is_shown_by_then(
    kept: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    link, picture = kept.correcting.link, kept.session.current
    assert link is not None
    assert picture is not None
    assert picture.objects is not None
    kept.controller.analyze_on_open = False
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(tmp_path / "other.png")
    kept.controller.open_paths([tmp_path / "other.png"])
    qtbot.waitUntil(lambda: len(link.pictures) == 2, timeout=20_000)
    kept.session.show(picture)
    newest = link.project.newest()
    names = [each.tobytes() for each in picture.objects.ids[[3, 4]]]
    kept.session.select_rows(np.arange(MANY))
    qtbot.waitUntil(kept.actions_set["correct.accept"].isEnabled, timeout=20_000)
    kept.actions_set["correct.accept"].trigger()
    kept.session.select(3)
    kept.actions_set["correct.reject"].trigger()
    kept.session.select(4)
    kept.actions_set["correct.reject"].trigger()
    kept.actions_set["edit.undo"].trigger()  # of the last of them
    kept.session.show(next(each for each in kept.session.pictures if each is not picture))
    qtbot.waitUntil(lambda: link.project.newest() == newest + 4, timeout=120_000)
    assert [(each.action, each.objects) for each in link.project.journal(4)] == [
        ("do", MANY - 1),
        ("do", 1),
        ("do", 1),
        ("undo", 1),
    ]
    assert [each.state.status for each in link.objects(names)] == [Status.REJECTED, Status.ACCEPTED]
    assert kept.session.current is not picture, "nothing is shown that nobody asked for"


def test_gallery_and_queue_answer_when_the_project_is_free_again_and_once(kept: MainWindow, qtbot: QtBot) -> None:
    link, gallery, queueing = kept.correcting.link, kept.reviewing.gallery, kept.reviewing.queueing
    assert link is not None
    kept.actions_set["review.queue"].trigger()
    qtbot.waitUntil(lambda: queueing.queue.current is not None, timeout=20_000)
    item = queueing.queue.current
    assert item is not None
    newest = link.project.newest()
    gallery.put([each.tobytes() for each in kept.session.current.objects.ids[:3000]], "PLT")  # type: ignore[union-attr]
    assert is_held(kept)
    queueing.on_key("X")
    queueing.on_key("X")  # a second press, because nothing seemed to happen
    assert is_held(kept) and queueing.queue.current is item, "not yet"
    qtbot.waitUntil(lambda: link.project.newest() == newest + 2, timeout=120_000)
    qtbot.waitUntil(lambda: queueing.queue.current is not item, timeout=20_000)
    assert [each.objects for each in link.project.journal(2)][1] == 1
    said = [each for each in link.project.reviews() if each.object == item.name.hex()]  # type: ignore[union-attr]
    assert [each.answer for each in said if each.drawn is Drawn.DOUBTFUL][-1] is Answer.REJECTED
    assert not kept.centre.banner.isVisible()


def test_a_whole_picture_is_marked_and_the_gallery_rejects_beside_the_window(kept: MainWindow, qtbot: QtBot) -> None:
    link, picture, gallery = kept.correcting.link, kept.session.current, kept.reviewing.gallery
    assert link is not None
    assert picture is not None
    counted = int(kept.session.counted(picture).sum())
    kept.actions_set["review.picture"].trigger()
    assert is_held(kept)
    qtbot.waitUntil(lambda: not is_held(kept), timeout=120_000)
    (entry,) = link.project.journal(1)
    assert counted - 1 <= entry.objects <= counted, "one was accepted before"
    assert link.project.regions_reviewed(1) == [Box(0, 0, 600, 800)]
    kept.actions_set["review.gallery"].trigger()
    qtbot.waitUntil(lambda: gallery.panel.grid.count > 2500 and not gallery._soon.isActive(), timeout=20_000)
    grid = gallery.panel.grid
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    chosen = len(grid.chosen_rows())
    assert chosen == grid.count
    gallery.put_chosen(REJECTED)
    assert is_held(kept)
    qtbot.waitUntil(lambda: not is_held(kept), timeout=120_000)
    assert link.project.journal(1)[0].objects == chosen
    assert shown(kept) == in_project(kept)


def test_a_draft_moves_only_after_the_step_that_is_being_written_to_it(
    kept: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    kept.session.select_rows(np.arange(MANY))
    qtbot.waitUntil(kept.actions_set["correct.reject"].isEnabled, timeout=20_000)
    kept.actions_set["correct.reject"].trigger()
    kept.session.select(4)
    kept.actions_set["correct.accept"].trigger()
    draft = kept.correcting.link.folder  # type: ignore[union-attr]
    kept.correcting.files.save_as(tmp_path / "cells")
    assert draft.is_dir()
    qtbot.waitUntil(lambda: kept.correcting.link.folder == tmp_path / "cells", timeout=120_000)  # type: ignore[union-attr]
    assert not draft.exists()
    with Project(tmp_path / "cells", read_only=True) as project:
        said = [status for (_, status), many in project.counts(1).items() for _ in range(many)]
    assert (said.count(Status.REJECTED), said.count(Status.ACCEPTED)) == (MANY - 1, 1)


def test_many_cells_are_read_beside_the_window(
    large: MainWindow, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    large.session.select(0)
    large.actions_set["correct.accept"].trigger()
    qtbot.waitUntil(lambda: large.session.current.marks is not None, timeout=120_000)  # type: ignore[union-attr]
    large.correcting.files.save_as(tmp_path / "cells")
    large.close()
    again = open_window()
    again.correcting.files.open(tmp_path / "cells")
    picture = again.session.current
    assert picture is not None
    assert not has_marks(picture), "not yet"
    again.presenter.refresh_objects()
    assert "being read from the project" in again.objects._words.text()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: has_marks(picture) and is_done(again), timeout=120_000)
    assert picture.objects is not None
    assert len(picture.objects) == N
    again.session.select(5)
    again.actions_set["correct.delete"].trigger()
    assert len(picture.objects) == N - 1


def test_large_files_are_read_for_their_fingerprint_beside_the_window(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "AT_ONCE_BYTES", 1000)
    window.controller.analyze_on_open = False
    for name in ("a", "b"):
        Image.fromarray(np.random.default_rng(ord(name)).integers(0, 255, (90, 90, 3), np.uint8)).save(
            tmp_path / f"{name}.png"
        )
    window.correcting.files.create(tmp_path / "cells")
    window.controller.open_paths([tmp_path / "a.png", tmp_path / "b.png"])
    link = window.correcting.link
    assert link is not None
    qtbot.waitUntil(lambda: len(link.pictures) == 2, timeout=20_000)
    window.correcting.files.close()
    with Project(tmp_path / "cells", read_only=True) as project:
        assert [project.picture_path(each).name for each in project.pictures()] == ["a.png", "b.png"]
