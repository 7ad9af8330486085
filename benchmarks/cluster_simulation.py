"""A thousand slides on sixty-four workers, event by event: what a batch on a cluster would wait for.

The parts are those of `cellwright.workflows.batch_run` and `cellwright.workflows.cluster`: one driver, which plans a
slide, sends blocks of tiles as workers have room for them, takes their answers and writes objects; a scheduler, whose
work is counted with the driver's sending; workers of two threads with one network each; a store of slides that serves
one read after the other; workers that die now and then and lose what they were doing. Times come from measurements
(`benchmarks.bench_cluster`); nothing is drawn by chance but deaths, and those from a seed.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

AHEAD = 2
"""Blocks under way for each thread of a worker, as in `cellwright.workflows.cluster`."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be done, and what each part of it takes.

    Parameters
    ----------
    slides, workers, tiles, block : int
        Slides; workers; tiles of a slide; tiles of a block.
    tile_s : float
        The network and what follows it, for one tile on a worker.
    read_mb : float
        Read from the store for one tile.
    store_mb_s : float
        What the store of slides gives to all workers together.
    fingerprint_s, plan_s, finish_s : float
        Of a slide, on the driver: its hash (taken while the slide before is counted), opening it and planning its
        tiles, and ending its run.
    send_s, answer_s : float
        Of a block, on the driver: sending it, and taking its answer into the project.
    at_once : int
        Slides that are counted side by side.
    hours_between_deaths : float
        Of one worker; 0 for never.
    restart_s : float
        Until a dead worker is back.
    """

    slides: int
    workers: int
    tiles: int
    block: int
    tile_s: float
    read_mb: float
    store_mb_s: float
    fingerprint_s: float
    plan_s: float
    finish_s: float
    send_s: float
    answer_s: float
    at_once: int = 1
    hours_between_deaths: float = 0.0
    restart_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Parameters
    ----------
    hours : float
        From the first slide to the last.
    busy : float
        Share of that time in which the average worker's network was at work, 0 to 1.
    driver, store : float
        Shares in which the driver and the store were at work.
    most_under_way : int
        Blocks that were under way at once.
    lost_blocks : int
        Blocks that died with a worker and were done again.
    answered : int
        Blocks whose answers were taken, each once.
    """

    hours: float
    busy: float
    driver: float
    store: float
    most_under_way: int
    lost_blocks: int
    answered: int


@dataclass(slots=True)
class _Server:
    """Does one thing after the other."""

    clock: _Clock
    free_at: float = 0.0
    busy_s: float = 0.0

    def do(self, seconds: float, then: Callable[[], None]) -> None:
        self.free_at = max(self.free_at, self.clock.now) + seconds
        self.busy_s += seconds
        self.clock.at(self.free_at, then)


@dataclass(slots=True)
class _Clock:
    now: float = 0.0
    queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    count: int = 0

    def at(self, when: float, what: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.queue, (when, self.count, what))

    def run(self) -> None:
        while self.queue:
            self.now, _, what = heapq.heappop(self.queue)
            what()


@dataclass(slots=True)
class _Worker:
    network: _Server
    life: int = 0
    slots: int = THREADS
    doing: dict[int, _Slide] = field(default_factory=dict)


@dataclass(slots=True)
class _Slide:
    to_send: int
    to_answer: int


class Simulation:
    """One run of a load; `run` plays it to its end."""

    def __init__(self, load: Load, seed: int = 0) -> None:
        self.load, self.random = load, random.Random(seed)
        self.clock = _Clock()
        self.driver, self.hashing, self.store = (_Server(self.clock) for _ in range(3))
        self.workers = [_Worker(_Server(self.clock)) for _ in range(load.workers)]
        self.window = AHEAD * THREADS * load.workers
        self.active: list[_Slide] = []
        self.waiting: deque[tuple[int, _Slide]] = deque()
        self.hashed = self.begun = self.finished = 0
        self.under_way = self.most = self.lost = self.answered = self.blocks = 0
        self.ended_at = 0.0
        self.is_sending = False

    def run(self) -> Outcome:
        """Return what came of it."""
        self._hash()
        if self.load.hours_between_deaths:
            for worker in self.workers:
                self._doom(worker)
        self.clock.run()
        total = self.ended_at
        busy = sum(worker.network.busy_s for worker in self.workers) / (total * self.load.workers)
        return Outcome(
            total / 3600,
            busy,
            self.driver.busy_s / total,
            self.store.busy_s / total,
            self.most,
            self.lost,
            self.answered,
        )

    def _hash(self) -> None:
        """Take the next fingerprint while there is a slide that waits for none."""
        if self.hashed < min(self.load.slides, self.begun + self.load.at_once + 1):
            self.hashed += 1
            self.hashing.do(self.load.fingerprint_s, self._after_hash)

    def _after_hash(self) -> None:
        self._begin()
        self._hash()

    def _begin(self) -> None:
        ready = self.hashed - (1 if self.hashing.free_at > self.clock.now else 0)
        while self.begun < ready and self.begun - self.finished < self.load.at_once:
            self.begun += 1
            self.driver.do(self.load.plan_s, self._planned)
        self._hash_if_idle()

    def _hash_if_idle(self) -> None:
        if self.hashing.free_at <= self.clock.now:
            self._hash()

    def _planned(self) -> None:
        blocks = -(-self.load.tiles // self.load.block)
        self.active.append(_Slide(blocks, blocks))
        self._send()

    def _send(self) -> None:
        """Send one block if there is room; the driver does one thing at a time."""
        slide = next((each for each in self.active if each.to_send), None)
        if self.is_sending or slide is None or self.under_way >= self.window:
            return
        slide.to_send -= 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.is_sending = True
        self.driver.do(self.load.send_s, lambda: self._sent(slide))

    def _sent(self, slide: _Slide) -> None:
        self.is_sending = False
        self.blocks += 1
        self.waiting.append((self.blocks, slide))
        self._serve()
        self._send()

    def _serve(self) -> None:
        """Give waiting blocks to the workers with the most room."""
        while self.waiting:
            worker = max(self.workers, key=lambda each: each.slots)
            if worker.slots <= 0:
                return
            block, slide = self.waiting.popleft()
            worker.slots -= 1
            worker.doing[block] = slide
            reading = self.load.read_mb * self.load.block / self.load.store_mb_s
            self.store.do(reading, self._reader(worker, worker.life, block, slide))

    def _reader(self, worker: _Worker, life: int, block: int, slide: _Slide) -> Callable[[], None]:
        def read() -> None:
            if worker.life == life:
                worker.network.do(
                    self.load.tile_s * self.load.block, lambda: self._computed(worker, life, block, slide)
                )

        return read

    def _computed(self, worker: _Worker, life: int, block: int, slide: _Slide) -> None:
        if worker.life != life:
            return
        del worker.doing[block]
        worker.slots += 1
        self.driver.do(self.load.answer_s, lambda: self._answered(slide))
        self._serve()

    def _answered(self, slide: _Slide) -> None:
        self.under_way -= 1
        self.answered += 1
        slide.to_answer -= 1
        if not slide.to_answer:
            self.active.remove(slide)
            self.driver.do(self.load.finish_s, self._finish)
        self._send()

    def _finish(self) -> None:
        self.finished += 1
        self.ended_at = self.clock.now
        self._begin()

    def _doom(self, worker: _Worker) -> None:
        after = self.random.expovariate(1 / (self.load.hours_between_deaths * 3600))
        self.clock.at(self.clock.now + after, lambda: self._die(worker))

    def _die(self, worker: _Worker) -> None:
        if self.finished == self.load.slides:
            return
        worker.life += 1
        worker.slots = 0
        self.lost += len(worker.doing)
        self.waiting.extendleft(worker.doing.items())
        worker.doing.clear()
        # What it would still have computed is not done, and was no work.
        worker.network.busy_s -= max(0.0, worker.network.free_at - self.clock.now)
        worker.network.free_at = self.clock.now
        self._serve()
        self.clock.at(self.clock.now + self.load.restart_s, lambda: self._revive(worker))

    def _revive(self, worker: _Worker) -> None:
        worker.slots = THREADS
        self._serve()
        self._doom(worker)


def simulate(load: Load, seed: int = 0) -> Outcome:
    """Play a load to its end."""
    return Simulation(load, seed).run()


def where_the_time_goes(load: Load) -> dict[str, Outcome]:
    """Return what the load would take as it is, and if each part of it cost nothing."""
    return {
        "as it is": simulate(load),
        "if slides were planned and ended for nothing": simulate(replace(load, plan_s=0.0, finish_s=0.0)),
        "if fingerprints cost nothing": simulate(replace(load, fingerprint_s=0.0)),
        "if the driver sent and wrote for nothing": simulate(replace(load, send_s=0.0, answer_s=0.0)),
        "if the store gave any amount": simulate(replace(load, store_mb_s=1e9)),
    }
