"""`PlotArea`: one plot with its axes, its gates and the cells that stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import column
from cellwright.ui.looks.wording import plural
from cellwright.ui.plots.artists import Bounds, Drawing, draw
from cellwright.ui.plots.cloud import Cloud
from cellwright.ui.plots.hand import Hand
from cellwright.ui.plots.naming import fitting, key_of
from cellwright.ui.plots.painted_gates import gate_items
from cellwright.ui.plots.tools import PlotTool
from cellwright.ui.state.plotting import KIND_TITLES, PlotKind
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_density import nearest
from cellwright.ui.state.plotting_gate import Gate
from cellwright.ui.state.plotting_ticks import log_ticks

_ROOM = 0.05
_APART_PX = (38, 18)
"""How far numbers beside a logarithmic axis are apart, across and up."""


class PlotArea(QWidget):
    """A plot.

    Parameters
    ----------
    theme : Theme
        Its look.

    Signals
    -------
    gate_drawn(Gate, bool)
        A person drew a form; whether its cells are added to those chosen before.
    picked(object, bool)
        A person clicked: (K,) places of the cells meant, among those plotted; whether they are added.
    drawn()
        All that is seen is drawn.
    """

    gate_drawn = Signal(object, bool)
    picked = Signal(object, bool)
    drawn = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cells: PlottedCells | None = None
        self._drawing: Drawing | None = None
        self._bounds = Bounds(0, 0, 1, 1)
        self._marks: list[Any] = []
        self._gates: tuple[Gate, ...] = ()
        self._gate_items: list[Any] = []
        self._mask: NDArray[np.bool_] | None = None
        self._is_touched = False
        self._log_sides: tuple[str, ...] = ()
        self.view = pg.PlotWidget()
        self.view.setMinimumSize(120, 80)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view.setAccessibleName("Plot")
        self.plot = self.view.getPlotItem()
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.getViewBox().sigRangeChangedManually.connect(self._on_touched)
        self.plot.getViewBox().sigRangeChanged.connect(self._on_range)
        self.plot.getViewBox().sigResized.connect(self._on_range)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.plot.layout.setContentsMargins(2, 4, 12, 2)
        self.plot.getAxis("bottom").setStyle(tickTextHeight=12, tickTextOffset=2)
        self.cloud = Cloud(self.plot, self)
        self.cloud.drawn.connect(self.drawn)
        self.hand = Hand(self.view, self)
        self.hand.drawn.connect(self._on_form)
        self.hand.clicked.connect(self._on_click)
        self.hand.double_clicked.connect(self.fit)
        column(self, margin=0, gap=0).addWidget(self.view)
        self.set_theme(theme)

    # ---- what is shown

    @property
    def cells(self) -> PlottedCells | None:
        """What is drawn."""
        return self._cells

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates that are drawn."""
        return self._gates

    def show_cells(self, cells: PlottedCells) -> None:
        """Draw these cells; what a person zoomed to stays where axes and kind are the same."""
        before, self._cells = self._cells, cells
        is_other = before is None or (before.spec.kind, before.axes) != (cells.spec.kind, cells.axes)
        self._mask = None
        self._clear()
        is_cloud = cells.spec.kind is PlotKind.SCATTER
        if is_cloud:
            self._bounds = _bounds_of(cells)
            self._name_axes(cells.axes[0].title, cells.axes[1].title)
        else:
            self._drawing = draw(cells, self._theme)
            self._bounds = self._drawing.bounds
            for item in self._drawing.items:
                self.plot.addItem(item, ignoreBounds=True)
            self._name_axes(self._drawing.across, self._drawing.up)
        said = " against ".join(axis.title for axis in reversed(cells.axes)) or "counts"
        self.view.setAccessibleDescription(f"{KIND_TITLES[cells.spec.kind]}: {said}, {plural(len(cells), 'cell')}")
        self._scale_axes(cells)
        if is_other or not self._is_touched:
            self.fit()
        if is_cloud:
            self.cloud.show(cells, self._theme)
        self._draw_gates()
        if not is_cloud:
            self.drawn.emit()

    def show_chosen(self, mask: NDArray[np.bool_]) -> None:
        """Let cells stand out, a (N,) mask of those plotted."""
        for item in self._marks:
            self.plot.removeItem(item)
        self._marks.clear()
        self._mask = mask
        if self._drawing is not None and mask.any():
            self._marks = self._drawing.chosen(mask)
            for item in self._marks:
                self.plot.addItem(item, ignoreBounds=True)
        elif self._drawing is None:
            self.cloud.show_chosen(mask)

    def show_gates(self, gates: Sequence[Gate]) -> None:
        """Draw these gates, of which those on other axes are left out."""
        self._gates = tuple(gates)
        self._draw_gates()

    def fit(self) -> None:
        """Show all of it."""
        bounds, view = self._bounds, self.plot.getViewBox()
        room = _ROOM if self._drawing is None or self._drawing.ticks is None else 0.0
        view.setRange(
            xRange=(bounds.x0, bounds.x1),
            yRange=(bounds.y0, bounds.y1),
            padding=room,
            disableAutoRange=True,
        )
        self._is_touched = False

    def set_tool(self, tool: PlotTool) -> None:
        """Let a drag draw something else."""
        self.hand.tool = tool
        self.hand.is_upright = self._cells is not None and self._cells.spec.kind in (PlotKind.BOX, PlotKind.VIOLIN)
        shape = Qt.CursorShape.ArrowCursor if tool is PlotTool.LOOK else Qt.CursorShape.CrossCursor
        self.view.viewport().setCursor(shape)

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        self.view.setBackground(theme.panel)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(theme.muted)
            axis.setTextPen(theme.text)
        self.hand.set_ink(theme.focus)
        if self._cells is not None:
            mask = self._mask
            self.show_cells(self._cells)
            if mask is not None:
                self.show_chosen(mask)

    def like(self, other: PlotArea) -> None:
        """Show at once what another plot shows, as far as it is seen there, with the colours named above it."""
        cells = other.cells
        if cells is None:
            return
        self.show_cells(cells)
        self.plot.setTitle(key_of(cells) or None, color=self._theme.text, size="10pt")
        # at once, where a window would do it with its next turn
        self.plot.layout.activate()
        (x0, x1), (y0, y1) = other.plot.getViewBox().viewRange()
        self.plot.getViewBox().setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0, disableAutoRange=True)
        self.show_gates(other.gates)
        if other._mask is not None:
            self.show_chosen(other._mask)
        self.cloud.draw_now()

    def close_plot(self) -> None:
        """Draw nothing more, before the window goes."""
        self.cloud.close()

    def on_screen(self, x: float, y: float) -> QPointF:
        """Return where a place of the axes lies on the widget of the plot."""
        scene = self.plot.getViewBox().mapViewToScene(QPointF(x, y))
        return QPointF(self.view.mapFromScene(scene))

    # ---- following

    def _on_range(self, *_: object) -> None:
        self._place_log_ticks()
        self._name_groups()
        self.cloud.refresh()

    def _on_touched(self, *_: object) -> None:
        self._is_touched = True

    def _on_form(self, places: object, adds: bool) -> None:
        cells = self._cells
        if cells is None or not cells.axes:
            return
        corners = np.asarray(places, np.float64)
        if len(cells.axes) == 1:
            across = corners[:, 1 if self.hand.is_upright else 0]
            corners = np.array([[across.min()], [across.max()]])
        if np.ptp(corners, axis=0).min() > 0:
            self.gate_drawn.emit(Gate.drawn(cells.axes, corners.tolist()), adds)

    def _on_click(self, place: QPointF, adds: bool) -> None:
        if self._cells is None:
            return
        if self._drawing is not None:
            self.picked.emit(self._drawing.hit(place.x(), place.y()), adds)
            return
        per_x, per_y = self.plot.getViewBox().viewPixelSize()
        x, y = self._cells.placed
        found = nearest(x, y, (place.x(), place.y()), (per_x, per_y))
        self.picked.emit(np.array([] if found is None else [found], np.intp), adds)

    # ---- drawing

    def _clear(self) -> None:
        self.cloud.clear()
        for item in (*(self._drawing.items if self._drawing is not None else ()), *self._marks):
            self.plot.removeItem(item)
        self._drawing = None
        self._marks.clear()

    def _draw_gates(self) -> None:
        for item in self._gate_items:
            self.plot.removeItem(item)
        self._gate_items.clear()
        cells = self._cells
        if cells is None:
            return
        is_upright = cells.spec.kind in (PlotKind.BOX, PlotKind.VIOLIN)
        for gate in self._gates:
            if gate.fits(cells.axes):
                self._gate_items += gate_items(gate, self._bounds, self._theme, is_upright=is_upright)
        for item in self._gate_items:
            self.plot.addItem(item, ignoreBounds=True)

    def _name_groups(self) -> None:
        """Write the names of groups along the axis and their numbers above them, as long as there is room for."""
        drawing = self._drawing
        if drawing is None or drawing.ticks is None:
            return
        box = self.plot.getViewBox()
        low, high = box.viewRange()[0]
        room = 0.96 * box.size().width() / max(high - low, 1e-9)
        metrics = QFontMetricsF(self.view.font())
        names = fitting([(group.title, group.name) for _, group in drawing.ticks], room, metrics)
        self.plot.getAxis("bottom").setTicks([list(zip((at for at, _ in drawing.ticks), names, strict=True))])
        words = fitting([texts for _, texts in drawing.labels], room, metrics)
        for (item, _), text in zip(drawing.labels, words, strict=True):
            item.setText(text)

    def _name_axes(self, across: str, up: str) -> None:
        bottom, left = self.plot.getAxis("bottom"), self.plot.getAxis("left")
        for axis, words in ((bottom, across), (left, up)):
            axis.setLabel(words or None)
            axis.showLabel(bool(words))

    def _scale_axes(self, cells: PlottedCells) -> None:
        """Let ticks stand for the values where places are logarithms."""
        is_log = [axis.is_log for axis in cells.axes]
        across = is_log[0] if cells.spec.kind in (PlotKind.SCATTER, PlotKind.HISTOGRAM) else False
        up = is_log[-1] if cells.spec.kind in (PlotKind.SCATTER, PlotKind.BOX, PlotKind.VIOLIN) else False
        self._log_sides = tuple(side for side, on in (("bottom", across), ("left", up)) if on)
        for side in ("bottom", "left"):
            if side not in self._log_sides and (self._drawing is None or self._drawing.ticks is None or side == "left"):
                self.plot.getAxis(side).setTicks(None)
        self._place_log_ticks()
        self._name_groups()

    def _place_log_ticks(self) -> None:
        box = self.plot.getViewBox()
        for side in self._log_sides:
            at = 0 if side == "bottom" else 1
            length = box.size().width() if side == "bottom" else box.size().height()
            low, high = box.viewRange()[at]
            ticks = log_ticks(low, high, length, _APART_PX[at])
            self.plot.getAxis(side).setTicks([ticks])


def _bounds_of(cells: PlottedCells) -> Bounds:
    ends = []
    for placed in cells.placed:
        low, high = (float(placed.min()), float(placed.max())) if len(placed) else (0.0, 1.0)
        room = 0.0 if high > low else max(abs(low) * 0.05, 0.5)
        ends.append((low - room, high + room))
    (x0, x1), (y0, y1) = ends
    return Bounds(x0, y0, x1, y1)
