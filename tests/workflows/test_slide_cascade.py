"""Cells of a slide are told apart while it is counted: the same for any tiles, order, machine and interruption."""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from cellwright.annotation import UNIDENTIFIED, Status
from cellwright.core import BadParameter, Box, Objects, Regions, SlideNotReadable, TileState
from cellwright.imaging import READERS
from cellwright.inference import Boxes, DetectOptions, InlineRunner, Predictor, ThreadRunner, TileRunner, TileStep
from cellwright.inference.slide_plan import from_bytes
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide, register_known_slides, write_known_slide
from cellwright.workflows import slide_writing
from cellwright.workflows.cascade import joined_card, joined_source, sort_objects
from cellwright.workflows.cluster import cluster_of
from cellwright.workflows.project_export import analysis_of_picture
from cellwright.workflows.slide_run import SlideRun, SlideSummary
from cellwright.workflows.slide_telling import UNTOLD
from cellwright.zoo import ModelCard
from tests.clean_process import run_in_clean_process
from tests.tiny_classifier import COLOURS, colour_card

CELLS = KnownCells.on_seams((1100, 1300), ((256, 40), (512, 40)), cell_px=28, seed=5)
MODEL = OracleModel(CELLS, 256, 40)
HOLE = Box(417, 620, 672, 880)  # as near to the tiles around it as they allow without failing
Row = tuple[Any, ...]


@dataclass(frozen=True)
class CropModel:
    """A classifier whose answer depends on every bit of a crop, and on nothing else."""

    least: float = 0.5
    side_um: float | None = None
    side_rulers: float | None = None
    side_boxes: float = 2.0
    of: tuple[str, ...] = ("WBC", "PLT")

    @property
    def card(self) -> ModelCard:
        rulers = {"ruler": "RBC", "side_rulers": self.side_rulers} if self.side_rulers else {}
        card = colour_card(self.least, self.of, side_um=self.side_um, **rulers)
        assert card.crops is not None
        crops = card.crops.model_copy(update={"side_boxes": self.side_boxes})
        # so many pixels of a crop are seen that it is read from the finest level
        return card.model_copy(update={"crops": crops, "input": card.input.model_copy(update={"tile_px": 64})})

    def open(self, device: str = "auto") -> Predictor:
        return Predictor(Path("crops"), self.card, CropEngine())


class CropEngine:
    name, device, notes, batch = "crops", "cpu", (), 16

    def run(self, images: np.ndarray) -> np.ndarray:
        drawn = [np.random.default_rng(zlib.crc32(image.tobytes())).dirichlet([0.3] * 3) for image in images]
        return np.array(drawn, np.float32)

    def close(self) -> None:
        """Nothing to give back."""


class Failing:
    """A runner that cannot answer for some tiles, or is stopped after so many."""

    def __init__(self, fails: Iterable[int] = (), stops_after: int | None = None) -> None:
        self.fails, self.stops_after = set(fails), stops_after

    def run(self, steps: Iterable[TileStep]) -> Iterator[tuple[TileStep, Boxes | Exception]]:
        for number, (step, answer) in enumerate(InlineRunner().run(steps)):
            if number == self.stops_after:
                raise KeyboardInterrupt
            yield step, SlideNotReadable("It broke.") if step.tile.index in self.fails else answer


class Standing:
    """A runner that stands still after so many tiles, and says so through a pipe."""

    def __init__(self, tiles: int, told: int) -> None:
        self.tiles, self.told = tiles, told

    def run(self, steps: Iterable[TileStep]) -> Iterator[tuple[TileStep, Boxes | Exception]]:
        for number, answer in enumerate(InlineRunner().run(steps)):
            if number == self.tiles:
                os.write(self.told, b".")
                while True:
                    signal.pause()
            yield answer


@pytest.fixture(autouse=True)
def known_slides() -> None:
    register_known_slides()


def project_of(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    slide = write_known_slide(folder / "drawn", CELLS)
    with Project.create(folder / "p") as project:
        project.add_pictures([slide], "A.")
    return folder / "p"


def run(folder: Path, **asked: Any) -> SlideSummary:
    usual = {"regions": Regions.everything(), "options": DetectOptions(tile_px=256), "classify": CropModel()}
    return run_inline(SlideRun(folder, 1, MODEL, **{**usual, **asked}))


def rows_of(objects: Objects) -> list[Row]:
    names = [objects.classes[kind] for kind in objects.class_index]
    columns = (objects.ids.tolist(), objects.boxes.tolist(), names, objects.scores.tolist())
    return sorted((bytes(one), *box, name, score) for one, box, name, score in zip(*columns, strict=True))


def rows_in(folder: Path) -> list[Row]:
    """Every object of the project: id, box, class and score."""
    with Project(folder, read_only=True) as project:
        return rows_of(project.columns(1).objects(project.classes(), ""))


def totals_in(folder: Path) -> dict[str, int]:
    """What the last run says it found; what it found none of is left out."""
    with Project(folder, read_only=True) as project:
        status = project.run_status(project.runs(1)[-1].id)
    assert status is not None
    return {name: count for name, count in status.totals.items() if count}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """What the cascade of a single picture makes of all cells at once."""
    register_known_slides()
    folder = project_of(tmp_path_factory.mktemp("whole"))
    run(folder, classify=None)
    with Project(folder, read_only=True) as project:
        found = project.columns(1).objects(project.classes(), "")
    steps = sort_objects(KnownSlide(CELLS), found, MODEL.card, CropModel().open(), None)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return rows_of(end.value.objects)


@pytest.mark.parametrize("runner", [InlineRunner(), ThreadRunner()])
@pytest.mark.parametrize("options", [DetectOptions(), DetectOptions(tile_px=512), DetectOptions(origin=(100, 77))])
def test_cells_of_tiles_are_told_as_those_of_the_whole(
    tmp_path: Path, expected: list[Row], options: DetectOptions, runner: TileRunner
) -> None:
    folder = project_of(tmp_path)
    summary = run(folder, options=options, runner=runner)
    assert rows_in(folder) == expected
    kinds = {row[5] for row in expected}
    assert {*COLOURS, UNIDENTIFIED, "RBC"} == kinds
    assert summary.counts == {name: sum(row[5] == name for row in expected) for name in summary.card.class_names}
    assert sum(summary.counts.values()) == summary.objects == len(CELLS.truth())
    told = sum(row[5] in COLOURS for row in expected)
    asked = told + sum(row[5] == UNIDENTIFIED for row in expected)
    assert any(f"colours told {told:,} of {asked:,} WBC, PLT apart." in note for note in summary.notes)


def test_cells_are_told_alike_where_a_cluster_finds_them(tmp_path: Path, expected: list[Row]) -> None:
    folder = project_of(tmp_path)
    with cluster_of(workers=1) as runner:
        run(folder, runner=runner)
    assert rows_in(folder) == expected


@pytest.mark.parametrize("stops_after", [0, 1, 7, 19])
def test_a_run_that_was_stopped_goes_on_and_tells_the_same(
    tmp_path: Path, expected: list[Row], stops_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slide_writing, "FLUSH_SECONDS", 0.0)
    folder = project_of(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(folder, runner=Failing(stops_after=stops_after))
    summary = run(folder)
    assert summary.was_resumed
    assert rows_in(folder) == expected
    assert summary.objects == len(expected)


def kill_and_go_on(place: str) -> None:
    """Kill the count of a slide five times, each after some tiles; in a process of its own, since it forks."""
    slide_writing.FLUSH_SECONDS = 0.0
    register_known_slides()
    folder, whole = project_of(Path(place) / "killed"), project_of(Path(place) / "whole")
    for tiles in (1, 3, 4, 6, 2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                run(folder, runner=Standing(tiles, writing))
            finally:
                os._exit(3)
        os.close(writing)
        assert os.read(reading, 1), "it did not come as far as that"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
    assert run(folder).was_resumed
    run(whole)
    assert rows_in(folder) == rows_in(whole)
    assert totals_in(folder) == totals_in(whole)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that begin at once")
def test_a_run_that_was_killed_goes_on_and_tells_the_same(tmp_path: Path) -> None:
    run_in_clean_process(kill_and_go_on, tmp_path)


def test_a_finished_run_is_told_from_what_it_kept(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    first, again = run(folder), run(folder, runner=Failing(stops_after=0))
    assert (again.run_id, again.counts, again.tiles_now, again.parts) == (first.run_id, first.counts, 0, first.parts)
    assert any("told" in note for note in again.notes)


@pytest.mark.parametrize("classify", [None, CropModel(0.9), CropModel(side_um=20.0), CropModel(side_rulers=3.0)])
def test_another_classifier_is_another_run(tmp_path: Path, classify: CropModel | None) -> None:
    one, other = project_of(tmp_path / "one"), project_of(tmp_path / "other")
    with pytest.raises(KeyboardInterrupt):
        run(one, runner=Failing(stops_after=9))
    summary = run(one, classify=classify)
    assert not summary.was_resumed
    run(other, classify=classify)
    assert rows_in(one) == rows_in(other)
    assert totals_in(one) == totals_in(other)


@pytest.mark.parametrize("regions", [Regions.everything(), Regions.of_boxes(Box(100, 90, 900, 1000)), Regions()])
def test_cells_that_tell_the_scale_do_so_for_any_tiles_and_after_a_stop(tmp_path: Path, regions: Regions) -> None:
    classify = CropModel(side_rulers=3.0)
    once, stopped = project_of(tmp_path / "once"), project_of(tmp_path / "stopped")
    summary = run(once, regions=regions, classify=classify, options=DetectOptions(tile_px=512))
    assert any("3 RBC wide" in note for note in summary.notes)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, regions=regions, classify=classify, runner=Failing(stops_after=5))
    run(stopped, regions=regions, classify=classify)
    assert rows_in(once) == rows_in(stopped)


def test_cells_counted_before_are_told_apart_and_what_people_did_stays(tmp_path: Path, expected: list[Row]) -> None:
    folder = project_of(tmp_path)
    run(folder, classify=None)
    before = rows_in(folder)
    asked = [row for row in before if row[5] in ("WBC", "PLT")]
    accepted, deleted = UUID(bytes=asked[0][0]), UUID(bytes=asked[1][0])
    with Project(folder) as project:
        project.change_objects([accepted], "B.", status=Status.ACCEPTED)
        project.change_objects([deleted], "B.", is_deleted=True)
    by_people = {accepted.bytes: asked[0], deleted.bytes: None}
    left = [by_people.get(row[0], row) for row in before]
    run(folder)
    told = [by_people.get(row[0], row) for row in expected]
    assert rows_in(folder) == [row for row in told if row is not None]
    with Project(folder) as project:
        project.undo("A.")
    assert rows_in(folder) == [row for row in left if row is not None]
    with Project(folder) as project:
        project.redo("A.")
        project.rebuild()
        project.check()
    assert rows_in(folder) == [row for row in told if row is not None]


def test_the_project_knows_both_models(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    summary = run(folder)
    parts = (MODEL.card, CropModel().card)
    joined = joined_card(*parts)
    assert (summary.parts, summary.card) == (parts, joined)
    with Project(folder, read_only=True) as project:
        kept = [(each.name, each.sha256) for each in project.models()]
        analysis = analysis_of_picture(project, project.pictures()[0])
    assert kept == [(card.name, card.model_hash) for card in (joined, *parts)]
    assert analysis is not None
    assert analysis.parts == parts
    assert analysis.objects.source == joined_source(*parts)
    assert analysis.models_said == "oracle+colours"
    counted = dict(zip(analysis.objects.classes, analysis.counted().counts().tolist(), strict=True))
    assert counted == summary.counts


def test_models_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    with pytest.raises(BadParameter, match="does not tell apart"):
        run(folder, classify=MODEL)
    with Project(folder, read_only=True) as project:
        assert (project.runs(1), project.models()) == ([], [])


def open_holed(path: Path, series: int = 0) -> KnownSlide:
    """Open the drawn slide, of which a part cannot be read as long as a file beside it says so."""
    del series
    return KnownSlide(CELLS, unreadable=(HOLE,) if path.with_suffix(".hole").exists() else (), path=path)


@pytest.fixture
def holed_slides() -> Iterator[None]:
    """Slides of that kind can be opened, during this test."""
    READERS.add("holed", f"{__name__}:{open_holed.__name__}")
    yield
    READERS._own.pop("holed")
    READERS.refresh()


def holed(folder: Path) -> Path:
    folder.mkdir()
    (folder / "drawn.holed").write_text("a slide", encoding="utf-8")
    with Project.create(folder / "p") as project:
        project.add_pictures([folder / "drawn.holed"], "A.")
    return folder / "p"


def test_beside_what_cannot_be_read_cells_are_unidentified_until_it_can(tmp_path: Path, holed_slides: None) -> None:
    wide = CropModel(side_boxes=8.0, of=("WBC", "RBC", "PLT"))
    folder, whole = holed(tmp_path / "holed"), holed(tmp_path / "whole")
    never = run(whole, classify=wide)
    sign = tmp_path / "holed" / "drawn.hole"
    sign.touch()
    summary = run(folder, classify=wide)
    assert summary.coverage.count(TileState.FAILED) > 0
    with Project(folder, read_only=True) as project:
        untold = from_bytes(project.kept(summary.run_id)[UNTOLD])
    assert len(untold) > 1
    assert any(f"{len(untold):,} cells lie beside what cannot be read" in note for note in summary.notes)
    kinds = {row[1:5]: row[5] for row in rows_in(folder)}
    assert {kinds[tuple(box)] for box in untold.boxes.tolist()} == {UNIDENTIFIED}
    assert len(untold) < sum(kind == UNIDENTIFIED for kind in kinds.values())
    still = run(folder, classify=wide, retry_failed=True)
    assert (still.counts, still.objects) == (summary.counts, summary.objects)
    sign.unlink()
    mended = run(folder, classify=wide, retry_failed=True)
    assert mended.coverage.is_complete
    assert rows_in(folder) == rows_in(whole)
    assert totals_in(folder) == totals_in(whole)
    assert mended.counts == never.counts
    assert not any("cannot be read" in note for note in mended.notes)


@pytest.mark.parametrize("fails", [{0}, {20, 21, 28}])
def test_failed_tiles_are_tried_again_and_told_as_if_they_had_not_failed(
    tmp_path: Path, expected: list[Row], fails: set[int]
) -> None:
    folder, whole = project_of(tmp_path / "broken"), project_of(tmp_path / "whole")
    broken = run(folder, runner=Failing(fails))
    assert broken.coverage.count(TileState.FAILED) == len(fails)
    run(folder, retry_failed=True)
    run(whole)
    assert rows_in(folder) == expected
    assert totals_in(folder) == totals_in(whole)
