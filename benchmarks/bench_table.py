"""The table of a million cells: how long a person waits to see it, to sort it, to filter it, to select in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, milliseconds
from cellwright.core import Masks, Objects, PixelSize, PixelSizeSource

CELLS = 1_000_000
_SIDE = 16
_FRAME_MS = 100
CLASSES = ("WBC", "RBC", "PLT")


def make_cells(n: int = CELLS, seed: int = 0) -> Objects:
    """Return discs of different sizes on a grid, in three classes."""
    rng = np.random.default_rng(seed)
    radius = rng.integers(3, 8, n)
    wide = int(np.ceil(np.sqrt(n)))
    y, x = np.arange(n) // wide * _SIDE + _SIDE // 2, np.arange(n) % wide * _SIDE + _SIDE // 2
    owner = np.repeat(np.arange(n), 2 * radius + 1)
    first = np.cumsum(2 * radius + 1) - (2 * radius + 1)
    rise = np.arange(len(owner)) - first[owner] - radius[owner]
    half = np.floor(np.sqrt(radius[owner] ** 2 - rise**2)).astype(np.int64)
    spans = np.stack([y[owner] + rise, x[owner] - half, x[owner] + half + 1], axis=1).astype(np.int32)
    starts = np.append(first, len(owner)).astype(np.int64)
    masks = Masks(starts, spans)
    scores = (0.05 + 0.95 * rng.random(n)).astype(np.float32)
    kinds = rng.integers(0, 3, n).astype(np.int16)
    return Objects(np.frombuffer(rng.bytes(16 * n), "V16"), masks.boxes(), kinds, scores, CLASSES, "model:b@1", masks)


def run() -> list[Row]:
    """Open, scroll, sort, filter, select, copy and sum up."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    return _measured(make_cells(), app.processEvents)


def _measured(objects: Objects, paint: Callable[[], None]) -> list[Row]:
    from PySide6.QtCore import Qt

    from cellwright.jobs import run_inline
    from cellwright.ui.panels.objects_table import ObjectsTable
    from cellwright.ui.state.class_style import ClassStyle
    from cellwright.ui.state.filtered import rows_meant, understood
    from cellwright.ui.state.session import Session
    from cellwright.ui.state.summary import GroupBy, Summarise, grouped_cells

    session = Session()
    (picture,) = session.add([Path("slide.tiff")])
    styles = tuple(ClassStyle(name, name, "#0072B2", name[0]) for name in CLASSES)
    picture.user_pixel_size = PixelSize(0.25, 0.25, PixelSizeSource.USER)
    session.show(picture)
    _warm_up(objects)
    table = ObjectsTable()
    table.resize(1000, 400)
    table.show()
    paint()

    def show() -> None:
        session.set_objects(picture, objects, styles)
        measured = session.measured(picture)
        assert measured is not None
        table.show_objects(measured, session.shown(picture), styles)
        paint()

    opening = _seconds(show)
    measured = session.measured(picture)
    assert measured is not None
    n = f"{len(objects):,} cells"
    bar = table.view.verticalScrollBar()

    def scroll() -> None:
        bar.setValue((bar.value() + bar.maximum() // 7) % bar.maximum())
        paint()

    scrolling = milliseconds(scroll)
    section = [column.name for column in table.model.columns].index("area_um2")

    def sort(order: Qt.SortOrder) -> None:
        table.view.sortByColumn(section, order)
        paint()

    first = _seconds(partial(sort, Qt.SortOrder.AscendingOrder))
    again = _seconds(partial(sort, Qt.SortOrder.DescendingOrder))
    text = "area_um2 > 5 and class == 'WBC' and score < 0.9"
    filtering = milliseconds(lambda: rows_meant(understood(text, measured), measured), 5)
    meant = np.flatnonzero(rows_meant(understood(text, measured), measured))

    def select() -> None:
        session.select_rows(meant)
        table.select_objects(session.selected_rows, None)
        paint()

    selecting = _seconds(select)
    table.rows_chosen.connect(session.select_rows)

    def select_all() -> None:
        table.view.selectAll()
        paint()

    everything = _seconds(select_all)
    assert len(session.selected_rows) == table.model.rowCount()
    copying = _seconds(lambda: table.model.as_text(np.arange(200_000)))
    columns = tuple(each.name for each in table.model.columns if not each.is_words)
    summing = _seconds(lambda: run_inline(Summarise(grouped_cells(session, GroupBy.CLASS), columns)))
    table.close()
    return [
        Row(f"open the table of {n}", 1e3 * opening, bar=1000, note="outlines, sorted by confidence, painted"),
        Row("scroll to another place", scrolling, bar=_FRAME_MS, note="and paint it"),
        Row("sort by area, first time", 1e3 * first, bar=1000, note="the areas of all are worked out"),
        Row("sort by area, turned around", 1e3 * again, bar=1000),
        Row(f"filter: {text}", filtering, bar=_FRAME_MS * 5, note=f"{len(meant):,} are meant"),
        Row("select those", 1e3 * selecting, bar=1000, note="in the session and in the table, painted"),
        Row("select all", 1e3 * everything, bar=1000, note="by Ctrl+A in the table, painted"),
        Row("copy 200,000 rows as text", 1e3 * copying),
        Row(f"sum up {len(columns)} columns by class", 1e3 * summing, note="beside the window"),
    ]


def _warm_up(objects: Objects) -> None:
    """Compile the loops, as a window that has shown a picture before has."""
    from cellwright.ui.state.measured import Measured

    few = Measured(objects.take(np.arange(100)), pixel_size=PixelSize(0.25, 0.25, PixelSizeSource.USER))
    for name in few.names:
        few.column(name)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
