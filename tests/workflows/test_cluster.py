"""On the workers of a cluster the same objects are found as on one machine, whatever becomes of the workers."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from cellwright.core import BadParameter, Box, SlideNotReadable
from cellwright.imaging import SlideRef
from cellwright.inference import Boxes, InlineRunner, Predictor, Tile, TileStep, join_steps, plan_steps
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide
from cellwright.workflows.cluster import BLOCK, BLOCK_S, LARGEST_BLOCK, ClusterLost, DaskRunner, _Pace, cluster_of
from cellwright.workflows.cluster_step import NotOnThisWorker, blocks_of, run_block, sent
from cellwright.zoo import ModelCard

CELLS = KnownCells((1500, 1700))
SLIDE = KnownSlide(CELLS, unreadable=(Box(800, 900, 810, 910),))
MODEL = OracleModel(CELLS)
PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def steps() -> tuple[TileStep, ...]:
    return plan_steps(SLIDE, MODEL, MODEL.card)


@pytest.fixture(scope="module")
def heard_before() -> set[tuple[int, int]]:
    """What listens already, for the tests before these."""
    return set(listening())


@pytest.fixture(scope="module")
def runner(heard_before: set[tuple[int, int]]) -> Iterator[DaskRunner]:
    with cluster_of(workers=2) as found:
        yield found


def listening() -> dict[tuple[int, int], str]:
    """What listens in this process and its children: addresses by process and port."""
    found = {}
    mine = psutil.Process()
    for process in (mine, *mine.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            for each in process.net_connections("inet"):
                if each.status == psutil.CONN_LISTEN:
                    found[process.pid, each.laddr.port] = each.laddr.ip
    return found


def wait_for_two_without(runner: DaskRunner, gone: str) -> None:
    """Wait until there are two workers, and the one that was ended is not taken for one of them."""
    end = time.monotonic() + PATIENCE_S
    while len(there := set(runner.client.scheduler_info(n_workers=-1)["workers"])) != 2 or gone in there:
        assert time.monotonic() < end, there
        time.sleep(0.1)


def pairs(answers: list[tuple[TileStep, Boxes | Exception]]) -> list[tuple[Tile, Boxes]]:
    return [(step.tile, answer) for step, answer in answers if isinstance(answer, Boxes)]


def failed(answers: list[tuple[TileStep, Boxes | Exception]]) -> list[int]:
    return sorted(step.tile.index for step, answer in answers if isinstance(answer, Exception))


def assert_same(answers: list[tuple[TileStep, Boxes | Exception]], steps: tuple[TileStep, ...]) -> None:
    alone = list(InlineRunner().run(steps))
    assert sorted(step.tile.index for step, _ in answers) == [step.tile.index for step in steps]
    assert failed(answers) == failed(alone) != []
    here, there = (join_steps(SLIDE, MODEL.card, pairs(each)) for each in (alone, answers))
    np.testing.assert_array_equal(here.boxes, there.boxes)
    np.testing.assert_array_equal(here.scores, there.scores)
    assert len(here) > 500


def test_two_workers_find_the_same_objects_as_one_machine(runner: DaskRunner, steps: tuple[TileStep, ...]) -> None:
    assert_same(list(replace(runner, block=3).run(steps)), steps)


def test_a_killed_worker_costs_no_objects(runner: DaskRunner, steps: tuple[TileStep, ...]) -> None:
    answers: list[tuple[TileStep, Boxes | Exception]] = []
    workers = runner.client.run(os.getpid)
    gone = min(workers)
    for answer in replace(runner, block=2).run(steps):
        if not answers:
            os.kill(workers[gone], signal.SIGKILL)
        answers.append(answer)
    assert_same(answers, steps)
    wait_for_two_without(runner, gone)  # its nanny has started another


def test_no_more_is_under_way_than_keeps_the_workers_busy(runner: DaskRunner, steps: tuple[TileStep, ...]) -> None:
    taken = 0

    def counted() -> Iterator[TileStep]:
        nonlocal taken
        for step in (replace(step, tile=replace(step.tile, index=i)) for i, step in enumerate([*steps] * 4)):
            taken += 1
            yield step

    most = 0
    answered = 0
    for _ in replace(runner, block=1).run(counted()):
        most = max(most, taken - answered)
        answered += 1
    assert answered == taken == 4 * len(steps)
    assert most <= 2 * 2 * 2 + 1  # two blocks for each of two threads of two workers


def test_stopping_cancels_what_is_under_way(runner: DaskRunner, steps: tuple[TileStep, ...]) -> None:
    answers = runner.run([*steps] * 20)
    next(answers)
    answers.close()
    assert_same(list(runner.run(steps)), steps)


def test_a_picture_that_no_worker_can_open_is_told_in_a_sentence(
    runner: DaskRunner, steps: tuple[TileStep, ...], tmp_path: Path
) -> None:
    lost = [replace(step, slide=SlideRef(tmp_path / "lost.tif")) for step in steps]
    answers = list(runner.run(lost))
    assert len(answers) == len(steps)
    assert all(isinstance(answer, NotOnThisWorker) for _, answer in answers)
    assert "lost.tif" in str(answers[0][1]) and "same path on every machine" in str(answers[0][1])


@dataclass(frozen=True, slots=True)
class ElsewhereModel:
    """A model that one process does not have."""

    oracle: OracleModel
    lacking: int

    @property
    def card(self) -> ModelCard:
        return self.oracle.card

    def open(self, device: str = "auto") -> Predictor:
        if os.getpid() == self.lacking:
            raise FileNotFoundError("weights.safetensors is not here")
        return self.oracle.open(device)


@dataclass(frozen=True, slots=True)
class CountedModel:
    """A model that writes down who opens it."""

    oracle: OracleModel
    folder: Path

    @property
    def card(self) -> ModelCard:
        return self.oracle.card

    def open(self, device: str = "auto") -> Predictor:
        with (self.folder / str(os.getpid())).open("a") as file:
            file.write("opened\n")
        return self.oracle.open(device)


def test_each_worker_holds_one_copy_of_a_model(runner: DaskRunner, steps: tuple[TileStep, ...], tmp_path: Path) -> None:
    asked = [replace(step, model=CountedModel(MODEL, tmp_path)) for step in steps]
    assert_same(list(replace(runner, block=1).run(asked)), steps)
    opened = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert opened and set(opened.values()) == {"opened\n"}
    assert set(opened) <= {str(pid) for pid in runner.client.run(os.getpid).values()}


def test_each_worker_of_this_machine_sees_one_gpu_and_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    from cellwright.inference import THREADS_VARIABLE
    from cellwright.inference.hardware import usable_cores
    from cellwright.workflows import cluster_local

    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    gpus = cluster_local._gpus()
    seen = [cluster_local.environment_of(number, 3, gpus)["CUDA_VISIBLE_DEVICES"] for number in range(3)]
    assert seen == ["3", "5", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    alone = cluster_local.environment_of(0, 1, cluster_local._gpus())
    assert "CUDA_VISIBLE_DEVICES" not in alone and alone[THREADS_VARIABLE] == str(usable_cores())


def test_what_one_worker_lacks_another_does(runner: DaskRunner, steps: tuple[TileStep, ...]) -> None:
    lacking = next(iter(runner.client.run(os.getpid).values()))
    asked = [replace(step, model=ElsewhereModel(MODEL, lacking)) for step in steps]
    assert_same(list(replace(runner, block=2).run(asked)), steps)


def test_nothing_listens_but_the_cluster_itself_and_only_on_this_machine(
    runner: DaskRunner, heard_before: set[tuple[int, int]]
) -> None:
    heard = {place: address for place, address in listening().items() if place not in heard_before}
    assert set(heard.values()) == {"127.0.0.1"}
    # The scheduler, and a worker and its nanny for each of the two: no web page.
    assert len(heard) == 1 + 2 * 2
    assert runner.client.scheduler_info()["services"] == {}


def test_dask_is_not_loaded_until_it_is_asked_for() -> None:
    import subprocess

    code = "import sys, cellwright.workflows.cluster, cellwright.cli.parser; print('distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "False"


def test_a_cluster_that_is_not_there_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.workflows.cluster.CONNECT_S", 0.5)
    with (
        pytest.raises(ClusterLost, match=r"No scheduler answers at tcp://127\.0\.0\.1:1"),
        cluster_of(scheduler="tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(BadParameter, match="needs certificates"), cluster_of(scheduler="tls://127.0.0.1:1"):
        pass
    for wrong in ({}, {"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, {"workers": 0}):
        with pytest.raises(BadParameter), cluster_of(**wrong):
            pass


def test_a_block_sends_what_its_steps_share_once_and_few_tiles(steps: tuple[TileStep, ...]) -> None:
    import cloudpickle

    many = replace(steps[0].view, tiles=steps[0].view.tiles * 2000)
    block, held = next(blocks_of([replace(step, view=many) for step in steps], lambda: 4))
    assert [step.tile for step in held] == list(block.tiles) == [step.tile for step in steps[:4]]
    assert len(cloudpickle.dumps(block)) < 5_000
    assert {(t.read.height, t.read.width) for t in block.view.tiles} == {
        (t.read.height, t.read.width) for t in many.tiles
    }


def test_blocks_hold_every_step_once_and_one_picture_each(steps: tuple[TileStep, ...]) -> None:
    other = [replace(step, slide=replace(step.slide, series=1)) for step in steps]
    mixed = [step for pair in zip(steps, other, strict=True) for step in pair]
    gathered = list(blocks_of(mixed, lambda: 5))
    assert sorted(id(step) for _, held in gathered for step in held) == sorted(map(id, mixed))
    assert all({step.slide for step in held} == {block.slide} for block, held in gathered)
    assert max(len(held) for _, held in gathered) <= 5


def test_a_worker_refuses_what_is_of_another_version(steps: tuple[TileStep, ...]) -> None:
    block, held = next(blocks_of(steps, lambda: 2))
    for answer, step in zip(run_block(block), held, strict=True):
        np.testing.assert_array_equal(answer.boxes, step.run().boxes)
    with pytest.raises(NotOnThisWorker, match="install the same version"):
        run_block(replace(block, version="0.0.1"))
    with pytest.raises(NotOnThisWorker, match="other weights"):
        run_block(replace(block, model_hash="0" * 64))


def test_blocks_grow_until_they_take_long_enough() -> None:
    pace = _Pace(None)
    assert pace.tiles() == BLOCK
    pace.heard(8, 20.0)  # the model was loaded
    assert pace.tiles() == BLOCK
    for _ in range(40):
        pace.heard(pace.tiles(), 0.05 * pace.tiles())
    assert pace.tiles() == round(BLOCK_S / 0.05)
    for _ in range(40):
        pace.heard(pace.tiles(), 0.001 * pace.tiles())
    assert pace.tiles() == LARGEST_BLOCK
    assert _Pace(3).tiles() == 3


def test_errors_travel_as_plain_ones() -> None:
    assert isinstance(sent(SlideNotReadable("no")), SlideNotReadable)
    assert str(sent(KeyError("k"))) == "KeyError: 'k'"
