"""One slide on one and on two workers, and from what it takes, a thousand slides on sixty-four."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cluster_simulation import Load, simulate, where_the_time_goes
from benchmarks.rows import Row
from cellwright.inference import Boxes, TileRunner, TileStep
from cellwright.workflows.cluster import DaskRunner

MODEL = os.environ.get("CELLWRIGHT_BENCH_MODEL", "blood-cells-yolo")
SIDE, SEED, TILE_PX = 4096, 1, 1024
SLIDES, WORKERS = 1000, 64
SLIDE_PX, SLIDE_TILES = 3e9, 380
"""Tissue of a slide of 100,000 x 100,000 pixels, three tenths of it, and its tiles of 3072 pixels."""
SLIDE_MB = 2000.0
STORE_MB_S = 1000.0
"""What a file server on ten gigabit a second gives to all workers together."""
ROUNDS = 2
PLAYED, PARTS = 40, 4
"""Slides that are played for the variants; the whole thousand are played once."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one slide took here, in seconds unless it says otherwise."""

    tiles: int
    one_worker: float
    two_workers: float
    here: float
    block_bytes: float
    answer_bytes: float
    driver_tile: float
    plan: float
    finish: float
    hash_mb_s: float
    tile_mb: float
    send: float


@dataclass(frozen=True, slots=True)
class Replay:
    """A runner that knows the answers: what is left is the driver's own work."""

    answers: dict[int, Boxes]

    def run(self, steps: Iterable[TileStep]) -> Iterator[tuple[TileStep, Boxes | Exception]]:
        """See `cellwright.inference.TileRunner.run`."""
        for step in steps:
            yield step, self.answers[step.tile.index]


def run() -> list[Row]:
    """Measure a drawn slide here, then play the batch."""
    os.environ["CELLWRIGHT_THREADS"] = "1"  # a core each, so that two workers have twice as much as one
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    per_worker = found.one_worker / found.tiles
    rows = [
        Row("tiles on one worker", 1 / per_worker, found.tiles / found.here, "tiles/s", higher_is_better=True,
            note=f"{MODEL}, one core; beside it the same core without a cluster"),
        Row("tiles on two workers", found.tiles / found.two_workers, 1 / per_worker, "tiles/s", higher_is_better=True,
            note="beside it one worker"),
        Row("bytes sent for a tile", found.block_bytes, unit="B", note="a block's share"),
        Row("bytes answered for a tile", found.answer_bytes, unit="B", note="objects as they are found"),
        Row("the driver's work for a tile", 1e3 * found.driver_tile, note="seams and project, answers from memory"),
        Row("sending a block", 1e3 * found.send, note="dask's scheduler and client, for a task that does nothing"),
        Row("planning a slide", 1e3 * found.plan, note="until the first tile goes out"),
    ]  # fmt: skip
    return rows + simulated(found)


def measure(folder: Path) -> Measured:
    """Run a drawn slide alone, on one worker and on two, and time the driver's own work."""
    import cloudpickle

    from cellwright.imaging import content_sha256, open_slide
    from cellwright.inference import DetectOptions, InlineRunner, ThreadRunner, plan_steps
    from cellwright.testing.slides import KnownCells, KnownSlide, write_pyramid
    from cellwright.workflows.cluster import cluster_of
    from cellwright.workflows.cluster_step import blocks_of
    from cellwright.zoo import find_model, load_card

    path = write_pyramid(folder / "slide.tif", KnownSlide(KnownCells((SIDE, SIDE), SEED)))
    model = find_model(MODEL)
    began = time.perf_counter()
    sha256 = content_sha256(path)
    hash_mb_s = path.stat().st_size / 1e6 / max(time.perf_counter() - began, 1e-6)
    with open_slide(path) as slide:
        steps = plan_steps(slide, model, load_card(model), options=DetectOptions(tile_px=TILE_PX))
    answers = {step.tile.index: answer for step, answer in InlineRunner().run(steps) if isinstance(answer, Boxes)}
    with cluster_of(workers=1) as one, cluster_of(workers=2) as two:
        runners: tuple[TileRunner, ...] = (ThreadRunner(), one, two)
        for runner in runners:
            list(runner.run(steps[:6]))  # models are loaded, kernels compiled
        rounds = [[_seconds(runner, steps) for runner in runners] for _ in range(ROUNDS)]
        send = _sending(two)
    # The best of each: whatever else the machine does makes all of them slower, in turns.
    here, alone, together = (min(times) for times in zip(*rounds, strict=True))
    block, held = next(blocks_of(steps, lambda: 1))
    replies = [answers[step.tile.index] for step in held]
    # The first time kernels are compiled.
    _, (plan, driver, finish) = [_driver(folder / name, path, sha256, model, answers) for name in ("first", "second")]
    return Measured(
        len(steps), alone, together, here,
        len(cloudpickle.dumps(block)) / len(held), len(cloudpickle.dumps(replies)) / len(held),
        driver / len(steps), plan, finish, hash_mb_s, path.stat().st_size / 1e6 / len(steps), send,
    )  # fmt: skip


def _sending(runner: DaskRunner, count: int = 400) -> float:
    """Return what sending a task and hearing of its end takes, where the task itself is nothing."""
    began = time.perf_counter()
    runner.client.gather(runner.client.map(abs, range(count), pure=False))
    return (time.perf_counter() - began) / count


def _seconds(runner: TileRunner, steps: tuple[TileStep, ...]) -> float:
    began = time.perf_counter()
    if len(list(runner.run(steps))) != len(steps):
        raise RuntimeError("A tile has no answer.")
    return time.perf_counter() - began


def _driver(
    folder: Path, path: Path, sha256: str, model: Path, answers: dict[int, Boxes]
) -> tuple[float, float, float]:
    """Return what planning, the tiles together, and ending a run take where the answers are there already."""
    from cellwright.core import Regions
    from cellwright.inference import DetectOptions
    from cellwright.project import Project
    from cellwright.workflows.slide_run import SlideRun

    with Project.create(folder) as project:
        (picture,) = project.add_pictures([path], "bench", sha256={path: sha256})
    options = DetectOptions(tile_px=TILE_PX)
    run = SlideRun(folder, picture.id, model, options, Regions.everything(), Replay(answers))
    began = last = time.perf_counter()
    first = 0.0
    for report in run.run():
        last = time.perf_counter()
        if report.total and not first:
            first = last
    return first - began, last - first, time.perf_counter() - last


def simulated(found: Measured) -> list[Row]:
    """Play the thousand slides, and what they would take if one part after the other cost nothing."""
    load = load_of(found)
    whole = simulate(load)
    ideal = load.slides * load.tiles * load.tile_s / load.workers / 3600
    rows = [
        Row(f"{SLIDES:,} slides on {WORKERS} workers", whole.hours, ideal, "h", ratio=whole.busy,
            note=f"played; beside it workers that never wait. Networks at work {whole.busy:.0%}, driver "
            f"{whole.driver:.0%}, store {whole.store:.0%} of the time; at most {whole.most_under_way} blocks under way")
    ]  # fmt: skip
    few = replace(load, slides=PLAYED)
    told = where_the_time_goes(few)
    asis = told.pop("as it is").hours
    rows += [
        Row(said, each.hours * SLIDES / PLAYED, asis * SLIDES / PLAYED, "h", note=f"networks at work {each.busy:.0%}")
        for said, each in told.items()
    ]
    dying = simulate(replace(few, hours_between_deaths=8.0))
    fast = load_of(found, speed=20.0)
    twenty = simulate(replace(fast, slides=PLAYED))
    parts = simulate(replace(few, slides=PLAYED // PARTS, workers=WORKERS // PARTS))
    return [
        *rows,
        Row(f"{PARTS} commands, each with a project and {WORKERS // PARTS} workers", parts.hours * SLIDES / PLAYED,
            asis * SLIDES / PLAYED, "h", note=f"networks at work {parts.busy:.0%}, each driver {parts.driver:.0%}"),
        Row("with a death a worker every eight hours", dying.hours * SLIDES / PLAYED, asis * SLIDES / PLAYED, "h",
            note=f"{dying.lost_blocks} blocks of {dying.answered:,} done twice"),
        Row("with workers twenty times as fast (GPUs)", twenty.hours * SLIDES / PLAYED, asis * SLIDES / PLAYED, "h",
            note=f"blocks of {fast.block}; networks at work {twenty.busy:.0%}, driver {twenty.driver:.0%}, "
            f"store {twenty.store:.0%}"),
    ]  # fmt: skip


def load_of(found: Measured, speed: float = 1.0) -> Load:
    """Return the thousand slides with what was measured here, on workers `speed` times as fast as one here."""
    from cellwright.workflows.cluster import BLOCK_S, LARGEST_BLOCK

    # By area: tiles of a slide are larger than those measured here, and fewer.
    as_much = SLIDE_PX / SIDE**2 / SLIDE_TILES
    tile_s = found.one_worker * as_much / speed
    block = min(LARGEST_BLOCK, max(1, round(BLOCK_S / tile_s)))
    return Load(
        slides=SLIDES,
        workers=WORKERS,
        tiles=SLIDE_TILES,
        block=block,
        tile_s=tile_s,
        read_mb=found.tile_mb * found.tiles * as_much,
        store_mb_s=STORE_MB_S,
        fingerprint_s=SLIDE_MB / found.hash_mb_s,
        plan_s=found.plan,
        finish_s=found.finish,
        send_s=found.send,
        answer_s=found.driver_tile * found.tiles * as_much * block,
    )
