"""A pixel size that a person enters stays with the project: every door tells the same densities afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.project import Project
from cellwright.ui.main_window import MainWindow
from cellwright.ui.state.numbers import count_table_of
from cellwright.ui.state.picture import Picture
from cellwright.workflows import analyses_of_project, count_table

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ENTERED = PixelSize(0.2, 0.1, PixelSizeSource.USER)
"""Not square, so that sides that changed places would show."""


def current(window: MainWindow) -> Picture:
    picture = window.session.current
    assert picture is not None
    return picture


def kept(folder: Path) -> PixelSize | None:
    with Project(folder, read_only=True) as project:
        return project.pixel_size(1)


def test_an_entered_pixel_size_is_in_the_project_and_back_when_it_is_opened(
    analyzed: MainWindow, open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "cells"
    analyzed.session.set_pixel_size(current(analyzed), ENTERED)  # before there is a project
    analyzed.correcting.files.create(folder)
    qtbot.waitUntil(lambda: kept(folder) == ENTERED)
    shown = count_table_of(analyzed.session, current(analyzed))
    assert shown is not None and shown.area_mm2
    analyzed.close()

    with Project(folder, read_only=True) as project:
        (analysis,), _ = analyses_of_project(project)
    assert (analysis.picture.pixel_size, analysis.picture.pixel_size_note) == (ENTERED, "entered by hand")
    exported = count_table(analysis)
    assert (exported.rows, exported.area_mm2) == (shown.rows, shown.area_mm2), "the command line tells what was seen"

    again = open_window()
    again.correcting.files.open(folder)
    qtbot.waitUntil(lambda: again.session.current is not None and current(again).analysis is not None)
    assert current(again).user_pixel_size == ENTERED
    found = count_table_of(again.session, current(again))
    assert found is not None and (found.rows, found.area_mm2) == (shown.rows, shown.area_mm2)


def test_the_last_word_about_pixels_counts_whoever_says_it(analyzed: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "cells"
    analyzed.correcting.files.create(folder)
    link = analyzed.correcting.link
    assert link is not None
    qtbot.waitUntil(lambda: bool(link.pictures))
    analyzed.session.set_pixel_size(current(analyzed), ENTERED)
    assert kept(folder) == ENTERED
    other = PixelSize(0.5, 0.5, PixelSizeSource.USER)
    with Project(folder) as project:  # another program
        project.set_pixel_size(1, other, "B.")
    link.look_again()
    assert current(analyzed).user_pixel_size == other
    analyzed.session.set_pixel_size(current(analyzed), None)
    assert kept(folder) is None
    analyzed.correcting.corrections.undo()
    assert kept(folder) is None and current(analyzed).user_pixel_size is None, "undo passes it by"
