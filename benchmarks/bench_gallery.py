"""How smoothly 10,000 crops scroll: the time of each frame, and how soon the crops of a screen are there.

Measured in a process of its own without a display: the grid is drawn by Qt's own painter, not by OpenGL.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.in_window import measured_apart
from benchmarks.rows import Row

_CELLS, _SIDE_PX, _FRAMES = 10_000, 4000, 300
_STEP_PX = 37
_FRAME_MS = 1000 / 60


def run() -> list[Row]:
    """Scroll through the gallery and measure."""
    found = measured_apart("bench_gallery", needs_display=False)
    note = f"{_FRAMES} frames of 1600 × 700 px, {found['in_view']:.0f} crops in view; slowest {found['slowest']:.1f} ms"
    return [
        Row(f"a frame while scrolling {_CELLS:,} crops, median", found["median"], bar=_FRAME_MS, note=note),
        Row(f"a frame while scrolling {_CELLS:,} crops, 99th percentile", found["p99"], bar=2 * _FRAME_MS),
        Row("of a frame, work of the window's own thread", found["cpu"], note="processor time"),
        Row("crops of a screen never seen before, all there", found["filled"], bar=500, note="cut in the background"),
        Row(f"opening the gallery on {_CELLS:,} cells", found["opened"], bar=1000),
        Row(f"one cell of {_CELLS:,} reclassified: on disk, sorted and counted anew", found["put"], bar=100),
    ]


def _scroll(folder: Path) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    gallery, link, side = _gallery(folder)
    panel, grid = gallery.panel, gallery.panel.grid
    panel.resize(1600, 700)
    panel.show()
    began = time.perf_counter()
    gallery.set_link(link)
    app.processEvents()
    opened = time.perf_counter() - began
    _wait_until_filled(app, gallery)
    bar, frames, worked = grid.verticalScrollBar(), [], []
    for _ in range(_FRAMES):
        began, working = time.perf_counter(), time.thread_time()
        bar.setValue(bar.value() + _STEP_PX)
        grid.viewport().repaint()
        app.processEvents()
        frames.append(1e3 * (time.perf_counter() - began))
        worked.append(1e3 * (time.thread_time() - working))
        # The rest of the frame belongs to whatever else runs, as it would on a screen.
        time.sleep(max(0.0, (_FRAME_MS - frames[-1]) / 1e3))
    filled = []
    for value in np.linspace(bar.maximum() * 0.5, bar.maximum(), 5).astype(int).tolist():
        began = time.perf_counter()
        bar.setValue(value)
        _wait_until_filled(app, gallery)
        filled.append(1e3 * (time.perf_counter() - began))
    puts = []
    for place in range(5):
        name = gallery.sorting.cells.ids[gallery.sorting.rows[place]].tobytes()
        began = time.perf_counter()
        gallery.put([name], "EOS")
        gallery.refresh()
        grid.viewport().repaint()
        puts.append(1e3 * (time.perf_counter() - began))
    first, last = grid.in_view
    gallery.close()
    link.close()
    side.work.close()
    return {
        "median": float(np.median(frames)),
        "cpu": float(np.median(worked)),
        "p99": float(np.percentile(frames, 99)),
        "slowest": max(frames),
        "in_view": last - first,
        "filled": float(np.median(filled)),
        "opened": 1e3 * opened,
        "put": float(np.median(puts)),
    }


def _wait_until_filled(app: Any, gallery: Any) -> None:
    def is_filled() -> bool:
        first, last = gallery.panel.grid.in_view
        rows = gallery.sorting.rows[first:last].tolist()
        return not any(gallery.crops.is_missing(gallery.wanted(row)) for row in rows)

    while not is_filled():
        app.processEvents()
        time.sleep(0.001)
    gallery.panel.grid.viewport().repaint()


def _gallery(folder: Path) -> tuple[Any, Any, Any]:
    """Make a project with one large picture and its cells, and a gallery in a window that only runs jobs."""
    from PIL import Image

    from cellwright.core import Objects
    from cellwright.jobs.queue import JobQueue
    from cellwright.project import Project
    from cellwright.ui.background.work import Work
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.review.gallery import Gallery

    rng = np.random.default_rng(0)
    path = folder / "smear.png"
    coarse = rng.integers(120, 255, (_SIDE_PX // 20, _SIDE_PX // 20, 3), np.uint8)
    Image.fromarray(coarse).resize((_SIDE_PX, _SIDE_PX)).save(path, compress_level=1)
    corners = rng.uniform(0, _SIDE_PX - 60, (_CELLS, 2))
    objects = Objects(
        np.frombuffer(rng.bytes(16 * _CELLS), "V16"),
        np.concatenate([corners, corners + rng.uniform(25, 60, (_CELLS, 2))], 1).astype(np.float32),
        (rng.random(_CELLS) < 0.1).astype(np.int16),
        rng.uniform(0.5, 1, _CELLS).astype(np.float32),
        ("NEU", "EOS"),
        "model:blood@0123456789ab",
    )
    project = Project.create(folder / "project")
    (record,) = project.add_pictures([path], "A.")
    project.add_classes([("NEU", "Neutrophil", "#0072B2", "1"), ("EOS", "Eosinophil", "#D55E00", "2")], "A.")
    project.add_objects(record.id, objects, "m")

    class Side:
        def __init__(self) -> None:
            self.work = Work(JobQueue())
            self.submit_quietly = self.work.submit_quietly

        def threshold(self, _name: str) -> float:
            return 0.5

        def shown_picture(self) -> Path:
            return path

        def say(self, message: Any) -> None:
            raise RuntimeError(message.text)

        def need_link(self) -> None:
            return None

        def when_free(self, do: Callable[[], object]) -> None:
            do()

        def answer_many(self, *_what: object) -> None:
            raise RuntimeError("nothing is answered while it scrolls")

        def go_to(self, *_where: object) -> None:
            return None

    side = Side()
    return Gallery(side), OpenProject(project, "A."), side


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(json.dumps(_scroll(Path(made))))  # noqa: T201 - read by `measured_apart`
