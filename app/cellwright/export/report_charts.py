"""Plots of a report, drawn without a display by matplotlib, for HTML and PDF alike."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.export.report_document import Chart, ChartKind, Series
from cellwright.export.report_type import FONT, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHART_ASPECT = 0.56
"""Height of a chart of half a page's width, in widths."""
INK, GREY, LINE = "#1a1a1a", "#5c5c5c", "#c9c9c9"
NAME_SIZE = 8.0
"""Of names beside an axis, in points."""

_FEWEST_BINS, _BINS = 8, 40
_DASHES = ("-", "--", ":", "-.")
_ROW_INCHES = 0.26
_LEGEND_INCHES = 0.16
_NAMES_A_ROW = 2
_NAME_POINTS, _TITLE_POINTS = 92.0, 190.0


@contextmanager
def drawing(**more: Any) -> Iterator[None]:
    """Draw with the report's own settings, whatever a person's matplotlib is set to."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        own: dict[Any, Any] = {"font.family": [FONT], "svg.fonttype": "path", "svg.hashsalt": "cellwright"}
        own["text.parse_math"] = False  # a dollar sign in a name is one
        mpl.rcParams.update(own | more)
        yield


def chart_height(chart: Chart, width: float) -> float:
    """Return how high a chart of that width is drawn, in the same unit: inches."""
    least = width * CHART_ASPECT
    if chart.kind is ChartKind.INTERVALS:
        return max(least, 0.75 + _ROW_INCHES * len(chart.series))
    return least + legend_height(chart)


def legend_height(chart: Chart) -> float:
    """Return how much of it the names of the series take, above the axes, in inches."""
    if chart.kind is ChartKind.INTERVALS:
        return 0.0
    return _LEGEND_INCHES * -(-len(chart.series) // _NAMES_A_ROW)


def series_name(series: Series) -> str:
    """Return how a series is called in a chart; a name without end leaves room for the numbers."""
    name = shortened(series.name, _NAME_POINTS, NAME_SIZE)
    # matplotlib leaves out of legends what is called nothing, or begins with an underscore.
    return f" {name}" if not name or name.startswith("_") else name


def chart_svg(chart: Chart, width: float = 3.6) -> bytes:
    """Return a chart as SVG, its letters as shapes; `width` in inches."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(width, chart_height(chart, width)), layout="constrained")
        FigureCanvasSVG(figure)
        draw_chart(figure.add_subplot(), chart)
        made = io.BytesIO()
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    return made.getvalue()


def draw_chart(axes: Axes, chart: Chart, font_size: float = 8.0) -> None:
    """Draw a chart into axes of matplotlib."""
    _DRAW[chart.kind](axes, chart.series)
    axes.set_xlabel(shortened(chart.x, _TITLE_POINTS, font_size), fontsize=font_size, color=INK)
    axes.set_ylabel(shortened(chart.y, _TITLE_POINTS / 2, font_size), fontsize=font_size, color=INK)
    axes.tick_params(labelsize=font_size - 1, colors=GREY, width=0.6, length=3)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(LINE)
        spine.set_linewidth(0.8)
    if chart.kind is not ChartKind.INTERVALS:
        axes.legend(
            fontsize=font_size - 1,
            frameon=False,
            labelcolor=INK,
            handlelength=1.8,
            # Above the axes, where it covers nothing.
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=_NAMES_A_ROW,
            borderaxespad=0.1,
            columnspacing=1.2,
            labelspacing=0.25,
        )


def _intervals(axes: Axes, series: Sequence[Series]) -> None:
    rows = np.arange(len(series))[::-1]
    for row, each in zip(rows.tolist(), series, strict=True):
        value = float(each.values[0])
        if each.low is not None and each.high is not None:
            axes.plot([each.low[0], each.high[0]], [row, row], color=each.colour, linewidth=5, solid_capstyle="butt")
        axes.plot([value], [row], "|", color=INK, markersize=9, markeredgewidth=1.4)
    axes.set_yticks(rows, [series_name(each) for each in series], fontsize=8, color=INK)
    axes.set_ylim(-0.6, len(series) - 0.4)
    axes.set_xlim(left=0)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)


def _histogram(axes: Axes, series: Sequence[Series]) -> None:
    from matplotlib.ticker import MaxNLocator

    known = [each.values[np.isfinite(each.values)] for each in series]
    edges = _edges(np.concatenate(known) if known else np.empty(0))
    for each, values, dash in zip(series, known, cycle(_DASHES)):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        axes.stairs(counts, edges, color=each.colour, linewidth=1.4, linestyle=dash, label=series_name(each))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges of bins over all but the most outlying of a thousand; those stand in the outermost bins.

    As many bins as Rice's rule says (twice the cube root of how many values there are), within limits.
    """
    if not len(values):
        return np.linspace(0.0, 1.0, _FEWEST_BINS + 1)
    low, high = np.quantile(values, [0.001, 0.999]).tolist()
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, min(_BINS, max(_FEWEST_BINS, round(2 * len(values) ** (1 / 3)))) + 1)


def _curves(axes: Axes, series: Sequence[Series]) -> None:
    for each, dash in zip(series, cycle(_DASHES)):
        places = np.arange(len(each.values), dtype=np.float64) if each.places is None else each.places
        axes.plot(places, each.values, color=each.colour, linewidth=1.4, linestyle=dash, label=series_name(each))
        if each.low is not None and each.high is not None:
            axes.fill_between(places, each.low, each.high, color=each.colour, alpha=0.18, linewidth=0)
        if each.marker is not None:
            axes.plot(
                [each.marker], [np.interp(each.marker, places, each.values)], "o", color=each.colour, markersize=5
            )
    axes.set_ylim(bottom=0)


_DRAW = {ChartKind.INTERVALS: _intervals, ChartKind.HISTOGRAM: _histogram, ChartKind.CURVES: _curves}
