"""How gates are drawn into a plot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from cellwright.ui.looks.theme import Theme
from cellwright.ui.plots.artists import Bounds
from cellwright.ui.state.plotting_gate import Gate


def gate_items(gate: Gate, bounds: Bounds, theme: Theme, *, is_upright: bool) -> list[Any]:
    """Return the outline of a gate, and its name where it has one.

    Parameters
    ----------
    gate : Gate
        On the axes of the plot.
    bounds : Bounds
        Of the plot: an end beyond it is drawn outside.
    theme : Theme
        Whose colours.
    is_upright : bool
        Whether the one axis of the gate is the one up.
    """
    style = Qt.PenStyle.DashLine if gate.name else Qt.PenStyle.SolidLine
    pen = pg.mkPen(theme.focus, width=2, style=style)
    corners = gate.places
    if len(gate.axes) == 1:
        return _stretch(gate, bounds, pen, theme, is_upright)
    closed = np.concatenate([corners, corners[:1]])
    items: list[Any] = [pg.PlotCurveItem(closed[:, 0], closed[:, 1], pen=pen)]
    if gate.name:
        ends = float(corners[:, 0].min()), float(corners[:, 0].max())
        items.append(_name(gate, theme, bounds, ends, float(corners[:, 1].min())))
    return items


def _stretch(gate: Gate, bounds: Bounds, pen: Any, theme: Theme, is_upright: bool) -> list[Any]:
    first, last = (bounds.y0, bounds.y1) if is_upright else (bounds.x0, bounds.x1)
    room = last - first
    low, high = np.clip(gate.places[:, 0], first - room, last + room).tolist()
    ink = QColor(theme.focus)
    ink.setAlpha(36)
    band = pg.LinearRegionItem(
        (low, high),
        orientation="horizontal" if is_upright else "vertical",
        brush=pg.mkBrush(ink),
        pen=pen,
        movable=False,
    )
    band.setZValue(-5)
    if not gate.name:
        return [band]
    if is_upright:
        return [band, _name(gate, theme, bounds, (bounds.x0, bounds.x0), high)]
    return [band, _name(gate, theme, bounds, (low, high), bounds.y1)]


def _name(gate: Gate, theme: Theme, bounds: Bounds, ends: tuple[float, float], y: float) -> Any:
    """Return the name below a place, growing from the end of the gate that is farther from the rim of the plot."""
    is_right = sum(ends) / 2 > (bounds.x0 + bounds.x1) / 2
    text = pg.TextItem(gate.name, color=theme.focus, anchor=(1.0 if is_right else 0.0, 0.0))
    text.setPos(ends[1] if is_right else ends[0], y)
    return text
