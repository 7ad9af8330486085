"""Planes of a stack are corrected one by one, and each comes back with its own cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop

from cellwright.annotation import Status
from cellwright.core import Box, SlideNotReadable
from cellwright.project import Project
from cellwright.ui.canvas.gestures import BoxDrawn
from cellwright.ui.main_window import MainWindow
from cellwright.ui.review.crops import OpenSlides
from cellwright.ui.review.reviewing import WindowSide
from cellwright.ui.state.picture import Picture
from tests.patient_bot import PATIENCE_MS
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_objects

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Three planes at two times."""
    path = tmp_path / "stack.ome.tif"
    pixels = np.random.default_rng(2).integers(0, 200, (2, 3, 240, 320), np.uint8)
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TZYX"})
    return path


@pytest.fixture
def of_stack(window: MainWindow, stack: Path, known: KnownBoxes, qtbot: QtBot) -> MainWindow:
    """A window that shows the stack, its first plane analyzed: 20 cells."""
    known.objects = make_objects(20, (240, 320))
    window.controller.open_paths([stack])
    qtbot.waitUntil(lambda: is_done(window) and is_shown(window), timeout=20_000)
    return window


def current(window: MainWindow) -> Picture:
    picture = window.session.current
    assert picture is not None
    return picture


def is_shown(window: MainWindow) -> bool:
    picture = window.session.current
    loaded = window.controller.loaded_picture(picture) if picture is not None else None
    return picture is not None and loaded is not None and loaded.look == picture.look


def show_plane(window: MainWindow, z: int, t: int, qtbot: QtBot) -> None:
    picture = current(window)
    assert picture.look is not None
    window.controller.set_look(picture, replace(picture.look, z=z, t=t))
    qtbot.waitUntil(lambda: is_shown(window), timeout=20_000)


def ids(window: MainWindow) -> list[str]:
    objects = current(window).objects
    return [] if objects is None else objects.id_strings()


def press(window: MainWindow, key: str) -> None:
    action = window.actions_set[key]
    waited = QDeadlineTimer(PATIENCE_MS)
    while not action.isEnabled() and not waited.hasExpired():  # what is offered follows a moment later
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    assert action.isEnabled(), key
    action.trigger()


def test_each_plane_keeps_its_own_cells_through_undo_and_restart(
    of_stack: MainWindow,
    known: KnownBoxes,
    open_window: Callable[..., MainWindow],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    window = of_stack
    first = ids(window)
    window.session.select_rows(np.arange(4))
    press(window, "correct.reject")
    known.objects = make_objects(7, (240, 320), seed=5)
    show_plane(window, 2, 1, qtbot)
    assert ids(window) == []
    window.controller.analyze([current(window)])
    qtbot.waitUntil(lambda: len(ids(window)) == 7, timeout=20_000)
    qtbot.waitUntil(lambda: current(window).marks is not None)
    window.session.select_rows(np.arange(2))
    press(window, "correct.delete")
    assert len(ids(window)) == 5
    show_plane(window, 1, 0, qtbot)
    window.correcting.drawing.take(BoxDrawn((10.0, 10.0, 40.0, 50.0)))
    assert len(ids(window)) == 1
    show_plane(window, 0, 0, qtbot)
    assert ids(window) == first
    marks = current(window).marks
    assert marks is not None
    assert marks.is_status(Status.REJECTED).sum() == 4
    press(window, "edit.undo")  # the drawn box, on a plane that is not shown
    press(window, "edit.undo")  # the deletion, on another
    show_plane(window, 2, 1, qtbot)
    assert len(ids(window)) == 7
    press(window, "edit.redo")
    assert len(ids(window)) == 5
    assert len({each.picture.name for each in current(window).analyses}) == 2
    window.correcting.files.save_as(tmp_path / "cells")
    window.close()
    with Project(tmp_path / "cells", read_only=True) as project:
        planes = {each.plane: len(project.objects_in(each.id)) for each in project.pictures()}
        assert planes[0, 0] == 20
        assert planes[2, 1] == 5
        record = next(each for each in project.pictures() if each.plane == (2, 1))
        with project.picture_ref(record).open() as slide:
            assert slide.name == "stack.ome.tif [z 3, t 2]"
        with pytest.raises(SlideNotReadable, match="one plane of a stack"):
            project.picture_path(record)

    again = open_window()
    again.controller.analyze_on_open = False
    again.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: is_shown(again) and len(ids(again)) == 20, timeout=20_000)
    assert len(again.session.pictures) == 1
    show_plane(again, 2, 1, qtbot)
    qtbot.waitUntil(lambda: len(ids(again)) == 5)
    assert current(again).analysis is not None
    assert current(again).analysis.picture.name == "stack.ome.tif [z 3, t 2]"  # type: ignore[union-attr]
    press(again, "edit.undo")
    assert len(ids(again)) == 7


def test_a_stack_opens_on_the_plane_that_was_corrected(
    window: MainWindow, stack: Path, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window.controller.analyze_on_open = False
    window.controller.open_paths([stack])
    qtbot.waitUntil(lambda: window.session.current is not None and is_shown(window), timeout=20_000)
    show_plane(window, 1, 1, qtbot)
    window.correcting.drawing.take(BoxDrawn((10.0, 10.0, 40.0, 50.0)))
    window.correcting.files.save_as(tmp_path / "cells")
    window.close()
    again = open_window()
    again.correcting.files.open(tmp_path / "cells")
    qtbot.waitUntil(lambda: again.session.current is not None and len(ids(again)) == 1, timeout=20_000)
    qtbot.waitUntil(lambda: is_shown(again) and current(again).plane == (1, 1), timeout=20_000)


def test_the_gallery_shows_the_cells_of_the_plane_and_leads_there(of_stack: MainWindow, qtbot: QtBot) -> None:
    window = of_stack
    show_plane(window, 1, 1, qtbot)
    window.correcting.drawing.take(BoxDrawn((10.0, 10.0, 40.0, 50.0)))
    side = WindowSide(window)
    shown = side.shown_picture()
    assert shown is not None
    assert shown.name == "stack.ome.tif#z=1,t=1"
    gallery = window.reviewing.gallery
    gallery.set_link(window.correcting.link)
    (number,) = gallery.pictures()
    assert window.correcting.link is not None
    assert window.correcting.link.planes_of(current(window).path)[1, 1] == number
    path = gallery.path_of(number)
    assert path is not None
    loaded = window.controller.loaded_picture(current(window))
    assert loaded is not None
    slides = OpenSlides()
    crop = slides.cut(path, Box(0, 0, 96, 96))
    raw = loaded.raw
    assert raw is not None
    assert np.corrcoef(crop.pixels[..., 0].ravel(), raw[:96, :96, 0].ravel())[0, 1] > 0.99, "cut from this plane"
    slides.close()
    show_plane(window, 0, 0, qtbot)
    side.go_to(path, Box(10, 10, 40, 50), None)
    qtbot.waitUntil(lambda: current(window).plane == (1, 1))


def test_planes_analyzed_together_all_go_into_the_project(
    of_stack: MainWindow, known: KnownBoxes, qtbot: QtBot
) -> None:
    window = of_stack
    window.session.select(0)
    press(window, "correct.accept")
    link = window.correcting.link
    assert link is not None
    picture = current(window)
    counter = iter(range(100))

    def other_cells_a_plane(*asked: object) -> object:
        known.objects = make_objects(3, (240, 320), seed=100 + next(counter))
        return KnownBoxes(known.objects)(*asked)  # type: ignore[arg-type]

    window.controller._make_analysis = other_cells_a_plane  # type: ignore[assignment]
    window.controller.analyze_planes(picture)
    qtbot.waitUntil(lambda: len(picture.analyses) == 6 and not picture.state.is_busy, timeout=20_000)
    window.correcting.belonging.join_all()
    assert set(link.planes_of(picture.path)) == set(picture.planes)
    counts = [len(link.table(number).objects) for number in link.planes_of(picture.path).values()]
    assert sorted(counts) == [3, 3, 3, 3, 3, 4], "the accepted cell of the first plane stays"
