"""Counting whole slides: exactness, memory, cost by number of objects, and the network's share of the time.

Without arguments at sizes that end in about a minute. ``python -m benchmarks.slides --full`` is the large one: a drawn
smear of 24,576² pixels (seed 604) with the shipped model, a slide of 20,480² with over 100,000 known cells (seed 20)
at three tile sizes and with shifted seams, and a million objects (seed 6).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

MODEL = "blood-cells-yolo"
SMEAR_CELL_PX = 130
"""Widest cell of the drawn smear: red cells are then as wide as those the shipped model was trained on."""


def run() -> list[Row]:
    """Measure at sizes that end in about a minute."""
    return [*exactness(4_096, 28), *cost((3_000, 30_000)), *shipped(3_072, bar=None)]


def full() -> list[Row]:
    """Measure at the sizes that were promised; takes many minutes."""
    rows = exactness(20_480, 44)
    rows += cost((1_000, 10_000, 100_000, 1_000_000))
    return [*rows, *shipped(24_576, bar=40.0), *agreement(8_192)]


def exactness(side: int, cell_px: int) -> list[Row]:
    """Count a slide of known cells with the oracle at several tile sizes and with shifted seams."""
    asked: list[dict[str, Any]] = [{"tile_px": tile_px} for tile_px in (512, 1024, 2048)]
    asked.append({"tile_px": 1024, "origin": [300, 500]})
    rows = []
    for options in asked:
        said = _child(what="exact", side=side, cell_px=cell_px, options=options)
        shifted = ", seams shifted" if "origin" in options else ""
        name = f"cells of {said['cells']:,} wrong or missing, tiles of {options['tile_px']}{shifted}"
        note = f"{side:,}² pixels, oracle; {said['seconds']:.0f} s"
        rows.append(Row(name, float(said["wrong"]), unit="", note=note, bar=0.0))
    return rows


def cost(sizes: Sequence[int]) -> list[Row]:
    """Count slides of more and more objects with the oracle: time a square millimetre, and memory."""
    begin = _cost_of(30)
    rows = [Row("a count begun, ended and written, of next to nothing", begin["seconds"], unit="s", note="oracle")]
    for count in sizes:
        said = _cost_of(count)
        more = said["seconds"] - begin["seconds"]
        rows.append(
            Row(
                f"{said['objects']:,} objects counted into a project, each mm² beyond that",
                1e3 * more / said["mm2"],
                unit="ms",
                note=f"{said['seconds']:.1f} s, {said['mm2']:.2f} mm², oracle",
            )
        )
        rows.append(
            Row("memory at the peak of it", said["peak_mib"], unit="MiB", note="all of the process", bar=2048.0)
        )
    return rows


def _cost_of(count: int) -> dict[str, Any]:
    return _child(what="cost", side=int((count / 0.95) ** 0.5 * 28), cell_px=24, options={"tile_px": 2048})


def shipped(side: int, bar: float | None) -> list[Row]:
    """Count a drawn smear, stored as a pyramid of JPEG tiles, with the shipped model."""
    said = _child(what="shipped", side=side, cell_px=SMEAR_CELL_PX, options={})
    note = f"{MODEL}, {said['engine']}; {said['objects']:,} objects, {said['counted']:,} counted of {said['cells']:,}"
    share = 100 * said["network"] / said["seconds"]
    return [
        Row(f"a smear of {side:,}² pixels counted", said["seconds"], unit="s", note=note, bar=bar),
        Row("of which the network worked", share, unit="%", bar=85.0, higher_is_better=True, note="of wall time"),
        Row("pixels of the smear a second", side**2 / 1e6 / said["seconds"], unit="MPix/s", higher_is_better=True),
        Row("the same network fed from memory", said["alone"], unit="MPix/s", note="tiles as large, nothing else done"),
        Row("memory at the peak of it", said["peak_mib"], unit="MiB", bar=2048.0),
    ]


def agreement(side: int) -> list[Row]:
    """Compare what the shipped model counts at several tile sizes."""
    asked = [{"tile_px": size} for size in (512, 1024, 2048)]
    counts = [_child(what="shipped", side=side, cell_px=SMEAR_CELL_PX, options=each)["counted"] for each in asked]
    apart = 100 * (max(counts) - min(counts)) / max(counts)
    note = f"{MODEL}; {', '.join(f'{count:,}' for count in counts)} cells with tiles of 512, 1024, 2048"
    return [Row(f"counts of {side:,}² pixels differ by tile size", apart, unit="%", note=note, bar=0.1)]


# ---- in a process of its own, so that its memory is its own


def _child(**asked: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.slides", "--one", json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _measured(what: str, side: int, cell_px: int, options: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return _Count(Path(folder), what, side, cell_px, options).answer()


class _Count:
    """One slide, one project, one model."""

    def __init__(self, folder: Path, what: str, side: int, cell_px: int, options: dict[str, Any]) -> None:
        from cellwright.inference import DetectOptions
        from cellwright.testing.slides import KnownCells

        origin = tuple(options.pop("origin", (0, 0)))
        self.options = DetectOptions(**options, origin=(origin[0], origin[1]))
        self.folder, self.what, self.side = folder, what, side
        seeds = {"exact": 20, "cost": 6, "shipped": 604}
        self.cells = KnownCells.on_seams((side, side), seed=seeds[what], cell_px=cell_px, occupancy=0.95)

    def answer(self) -> dict[str, Any]:
        from cellwright.core import Regions
        from cellwright.inference import ThreadRunner
        from cellwright.jobs import run_inline
        from cellwright.project import Project
        from cellwright.workflows.slide_run import SlideRun

        path, model = self._slide(), self._model()
        with Project.create(self.folder / "p") as project:
            project.add_pictures([path], "benchmark")
        runner = ThreadRunner()
        watch = _Memory()
        began = time.perf_counter()
        run = SlideRun(self.folder / "p", 1, model, self.options, Regions.everything(), runner)
        summary = run_inline(run)
        seconds = time.perf_counter() - began
        area = summary.picture.area_mm2
        said = {
            "objects": summary.objects,
            "counted": sum(summary.counts.values()),
            "cells": self._number_of_cells(),
            "seconds": seconds,
            "network": runner.spent.network,
            "engine": summary.engine,
            "mm2": area,
            "peak_mib": watch.peak_mib(),
        }
        if self.what == "exact":
            said["wrong"] = self._wrong()
        if self.what == "shipped":
            said["alone"] = self._alone(summary.coverage.records[0].box.height)
        return said

    def _slide(self) -> Path:
        from cellwright.testing.slides import KnownSlide, register_known_slides, write_known_slide, write_pyramid

        if self.what == "shipped":
            return write_pyramid(self.folder / "smear.tif", KnownSlide(self.cells, has_pixel_size=False))
        register_known_slides()
        return write_known_slide(self.folder / "slide", self.cells)

    def _model(self) -> Any:
        from cellwright.testing.oracles import OracleModel

        if self.what == "shipped":
            from cellwright.inference import open_predictor

            open_predictor(MODEL).warm((512, 512))  # converted once and kept, as on any machine after its first run
            return MODEL
        return OracleModel(self.cells, 512, 64)

    def _number_of_cells(self) -> int:
        return len(self.cells.truth()) if self.what != "cost" else 0

    def _wrong(self) -> int:
        """Return how many boxes with their classes are in the project and not in the truth, or the other way round."""
        from cellwright.project import Project

        with Project(self.folder / "p", read_only=True) as project:
            found = project.columns(1)
            names = {each.id: each.name for each in project.classes()}
        truth = self.cells.truth()
        said = {(*box, names[kind]) for box, kind in zip(found.boxes.tolist(), found.class_ids.tolist(), strict=True)}
        known = {
            (*box, truth.classes[kind])
            for box, kind in zip(truth.boxes.tolist(), truth.class_index.tolist(), strict=True)
        }
        return len(said ^ known) + abs(len(found) - len(said))

    def _alone(self, side: int) -> float:
        """Return megapixels a second of the network on tiles of about this side that lie in memory."""
        import numpy as np

        from cellwright.inference import open_predictor

        predictor = open_predictor(MODEL)
        side = min(side, 3072) // 32 * 32
        tile = np.random.default_rng(0).integers(0, 255, (1, side, side, 3)).astype(np.uint8)
        predictor.predict(tile)
        began, count = time.perf_counter(), 3
        for _ in range(count):
            predictor.predict(tile)
        return count * side**2 / 1e6 / (time.perf_counter() - began)


class _Memory:
    """Watches the memory of this process from now on."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._ends = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._ends.wait(0.05):
            self._peak = max(self._peak, _resident_mib())

    def peak_mib(self) -> float:
        """Return the most memory that was in use, in MiB."""
        self._ends.set()
        return max(self._peak, _resident_mib())


def _resident_mib() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(each for each in status.read_text("ascii").splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was measured, a line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slides", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes that were promised; many minutes")
    parser.add_argument(
        "--part", choices=("exactness", "cost", "shipped", "agreement"), help="one part of --full alone"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        print(json.dumps(_measured(**json.loads(asked.one))))  # noqa: T201
        return
    parts = {
        "exactness": lambda: exactness(20_480, 44),
        "cost": lambda: cost((1_000, 10_000, 100_000, 1_000_000)),
        "shipped": lambda: shipped(24_576, bar=40.0),
        "agreement": lambda: agreement(8_192),
    }
    rows = parts[asked.part]() if asked.part else full() if asked.full else run()
    for row in rows:
        verdict = {True: "met", False: "MISSED", None: ""}[row.is_met]
        print(f"{row.name}: {row.ours:,.3g} {row.unit} {verdict} ({row.note})")  # noqa: T201


if __name__ == "__main__":
    main()
