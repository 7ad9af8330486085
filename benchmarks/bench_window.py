"""What a person feels in the window: how soon it is seen, how evenly it answers while working, how fast a slider is.

Measured in processes of their own under a display with OpenGL (Xvfb and a software renderer where there is none).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.in_window import end, measured_apart, spin, until
from benchmarks.rows import Row
from cellwright.core import Masks

if TYPE_CHECKING:
    from cellwright.ui.state.picture import Picture

_TICK_MS, _LATE_MS = 10, 50
_TALL, _WIDE = 3000, 4000
_BOXES = 10_000

_measure = partial(measured_apart, "bench_window")


def run() -> list[Row]:
    """Measure start, responsiveness and slider."""
    if not shutil.which("xvfb-run"):
        return []
    paints = [_measure("first_paint") for _ in range(3)]
    ticks = _measure("ticks")
    slider, outlines = _measure("slider"), _measure("outlines")
    return [
        Row(
            "process start to first paint of the window",
            1e3 * float(np.median([paint["seconds"] for paint in paints])),
            bar=4000,
            note="median of 3 processes; torch and napari are loaded afterwards",
        ),
        Row(
            f"10 ms ticks within {_LATE_MS} ms during an analysis",
            100 * ticks["share"],
            unit="%",
            bar=99,
            higher_is_better=True,
            note=f"{ticks['tiles']:.0f} tiles in {ticks['seconds']:.1f} s, longest gap {1e3 * ticks['longest']:.0f} ms,"
            f" {100 * ticks['late_time']:.1f} % of the time in late gaps;"
            f" a process that only sleeps, beside it: {100 * ticks['idle_share']:.1f} %",
        ),
        Row(
            f"slider to boxes, counts and table, {_BOXES:,} boxes",
            1e3 * slider["median"],
            note=f"95th percentile {1e3 * slider['p95']:.0f} ms, the frame drawn included",
        ),
        Row(
            f"zoom by a step, {_BOXES:,} boxes",
            1e3 * slider["zoom"],
            note="the frame drawn included",
        ),
        Row(
            f"slider to outlines, fill, counts and table, {_BOXES:,} cells",
            1e3 * outlines["median"],
            note=f"95th percentile {1e3 * outlines['p95']:.0f} ms, the frame drawn included",
        ),
        Row(
            f"zoom by a step, {_BOXES:,} outlines",
            1e3 * outlines["zoom"],
            note="the frame drawn included",
        ),
    ]


def first_paint() -> dict[str, float]:
    """Return the seconds from the start of a process to its first painted window."""
    script = (
        "import sys, time; from PySide6.QtWidgets import QApplication; from cellwright.ui import MainWindow;"
        "app = QApplication([]); window = MainWindow();"
        "window.painted.connect(lambda: (print(time.time() - float(sys.argv[1]), flush=True), app.quit()));"
        "window.show(); app.exec(); import os; os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(time.time())], capture_output=True, text=True, check=True, timeout=120
    )
    return {"seconds": float(done.stdout.strip().splitlines()[-1])}


def ticks() -> dict[str, float]:
    """Return the share of a 10 ms timer's ticks that came within 50 ms while large pictures are analyzed."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from cellwright.settings import Settings
    from cellwright.ui import MainWindow
    from cellwright.ui.app import SWITCH_S

    sys.setswitchinterval(SWITCH_S)
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        picture = _large_picture(Path(folder))
        window = MainWindow(Settings(analyze_on_open=False))
        window.resize(1280, 800)
        window.show()
        window.start([picture])
        until(lambda: window.centre.canvas is not None and window.centre.canvas.picture is not None)
        _analyze_once(window)  # the engine is compiled on first use; that is no part of an analysis
        times: list[float] = []
        timer = QTimer()
        timer.setInterval(_TICK_MS)
        timer.timeout.connect(lambda: times.append(time.perf_counter()))
        timer.start()
        beside = _start_idle_process()
        began = time.perf_counter()
        tiles = sum(_analyze_once(window) for _ in range(3))
        seconds = time.perf_counter() - began
        timer.stop()
        idle = np.array(beside.communicate("")[0].split(), float)
        end(window)
    del app
    gaps = np.diff([began, *times])
    return {
        "share": _punctual(gaps),
        "idle_share": _punctual(idle),
        "late_time": _late_time(gaps),
        "longest": float(gaps.max()),
        "seconds": seconds,
        "tiles": float(tiles),
    }


def _punctual(gaps: NDArray[np.float64]) -> float:
    """Return the share of ticks that came in time, given the seconds between them."""
    return float((gaps <= _LATE_MS / 1e3).mean())


def _late_time(gaps: NDArray[np.float64]) -> float:
    """Return the share of the time in which a person waited longer than that; stricter than counting ticks."""
    return float(gaps[gaps > _LATE_MS / 1e3].sum() / gaps.sum())


def _start_idle_process() -> subprocess.Popen[str]:
    """Start a process that sleeps 10 ms at a time until its input ends and then prints its gaps.

    It shows what the machine itself allows: other programs delay the window's ticks as they delay this one's.
    """
    script = (
        "import sys, threading, time\n"
        "over = threading.Event()\n"
        "threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()\n"
        "gaps, last = [], time.perf_counter()\n"
        "while not over.is_set():\n"
        "    time.sleep(0.01)\n"
        "    now = time.perf_counter()\n"
        "    gaps.append(now - last)\n"
        "    last = now\n"
        "print(*gaps)\n"
    )
    return subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def outlines() -> dict[str, float]:
    """Return the same for cells with outlines, filled: everything the slider moves, and a step of the zoom."""
    return slider(with_masks=True)


def slider(with_masks: bool = False) -> dict[str, float]:
    """Return how long boxes, counts and table take to follow the confidence slider, and a step of the zoom."""
    from PySide6.QtWidgets import QApplication

    from cellwright.core import Objects
    from cellwright.settings import Settings
    from cellwright.ui import MainWindow

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        picture = _large_picture(Path(folder))
        window = MainWindow(Settings(analyze_on_open=False))
        window.resize(1280, 800)
        window.show()
        window.start([picture])
        until(lambda: window.centre.canvas is not None and window.centre.canvas.picture is not None)
        rng = np.random.default_rng(0)
        corner = rng.random((_BOXES, 2)) * (_TALL - 40, _WIDE - 40)
        boxes = np.hstack([corner, corner + 40]).astype(np.float32)
        names = tuple(style.name for style in window.session.styles)
        kinds = rng.integers(0, len(names), _BOXES).astype(np.int16)
        ids = np.frombuffer(rng.bytes(16 * _BOXES), "V16")
        masks = _ellipses(boxes) if with_masks else None
        objects = Objects(ids, boxes, kinds, rng.random(_BOXES).astype(np.float32), names, "", masks)
        current = window.session.current
        if current is None:
            raise RuntimeError("The picture did not open.")
        window.session.set_objects(current, objects, window.session.styles)
        spin(500)
        taken = []
        for step in range(60):
            began = time.perf_counter()
            window.session.set_all_thresholds(0.1 + 0.01 * step)
            app.processEvents()
            window.grab()
            taken.append(time.perf_counter() - began)
        zooms = []
        canvas = window.centre.canvas
        for step in range(20):
            began = time.perf_counter()
            if canvas is not None:
                canvas.zoom_by(1.1 if step % 2 else 1 / 1.1)
            app.processEvents()
            zooms.append(time.perf_counter() - began)
        end(window)
    return {
        "median": float(np.median(taken)),
        "p95": float(np.percentile(taken, 95)),
        "zoom": float(np.median(zooms)),
    }


def _ellipses(boxes: NDArray[np.float32]) -> Masks:
    """Fill each box with the ellipse that touches its sides."""
    side = round(float(boxes[0, 2] - boxes[0, 0]))
    rise = np.arange(side) - (side - 1) / 2
    half = np.sqrt(np.maximum(0.0, (side / 2) ** 2 - rise**2))
    top, left = np.floor(boxes[:, :1]), np.floor(boxes[:, 1:2])
    y = top + np.arange(side)
    x0, x1 = left + np.floor(side / 2 - half), left + np.ceil(side / 2 + half)
    spans = np.stack([y, x0, x1], axis=2).reshape(-1, 3).astype(np.int64)
    return Masks.from_spans(np.repeat(np.arange(len(boxes)), side), spans, len(boxes))


def _large_picture(folder: Path) -> Path:
    """Write a picture of twelve megapixels, the sample smear side by side with itself."""
    from PIL import Image

    from cellwright.bundled import bundled

    sample = np.asarray(Image.open(bundled("resources", "samples", "smear.png")).convert("RGB"))
    tiled = np.tile(sample, (-(-_TALL // sample.shape[0]), -(-_WIDE // sample.shape[1]), 1))[:_TALL, :_WIDE]
    path = folder / "large.png"
    Image.fromarray(tiled).save(path, compress_level=1)
    return path


def _analyze_once(window: object) -> int:
    from cellwright.ui import MainWindow

    if not isinstance(window, MainWindow) or window.session.current is None:
        raise TypeError("A window with a picture is needed.")
    current = window.session.current
    current.analysis = None
    window.controller.analyze([current])
    until(lambda: current.analysis is not None)
    return _tiles_of(current)


def _tiles_of(picture: Picture) -> int:
    return 0 if picture.analysis is None else len(picture.analysis.coverage.records)


if __name__ == "__main__":
    measures = {"first_paint": first_paint, "ticks": ticks, "slider": slider, "outlines": outlines}
    print(json.dumps(measures[sys.argv[1]]()))  # noqa: T201
