"""One operation finds the objects, whoever drives it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box, ModelNotUsable, Objects, PixelSize, PixelSizeSource, SlideNotReadable, UnknownName
from cellwright.imaging import content_sha256, open_slide
from cellwright.inference import detect, open_predictor
from cellwright.jobs import JobQueue, JobState, Progress, run_inline
from cellwright.workflows import Analysis, AnalyzePicture, ready_predictor, release_predictors
from cellwright.zoo import load_card, save_card
from tests.tiny_model import write_smear, write_tiny_model

DEVICE = "cpu:torch-fp32"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_smear(tmp_path / "smear.png")


def columns(objects: Objects) -> list[list[object]]:
    return [c.tolist() for c in (objects.ids, objects.boxes, objects.class_index, objects.scores)]


def test_the_result_is_what_inference_found_and_says_how(model: Path, picture: Path) -> None:
    analysis = run_inline(AnalyzePicture(picture, model, DEVICE))
    assert len(analysis.counted()) > 5
    assert len(np.unique(analysis.objects.ids)) == len(analysis.objects)
    info = analysis.picture
    assert (info.name, info.path, info.shape) == ("smear.png", picture, (200, 260))
    assert info.sha256 == content_sha256(picture)
    assert info.pixel_size is None and info.area_mm2 is None and analysis.analysed_mm2 is None
    assert analysis.card == load_card(model) and analysis.model_hash == load_card(model).model_hash
    assert analysis.is_complete and analysis.device == "cpu" and "torch" in analysis.engine
    with open_slide(picture) as slide:
        steps = detect(slide, open_predictor(model, DEVICE))
        try:
            while True:
                next(steps)
        except StopIteration as end:
            direct = end.value.objects
    np.testing.assert_array_equal(analysis.objects.boxes, direct.boxes)
    np.testing.assert_array_equal(analysis.objects.scores, direct.scores)


def test_reports_tell_each_tile_once_with_its_objects_and_its_place(model: Path, picture: Path) -> None:
    reports: list[Progress] = []
    run_inline(AnalyzePicture(picture, model, DEVICE), reports.append)
    tiles = [report for report in reports if report.partial is not None]
    assert [report.done for report in tiles] == list(range(1, len(tiles) + 1))
    assert {report.total for report in tiles} == {len(tiles)} and len(tiles) > 1
    seen = np.zeros((200, 260), int)
    for report in tiles:
        assert isinstance(report.partial, Objects) and isinstance(report.touched, Box)
        seen[report.touched.y0 : report.touched.y1, report.touched.x0 : report.touched.x1] += 1
    assert (seen == 1).all()


def test_window_and_command_line_drivers_give_the_same_objects(model: Path, picture: Path) -> None:
    operation = AnalyzePicture(picture, model, DEVICE)
    queue = JobQueue()
    try:
        job = queue.submit(operation)
        assert job.wait(120) and job.state is JobState.DONE, job.error_text
    finally:
        queue.close()
    assert job.result is not None
    assert columns(job.result.objects) == columns(run_inline(operation).objects)


def test_the_same_bytes_under_another_name_give_the_same_ids(model: Path, picture: Path) -> None:
    other = picture.with_name("copy.png")
    shutil.copy(picture, other)
    first, second = (run_inline(AnalyzePicture(path, model, DEVICE)).objects for path in (picture, other))
    assert columns(first) == columns(second)


def test_what_a_person_says_of_the_pixel_size_comes_first(model: Path, picture: Path) -> None:
    half = PixelSize(0.5, 0.5, PixelSizeSource.USER)
    analysis = run_inline(AnalyzePicture(picture, model, DEVICE, half))
    assert analysis.picture.pixel_size == half
    assert analysis.analysed_mm2 == pytest.approx(200 * 260 * 0.25e-6)
    doubled = analysis.with_pixel_size(PixelSize(1.0, 1.0, PixelSizeSource.USER))
    assert doubled.analysed_mm2 == pytest.approx(4 * 200 * 260 * 0.25e-6)
    assert doubled.objects is analysis.objects


def test_cancelling_ends_the_work_between_two_tiles(model: Path, picture: Path) -> None:
    queue, reached = JobQueue(), threading.Event()

    def watch(job: object) -> None:
        def at_first_tile(progress: Progress) -> None:
            if progress.partial is not None:
                job.cancel()  # type: ignore[attr-defined]
                reached.set()

        job.reported.connect(at_first_tile)  # type: ignore[attr-defined]

    try:
        job = queue.submit(AnalyzePicture(picture, model, DEVICE), watch=watch)
        assert job.wait(120)
    finally:
        assert queue.close()
    assert reached.is_set() and job.state is JobState.CANCELLED and job.result is None
    assert job.progress is not None and job.progress.done == 1


def test_nobody_has_to_wait_for_a_model_to_load(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        loading.set()
        go_on.wait(60)

    monkeypatch.setattr("cellwright.workflows.analyze.ready_predictor", slow)
    steps = AnalyzePicture(picture).run()
    while next(steps).message != "Loading the model":
        pass
    assert next(steps).message == "Loading the model"
    assert loading.wait(60)
    steps.close()
    go_on.set()


def test_bad_pictures_and_models_are_named(model: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(SlideNotReadable, match=r"bad\.png"):
        run_inline(AnalyzePicture(bad, model, DEVICE))
    good = write_smear(tmp_path / "good.png")
    with pytest.raises(UnknownName, match="No model is called"):
        run_inline(AnalyzePicture(good, "no-such-model", DEVICE))
    with pytest.raises(ModelNotUsable):
        run_inline(AnalyzePicture(good, tmp_path, DEVICE))


def test_a_picture_of_which_nothing_can_be_read_is_no_count_of_zero(model: Path, picture: Path) -> None:
    picture.write_bytes(picture.read_bytes()[:200])
    with pytest.raises(SlideNotReadable, match=r"smear\.png"):
        run_inline(AnalyzePicture(picture, model, DEVICE))


def test_a_model_is_loaded_once_until_its_card_changes(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(model, folder)
    first = ready_predictor(folder, DEVICE)
    assert ready_predictor(folder, DEVICE) is first
    save_card(folder, load_card(folder).changed(title="Another title"))
    second = ready_predictor(folder, DEVICE)
    assert second is not first and second.card.title == "Another title"
    release_predictors()
    assert ready_predictor(folder, DEVICE) is not second


def test_an_analysis_counts_from_its_own_thresholds_unless_told_otherwise(model: Path, picture: Path) -> None:
    analysis: Analysis = run_inline(AnalyzePicture(picture, model, DEVICE))
    assert (analysis.counted().scores >= 0.3).all()
    assert len(analysis.counted(0.05)) == len(analysis.objects)
    assert len(analysis.counted((1.0, 1.0, 1.0))) == 0
