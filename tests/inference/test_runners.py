"""Whoever runs the tiles, the answers are the same, each tile answers once, and memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box, ModelNotUsable, Regions, TileState
from cellwright.inference import DetectOptions, InlineRunner, ThreadRunner, TileRunner, TileStep
from cellwright.inference.slide_plan import as_bytes, from_bytes, plan_slide, slide_options
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide
from tests.tiny_model import write_tiny_model

CELLS = KnownCells.on_seams((700, 900), ((256, 40),), cell_px=28)
MODEL = OracleModel(CELLS, 256, 40)
OPTIONS = DetectOptions(tile_px=256)


def steps_of(slide: KnownSlide, model: OracleModel = MODEL) -> list[TileStep]:
    plan = plan_slide(slide, model.card, OPTIONS, Regions.everything())
    return list(plan.steps(slide, model, model.card, "cpu", OPTIONS))


@pytest.mark.parametrize("runner", [ThreadRunner(), ThreadRunner(readers=1, batch=1, ahead=1), ThreadRunner(3, 5, 4)])
def test_threads_answer_as_one_thread_does(runner: TileRunner) -> None:
    steps = steps_of(KnownSlide(CELLS, unreadable=(Box(300, 300, 301, 301),)))
    alone = {step.tile.index: answer for step, answer in InlineRunner().run(steps)}
    together = {step.tile.index: answer for step, answer in runner.run(iter(steps))}
    assert together.keys() == alone.keys() == {step.tile.index for step in steps}
    failed = 0
    for index, one in alone.items():
        other = together[index]
        if isinstance(one, Exception) or isinstance(other, Exception):
            assert str(one) == str(other)
            failed += 1
        else:
            np.testing.assert_array_equal(one.boxes, other.boxes)
            np.testing.assert_array_equal(one.scores, other.scores)
    assert 1 <= failed <= 4


def test_a_real_network_answers_alike_in_batches(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "tiny")
    from cellwright.zoo import load_card

    card, slide = load_card(folder), KnownSlide(CELLS)
    options = DetectOptions(tile_px=96)
    plan = plan_slide(slide, card, options, Regions.of_boxes(Box(0, 0, 150, 200), tissue_only=False))
    steps = list(plan.steps(slide, folder, card, "cpu:torch-fp32", options))
    alone = {step.tile.index: answer for step, answer in InlineRunner().run(steps)}
    for step, answer in ThreadRunner(batch=3).run(steps):
        one = alone[step.tile.index]
        assert not isinstance(one, Exception)
        assert not isinstance(answer, Exception)
        np.testing.assert_allclose(one.boxes, answer.boxes, atol=1e-2)
        assert len(one) == len(answer)


def test_steps_are_taken_only_as_fast_as_they_are_worked_on() -> None:
    taken = 0

    def steps() -> Iterator[TileStep]:
        nonlocal taken
        for step in steps_of(KnownSlide(CELLS)):
            taken += 1
            yield step

    answers = ThreadRunner(readers=1, batch=1, ahead=1).run(steps())
    next(answers)
    assert taken <= 6
    answers.close()  # type: ignore[attr-defined]
    assert taken <= 6


def test_another_model_than_the_one_planned_with_is_refused() -> None:
    step = replace(steps_of(KnownSlide(CELLS))[0], model_hash="0" * 64)
    with pytest.raises(ModelNotUsable, match="another model"):
        step.run()


def test_what_a_tile_found_travels_as_bytes() -> None:
    answer = steps_of(KnownSlide(CELLS))[0].run()
    again = from_bytes(as_bytes(answer))
    for name in ("boxes", "class_index", "scores"):
        np.testing.assert_array_equal(getattr(answer, name), getattr(again, name))


def test_tiles_of_a_slide_fit_it_without_a_rest() -> None:
    slide = KnownSlide(KnownCells((24_576, 20_000), cell_px=48))
    options = slide_options(DetectOptions(), MODEL.card, slide)
    tiles = options.view(slide, MODEL.card).tiles
    assert options.tile_px is not None
    assert options.tile_px <= 3072
    looked_at = sum(tile.read.area for tile in tiles)
    assert looked_at < 1.2 * 24_576 * 20_000
    assert slide_options(OPTIONS, MODEL.card, slide) is OPTIONS


def test_only_tiles_that_may_hold_what_counts_are_planned() -> None:
    slide = KnownSlide(CELLS)
    regions = Regions.of_boxes(Box(100, 100, 180, 180), tissue_only=False)
    plan = plan_slide(slide, MODEL.card, OPTIONS, regions)
    assert len(plan.pending) == 1
    assert plan.coverage().asked_px == 80 * 80
    assert {record.state for record in plan.records} == {TileState.PENDING, TileState.EXCLUDED}
