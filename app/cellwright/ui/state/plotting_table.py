"""What a plot shows, as a table: the numbers that are drawn, with units, and which gates hold which cell.

Knows no Qt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellwright.export.table import Column, Table
from cellwright.ui.state.plotting import PlotKind
from cellwright.ui.state.plotting_cells import PlottedCells
from cellwright.ui.state.plotting_gate import Gate
from cellwright.ui.state.plotting_shapes import (
    box_figures,
    count_figures,
    histogram,
    intervals_text,
    violin_figures,
)


def plot_table(cells: PlottedCells, gates: Sequence[Gate] = ()) -> Table:
    """Return what a plot shows.

    A scatter plot gives a row a cell, a histogram a row a bin, boxes and counts a row a group, violins a row a place of
    each curve. Gates drawn into the plot are columns of truth values; of a histogram, the numbers of cells they choose.

    Parameters
    ----------
    cells : PlottedCells
        What is drawn.
    gates : sequence of Gate
        Those drawn into it.
    """
    return _TABLES[cells.spec.kind](cells, [gate for gate in gates if gate.fits(cells.axes)])


def _scatter(cells: PlottedCells, gates: Sequence[Gate]) -> Table:
    names = [picture.name for picture in cells.pictures]
    ids = [""] * len(cells)
    for number, picture in enumerate(cells.pictures):
        here = np.flatnonzero(cells.picture == number)
        objects = picture.objects
        if objects is not None:
            for place, text in zip(here.tolist(), objects.take(cells.row[here]).id_strings(), strict=True):
                ids[place] = text
    columns = [
        Column("id", ids, description="Stable id of the cell."),
        Column("picture", [names[number] for number in cells.picture.tolist()], description="File of the picture."),
        _group_column(cells, cells.group.tolist()),
        *_value_columns(cells),
        *(Column(_gate_name(gate, at), gate.holds(cells.values), "", _about(gate)) for at, gate in enumerate(gates)),
    ]
    return Table("scatter", tuple(columns))


def _value_columns(cells: PlottedCells) -> list[Column]:
    """Return the values across and up; a column drawn against itself stands there once."""
    once = {axis.name: (axis, values) for axis, values in zip(cells.axes, cells.values, strict=True)}
    return [Column(axis.name, values, axis.unit, axis.title) for axis, values in once.values()]


def _histogram(cells: PlottedCells, gates: Sequence[Gate]) -> Table:
    (axis,) = cells.axes
    found = histogram(cells)
    edges = found.edges_in_units(is_log=axis.is_log)
    columns = [
        Column(f"{axis.name}_from", edges[:-1], axis.unit, "Where the bin begins; its first value belongs to it."),
        Column(f"{axis.name}_to", edges[1:], axis.unit, "Where the bin ends; only the last bin holds this value."),
        *(
            Column(f"count {group.name} {at}" if _is_twice(cells, at) else f"count {group.name}", counts, "", _CELLS)
            for at, (group, counts) in enumerate(zip(cells.groups, found.counts, strict=True))
        ),
    ]
    for at, gate in enumerate(gates):
        chosen = np.histogram(cells.placed[0][gate.holds(cells.values)], found.edges)[0]
        columns.append(Column(_gate_name(gate, at), chosen, "", f"{_about(gate)} {_CELLS}"))
    return Table("histogram", tuple(columns))


def _boxes(cells: PlottedCells, gates: Sequence[Gate]) -> Table:
    (axis,) = cells.axes
    figures = box_figures(cells)

    def stated(part: str, said: str) -> Column:
        values = np.array([getattr(figure, part) for figure in figures], np.float64)
        return Column(f"{axis.name}_{said}", 10.0**values if axis.is_log else values, axis.unit, _BOX_PARTS[said])

    columns = [
        _group_column(cells, range(len(figures))),
        Column("cells", [figure.n for figure in figures], "", "Cells of the group."),
        stated("low", "whisker_low"),
        stated("first", "quartile_1"),
        stated("median", "median"),
        stated("third", "quartile_3"),
        stated("high", "whisker_high"),
        Column("beyond_whiskers", [len(figure.outside) for figure in figures], "", "Cells drawn as points."),
        *_gate_counts(cells, gates),
    ]
    return Table("boxes", tuple(columns))


def _violins(cells: PlottedCells, gates: Sequence[Gate]) -> Table:
    del gates  # a place of a curve is no cell
    (axis,) = cells.axes
    figures = violin_figures(cells)
    group = np.repeat(np.arange(len(figures)), [len(figure.at) for figure in figures])
    at = np.concatenate([figure.at for figure in figures]) if figures else np.zeros(0)
    dense = np.concatenate([figure.density for figure in figures]) if figures else np.zeros(0)
    of = f"log10 {axis.name}" if axis.is_log else axis.name
    unit = "" if axis.is_log or not axis.unit else f"1/({axis.unit})"
    return Table(
        "violins",
        (
            _group_column(cells, group.tolist()),
            Column(axis.name, 10.0**at if axis.is_log else at, axis.unit, "Place on the axis."),
            Column("density", dense, unit, f"Share of the group's cells there, per {of}; the area is 1."),
        ),
    )


def _counts(cells: PlottedCells, gates: Sequence[Gate]) -> Table:
    del gates  # counts have no axis to gate
    figures = count_figures(cells)
    what = intervals_text(cells)
    return Table(
        "counts",
        (
            _group_column(cells, range(len(figures))),
            Column("count", [figure.count for figure in figures], "", _CELLS),
            Column("count_low", [figure.count_interval.low for figure in figures], "", what),
            Column("count_high", [figure.count_interval.high for figure in figures], "", what),
            Column("share", [figure.share for figure in figures], "", "Of all cells that count."),
            Column("share_low", [figure.share_interval.low for figure in figures], "", what),
            Column("share_high", [figure.share_interval.high for figure in figures], "", what),
        ),
    )


_CELLS = "Number of cells."
_BOX_PARTS = {
    "whisker_low": "Lowest cell within 1.5 quartile distances below the first quartile.",
    "quartile_1": "A quarter of the cells lies below.",
    "median": "Half of the cells lies below.",
    "quartile_3": "Three quarters of the cells lie below.",
    "whisker_high": "Highest cell within 1.5 quartile distances above the third quartile.",
}


def _group_column(cells: PlottedCells, numbers: Sequence[int]) -> Column:
    names = [group.name for group in cells.groups]
    return Column("group", [names[number] for number in numbers], "", f"Cells by {cells.spec.group.value}.")


def _gate_counts(cells: PlottedCells, gates: Sequence[Gate]) -> list[Column]:
    columns = []
    for at, gate in enumerate(gates):
        chosen = np.bincount(cells.group[gate.holds(cells.values)], minlength=len(cells.groups))
        columns.append(Column(_gate_name(gate, at), chosen, "", f"{_about(gate)} {_CELLS}"))
    return columns


def _gate_name(gate: Gate, number: int) -> str:
    return f"gate {gate.name}" if gate.name else f"gate {number + 1}"


def _about(gate: Gate) -> str:
    """Return where a gate lies: its corners, as they would be typed."""
    corners = "; ".join(" ".join(f"{part:.6g}" for part in corner) for corner in gate.corners[:50])
    return f"Cells in the gate on {', '.join(axis.title for axis in gate.axes)} with corners {corners}."


def _is_twice(cells: PlottedCells, number: int) -> bool:
    return sum(group.name == cells.groups[number].name for group in cells.groups) > 1


_TABLES = {
    PlotKind.SCATTER: _scatter,
    PlotKind.HISTOGRAM: _histogram,
    PlotKind.BOX: _boxes,
    PlotKind.VIOLIN: _violins,
    PlotKind.COUNTS: _counts,
}
