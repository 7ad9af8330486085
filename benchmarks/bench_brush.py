"""A stroke of the brush, on a small picture and on a slide of 50,000 pixels a side; napari's label picture beside it.

Measured in processes of their own under a display with OpenGL (Xvfb and a software renderer where there is none).
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.in_window import measured_apart
from benchmarks.rows import Row
from cellwright.annotation import Geometry, painted
from cellwright.core import Masks, Objects
from cellwright.shapes import stroke

if TYPE_CHECKING:
    from cellwright.ui.canvas import PictureCanvas

_SMALL, _LARGE, _NAPARI = 1_000, 50_000, 8_192
_PITCH, _RADIUS = 100, 36
_STROKES, _STEPS = 21, 12
_BAR_MS = 16

_measure = partial(measured_apart, "bench_brush")


def run() -> list[Row]:
    """Measure both pictures, and napari's labels."""
    if not shutil.which("xvfb-run"):
        return []
    small, large, beside = _measure("small"), _measure("large"), _measure("napari")
    cells = "{:,.0f} cells; 1280 × 800 screen"
    rows = []
    for side, found in ((_SMALL, small), (_LARGE, large)):
        name = f"{side:,}² picture"
        said = cells.format(found["objects"])
        rows += [
            Row(f"a movement of the brush, {name}", found["move"], bar=_BAR_MS, note=f"its pixels shown; {said}"),
            Row(
                f"the end of a stroke, {name}",
                found["end"],
                beside["refresh"] if side == _LARGE else None,
                bar=_BAR_MS,
                note="neighbours looked up, the cell changed, its part of the screen drawn anew; not yet on disk"
                + (f"; beside it a refresh of napari's Labels at {_NAPARI:,}²" if side == _LARGE else ""),
            ),
            Row(f"the frame after it, {name}", found["frame"], note="drawn by the graphics driver: software here"),
        ]
    rows.append(Row("slower on the large picture than on the small one", large["end"] / small["end"], unit="×"))
    return rows


class FlatLevel:
    """One resolution of a picture that is never in memory: every pixel is grey."""

    ndim = 3
    dtype = np.dtype(np.uint8)

    def __init__(self, side: int) -> None:
        self.shape = (side, side, 3)
        self.size = side * side * 3

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        keys = key if isinstance(key, tuple) else (key,)
        sides = [len(range(*each.indices(side))) for each, side in zip(keys[:2], self.shape, strict=False)]
        return np.full((*sides, 3), 160, np.uint8)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return self[:, :].astype(dtype or np.uint8)


def brush(side: int) -> dict[str, float]:
    """Return the median milliseconds of the parts of a stroke on a picture of that side."""
    from PySide6.QtWidgets import QApplication

    from cellwright.ui.canvas import PictureCanvas, Tool
    from cellwright.ui.looks.theme import DARK

    app = QApplication([])
    canvas = PictureCanvas(DARK)
    canvas.resize(1280, 800)
    canvas.show()
    _settle(app)
    masks = discs(side)
    _show(canvas, side, masks)
    _settle(app)
    canvas.set_tool(Tool.PAINT)
    near = Neighbours(masks)
    found: dict[str, list[float]] = {"move": [], "end": [], "frame": []}
    strokes: list[Any] = []
    canvas.gesture.connect(strokes.append)
    middle = side // 2
    for number in range(_STROKES + 1):
        row = _row_at(side, middle + _PITCH * (number % 5 - 2), middle + _PITCH * (number // 5 % 5 - 2))
        moves = _draw(app, canvas, near.middle(row))
        drawn = strokes.pop()
        began = time.perf_counter()
        brushed = stroke(drawn.path, drawn.radius_px)
        result = painted(near.place(row), brushed, near.beside(brushed, row))
        if result.geometry is None:
            raise RuntimeError("The stroke painted nothing.")
        near.change(row, result.geometry)
        canvas.change_mask(row, result.geometry.masks())
        ended = time.perf_counter()
        app.processEvents()
        if number:  # the first one compiles
            found["move"] += moves
            found["end"].append(ended - began)
            found["frame"].append(time.perf_counter() - ended)
    canvas.close_viewer()
    canvas.close()
    return {**{name: 1e3 * float(np.median(times)) for name, times in found.items()}, "objects": float(len(masks))}


class Neighbours:
    """The cells of a picture by place, as the R*Tree of a project finds them."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._columns = round(len(masks) ** 0.5)
        self._changed: dict[int, Geometry] = {}

    def middle(self, row: int) -> tuple[float, float]:
        """Return y, x of the middle of a cell."""
        y, x = divmod(row, self._columns)
        return (y + 0.5) * _PITCH, (x + 0.5) * _PITCH

    def place(self, row: int) -> Geometry:
        """Return where a cell lies by now."""
        return self._changed.get(row) or Geometry.of_mask(self._masks, row)

    def change(self, row: int, place: Geometry) -> None:
        """Take another place for a cell."""
        self._changed[row] = place

    def beside(self, brushed: Masks, own: int) -> list[Geometry]:
        """Return the cells around a stroke but for one."""
        y0, x0, y1, x1 = (int(edge) // _PITCH for edge in brushed.boxes()[0])
        cells = [y * self._columns + x for y in range(y0 - 1, y1 + 2) for x in range(x0 - 1, x1 + 2)]
        return [self.place(row) for row in cells if row != own and 0 <= row < len(self._masks)]


def discs(side: int) -> Masks:
    """Return a disc in every square of `_PITCH` pixels."""
    one = stroke([[_PITCH / 2, _PITCH / 2]], _RADIUS).spans
    count = side // _PITCH
    at = np.arange(count, dtype=np.int32) * _PITCH
    y, x = (grid.reshape(-1, 1) for grid in np.meshgrid(at, at, indexing="ij"))
    spans = np.stack([y + one[:, 0], x + one[:, 1], x + one[:, 2]], 2).reshape(-1, 3).astype(np.int32)
    return Masks(np.arange(count * count + 1, dtype=np.int64) * len(one), spans)


def _row_at(side: int, y: int, x: int) -> int:
    return (y // _PITCH) * (side // _PITCH) + x // _PITCH


def _show(canvas: PictureCanvas, side: int, masks: Masks) -> None:
    from cellwright.ui.canvas import ShownObjects

    canvas.show_picture(1, _picture(side))
    n = len(masks)
    objects = Objects(
        np.zeros(n, "V16"), masks.boxes(), np.zeros(n, np.int16), np.ones(n, np.float32), ("RBC",), "made up", masks
    )
    colours = np.full((n, 3), (0, 158, 115), np.uint8)
    canvas.show_objects(ShownObjects(objects, np.arange(n), _styles(), colours))
    middle = side // 2
    reach = np.array([middle - 300, middle - 500, middle + 300, middle + 500], np.float32)
    canvas.centre_on(reach)
    canvas.actual_size()  # both are looked at from equally near


def _styles() -> tuple[Any, ...]:
    from cellwright.ui.state.class_style import ClassStyle

    return (ClassStyle("RBC", "Red cell", "#009E73", "R"),)


def _picture(side: int) -> Any:
    from cellwright.ui.state.loading import LoadedPicture

    sides = [side]
    while sides[-1] > 4096:
        sides.append(sides[-1] // 2)
    levels = tuple(FlatLevel(each) for each in sides)
    small = np.full((64, 64, 3), 160, np.uint8)
    nothing: Any = None
    return LoadedPicture("made up", (side, side), levels, small, None, "", nothing, nothing, None, small)


def _draw(app: Any, canvas: PictureCanvas, middle: tuple[float, float]) -> list[float]:
    """Draw a stroke over the right edge of a cell with the mouse; return the seconds of each movement."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    view = canvas.viewport()
    surface = canvas.focusProxy()  # what the mouse moves over
    if view is None or surface is None:
        raise RuntimeError("The picture is not shown.")
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, y: float, x: float, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        at_y, at_x = view.points_to_screen(np.array([[y, x]]))[0]
        point = QPointF(float(at_x), float(at_y))
        app.sendEvent(surface, QMouseEvent(kind, point, point, button, held, Qt.KeyboardModifier.NoModifier))

    y, x = middle[0] - 20, middle[1] + _RADIUS - 4
    send(QEvent.Type.MouseButtonPress, y, x, left, left)
    taken = []
    for _ in range(_STEPS):
        y += 3
        began = time.perf_counter()
        send(QEvent.Type.MouseMove, y, x, none, left)
        taken.append(time.perf_counter() - began)
    send(QEvent.Type.MouseButtonRelease, y, x, left, none)
    app.processEvents()
    return taken


def napari_labels() -> dict[str, float]:
    """Return the median milliseconds of a refresh of a label picture in napari."""
    from PySide6.QtWidgets import QApplication

    from cellwright.ui.canvas.view import import_viewer

    app = QApplication([])
    import_viewer()
    from napari.components import ViewerModel
    from napari.qt import QtViewer

    model = ViewerModel()
    viewer = QtViewer(model)
    viewer.resize(1280, 800)
    viewer.show()
    labels = np.zeros((_NAPARI, _NAPARI), np.int32)
    for number, box in enumerate(discs(_NAPARI).boxes().astype(int), 1):
        labels[box[0] : box[2], box[1] : box[3]] = number
    layer = model.add_labels(labels)
    _settle(app)
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        layer.refresh()
        taken.append(time.perf_counter() - began)
        app.processEvents()
    viewer.close()
    return {"refresh": 1e3 * float(np.median(taken))}


def _settle(app: Any) -> None:
    end = time.perf_counter() + 1.0
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    measures: dict[str, Callable[[], dict[str, float]]] = {
        "small": lambda: brush(_SMALL),
        "large": lambda: brush(_LARGE),
        "napari": napari_labels,
    }
    print(json.dumps(measures[sys.argv[1]]()))  # noqa: T201
