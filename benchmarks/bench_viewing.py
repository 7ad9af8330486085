"""How a slide of 100,000² feels: time to the first picture, the longest wait while it is moved about, memory.

Measured in a process of its own under a display with OpenGL (Xvfb and a software renderer where there is none).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.in_window import measured_apart, spin, until
from benchmarks.rows import Row
from benchmarks.shared_tiles import write_shared_tiles

if TYPE_CHECKING:
    from cellwright.core import Objects
    from cellwright.ui import MainWindow

SIDE, SEED = 100_000, 0
_OBJECTS = 1_000_000
_FRAME_MS = 16
_STEPS = 150

_measure = partial(measured_apart, "bench_viewing")


def run() -> list[Row]:
    """Measure first picture, pan and zoom with and without a million cells, and memory."""
    if not shutil.which("xvfb-run"):
        return []
    with tempfile.TemporaryDirectory() as folder:
        slide = Path(folder) / "slide.tif"
        write_shared_tiles(slide, SIDE, SEED)
        bare, full = _measure("bare", str(slide)), _measure("million", str(slide))
    said = f"{SIDE:,}² pyramid (seed {SEED}), a step every {_FRAME_MS} ms, drawn by the processor"
    return [
        Row("a slide of 100,000²: first picture", 1e3 * bare["first"], bar=1000, note=said),
        Row("… sharp in the whole window", 1e3 * bare["sharp"], note="from the same click"),
        *_moves(bare, "100,000²"),
        Row(
            "memory of the window with it",
            bare["memory"],
            unit="MiB",
            bar=1536,
            note="peak of the process",
        ),
        *_moves(full, f"100,000² with {_OBJECTS:,} cells"),
        Row("memory of the window with both", full["memory"], unit="MiB", bar=2048, note="peak of the process"),
    ]


def _moves(found: dict[str, float], what: str) -> list[Row]:
    return [_move(found, what, kind, word) for kind, word in (("pan", "dragging"), ("zoom", "zooming"))]


def _move(found: dict[str, float], what: str, kind: str, word: str) -> Row:
    wait, median, late = (1e3 * found[f"{kind}_{name}"] for name in ("longest", "median", "p95"))
    return Row(
        f"{what}: longest work of the window's thread between two frames while {word}",
        1e3 * found[f"{kind}_busy"],
        bar=50,
        note=f"the longest wait, other programs and drawing included, {wait:.0f} ms; median {median:.0f} ms, "
        f"95th percentile {late:.0f} ms",
    )


def measure(name: str, slide: Path) -> dict[str, float]:
    """Return what one window took: seconds, and memory in MiB."""
    from PySide6.QtWidgets import QApplication

    from cellwright.settings import Settings
    from cellwright.ui import MainWindow
    from cellwright.ui.app import SWITCH_S, dispose, keep_still

    sys.setswitchinterval(SWITCH_S)
    app = QApplication([])
    window = MainWindow(Settings(analyze_on_open=False))
    window.resize(1280, 800)
    window.show()
    window.start()
    until(lambda: window.centre.canvas is not None)
    keep_still()  # as the program does
    spin(500)
    canvas = window.centre.canvas
    if canvas is None:
        raise RuntimeError("There is no canvas.")
    began = time.perf_counter()
    window.controller.open_paths([slide])
    until(lambda: canvas.picture is not None, 1)
    canvas.grab()
    first = time.perf_counter() - began
    until(lambda: canvas.deep.is_sharp, 1)
    sharp = time.perf_counter() - began
    if name == "million":
        _show_objects(window, _drawn_objects())
        until(lambda: canvas.many.is_ready, 5)
    found = {"first": first, "sharp": sharp}
    for kind, moved in (("pan", _pan(window)), ("zoom", _zoom(window))):
        waits, busy = moved.T
        found[f"{kind}_longest"] = float(waits.max())
        found[f"{kind}_median"] = float(np.median(waits))
        found[f"{kind}_p95"] = float(np.percentile(waits, 95))
        found[f"{kind}_busy"] = float(busy.max())
    found["memory"] = _peak_mib()
    dispose(window)
    del app
    return found


def _pan(window: MainWindow) -> NDArray[np.float64]:
    """Drag over the slide at three zooms; see `_waits`."""
    canvas = window.centre.canvas
    waits = []
    for zoom in (0.02, 0.2, 1.0):
        _look_at(canvas, 20_000, 20_000, zoom)
        spin(300)
        waits.append(_waits(partial(_drag, canvas, zoom)))
    return np.concatenate(waits)


def _zoom(window: MainWindow) -> NDArray[np.float64]:
    """Zoom from the whole slide to its cells and back; see `_waits`."""
    canvas = window.centre.canvas
    zooms = np.geomspace(0.006, 2.0, _STEPS // 2)
    path = np.concatenate([zooms, zooms[::-1]])
    return _waits(lambda step: _look_at(canvas, 40_000, 60_000, float(path[min(step, len(path) - 1)])))


def _waits(move: Callable[[int], None]) -> NDArray[np.float64]:
    """Move at every tick of a timer; return for each how late it came, and how long the thread itself worked, in s."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, taken, clock = QEventLoop(), [], [time.perf_counter(), time.thread_time()]

    def tick() -> None:
        now, worked = time.perf_counter(), time.thread_time()
        taken.append((max(0.0, now - clock[0] - _FRAME_MS / 1e3), worked - clock[1]))
        clock[:] = now, worked
        if len(taken) > _STEPS:
            timer.stop()
            loop.quit()
        else:
            move(len(taken) - 1)

    timer = QTimer()
    timer.setInterval(_FRAME_MS)
    timer.timeout.connect(tick)
    timer.start()
    loop.exec()
    return np.array(taken[1:])


def _drag(canvas: Any, zoom: float, step: int) -> None:
    _look_at(canvas, 20_000 + 12 * step / zoom, 20_000 + 25 * step / zoom, zoom)


def _look_at(canvas: Any, y: float, x: float, zoom: float) -> None:
    canvas.look_at(y, x, zoom)


def _show_objects(window: MainWindow, objects: Objects) -> None:
    current = window.session.current
    if current is not None:
        window.session.set_objects(current, objects, window.session.styles)
        spin(1500)


def _drawn_objects() -> Objects:
    from cellwright.core import Objects

    rng = np.random.default_rng(SEED)
    corner = rng.random((_OBJECTS, 2)) * (SIDE - 40)
    boxes = np.hstack([corner, corner + 30]).astype(np.float32)
    kinds = rng.integers(0, 3, _OBJECTS).astype(np.int16)
    ids = np.frombuffer(rng.bytes(16 * _OBJECTS), "V16")
    scores = rng.uniform(0.4, 1.0, _OBJECTS).astype(np.float32)
    return Objects(ids, boxes, kinds, scores, ("WBC", "RBC", "PLT"), "drawn")


def _peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201
