"""A slide is counted into a project exactly, whatever its tiles, in pieces, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import (
    Box,
    ModelNotUsable,
    Objects,
    PixelSize,
    PixelSizeSource,
    Regions,
    SlideNotReadable,
    TileState,
)
from cellwright.inference import Boxes, DetectOptions, InlineRunner, TileStep
from cellwright.jobs import run_inline
from cellwright.project import Project, RunStage
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, register_known_slides, write_known_slide
from cellwright.workflows.slide_run import SlideRun, SlideSummary

CELLS = KnownCells.on_seams((1500, 1800), ((256, 40), (512, 40)), cell_px=28, seed=5)
MODEL = OracleModel(CELLS, 256, 40)
CLASSES = ("WBC", "RBC", "PLT")


@pytest.fixture(autouse=True)
def known_slides() -> None:
    register_known_slides()


def project_of(folder: Path, cells: KnownCells = CELLS) -> Path:
    """A project with one drawn slide."""
    slide = write_known_slide(folder / "drawn", cells)
    with Project.create(folder / "p") as project:
        project.add_pictures([slide], "A.")
    return folder / "p"


def rows_in(folder: Path) -> list[tuple[float, ...]]:
    """Every object of the project: box and class."""
    with Project(folder, read_only=True) as project:
        found = project.columns(1)
        names = {each.id: CLASSES.index(each.name) for each in project.classes()}
    kinds = [names[each] for each in found.class_ids.tolist()]
    return sorted((*box, kind) for box, kind in zip(found.boxes.tolist(), kinds, strict=True))


def rows_of(truth: Objects, regions: Regions | None = None) -> list[tuple[float, ...]]:
    if regions is not None:
        truth = truth.take(regions.centres_inside(truth.boxes))
    return sorted((*box, kind) for box, kind in zip(truth.boxes.tolist(), truth.class_index.tolist(), strict=True))


def run(folder: Path, **asked: object) -> SlideSummary:
    usual = {"regions": Regions.everything(), "options": DetectOptions(tile_px=256)}
    return run_inline(SlideRun(folder, 1, MODEL, **{**usual, **asked}))  # type: ignore[arg-type]


class Failing:
    """A runner that cannot answer for some tiles, or is stopped after so many."""

    def __init__(self, fails: Iterable[int] = (), stops_after: int | None = None) -> None:
        self.fails, self.stops_after, self.asked = set(fails), stops_after, [0]

    def run(self, steps: Iterable[TileStep]) -> Iterator[tuple[TileStep, Boxes | Exception]]:
        for number, (step, answer) in enumerate(InlineRunner().run(steps)):
            if number == self.stops_after:
                raise KeyboardInterrupt
            self.asked[0] += 1
            yield step, ModelNotUsable("It broke. Try again.") if step.tile.index in self.fails else answer


@pytest.mark.parametrize("options", [DetectOptions(), DetectOptions(tile_px=512), DetectOptions(origin=(100, 77))])
def test_every_cell_is_in_the_project_once(tmp_path: Path, options: DetectOptions) -> None:
    folder = project_of(tmp_path)
    summary = run(folder, options=options)
    truth = CELLS.truth()
    assert rows_in(folder) == rows_of(truth)
    assert summary.objects == len(truth)
    assert summary.counts == dict(zip(CLASSES, truth.counts().tolist(), strict=True))
    assert summary.coverage.is_complete
    assert (summary.device, summary.engine) == ("cpu", "oracle")
    with Project(folder) as project:
        project.check()
        before = rows_in(folder)
        project.rebuild()
        (status,) = [project.run_status(each.id) for each in project.runs(1)]
        assert status is not None
        assert status.stage is RunStage.FINISHED
        assert status.run.coverage == 1.0
        assert project.kept(status.run.id) == {}
    assert rows_in(folder) == before


def test_a_run_is_one_step(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    run(folder)
    full = rows_in(folder)
    with Project(folder) as project:
        project.undo("A.")
        assert (len(project.columns(1)), project.runs(), project.classes()) == (0, [], [])
        project.redo("A.")
        assert project.runs()[0].coverage == 1.0
    assert rows_in(folder) == full
    with Project(folder) as project:
        project.undo("A.")
        project.rebuild()
        assert len(project.columns(1)) == 0


@pytest.mark.parametrize("stops_after", [0, 1, 7, 23])
def test_a_run_that_was_stopped_goes_on_and_gives_the_same(tmp_path: Path, stops_after: int) -> None:
    folder = project_of(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(folder, runner=Failing(stops_after=stops_after))
    with Project(folder) as project:
        (first,) = project.runs(1)
        assert project.coverage(first.id).count(TileState.ANALYSED) == stops_after
    rest = Failing()
    summary = run(folder, runner=rest)
    assert summary.was_resumed
    assert summary.run_id == first.id
    assert rest.asked[0] == len(summary.coverage.records) - stops_after
    assert rows_in(folder) == rows_of(CELLS.truth())
    assert summary.objects == len(CELLS.truth())


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    first, again = run(folder), run(folder, runner=Failing(stops_after=0))
    assert (again.run_id, again.counts, again.tiles_now) == (first.run_id, first.counts, 0)


@pytest.mark.parametrize("fails", [{0}, {20, 21, 28}, set(range(10, 40))])
def test_failed_tiles_are_named_and_tried_again_alone(tmp_path: Path, fails: set[int]) -> None:
    folder = project_of(tmp_path)
    broken = run(folder, runner=Failing(fails))
    assert broken.coverage.count(TileState.FAILED) == len(fails)
    tiles = "tile" if len(fails) == 1 else "tiles"
    assert f"{len(fails)} {tiles} failed: retry" in broken.coverage.headline()
    assert broken.coverage.headline().split(" %")[0] < "99.95"
    truth = CELLS.truth()
    assert set(rows_in(folder)) < set(rows_of(truth))
    same = run(folder, runner=Failing())
    assert same.tiles_now == 0  # nobody asked for another try
    again = Failing()
    whole = run(folder, runner=again, retry_failed=True)
    assert again.asked[0] == len(fails)
    assert whole.coverage.is_complete
    assert rows_in(folder) == rows_of(truth)
    assert whole.objects == len(truth)
    with Project(folder) as project:
        project.undo("A.")  # the second try
        project.check()
        project.rebuild()
    assert set(rows_in(folder)) < set(rows_of(truth))


def test_tiles_that_fail_again_and_a_retry_that_is_stopped_lose_nothing(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    run(folder, runner=Failing({20, 21, 28, 29}))
    first = rows_in(folder)
    run(folder, runner=Failing({20, 21, 28, 29}), retry_failed=True)
    assert rows_in(folder) == first
    with pytest.raises(KeyboardInterrupt):
        run(folder, runner=Failing(stops_after=2), retry_failed=True)
    whole = run(folder)
    assert whole.coverage.is_complete
    assert rows_in(folder) == rows_of(CELLS.truth())
    assert whole.objects == len(CELLS.truth())


def test_a_slide_of_which_nothing_can_be_analysed_is_no_count_of_zero(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    with pytest.raises(SlideNotReadable, match="It broke"):
        run(folder, runner=Failing(range(1000)))


def test_objects_count_if_their_centre_lies_in_the_regions(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    star = np.array([[200.0, 300], [700, 500], [1300, 250], [900, 900], [1400, 1500], [650, 1200], [100, 1600]])
    hole = np.array([[600.0, 600], [600, 900], [900, 750]])
    regions = Regions((star,), (hole,), tissue_only=False)
    summary = run(folder, regions=regions)
    assert rows_in(folder) == rows_of(CELLS.truth(), regions)
    assert summary.coverage.count(TileState.EXCLUDED) > 0
    assert summary.coverage.whole == "region"
    assert summary.coverage.asked_px == pytest.approx(regions.area_in(Box(0, 0, 1500, 1800)))


def test_regions_of_the_project_are_taken_where_none_are_given(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    regions = Regions.of_boxes(Box(100, 100, 700, 900), tissue_only=False)
    with Project(folder) as project:
        assert project.set_regions_of_interest(1, regions, "A.", ["middle"]) is not None
        assert project.set_regions_of_interest(1, regions, "A.", ["middle"]) is None
        assert project.region_records(1)[0].name == "middle"
        project.undo("A.")
        assert project.regions_of_interest(1).is_everything
        project.redo("A.")
    run(folder, regions=None)
    assert rows_in(folder) == rows_of(CELLS.truth(), regions)


def test_another_run_takes_the_place_of_what_nobody_looked_at(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    run(folder)
    box = Regions.of_boxes(Box(0, 0, 900, 900), tissue_only=False)
    other = OracleModel(KnownCells(CELLS.shape, 9, 28), 256, 40)
    run_inline(SlideRun(folder, 1, other, DetectOptions(tile_px=256), box))
    outside = Regions((), (box.include[0],), tissue_only=False)
    expected = rows_of(CELLS.truth(), outside) + rows_of(other.cells.truth(), box)
    assert rows_in(folder) == sorted(expected)
    with Project(folder) as project:
        project.undo("A.")
    assert rows_in(folder) == rows_of(CELLS.truth())


def test_glass_is_skipped_and_said(tmp_path: Path) -> None:
    cells = KnownCells((3000, 3000), cell_px=28, islands=(Box(200, 200, 900, 900),))
    folder = project_of(tmp_path, cells)
    summary = run_inline(SlideRun(folder, 1, OracleModel(cells, 256, 40), DetectOptions(tile_px=256), Regions()))
    assert summary.coverage.count(TileState.SKIPPED) > 100
    assert summary.coverage.whole == "tissue"
    assert rows_in(folder) == rows_of(cells.truth())
    assert any("glass" in note for note in summary.notes)


def test_a_slide_without_tissue_is_looked_at_whole(tmp_path: Path) -> None:
    cells = KnownCells((700, 700), cell_px=28, islands=(Box(5000, 5000, 5001, 5001),))
    folder = project_of(tmp_path, cells)
    summary = run_inline(SlideRun(folder, 1, OracleModel(cells, 256, 40), DetectOptions(tile_px=256), Regions()))
    assert summary.coverage.count(TileState.SKIPPED) == 0
    assert any("No tissue" in note for note in summary.notes)


def test_red_cells_of_an_impossible_width_are_told(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    size = PixelSize(1.0, 1.0, PixelSizeSource.USER)
    summary = run(folder, options=DetectOptions(tile_px=256, pixel_size=size))
    assert any("is the pixel size right" in note for note in summary.notes), summary.notes
    fitting = PixelSize(0.5, 0.5, PixelSizeSource.USER)
    other = run(folder, options=DetectOptions(tile_px=256, pixel_size=fitting))
    assert not any("pixel size" in note for note in other.notes), other.notes


def test_slides_are_closed_when_the_count_is_over(tmp_path: Path) -> None:
    from cellwright.inference import step

    folder = project_of(tmp_path)
    run(folder)
    assert not [ref for ref in step._slides if ref.path.is_relative_to(tmp_path.resolve())]
    assert not [ref for ref in step._users if ref.path.is_relative_to(tmp_path.resolve())]
