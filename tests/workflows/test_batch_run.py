"""Many slides into one project: what is bad is named, what is done stays done, what was stopped goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import ModelNotUsable, Regions, SlideNotReadable
from cellwright.export import write_csv
from cellwright.inference import Boxes, DetectOptions, InlineRunner, TileStep
from cellwright.jobs import Progress, run_inline
from cellwright.project import Project
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide, write_pyramid
from cellwright.workflows.batch import BatchControl, BatchItem, BatchReport, BatchSlide, ItemState
from cellwright.workflows.batch_run import RunBatch
from cellwright.workflows.batch_table import counts_of, slides_table

CELLS = KnownCells((900, 1000))
MODEL = OracleModel(CELLS)
OPTIONS = DetectOptions(tile_px=512)
TRUTH = CELLS.truth(None)


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> tuple[BatchSlide, ...]:
    folder = tmp_path_factory.mktemp("slides")
    for number in range(3):
        # Without loss, so that the oracle can read where it is; a byte apart, so that they are three pictures.
        path = write_pyramid(folder / f"slide_{number}.tif", KnownSlide(CELLS), quality=None)
        with path.open("ab") as file:
            file.write(bytes([number]))
    return tuple(BatchSlide(path, regions=Regions.everything()) for path in sorted(folder.iterdir()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    Project.create(tmp_path / "project").close()
    return tmp_path / "project"


@dataclass
class Runner:
    """Runs tiles here, counts them, and fails some."""

    failing: set[int] = field(default_factory=set)
    ran: int = 0

    def run(self, steps: Iterable[TileStep]) -> Iterator[tuple[TileStep, Boxes | Exception]]:
        for step, answer in InlineRunner().run(steps):
            self.ran += 1
            is_bad = step.tile.index in self.failing
            yield step, SlideNotReadable("Some bytes are damaged there.") if is_bad else answer


def boxes(project: Path, picture_id: int) -> np.ndarray:
    with Project(project, read_only=True) as there:
        found = np.array([each.state.geometry.box for each in there.objects_in(picture_id)], np.float32)
    return found[np.lexsort(found.T)]


def items(report: BatchReport) -> dict[str, BatchItem]:
    return {item.name: item for item in report.items}


def test_a_bad_slide_does_not_stop_the_rest_and_is_named(
    slides: tuple[BatchSlide, ...], project: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0" + b"nonsense")
    asked = (slides[0], BatchSlide(bad), BatchSlide(tmp_path / "lost.svs"), slides[1])
    reports: list[Progress] = []
    report = run_inline(RunBatch(project, asked, MODEL, OPTIONS, runner=Runner()), reports.append)
    found = items(report)
    assert found["slide_0.tif"].state is found["slide_1.tif"].state is ItemState.DONE
    assert found["bad.tif"].state is found["lost.svs"].state is ItemState.FAILED
    assert "bad.tif" in found["bad.tif"].said and "lost.svs" in found["lost.svs"].said
    assert report.sentence() == "2 of 4 slides failed, 2 done."
    assert found["slide_0.tif"].objects == len(TRUTH) == sum(n for _, n in found["slide_0.tif"].counts)
    with Project(project, read_only=True) as there:
        assert [Path(each.path).name for each in there.pictures()] == ["slide_0.tif", "slide_1.tif"]
    changed = [each.partial for each in reports]
    assert all(isinstance(each, BatchItem) for each in changed)
    states = [each.state for each in changed if isinstance(each, BatchItem) and each.number == 0]
    assert states[0] is ItemState.READING and ItemState.RUNNING in states and states[-1] is ItemState.DONE
    assert [each.done for each in reports] == sorted(each.done for each in reports)
    assert reports[-1].done == reports[-1].total


def test_what_is_finished_is_not_done_anew(slides: tuple[BatchSlide, ...], project: Path) -> None:
    runner = Runner()
    run_inline(RunBatch(project, slides[:1], MODEL, OPTIONS, runner=runner))
    before = runner.ran
    report = run_inline(RunBatch(project, slides[:2], MODEL, OPTIONS, runner=runner))
    assert [item.was_done for item in report.items] == [True, False] and report.is_complete
    assert runner.ran == 2 * before > 0
    assert report.items[0].counts == report.items[1].counts and report.items[0].total == before


def test_a_batch_that_was_stopped_goes_on_and_ends_with_the_same_objects(
    slides: tuple[BatchSlide, ...], project: Path, tmp_path: Path
) -> None:
    runner = Runner()
    work = RunBatch(project, slides[:2], MODEL, OPTIONS, runner=runner).run()
    for report in work:
        item = report.partial
        if isinstance(item, BatchItem) and item.number == 1 and item.done >= 3:
            break
    work.close()
    report = run_inline(RunBatch(project, slides[:2], MODEL, OPTIONS, runner=runner))
    assert report.is_complete and report.items[0].was_done and not report.items[1].was_done
    whole = tmp_path / "whole"
    Project.create(whole).close()
    at_once = run_inline(RunBatch(whole, slides[:2], MODEL, OPTIONS, runner=Runner()))
    for one, other in zip(report.items, at_once.items, strict=True):
        assert one.picture_id is not None and other.picture_id is not None
        np.testing.assert_array_equal(boxes(project, one.picture_id), boxes(whole, other.picture_id))
        assert one.counts == other.counts


def test_failed_tiles_are_tried_again_alone(slides: tuple[BatchSlide, ...], project: Path, tmp_path: Path) -> None:
    runner = Runner(failing={1})
    report = run_inline(RunBatch(project, slides[:2], MODEL, OPTIONS, runner=runner))
    first = report.items[0]
    assert first.state is ItemState.PARTLY and "Some bytes are damaged" in first.said
    assert first.coverage is not None and 0 < first.coverage.fraction < 1
    assert report.sentence() == "All 2 slides are done in part." and len(report.to_retry) == 2
    mended = Runner()
    again = run_inline(RunBatch(project, slides[:2], MODEL, OPTIONS, runner=mended))
    assert again.items[0].state is ItemState.PARTLY and mended.ran == 0
    retried = run_inline(RunBatch(project, slides[:2], MODEL, OPTIONS, retry_failed=True, runner=mended))
    assert retried.is_complete and mended.ran == 2
    assert retried.items[0].objects == len(TRUTH)
    table = slides_table(first_and(report, retried), MODEL.card)
    written = write_csv(tmp_path / "slides.csv", table).read_text("utf-8").splitlines()
    assert len(written) == 1 + 2 * 4 and "damaged" in written[1] and ",done," in written[5]


def first_and(one: BatchReport, other: BatchReport) -> list[BatchItem]:
    return [one.items[0], other.items[0]]


def test_one_slide_can_be_stopped_and_the_others_go_on(slides: tuple[BatchSlide, ...], project: Path) -> None:
    control = BatchControl()
    batch = RunBatch(project, slides, MODEL, OPTIONS, runner=Runner(), control=control)
    control.stop(2)

    def stop_the_first(report: Progress) -> None:
        item = report.partial
        if isinstance(item, BatchItem) and item.number == 0 and item.done == 2:
            control.stop(0)

    report = run_inline(batch, stop_the_first)
    assert [item.state for item in report.items] == [ItemState.STOPPED, ItemState.DONE, ItemState.STOPPED]
    assert "goes on from there" in report.items[0].said
    assert run_inline(replace(batch, control=BatchControl())).is_complete


def test_what_would_be_wrong_with_every_slide_ends_the_batch(
    slides: tuple[BatchSlide, ...], project: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelNotUsable):
        run_inline(RunBatch(project, slides, tmp_path / "model"))


def test_the_table_tells_counts_with_exact_intervals_and_coverage(
    slides: tuple[BatchSlide, ...], project: Path
) -> None:
    report = run_inline(RunBatch(project, slides[:1], MODEL, OPTIONS, runner=Runner()))
    counts = counts_of(report.items[0], MODEL.card)
    assert counts is not None and counts.total.count == len(TRUTH)
    low, high = counts.total.count_interval
    assert low < len(TRUTH) < high
    assert counts.area_mm2 == pytest.approx(900 * 1000 * KnownSlide(CELLS).pixel_size.area_um2 / 1e6, rel=1e-3)
    columns = {column.name: column.cells() for column in slides_table(report.items, MODEL.card).columns}
    assert columns["class"] == ["WBC", "RBC", "PLT", "all"]
    assert columns["coverage_percent"] == [100.0] * 4 and columns["complete"] == [True] * 4
    unopened = slides_table(
        [BatchItem(0, Path("a.svs"), name="a.svs", state=ItemState.FAILED, said="gone")], MODEL.card
    )
    assert {column.name: column.cells() for column in unopened.columns}["count"] == [None]
