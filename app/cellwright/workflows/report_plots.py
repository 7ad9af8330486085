"""Plots of a report: counts with their intervals, counts against the threshold, and how measurements are spread."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Sequence
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from cellwright.export import Column, Table
from cellwright.export.report_document import Chart, ChartKind, Series
from cellwright.jobs import Progress
from cellwright.workflows.report_source import DifferentialSummary, ReportSource
from cellwright.workflows.sure_counts import SureCounts, threshold_curves
from cellwright.workflows.tables import objects_table, threshold_of

MOST_HISTOGRAMS = 6
_FAMILIES = (
    *("area", "equivalent_diameter_area", "circularity", "solidity", "eccentricity", "axis_major_length"),
    *("intensity_mean", "neighbour_distance", "neighbour_count", "area_bbox"),
)
"""What is shown first, where it was measured; then the rest in the order of the table."""

_FEWEST = 5

_UNIT = re.compile(r"_(px|um|nm)[0-9]*$")
# What says which object it is and where it lies, and numbers that mean nothing to a person by themselves.
_NO_MEASUREMENT = re.compile(
    r"(uuid|picture|class|probability|score|status|source|model|label|instance|region|box_[yx]|bbox|centre|centroid|orientation|"
    r"moments|euler|picture_sha256|inertia)"
)


def count_chart(counts: SureCounts, colours: Sequence[str]) -> Chart:
    """Return counts of classes with their intervals."""
    series = tuple(
        Series(row.title, colour, _one(row.count), _one(row.count_interval.low), _one(row.count_interval.high))
        for row, colour in zip(counts.rows, colours, strict=True)
    )
    numbers = "; ".join(
        f"{r.title} {r.count:,} ({r.count_interval.low:,.0f} to {r.count_interval.high:,.0f})" for r in counts.rows
    )
    return Chart(
        ChartKind.INTERVALS,
        series,
        "cells counted",
        "",
        f"Counts with intervals: {numbers}.",
        f"Counts (line) with {counts.level:.0%} intervals (bar).",
    )


def differential_chart(summary: DifferentialSummary, colours: Sequence[str]) -> Chart:
    """Return the shares of a differential with their intervals, in percent."""
    known = [row for row in summary.rows if row.share is not None and row.low is not None and row.high is not None]
    series = tuple(
        Series(row.name, colour, _one(100 * (row.share or 0)), _one(100 * (row.low or 0)), _one(100 * (row.high or 0)))
        for row, colour in zip(known, cycle(colours))
    )
    numbers = "; ".join(f"{row.name} {100 * (row.share or 0):.1f} %" for row in known)
    return Chart(
        ChartKind.INTERVALS,
        series,
        f"share of {summary.n:,} cells, %",
        "",
        f"Shares with intervals: {numbers}.",
        f"Differential: shares (line) with {summary.level:.0%} intervals (bar).",
    )


def threshold_chart(source: ReportSource, colours: Sequence[str]) -> Chart | None:
    """Return counts against the least score that counts; None where what lies below the threshold is not known."""
    if source.confirmed is not None or source.keep or not any(len(each.objects) for each in source.analyses):
        return None
    first = source.analyses[0]
    series = []
    for (name, curve), kind, colour in zip(
        threshold_curves(source.analyses).items(), first.card.classes, colours, strict=True
    ):
        if curve.counts.any():
            marker = threshold_of(first, source.thresholds, name)
            counts = curve.counts.astype(np.float64)
            series.append(Series(kind.title, colour, counts, curve.low, curve.high, curve.thresholds, marker))
    if not series:
        return None
    return Chart(
        ChartKind.CURVES,
        tuple(series),
        "least score that counts",
        "cells counted",
        "How many cells count, by the score from which they do; the threshold in use is marked on each curve.",
        "Counts by threshold, the one in use marked; where a curve is steep there, the count is a matter of opinion.",
    )


def measurement_charts(source: ReportSource, colours: Sequence[str]) -> Generator[Progress, None, list[Chart]]:
    """Measure what is wished, and return how the measurements are spread in each class.

    Raises
    ------
    SlideNotReadable, UnknownName
        See `MeasureAnalyses`.
    """
    table = yield from _table(source)
    kinds = table.column("class").cells()
    first = source.analyses[0].card.classes
    charts = []
    for column in _chosen(table):
        values = _numbers(column)
        rows = {kind.name: np.array([k == kind.name for k in kinds], bool) for kind in first}
        series = tuple(
            Series(kind.title, colour, values[rows[kind.name]])
            for kind, colour in zip(first, colours, strict=True)
            if np.isfinite(values[rows[kind.name]]).sum() >= _FEWEST
        )
        if series:
            title = _title(column)
            unit = f" {column.unit}" if column.unit else ""
            said = "; ".join(_median(each, unit) for each in series)
            charts.append(
                Chart(
                    ChartKind.HISTOGRAM,
                    series,
                    title,
                    "cells",
                    f"Histogram of {title} by class; medians: {said}.",
                    f"{column.description[:1].upper()}{column.description[1:]}. Medians: {said}.",
                )
            )
        if len(charts) == MOST_HISTOGRAMS:
            break
    return charts


def _table(source: ReportSource) -> Generator[Progress, None, Table]:
    if source.table is not None:
        return source.table
    if not source.measured:
        return objects_table(source.analyses, source.thresholds)
    from cellwright.workflows.measuring import MeasureAnalyses

    return (yield from MeasureAnalyses(source.analyses, source.measured, source.options, source.thresholds).run())


def _chosen(table: Table) -> list[Column]:
    """Return numeric columns, those that a cell biologist asks for first; of one in px and in µm that in µm."""
    families: dict[str, list[Column]] = {}
    for column in table.columns:
        family = _UNIT.sub("", column.name)
        if not _NO_MEASUREMENT.match(family) and np.isfinite(_numbers(column)).any():
            families.setdefault(family, []).append(column)
    best = [max(columns, key=lambda each: "µm" in each.unit) for columns in families.values()]
    return sorted(best, key=lambda column: _rank(column.name))


def _rank(name: str) -> int:
    """Return where a column stands among those wished for; all others come after them, in their own order."""
    family = _UNIT.sub("", name).partition("-")[0]
    return _FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES)


def _numbers(column: Column) -> NDArray[np.float64]:
    """Return values as numbers, NaN where one is none; tables that were read back may have text."""
    values = column.values
    if isinstance(values, np.ndarray):
        return values.astype(np.float64) if values.dtype.kind in "fiu" else np.full(len(values), np.nan)
    return np.array([_number(cell) for cell in values], np.float64)


def _number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return math.nan


def _median(series: Series, unit: str) -> str:
    known = series.values[np.isfinite(series.values)]
    return f"{series.name} {np.median(known):.4g}{unit} (n = {len(known):,})"


def _title(column: Column) -> str:
    name = _UNIT.sub("", column.name).replace("_", " ")
    return f"{name}, {column.unit}" if column.unit else name


def _one(value: float) -> NDArray[np.float64]:
    return np.array([value], np.float64)
