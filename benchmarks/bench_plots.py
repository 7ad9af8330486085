"""A million cells in a plot: how soon they are drawn, how evenly a plot moves, how soon a gate has chosen."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.in_window import measured_apart
from benchmarks.rows import Row, milliseconds

if TYPE_CHECKING:
    from cellwright.ui.state.session import Session

_CELLS = 1_000_000
_CORNERS = 120
_SIZE = (900, 420)
_MOVES = 15


def run() -> list[Row]:
    """Measure what is worked out, and in a process of its own what is drawn."""
    from matplotlib.path import Path as Outline

    from cellwright.ui.state.plotting import PlotKind, PlotSpec
    from cellwright.ui.state.plotting_cells import gather
    from cellwright.ui.state.plotting_density import Frame, density, density_image
    from cellwright.ui.state.plotting_inside import inside
    from cellwright.ui.state.plotting_shapes import histogram

    session = session_of(_CELLS)
    spec = PlotSpec(x="area_bbox", y="score")
    cells = gather(session, spec)
    bars = gather(session, replace(spec, kind=PlotKind.HISTOGRAM))
    x, y = cells.placed
    frame = Frame(float(x.min()), float(y.min()), float(x.max()) + 1, float(y.max()) + 1e-6, 450, 210)
    colours = tuple(group.colour for group in cells.groups)
    corners = lasso(x, y)
    points = np.stack([x, y], axis=1)
    ends = ((frame.x0, frame.x1), (frame.y0, frame.y1))
    drawn = measured_apart("bench_plots", needs_display=False)
    return [
        Row(
            f"cells of a plot gathered, {_CELLS:,} boxes",
            milliseconds(lambda: gather(session, spec)),
            note="which are shown, two columns, classes",
        ),
        Row(
            "density of a scatter plot, counted and coloured",
            milliseconds(
                lambda: density_image(density(frame, x, y, cells.group, len(cells.groups)), colours),
            ),
            milliseconds(lambda: np.histogram2d(x, y, (450, 210), ends), repeats=3),
            bar=100,
            note="other: numpy.histogram2d of all classes together, not coloured",
        ),
        Row(
            f"lasso of {_CORNERS} corners around {100 * float(np.mean(inside(corners, x, y))):.0f} % of the cells",
            milliseconds(lambda: inside(corners, x, y)),
            milliseconds(lambda: Outline(corners).contains_points(points), repeats=3),
            bar=250,
            note="other: matplotlib.path",
        ),
        Row("histogram by class", milliseconds(lambda: histogram(bars))),
        Row(
            "scatter plot of them drawn for the first time",
            drawn["first"],
            note="from what was gathered to what is seen, 900 × 420 pixels",
        ),
        Row("moved or zoomed, until the new density is seen", drawn["moved"], bar=150),
        Row(
            "longest wait of the window's own thread meanwhile",
            drawn["longest"],
            bar=100,
            note="the density is counted beside it",
        ),
    ]


def session_of(n: int) -> Session:
    """Return a session that shows a picture with `n` boxes of three classes and different sizes."""
    from cellwright.core import Objects
    from cellwright.ui.state.class_style import spare_styles
    from cellwright.ui.state.session import Session

    rng = np.random.default_rng(0)
    kinds = rng.choice(3, n, p=(0.02, 0.93, 0.05)).astype(np.int16)
    corner = rng.random((n, 2)) * 60_000
    side = np.array([60.0, 36.0, 14.0])[kinds, None] * rng.lognormal(0, 0.15, (n, 2))
    boxes = np.hstack([corner, corner + side]).astype(np.float32)
    scores = (0.5 + 0.5 * rng.beta(6, 1.5, n)).astype(np.float32)
    names = ("WBC", "RBC", "PLT")
    session = Session()
    (picture,) = session.add([Path("slide.tif")])
    session.show(picture)
    ids = np.frombuffer(rng.bytes(16 * n), "V16").copy()
    session.set_objects(picture, Objects(ids, boxes, kinds, scores, names, "model:bench"), spare_styles(names))
    return session


def lasso(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a wavy ring around the middle of the points, (K, 2)."""
    turns = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    far = 1 + 0.2 * np.sin(9 * turns)
    middle = np.median(x), np.median(y)
    return np.stack([middle[0] + x.std() * far * np.cos(turns), middle[1] + y.std() * far * np.sin(turns)], axis=1)


def _draw() -> dict[str, float]:
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from cellwright.ui.looks.theme import DARK
    from cellwright.ui.plots.plot_area import PlotArea
    from cellwright.ui.state.plotting import PlotSpec
    from cellwright.ui.state.plotting_cells import gather

    app = QApplication([])
    area = PlotArea(DARK)
    area.resize(*_SIZE)
    area.show()
    app.processEvents()
    cells = gather(session_of(_CELLS), PlotSpec(x="area_bbox", y="score"))
    ticks: list[float] = []
    clock = QTimer()
    clock.setInterval(5)
    clock.timeout.connect(lambda: ticks.append(time.perf_counter()))

    def until_drawn() -> None:
        loop = QEventLoop()
        area.drawn.connect(loop.quit)
        QTimer.singleShot(20_000, loop.quit)
        loop.exec()
        area.view.grab()

    began = time.perf_counter()
    area.show_cells(cells)
    until_drawn()
    first = time.perf_counter() - began
    box = area.plot.getViewBox()
    clock.start()
    moved = []
    for _ in range(_MOVES):
        began = time.perf_counter()
        box.scaleBy((0.93, 0.93))
        until_drawn()
        moved.append(time.perf_counter() - began)
    clock.stop()
    area.close_plot()
    area.close()
    longest = float(np.diff(ticks).max()) if len(ticks) > 1 else 0.0
    return {"first": 1e3 * first, "moved": 1e3 * float(np.median(moved)), "longest": 1e3 * longest}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_draw()) + "\n")
