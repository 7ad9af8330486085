"""How each kind of plot is drawn; pyqtgraph is named here and in the modules that only a drawn plot needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.wording import count_text, interval_text, percent_interval_text, percent_text
from cellwright.ui.state.plotting import Group, PlotKind
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_shapes import (
    BoxFigure,
    CountFigure,
    bin_of,
    box_figures,
    count_figures,
    histogram,
    violin_figures,
)

Values = NDArray[np.float64]
Places = NDArray[np.intp]

_HALF = 0.32
_MOST_OUTSIDE = 400
_MOST_MARKS = 2_000
_MOST_RINGS = 200
"""Of more chosen cells, boxes and violins show how their values are spread."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plot shows when all of it is seen, as places on the axes."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Drawing:
    """What stands in the plot.

    Parameters
    ----------
    items : list
        pyqtgraph's items, to be added to the plot in this order.
    bounds : Bounds
        All of it.
    hit : callable
        Returns the places, among the plotted cells, of those meant by a click at a place of the axes.
    chosen : callable
        Returns items that show which cells are chosen, given a (N,) mask of the plotted cells.
    ticks : list of (float, Group) or None
        What stands along the lower axis where that is groups.
    labels : list of (item, tuple of str)
        Words above the groups, each in several lengths, the longest first.
    up : str
        What the left axis stands for.
    across : str
        What the lower axis stands for.
    """

    items: list[Any]
    bounds: Bounds
    hit: Callable[[float, float], Places]
    chosen: Callable[[NDArray[np.bool_]], list[Any]] = field(default=lambda _mask: [])
    ticks: list[tuple[float, Group]] | None = None
    up: str = ""
    across: str = ""
    labels: list[tuple[Any, tuple[str, ...]]] = field(default_factory=list)


def draw(cells: PlottedCells, theme: Theme) -> Drawing:
    """Draw any kind but a scatter plot, which depends on what of it is seen; see `Cloud`."""
    return _ARTISTS[cells.spec.kind](cells, theme)


# ---- histogram


def _histogram(cells: PlottedCells, theme: Theme) -> Drawing:
    found = histogram(cells)
    edges, (placed,) = found.edges, cells.placed
    items = [
        _steps(edges, counts, group.colour, 2.0, 60)
        for group, counts in zip(cells.groups, found.counts, strict=True)
        if counts.any()
    ]
    top = int(found.counts.max(initial=0))

    def hit(x: float, y: float) -> Places:
        at = int(bin_of(found, np.array([x]))[0])
        if at < 0 or y > found.counts[:, at].max(initial=0) or y < 0:
            return np.zeros(0, np.intp)
        return np.flatnonzero(bin_of(found, placed) == at)

    def chosen(mask: NDArray[np.bool_]) -> list[Any]:
        counts = np.histogram(placed[mask], edges)[0]
        return [_steps(edges, counts, theme.text, 1.6, 90)]

    bounds = Bounds(float(edges[0]), 0.0, float(edges[-1]), max(1.0, 1.08 * top))
    return Drawing(items, bounds, hit, chosen, up="Cells", across=cells.axes[0].title)


def _steps(edges: Values, counts: NDArray[np.int64], colour: str, width: float, fill: int) -> Any:
    return pg.PlotCurveItem(
        edges,
        counts.astype(np.float64),
        stepMode="center",
        fillLevel=0.0,
        pen=pg.mkPen(colour, width=width),
        brush=pg.mkBrush(_faint(colour, fill)),
    )


# ---- boxes and violins


def _boxes(cells: PlottedCells, theme: Theme) -> Drawing:
    figures = box_figures(cells)
    items: list[Any] = []
    for at, (figure, group) in enumerate(zip(figures, cells.groups, strict=True)):
        if figure.n:
            items += [_box(at, figure, group.colour, _HALF), _lines(at, figure, theme.text, _HALF)]
    points = _outside(cells, figures)
    items.append(_dots(points[1], points[2], [cells.groups[int(cells.group[p])].colour for p in points[0]]))
    return _of_groups(cells, theme, items, points)


def _violins(cells: PlottedCells, theme: Theme) -> Drawing:
    figures = violin_figures(cells)
    items: list[Any] = []
    most = max((float(figure.density.max(initial=0)) for figure in figures), default=0.0) or 1.0
    for at, (figure, group) in enumerate(zip(figures, cells.groups, strict=True)):
        if len(figure.at):
            half = 0.42 * figure.density / most
            x = np.concatenate([at - half, (at + half)[::-1], [at - half[0]]])
            y = np.concatenate([figure.at, figure.at[::-1], figure.at[:1]])
            curve = pg.PlotCurveItem(x, y, pen=pg.mkPen(group.colour, width=1.6))
            curve.setFillLevel("enclosed")
            curve.setBrush(pg.mkBrush(_faint(group.colour, 80)))
            items.append(curve)
        if len(figure.at):
            items += [_box(at, figure.box, group.colour, 0.05), _lines(at, figure.box, theme.text, 0.05)]
    few = np.flatnonzero(np.isin(cells.group, [at for at, figure in enumerate(figures) if not len(figure.at)]))
    points = few[:_MOST_MARKS], cells.group[few].astype(np.float64)[:_MOST_MARKS], cells.placed[0][few][:_MOST_MARKS]
    items.append(_dots(points[1], points[2], [cells.groups[int(cells.group[p])].colour for p in points[0]]))
    drawing = _of_groups(cells, theme, items, points)
    ends = [end for figure in figures for end in (figure.at[:1], figure.at[-1:])]
    if any(map(len, ends)):
        every = np.concatenate([*ends, [drawing.bounds.y0, drawing.bounds.y1]])
        drawing.bounds = Bounds(-0.6, float(every.min()), len(figures) - 0.4, float(every.max()))
    return drawing


def _box(at: int, figure: BoxFigure, colour: str, half: float) -> Any:
    return pg.BarGraphItem(
        x=[at],
        width=2 * half,
        y0=[figure.first],
        height=[figure.third - figure.first],
        pen=pg.mkPen(colour, width=1.6),
        brush=pg.mkBrush(_faint(colour, 90)),
    )


def _lines(at: int, figure: BoxFigure, colour: str, half: float) -> Any:
    """Return median, whiskers and their ends, as one set of strokes."""
    cap = half / 2
    strokes = [
        ((at - half, figure.median), (at + half, figure.median)),
        ((at, figure.third), (at, figure.high)),
        ((at, figure.first), (at, figure.low)),
        ((at - cap, figure.high), (at + cap, figure.high)),
        ((at - cap, figure.low), (at + cap, figure.low)),
    ]
    ends = np.array(strokes, np.float64).reshape(-1, 2)
    return pg.PlotCurveItem(ends[:, 0], ends[:, 1], connect="pairs", pen=pg.mkPen(colour, width=1.6))


def _boxes_of_chosen(cells: PlottedCells, mask: NDArray[np.bool_], theme: Theme) -> list[tuple[Any, Any]]:
    """Return boxes of the chosen cells alone, within those of all."""
    alone = replace(cells, values=tuple(values[mask] for values in cells.values), group=cells.group[mask])
    return [
        (_box(at, figure, theme.text, _HALF / 2), _lines(at, figure, theme.text, _HALF / 2))
        for at, figure in enumerate(box_figures(alone))
        if figure.n
    ]


def _outside(cells: PlottedCells, figures: Sequence[BoxFigure]) -> tuple[Places, Values, Values]:
    """Return the cells drawn beyond the whiskers, those furthest out where they are many, with their places."""
    (placed,) = cells.placed
    kept = []
    for figure in figures:
        order = np.argsort(-np.abs(placed[figure.outside] - figure.median), kind="stable")
        kept.append(figure.outside[order[:_MOST_OUTSIDE]])
    places = np.concatenate(kept) if kept else np.zeros(0, np.intp)
    return places, cells.group[places].astype(np.float64), placed[places]


def _of_groups(cells: PlottedCells, theme: Theme, items: list[Any], points: tuple[Places, Values, Values]) -> Drawing:
    (placed,) = cells.placed
    dots, dot_x, dot_y = points

    def hit(x: float, y: float) -> Places:
        near = np.flatnonzero((np.abs(dot_x - x) < 0.06) & (np.abs(dot_y - y) < 0.015 * span))
        if len(near):
            return dots[near[:1]]
        at = round(x)
        return np.flatnonzero(cells.of_group(at)) if 0 <= at < len(cells.groups) else np.zeros(0, np.intp)

    def chosen(mask: NDArray[np.bool_]) -> list[Any]:
        places = np.flatnonzero(mask)
        if len(places) > _MOST_RINGS:
            return [item for each in _boxes_of_chosen(cells, mask, theme) for item in each]
        return [_rings(cells.group[places].astype(np.float64), placed[places], theme)]

    low, high = (float(placed.min()), float(placed.max())) if len(placed) else (0.0, 1.0)
    span = max(high - low, 1e-12)
    ticks = [(float(at), group) for at, group in enumerate(cells.groups)]
    room = 0.05 * (high - low) if high > low else 0.5
    bounds = Bounds(-0.6, low - room, len(cells.groups) - 0.4, high + room)
    return Drawing(items, bounds, hit, chosen, ticks, up=cells.axes[0].title)


# ---- counts


def _counts(cells: PlottedCells, theme: Theme) -> Drawing:
    figures, as_shares = count_figures(cells), cells.spec.as_shares
    told = np.array([_told(figure, as_shares) for figure in figures], np.float64).reshape(-1, 3)
    values, lows, highs = told.T
    at = np.arange(len(figures), dtype=np.float64)
    bars = pg.BarGraphItem(
        x=at,
        height=values,
        width=2 * _HALF,
        brushes=[pg.mkBrush(_faint(group.colour, 150)) for group in cells.groups],
        pens=[pg.mkPen(group.colour, width=1.6) for group in cells.groups],
    )
    pen = pg.mkPen(theme.text, width=1.6)
    bounds_of = pg.ErrorBarItem(x=at, y=values, top=highs - values, bottom=values - lows, beam=0.14, pen=pen)
    items: list[Any] = [bars, bounds_of]
    labels: list[tuple[Any, tuple[str, ...]]] = []
    for place, figure in zip(at.tolist(), figures, strict=True):
        words = _words(figure, as_shares)
        text = pg.TextItem(words, color=theme.text, anchor=(0.5, 1.0))
        labels.append((text, (words, words.replace(" (", "\n("), words.split(" (")[0])))
        text.setPos(place, _told(figure, as_shares)[2])
        items.append(text)
    top = float(highs.max(initial=0)) or 1.0

    def hit(x: float, y: float) -> Places:
        group = round(x)
        is_there = 0 <= group < len(figures) and abs(x - group) <= _HALF and y >= 0
        return np.flatnonzero(cells.of_group(group)) if is_there else np.zeros(0, np.intp)

    def chosen(mask: NDArray[np.bool_]) -> list[Any]:
        picked = np.bincount(cells.group[mask], minlength=len(figures)).astype(np.float64)
        total = max(1, int(cells.counted.sum()))
        height = picked * 100 / total if as_shares else picked
        return [pg.BarGraphItem(x=at, height=height, width=_HALF, pen=pen, brush=pg.mkBrush(_faint(theme.text, 90)))]

    ticks = [(float(place), group) for place, group in enumerate(cells.groups)]
    up = "Share of all cells (%)" if as_shares else "Cells"
    bounds = Bounds(-0.6, 0.0, len(figures) - 0.4, 1.3 * top)
    return Drawing(items, bounds, hit, chosen, ticks, up=up, labels=labels)


def _told(figure: CountFigure, as_shares: bool) -> tuple[float, float, float]:
    if not as_shares:
        return float(figure.count), figure.count_interval.low, figure.count_interval.high
    share = 0.0 if math.isnan(figure.share) else figure.share
    return 100 * share, 100 * figure.share_interval.low, 100 * figure.share_interval.high


def _words(figure: CountFigure, as_shares: bool) -> str:
    if as_shares:
        share = None if math.isnan(figure.share) else figure.share
        return f"{percent_text(share)} ({percent_interval_text(figure.share_interval)})"
    return f"{count_text(figure.count)} ({interval_text(figure.count_interval)})"


# ---- shared


def _dots(x: Values, y: Values, colours: Sequence[str]) -> Any:
    return pg.ScatterPlotItem(
        x, y, size=6, pen=None, brush=[pg.mkBrush(_faint(colour, 235)) for colour in colours] or None
    )


def _rings(x: Values, y: Values, theme: Theme) -> Any:
    return pg.ScatterPlotItem(x, y, size=9, pen=pg.mkPen(theme.text, width=1.6), brush=None)


def _faint(colour: str, alpha: int) -> QColor:
    made = QColor(colour)
    made.setAlpha(alpha)
    return made


_ARTISTS: dict[PlotKind, Callable[[PlottedCells, Theme], Drawing]] = {
    PlotKind.HISTOGRAM: _histogram,
    PlotKind.BOX: _boxes,
    PlotKind.VIOLIN: _violins,
    PlotKind.COUNTS: _counts,
}
