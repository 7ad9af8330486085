"""What correcting feels like in the window: strokes on small and large pictures, and pictures with very many cells.

Measured in processes of their own under a display with OpenGL (Xvfb and a software renderer where there is none).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_brush import FlatLevel, discs
from benchmarks.in_window import end, measured_apart, spin, until
from benchmarks.rows import Row
from cellwright.core import Masks, Objects

if TYPE_CHECKING:
    from cellwright.ui import MainWindow

_SMALL, _LARGE = 1_000, 50_000
_PITCH, _KEPT = 100, 20_000
_STROKES = 25
_MANY, _MOST = 100_000, 1_000_000
_BAR_MS = 16

_measure = partial(measured_apart, "bench_correcting")


def run() -> list[Row]:
    """Measure strokes, then what very many cells cost."""
    if not shutil.which("xvfb-run"):
        return []
    small, large = _measure("small"), _measure("large")
    joining, opening = _measure("joining"), _measure("opening")
    rows = [
        Row(
            f"a stroke from letting go to seen and on disk, {side:,}² picture",
            found["stroke"],
            bar=_BAR_MS,
            note=f"{found['objects']:,.0f} cells; what table, counts and panels take after it: {found['after']:.0f} ms",
        )
        for side, found in ((_SMALL, small), (_LARGE, large))
    ]
    return [
        *rows,
        Row(
            f"longest pause of the window while {_MANY:,} boxes go into a project",
            joining["longest"],
            note=f"{joining['seconds']:.1f} s in all, beside the window; the step asked for meanwhile follows",
        ),
        *(
            Row(
                f"longest pause of the window while {_MANY:,} cells are {words}",
                joining[f"{key} longest"],
                note=f"{joining[f'{key} seconds']:.1f} s in all, beside the window, to seen and on disk",
            )
            for key, words in (("accept", "accepted as one step"), ("undo", "brought back by one undo"))
        ),
        Row(
            f"a picture of {_MOST:,} cells opened from its project",
            opening["seconds"],
            unit="s",
            note=f"beside the window; longest pause {opening['longest']:.0f} ms; {opening['memory']:,.0f} MB in all",
        ),
        Row(f"one edit of {_MOST:,} cells, to seen and on disk", opening["edit"], note="panels included"),
        Row("undo of it", opening["undo"], note="panels included"),
    ]


class Watch:
    """A timer of 10 ms in the window's thread, which tells how long it was kept waiting."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self._ticks: list[float] = []
        self._timer = QTimer()
        self._timer.setInterval(10)
        self._timer.timeout.connect(lambda: self._ticks.append(time.perf_counter()))

    def start(self) -> None:
        """Begin anew."""
        self._ticks = [time.perf_counter()]
        self._timer.start()

    def longest_ms(self) -> float:
        """End, and return the longest time between two ticks."""
        self._timer.stop()
        return 1e3 * float(np.diff([*self._ticks, time.perf_counter()]).max())


def strokes(side: int) -> dict[str, float]:
    """Return the median milliseconds of a stroke on a picture of that side, and of what follows it."""
    from PySide6.QtWidgets import QApplication

    from cellwright.ui.canvas.gestures import Stroke

    app = QApplication([])
    masks = discs(side)
    masks = masks.take(np.arange(min(_KEPT, len(masks))))
    taken, after = [], []
    with tempfile.TemporaryDirectory() as folder:
        window = _window_with(Path(folder), side, _objects_of(masks))
        middles = (masks.boxes()[:, :2] + masks.boxes()[:, 2:]) / 2
        canvas = window.centre.canvas
        if canvas is None:
            raise RuntimeError("The viewer did not get ready.")
        canvas.centre_on(np.array([0, 0, 600, 1000], np.float32))
        canvas.actual_size()
        spin(400)
        near = np.flatnonzero((middles < (600, 1000)).all(1))
        for number in range(_STROKES + 1):
            y, x = middles[near[number % len(near)]]
            path = np.stack([y - 10 + 2 * np.arange(12), np.full(12, x + 32)], 1)
            began = time.perf_counter()
            window.correcting.drawing.take(Stroke(path, 6.0))
            ended = time.perf_counter()
            app.processEvents()
            followed = time.perf_counter()
            if window.correcting.link is not None:
                window.correcting.link.settle()
                window.presenter.refresh_objects()
            if number:  # the first one compiles
                taken.append(ended - began)
                after.append(time.perf_counter() - followed)
            spin(50)
        end(window)
    return {
        "stroke": 1e3 * float(np.median(taken)),
        "after": 1e3 * float(np.median(after)),
        "objects": float(len(masks)),
    }


def joining() -> dict[str, float]:
    """Return the longest pauses while many boxes go into a project, are accepted and brought back, and the seconds."""
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        window = _window_with(Path(folder), 3_000, None)
        picture = window.session.current
        if picture is None:
            raise RuntimeError("The picture did not open.")
        _take_analysis(window, _boxes(_MANY, 3_000))
        spin(1500)
        watch = Watch()
        watch.start()
        began = time.perf_counter()
        window.session.select_rows(np.arange(3))
        window.actions_set["correct.reject"].trigger()
        until(lambda: picture.marks is not None and bool(picture.marks.is_reviewed.any()))
        seconds = time.perf_counter() - began
        spin(500)
        found = {"longest": watch.longest_ms(), "seconds": seconds}
        for name, key in (("accept", "correct.accept"), ("undo", "edit.undo")):
            found |= {f"{name} {what}": value for what, value in _beside(window, key).items()}
        end(window)
    del app
    return found


def _beside(window: MainWindow, key: str) -> dict[str, float]:
    """Return the longest pause while something is done to every cell of the picture, and how long it took."""
    link = window.correcting.link
    if link is None:
        raise RuntimeError("There is no project.")
    window.session.select_rows(np.arange(_MANY))
    until(window.actions_set[key].isEnabled)
    spin(1500)
    newest, watch = link.project.newest(), Watch()
    watch.start()
    began = time.perf_counter()
    window.actions_set[key].trigger()
    until(lambda: link.project.newest() > newest and not link.is_held)
    seconds = time.perf_counter() - began
    spin(1500)
    return {"longest": watch.longest_ms(), "seconds": seconds}


def opening() -> dict[str, float]:
    """Return what opening a picture of very many cells takes, and what one edit of it does."""
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        project, path = _project_with(Path(folder), _boxes(_MOST, 3_000))
        window = _window()
        watch = Watch()
        watch.start()
        began = time.perf_counter()
        window.correcting.files.open(project)
        picture = window.session.current
        if picture is None:
            raise RuntimeError(f"{path} did not open.")
        until(lambda: picture.marks is not None)
        seconds = time.perf_counter() - began
        spin(1500)
        longest = watch.longest_ms()
        taken: dict[str, list[float]] = {"correct.accept": [], "edit.undo": []}
        for row in range(5):
            window.session.select(row)
            app.processEvents()
            for key, times in taken.items():
                began = time.perf_counter()
                window.actions_set[key].trigger()
                window.presenter.refresh_objects()
                app.processEvents()
                times.append(time.perf_counter() - began)
        memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        end(window)
    return {
        "seconds": seconds,
        "longest": longest,
        "memory": memory,
        "edit": 1e3 * float(np.median(taken["correct.accept"])),
        "undo": 1e3 * float(np.median(taken["edit.undo"])),
    }


def _window() -> MainWindow:
    from cellwright.settings import Settings
    from cellwright.ui import MainWindow
    from cellwright.ui.app import SWITCH_S

    sys.setswitchinterval(SWITCH_S)
    window = MainWindow(Settings(analyze_on_open=False))
    window.resize(1280, 800)
    window.show()
    window.start()
    until(lambda: window.is_viewer_ready and window.session.card is not None)
    return window


def _window_with(folder: Path, side: int, objects: Objects | None) -> MainWindow:
    """Return a window that shows a grey picture of that side, and a project with these objects on it if there are."""
    project, path = _project_with(folder, objects)
    window = _window()
    if objects is not None:
        window.correcting.files.open(project)
    else:
        window.controller.open_paths([path])
    until(lambda: window.session.current is not None)
    picture = window.session.current
    if picture is None:
        raise RuntimeError("The picture did not open.")
    until(lambda: window.controller.loaded_picture(picture) is not None)
    loaded = window.controller.loaded_picture(picture)
    if loaded is None or picture.look is None:
        raise RuntimeError("The picture did not open.")
    sides = [side]
    while sides[-1] > 4096:
        sides.append(sides[-1] // 2)
    grey = replace(loaded, shape=(side, side), levels=tuple(FlatLevel(each) for each in sides), raw=None)
    window.controller._take_loaded(picture, grey)  # noqa: SLF001 - no file is that large
    if objects is not None:
        until(lambda: picture.marks is not None)
    spin(500)
    return window


def _project_with(folder: Path, objects: Objects | None) -> tuple[Path, Path]:
    from PIL import Image

    from cellwright.project import Project

    path, project = folder / "grey.png", folder / "cells"
    Image.fromarray(np.full((64, 64, 3), 160, np.uint8)).save(path)
    if objects is not None:
        made = Project.create(project)
        made.add_pictures([path], "A.")
        made.add_classes([("RBC", "Red cell", "#D55E00", "1")], "A.")
        made.add_objects(1, objects, "A.")
        made.close_without_copy()
    return project, path


def _take_analysis(window: MainWindow, objects: Objects) -> None:
    """Let the window believe that its model has just found these objects."""
    from cellwright.imaging import SlideRef, content_sha256
    from cellwright.inference import Coverage
    from cellwright.workflows import Analysis, PictureInfo

    picture, card = window.session.current, window.session.card
    if picture is None or card is None or picture.shape is None:
        raise RuntimeError("There is no picture, or no model.")
    known = replace(objects, classes=card.class_names, source=card.source)
    sha256 = content_sha256(picture.path)
    info = PictureInfo(SlideRef(picture.path), picture.name, picture.shape, None, "", sha256)
    analysis = Analysis(info, card, known, Coverage(()), "cpu", "made up", 1.0)
    window.controller._take_analysis(picture, picture.plane, analysis)  # noqa: SLF001 - no model is asked


def _boxes(n: int, side: int) -> Objects:
    rng = np.random.default_rng(0)
    corner = rng.random((n, 2)) * (side - 8)
    boxes = np.hstack([corner, corner + 8]).astype(np.float32)
    ids, scores = np.frombuffer(rng.bytes(16 * n), "V16"), rng.random(n).astype(np.float32)
    return Objects(ids, boxes, np.zeros(n, np.int16), scores, ("RBC",), "model:made-up@000000000000")


def _objects_of(masks: Masks) -> Objects:
    n = len(masks)
    ids = np.frombuffer(np.random.default_rng(0).bytes(16 * n), "V16")
    ones: NDArray[np.float32] = np.ones(n, np.float32)
    return Objects(ids, masks.boxes(), np.zeros(n, np.int16), ones, ("RBC",), "model:made-up@000000000000", masks)


if __name__ == "__main__":
    measures: dict[str, Callable[[], dict[str, float]]] = {
        "small": lambda: strokes(_SMALL),
        "large": lambda: strokes(_LARGE),
        "joining": joining,
        "opening": opening,
    }
    print(json.dumps(measures[sys.argv[1]]()))  # noqa: T201
