"""Pixel sizes that people enter: kept by the project, no step of work, and the way there from older tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cellwright.annotation import PixelSizeRecord, added
from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.project import Project
from tests.project.made import everything, project_in, rows, state, table
from tests.project.older import assert_brought_to_today, make_older

NARROW = PixelSize(0.2, 0.1, PixelSizeSource.USER)


def test_a_project_of_version_4_is_copied_and_brought_to_todays_tables(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        project.add_objects(1, table(5), "m")
    folder = tmp_path / "p"
    make_older(folder, 4)
    shutil.rmtree(folder / "backups")
    with Project(folder, read_only=True) as project:
        assert (project.pixel_size(1), project.pixel_sizes()) == (None, {})
    assert rows(folder, "PRAGMA user_version") == [(4,)]
    with Project(folder) as project:
        project.set_pixel_size(1, NARROW, "A.")
        before = everything(project)
        project.check()
        project.rebuild()
        assert everything(project) == before
        assert project.pixel_sizes() == {1: NARROW}
    assert_brought_to_today(folder, 4)


def test_a_pixel_size_is_a_fact_that_undo_passes_by_and_that_stands_after_reopening(tmp_path: Path) -> None:
    with project_in(tmp_path) as project:
        step = project.apply(added(1, [state()]), "B.")
        entry = project.set_pixel_size(1, NARROW, "A.")
        assert entry is not None
        assert (entry.kind.value, entry.author) == ("pixel size", "A.")
        assert project.set_pixel_size(1, NARROW, "C.") is None, "said before"
        undone = project.undo("B.")
        assert undone is not None
        assert undone.target == step.id
    with Project(tmp_path / "p") as project:
        assert project.pixel_size(1) == NARROW
        wide = PixelSize(0.5, 0.5, PixelSizeSource.USER)
        project.set_pixel_size(1, wide, "A.")
        assert project.pixel_sizes() == {1: wide}
        project.set_pixel_size(1, None, "A.")
        assert project.pixel_size(1) is None
        assert project.set_pixel_size(1, None, "A.") is None
        project.set_pixel_size(1, wide, "A.")
        assert project.pixel_size(1) == wide
        project.rebuild()
        assert project.pixel_size(1) == wide


@pytest.mark.parametrize("side", [0.0, -1.0, float("nan"), float("inf")])
def test_no_pixel_has_an_impossible_side(side: float) -> None:
    with pytest.raises(BadParameter, match="above 0"):
        PixelSizeRecord(1, "t", "A.", 1, 0.5, side)
