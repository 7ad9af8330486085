"""`Cloud`: a scatter plot, as points where they are few and as a density of what is seen where they are many."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor

from cellwright.ui.looks.theme import Theme
from cellwright.ui.state.latest import Latest
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_density import POINTS_AT_MOST, Frame, density, density_image

_PIXELS = 2
"""Pixels of the screen on each side of a cell of the density."""
_RINGS_AT_MOST = 3_000
_VEIL = 0.65
_WAIT_S = 5.0

Image = tuple[Frame, NDArray[np.uint8], NDArray[np.uint8] | None]


class Cloud(QObject):
    """The cells of one scatter plot.

    Parameters
    ----------
    plot : PlotItem
        Where they are drawn.

    Signals
    -------
    drawn()
        What is seen is drawn, and not older than what was asked for.
    """

    drawn = Signal()
    _answered = Signal()

    def __init__(self, plot: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._plot = plot
        self._theme: Theme | None = None
        self._cells: PlottedCells | None = None
        self._placed: tuple[NDArray[np.float64], ...] = ()
        self._mask: NDArray[np.bool_] | None = None
        self._items: list[Any] = []
        self._rings: list[Any] = []
        self._images: tuple[Any, Any] | None = None
        self.is_dense = False
        self._latest: Latest[Image] = Latest(self._answered.emit, "density of a plot")
        # queued: emitted on the thread that counts, received on the window's
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)

    def show(self, cells: PlottedCells, theme: Theme) -> None:
        """Draw these cells in the place of others."""
        self.clear()
        self._cells, self._theme, self._placed = cells, theme, cells.placed
        self.is_dense = len(cells) > POINTS_AT_MOST
        if self.is_dense:
            self._images = pg.ImageItem(axisOrder="row-major"), pg.ImageItem(axisOrder="row-major")
            for image in self._images:
                self._add(image)
            self.refresh()
        else:
            x, y = self._placed
            for number, group in enumerate(cells.groups):
                mask = cells.of_group(number)
                ink = QColor(group.colour)
                ink.setAlpha(225)
                self._add(pg.ScatterPlotItem(x[mask], y[mask], size=6, pen=None, brush=pg.mkBrush(ink)))
            self.drawn.emit()

    def show_chosen(self, mask: NDArray[np.bool_] | None) -> None:
        """Let the chosen cells stand out, (N,); None for none."""
        self._mask = mask if mask is not None and mask.any() else None
        for item in self._rings:
            self._plot.removeItem(item)
        self._rings.clear()
        if self._cells is None or self._theme is None:
            return
        if self._mask is not None and int(self._mask.sum()) <= _RINGS_AT_MOST:
            x, y = self._placed
            ring = pg.ScatterPlotItem(
                x[self._mask], y[self._mask], size=10, pen=pg.mkPen(self._theme.text, width=1.6), brush=None
            )
            self._rings.append(ring)
            self._plot.addItem(ring, ignoreBounds=True)
            self._mask = None
        elif self._mask is not None and not self.is_dense:
            x, y = self._placed
            dots = pg.ScatterPlotItem(
                x[self._mask], y[self._mask], size=4, pen=None, brush=pg.mkBrush(self._theme.text)
            )
            self._rings.append(dots)
            self._plot.addItem(dots, ignoreBounds=True)
        self.refresh()

    def refresh(self) -> None:
        """Draw what is seen now, as soon as it is counted."""
        if self.is_dense and not self._soon.isActive():
            self._soon.start()

    def draw_now(self) -> None:
        """Draw what is seen, and wait until it is drawn."""
        self._soon.stop()
        if self.is_dense and self._cells is not None and self._theme is not None:
            frame = frame_of(self._plot.getViewBox())
            self._show(_counted(frame, self._cells, self._placed, self._mask, self._theme.text))

    def clear(self) -> None:
        """Show nothing."""
        self._latest.drop()
        self._soon.stop()
        for item in (*self._items, *self._rings):
            self._plot.removeItem(item)
        self._items, self._rings, self._images = [], [], None
        self._cells, self._mask, self.is_dense = None, None, False

    def close(self) -> None:
        """Count nothing more."""
        self._soon.stop()
        self._latest.close(_WAIT_S)

    def _add(self, item: Any) -> None:
        self._items.append(item)
        self._plot.addItem(item, ignoreBounds=True)

    def _ask(self) -> None:
        if self._cells is not None and self._theme is not None:
            frame = frame_of(self._plot.getViewBox())
            self._latest.ask(partial(_counted, frame, self._cells, self._placed, self._mask, self._theme.text))

    def _on_answer(self) -> None:
        answer = self._latest.take()
        if answer is not None:
            self._show(answer)

    def _show(self, answer: Image) -> None:
        if self._images is None:
            return
        frame, image, chosen = answer
        place = QRectF(frame.x0, frame.y0, frame.x1 - frame.x0, frame.y1 - frame.y0)
        for item, shown in zip(self._images, (image, chosen), strict=True):
            item.setVisible(shown is not None)
            if shown is not None:
                item.setImage(shown, autoLevels=False, levels=None)
                item.setRect(place)
        self.drawn.emit()


def frame_of(view: Any) -> Frame:
    """Return what of a plot is seen, in squares of a few pixels of the screen."""
    (x0, x1), (y0, y1) = view.viewRange()
    size = view.size()
    columns, rows = (max(1, round(side / _PIXELS)) for side in (size.width(), size.height()))
    return Frame(x0, y0, x1, y1, columns, rows)


def _counted(
    frame: Frame,
    cells: PlottedCells,
    placed: tuple[NDArray[np.float64], ...],
    mask: NDArray[np.bool_] | None,
    ink: str,
) -> Image:
    x, y = placed
    every = density(frame, x, y, cells.group, len(cells.groups))
    image = density_image(every, tuple(group.colour for group in cells.groups))
    if mask is None:
        return frame, image, None
    one = np.zeros(int(mask.sum()), np.int16)
    chosen = density_image(density(frame, x[mask], y[mask], one, 1), (ink,))
    chosen[..., 3] = chosen[..., 3] * _VEIL  # what they are is still seen through it
    return frame, image, chosen
