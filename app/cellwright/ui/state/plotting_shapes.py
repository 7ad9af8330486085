"""What histograms, boxes, violins and counts are made of, worked out from the plotted cells. Knows no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.stats import (
    Interval,
    binomial_interval,
    poisson_interval,
    quasi_poisson_interval,
    share_of_fields_interval,
)
from cellwright.ui.state.plotting import GroupBy
from cellwright.ui.state.plotting_cells import PlottedCells

Values = NDArray[np.float64]

FEWEST_BINS, MOST_BINS = 8, 200
_FENCE = 1.5
_STEPS, _FINE = 128, 1024
FEWEST_IN_A_VIOLIN = 5
"""Of fewer cells a curve would tell more than is known."""
_BANDWIDTHS = 3.0
"""A violin goes on so many bandwidths beyond its last cell."""
FEWEST_PICTURES = 5
"""With fewer pictures nobody can tell whether they differ more than by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many cells of each group lie in each bin.

    Parameters
    ----------
    edges : (B + 1,) ndarray of float64
        Where bins begin and end, as they stand on the axis (logarithms on a logarithmic one); the last end belongs to
        the last bin.
    counts : (G, B) ndarray of int64
        Cells of each group in each bin.
    """

    edges: Values
    counts: NDArray[np.int64]

    def edges_in_units(self, *, is_log: bool) -> Values:
        """Return the edges in the unit of the column."""
        edges: Values = 10.0**self.edges if is_log else self.edges
        return edges


@dataclass(frozen=True, slots=True, eq=False)
class BoxFigure:
    """The numbers of one box, as they stand on the axis.

    Parameters
    ----------
    n : int
        Cells of the group.
    low, first, median, third, high : float
        Lower whisker, quartiles, upper whisker; NaN without cells.
    outside : (K,) ndarray of intp
        Places, among the plotted cells, of those beyond the whiskers.
    """

    n: int
    low: float
    first: float
    median: float
    third: float
    high: float
    outside: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ViolinFigure:
    """How the values of a group are spread.

    Parameters
    ----------
    box : BoxFigure
        Its quartiles.
    at, density : (P,) ndarray of float64
        Places on the axis, and how densely cells lie there: the area under the curve is 1. Empty where cells are too
        few, or all the same.
    """

    box: BoxFigure
    at: Values
    density: Values


@dataclass(frozen=True, slots=True)
class CountFigure:
    """How many cells a group has.

    Parameters
    ----------
    count : int
        Cells.
    count_interval : Interval
        Of the number to be expected.
    share : float
        Of all cells counted, in [0, 1]; NaN where none was counted.
    share_interval : Interval
        Of the share.
    """

    count: int
    count_interval: Interval
    share: float
    share_interval: Interval


# ---- histograms


def bin_count(placed: Values) -> int:
    """Return into how many bins values go: 2 IQR n^(-1/3) wide (Freedman, Diaconis, 1981), within what can be seen."""
    if len(placed) < 2:
        return FEWEST_BINS
    first, third = np.percentile(placed, (25, 75))
    width = 2 * float(third - first) * len(placed) ** (-1 / 3)
    span = float(placed.max() - placed.min())
    wanted = math.ceil(span / width) if width > span / MOST_BINS else (MOST_BINS if width > 0 else FEWEST_BINS)
    return min(MOST_BINS, max(FEWEST_BINS, wanted))


def histogram(cells: PlottedCells) -> Histogram:
    """Count the cells of each group in bins of equal width on the axis; every plotted cell is in one bin."""
    (placed,) = cells.placed
    bins = cells.spec.bins or bin_count(placed)
    low, high = (float(placed.min()), float(placed.max())) if len(placed) else (0.0, 1.0)
    if not high > low:
        room = max(abs(low) * 0.05, 0.5)
        low, high = low - room, high + room
    edges = np.linspace(low, high, bins + 1)
    counts = [np.histogram(placed[cells.of_group(at)], bins, (low, high))[0] for at in range(len(cells.groups))]
    return Histogram(edges, np.array(counts, np.int64).reshape(len(cells.groups), bins))


def bin_of(found: Histogram, placed: Values) -> NDArray[np.intp]:
    """Return the bin of each value, as `histogram` counts them; -1 outside."""
    at = np.searchsorted(found.edges, placed, side="right") - 1
    at[placed == found.edges[-1]] = len(found.edges) - 2
    at[(placed < found.edges[0]) | (placed > found.edges[-1])] = -1
    return at


# ---- boxes and violins


def box_figures(cells: PlottedCells) -> list[BoxFigure]:
    """Return a box for each group: quartiles, and whiskers to the last cell within 1.5 quartile distances (Tukey 1977).

    On a logarithmic axis all of it is worked out from the logarithms.
    """
    (placed,) = cells.placed
    return [_box(placed, np.flatnonzero(cells.of_group(at))) for at in range(len(cells.groups))]


def _box(placed: Values, places: NDArray[np.intp]) -> BoxFigure:
    values = placed[places]
    if not len(values):
        return BoxFigure(0, math.nan, math.nan, math.nan, math.nan, math.nan, places)
    first, median, third = (float(part) for part in np.percentile(values, (25, 50, 75)))
    reach = _FENCE * (third - first)
    within = (values >= first - reach) & (values <= third + reach)
    inner = values[within]
    # between two cells there may be quartiles without any cell within reach of them
    low, high = (float(inner.min()), float(inner.max())) if len(inner) else (first, third)
    return BoxFigure(len(values), min(low, first), first, median, third, max(high, third), places[~within])


def violin_figures(cells: PlottedCells) -> list[ViolinFigure]:
    """Return the spread of each group: a Gaussian kernel of Silverman's bandwidth (1986, equation 3.31).

    Values are put into 1024 fine bins first, so that a million cells take no longer than a thousand.
    """
    (placed,) = cells.placed
    boxes = box_figures(cells)
    return [ViolinFigure(box, *_spread(placed[cells.of_group(at)])) for at, box in enumerate(boxes)]


def bandwidth(values: Values) -> float:
    """Return 0.9 n^(-1/5) times the smaller of standard deviation and IQR / 1.34; 0 where all values are equal."""
    if len(values) < 2:
        return 0.0
    deviation = float(values.std(ddof=1))
    first, third = np.percentile(values, (25, 75))
    between = float(third - first) / 1.34
    return 0.9 * (min(deviation, between) or deviation) * math.pow(len(values), -0.2)


def _spread(values: Values) -> tuple[Values, Values]:
    width = bandwidth(values)
    if len(values) < FEWEST_IN_A_VIOLIN or not width > 0:
        return np.zeros(0), np.zeros(0)
    low, high = float(values.min()) - _BANDWIDTHS * width, float(values.max()) + _BANDWIDTHS * width
    fine, edges = np.histogram(values, _FINE, (low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    at = np.linspace(low, high, _STEPS)
    kernel = np.exp(-0.5 * ((at[:, None] - middles) / width) ** 2)
    density: Values = kernel @ fine / (len(values) * width * math.sqrt(2 * math.pi))
    return at, density


# ---- counts


def count_figures(cells: PlottedCells, level: float = 0.95) -> list[CountFigure]:
    """Return how many cells each group has, with intervals.

    Of one picture they are exact and take cells as independent (Garwood for counts, Clopper and Pearson for shares).
    From `FEWEST_PICTURES` pictures on they follow how much the pictures differ (quasi-Poisson, bootstrap of pictures).
    """
    total = int(cells.counted.sum())
    # a picture without any cell says nothing about shares
    there = cells.counted > 0
    figures = []
    for at in range(len(cells.groups)):
        of_picture = np.bincount(cells.picture[cells.of_group(at)], minlength=len(cells.pictures))
        count = int(of_picture.sum())
        share = count / total if total else math.nan
        if by_pictures(cells):
            rate = quasi_poisson_interval(of_picture, level=level).scaled(len(of_picture))
            part = share_of_fields_interval(of_picture[there], cells.counted[there], level)
        else:
            rate, part = poisson_interval(count, level), binomial_interval(count, total, level)
        figures.append(CountFigure(count, rate, share, part))
    return figures


def by_pictures(cells: PlottedCells) -> bool:
    """Whether intervals follow how much pictures differ: only where a group may have cells on each of many."""
    many = int((cells.counted > 0).sum()) >= FEWEST_PICTURES
    return many and cells.spec.group is not GroupBy.PICTURE


def intervals_text(cells: PlottedCells) -> str:
    """Return what the intervals of the counts suppose, in a sentence."""
    if by_pictures(cells):
        return f"95 % intervals by how much the {len(cells.pictures)} pictures differ"
    return "95 % intervals, exact; cells are taken as independent"
