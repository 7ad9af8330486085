"""A run that is killed at any moment, without a chance to say goodbye, goes on and gives the same objects."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from cellwright.core import Regions, TileState
from cellwright.inference import DetectOptions, InlineRunner
from cellwright.jobs import Progress, run_inline
from cellwright.project import Project
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, register_known_slides, write_known_slide
from cellwright.workflows import slide_writing
from cellwright.workflows.slide_run import SlideRun
from tests.clean_process import run_in_clean_process

KILLS = 16
AT_MOST = 8
"""Tiles that a run may tell before it is killed, so that all together never end the slide, however fast they are."""
CELLS = KnownCells.on_seams((1800, 1800), ((208, 40),), cell_px=28, seed=8)


def _count(folder: Path, told: int | None = None, allowed: int | None = None) -> None:
    operation = SlideRun(
        folder, 1, OracleModel(CELLS, 208, 40), DetectOptions(tile_px=208), Regions.everything(), InlineRunner()
    )

    def tell(step: Progress) -> None:
        if told is not None and step.touched is not None:
            os.write(told, b".")
            if allowed is not None:
                os.read(allowed, 1)  # stands still where no more may be told

    run_inline(operation, tell)


def kill_over_and_over(place: str) -> None:
    """Kill the count of a slide again and again, then let it end; in a process of its own, since it forks."""
    slide_writing.FLUSH_SECONDS = 0.0
    register_known_slides()
    slide = write_known_slide(Path(place) / "drawn", CELLS)
    folder, moments = Path(place) / "p", random.Random(6)
    with Project.create(folder) as project:
        project.add_pictures([slide], "A.")
    done, was_killed = 0, 0
    for _ in range(KILLS):
        reading, writing = os.pipe()
        allowed, allowing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                _count(folder, writing, allowed)
                os._exit(0)
            finally:
                os._exit(3)
        os.close(writing)
        os.write(allowing, b"." * moments.randrange(AT_MOST))
        assert os.read(reading, 1), "the first tile of this time was not told"
        time.sleep(moments.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        _, how = os.waitpid(child, 0)
        for each in (reading, allowed, allowing):
            os.close(each)
        was_killed += os.WIFSIGNALED(how)
        with Project(folder, read_only=True) as project:
            runs = project.runs(1)
            assert len(runs) <= 1
            before, done = done, project.coverage(runs[0].id).count(TileState.ANALYSED) if runs else 0
            assert done >= before, "what was analysed stays so"
    assert was_killed == KILLS
    assert KILLS // 2 < done <= KILLS * AT_MOST
    _count(folder)
    with Project(folder) as project:
        project.check()
        found = project.columns(1)
        (run,) = project.runs(1)
        assert project.coverage(run.id).is_complete
        status = project.run_status(run.id)
        assert status is not None
        assert status.totals["objects"] == len(found)
    assert sorted(map(tuple, found.boxes.tolist())) == sorted(map(tuple, CELLS.truth().boxes.tolist()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that begin at once")
def test_killed_at_any_moment_it_goes_on_and_gives_the_same_objects(tmp_path: Path) -> None:
    run_in_clean_process(kill_over_and_over, tmp_path)
