"""From a picture file to its objects: each counted once, every tile accounted for, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cellwright.core import Region, SlideNotReadable
from cellwright.imaging import Slide, open_slide
from cellwright.inference import (
    Detection,
    DetectOptions,
    Predictor,
    TileResult,
    TileState,
    detect,
    detect_file,
    find_objects,
    merge,
    open_predictor,
    plan_steps,
    run_steps,
)
from cellwright.zoo import load_card
from tests.inference.conftest import plain_card

GROUND = 255
COLOURS = ((200, 30, 30), (30, 30, 200))
"""Class 0 is drawn red, class 1 blue."""


class Oracle:
    """An engine that sees every rectangle painted in a class's colour, as much of it as its picture shows."""

    name, device, batch, notes = "oracle", "cpu", 3, ()

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        from scipy import ndimage

        answers = []
        for image in images:
            rows = []
            for kind, colour in enumerate(COLOURS):
                labels, _ = ndimage.label((image == colour).all(-1))
                for y, x in ndimage.find_objects(labels):
                    scores = [0.9 if k == kind else 0.0 for k in range(2)]
                    rows.append([y.start, x.start, y.stop, x.stop, *scores])
            answers.append(rows)
        longest = max(map(len, answers))
        return np.array([rows + [[0.0] * 6] * (longest - len(rows)) for rows in answers], np.float32).reshape(
            len(images), longest, 6
        )

    def close(self) -> None:
        """Nothing to give back."""


def finish(steps: Any, look: Callable[[TileResult], None] = lambda tile: None) -> Detection:
    try:
        while True:
            look(next(steps))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


@st.composite
def paintings(draw: st.DrawFn) -> tuple[NDArray[np.uint8], list[tuple[int, ...]]]:
    """A picture of rectangles that do not touch, and their class and box."""
    height, width = draw(st.integers(150, 330)), draw(st.integers(150, 330))
    image = np.full((height, width, 3), GROUND, np.uint8)
    taken = np.zeros((height, width), bool)
    truth = []
    for _ in range(draw(st.integers(0, 60))):
        y, x = draw(st.integers(0, height - 4)), draw(st.integers(0, width - 4))
        y1, x1 = min(height, y + draw(st.integers(4, 24))), min(width, x + draw(st.integers(4, 24)))
        kind = draw(st.integers(0, 1))
        if taken[max(0, y - 1) : y1 + 1, max(0, x - 1) : x1 + 1].any():
            continue
        image[y:y1, x:x1] = COLOURS[kind]
        taken[y:y1, x:x1] = True
        truth.append((kind, y, x, y1, x1))
    return image, sorted(truth)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(paintings(), st.sampled_from([(64, 12), (64, 24), (96, 40), (128, 13)]))
def test_a_perfect_detector_counts_perfectly_at_every_tile_size(
    tmp_path: Path, painting: tuple[NDArray[np.uint8], list[tuple[int, ...]]], tiling: tuple[int, int]
) -> None:
    image, truth = painting
    Image.fromarray(image).save(tmp_path / "painting.png")
    found = detect_file(tmp_path / "painting.png", Predictor(tmp_path, plain_card(*tiling), Oracle()))
    rows = zip(found.objects.class_index, found.objects.boxes, strict=True)
    if max(image.shape) > 2 * tiling[0]:  # smaller ones are fitted, and the painting is blurred
        assert sorted((int(kind), *map(int, box)) for kind, box in rows) == truth
    assert found.coverage.is_complete
    assert found.coverage.covered_px == image.shape[0] * image.shape[1]


class Torn:
    """A picture of which one part cannot be decoded."""

    def __init__(self, slide: Slide, point: tuple[int, int]) -> None:
        self._slide, self._point = slide, point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._slide, name)

    def read(self, region: Region) -> NDArray[Any]:
        if region.box.contains_point(*self._point):
            raise SlideNotReadable("the strip at 150, 150 ends early")
        return self._slide.read(region)


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """A picture with a red square every 20 pixels: 15 by 15."""
    image = np.full((300, 300, 3), GROUND, np.uint8)
    for y in range(5, 300, 20):
        for x in range(5, 300, 20):
            image[y : y + 10, x : x + 10] = COLOURS[0]
    Image.fromarray(image).save(tmp_path / "grid.png")
    return tmp_path / "grid.png"


def test_a_part_that_cannot_be_read_is_missing_and_said(grid: Path) -> None:
    predictor = Predictor(grid.parent, plain_card(64, 12), Oracle())
    problems = []
    with open_slide(grid) as slide:
        torn: Any = Torn(slide, (150, 150))
        found = finish(detect(torn, predictor), lambda tile: problems.append(tile.problem))
    failed = [record for record in found.coverage.records if record.state is TileState.FAILED]
    assert len(problems) == len(found.coverage.records)
    assert 0 < len(failed) < len(found.coverage.records) / 4
    assert sum(problem != "" for problem in problems) == len(failed)
    assert "the strip at 150, 150 ends early" in found.coverage.sentence()
    centres = found.objects.centres
    inside = [any(r.box.contains_point(y, x) for r in failed) for y, x in centres]
    assert not any(inside)  # nothing is counted where nothing was analysed
    expected = sum(
        not any(r.box.contains_point(y, x) for r in failed) for y in range(10, 300, 20) for x in range(10, 300, 20)
    )
    assert len(found.objects) == expected


class Stumbling(Oracle):
    """An engine that fails on every second batch."""

    def __init__(self, answer: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        self.calls, self.answer = 0, answer

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.calls += 1
        raw = super().run(images)
        return self.answer(raw) if self.calls % 2 else raw


def _raise(raw: NDArray[np.float32]) -> NDArray[np.float32]:
    raise RuntimeError("a kernel failed\nwith a long story")


@pytest.mark.parametrize(("answer", "said"), [(_raise, "a kernel failed"), (lambda raw: raw * np.nan, "not finite")])
def test_a_batch_that_cannot_be_computed_is_missing_and_the_rest_goes_on(
    grid: Path, answer: Callable[[NDArray[np.float32]], NDArray[np.float32]], said: str
) -> None:
    found = detect_file(grid, Predictor(grid.parent, plain_card(64, 12), Stumbling(answer)))
    assert 0 < found.coverage.count(TileState.FAILED) < len(found.coverage.records)
    assert said in found.coverage.sentence()
    assert "long story" not in found.coverage.sentence()
    assert 0 < len(found.objects) < 225


def test_each_tile_reports_its_own_objects_as_it_is_settled(grid: Path) -> None:
    predictor = Predictor(grid.parent, plain_card(64, 12), Oracle())
    seen: list[TileResult] = []
    with open_slide(grid) as slide:
        found = finish(detect(slide, predictor), seen.append)
    assert [tile.done for tile in seen] == list(range(1, len(seen) + 1))
    assert {tile.total for tile in seen} == {len(seen)}
    for tile in seen:
        assert all(tile.tile.owner.contains_point(y, x) for y, x in tile.objects.centres)
    shown = sorted(row for tile in seen for row in tile.objects.id_strings())
    assert shown == sorted(found.objects.id_strings())
    assert len(found.objects) == 225


def test_closing_stops_between_tiles_and_leaves_no_thread(grid: Path) -> None:
    import threading

    before = threading.active_count()
    with open_slide(grid) as slide:
        steps = detect(slide, Predictor(grid.parent, plain_card(64, 12), Oracle()))
        next(steps)
        steps.close()
    assert threading.active_count() == before


def test_options_come_before_the_card(grid: Path) -> None:
    predictor = Predictor(grid.parent, plain_card(64, 12), Oracle())
    assert len(detect_file(grid, predictor, DetectOptions(floor=0.95)).objects) == 0
    one = detect_file(grid, predictor, DetectOptions(picture_id="a")).objects.id_strings()
    other = detect_file(grid, predictor, DetectOptions(picture_id="b")).objects.id_strings()
    assert len(set(one)) == 225
    assert not set(one) & set(other)


def noise(folder: Path) -> Path:
    coarse = np.random.default_rng(5).integers(0, 256, (50, 44, 3), np.uint8)
    Image.fromarray(coarse.repeat(8, 0).repeat(8, 1)).save(folder / "noise.png")
    return folder / "noise.png"


def test_steps_in_any_order_on_threads_and_in_processes_give_what_detect_gives(
    tiny_model: Path, tmp_path: Path
) -> None:
    picture, device = noise(tmp_path), "cpu:torch-fp32"
    predictor = open_predictor(tiny_model, device)
    whole = detect_file(picture, predictor, DetectOptions(picture_id="x"))
    with open_slide(picture) as slide:
        steps = plan_steps(slide, tiny_model, load_card(tiny_model), device)
    assert len(steps) > 4
    inline = merge(run_steps(reversed(steps)))
    assert len(whole.objects) > 20
    np.testing.assert_array_equal(inline.boxes, whole.objects.boxes)
    np.testing.assert_array_equal(inline.scores, whole.objects.scores)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda step: (step.tile, step.run()), steps))
    np.testing.assert_array_equal(merge(answers).boxes, inline.boxes)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        (remote,) = process.submit(run_steps, steps[:1]).result()
    assert remote[0] == steps[0].tile
    np.testing.assert_array_equal(remote[1].boxes, steps[0].run().boxes)


def test_the_same_picture_gives_the_same_objects_again(tiny_model: Path, tmp_path: Path) -> None:
    picture = noise(tmp_path)
    once, again = find_objects(tiny_model, picture), find_objects(tiny_model, picture)
    assert once.id_strings() == again.id_strings()
    assert (np.diff(once.scores) <= 0).all()
