"""`Gate`: cells chosen by a form drawn into a plot, so that the same form chooses on any other picture. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import Axis, PlotKind, PlotSpec
from cellwright.ui.state.plotting_cells import column_of
from cellwright.ui.state.plotting_inside import inside
from cellwright.ui.state.session import Session

Values = NDArray[np.float64]

_MOST_DECADES = 300
OPEN_END = 10.0**_MOST_DECADES
"""An end of a stretch at this number or beyond is none: whatever is larger, or smaller, is chosen too."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A stretch of one column, or a polygon in two.

    Half-open: of a stretch the lower end belongs to it and the upper does not, and so it is with the sides of a
    rectangle. On a logarithmic axis, edges are straight between the logarithms, as they were drawn.

    Parameters
    ----------
    axes : tuple of Axis
        One or two columns with their units, the one across first.
    corners : tuple of tuple of float
        In the units of the columns. Of one column its two ends, lower first; of two the corners of a polygon, 3 or
        more, across and up.
    name : str
        What a person calls it; empty while it is new.

    Raises
    ------
    BadParameter
        If corners are too few, no finite numbers, or 0 or less on a logarithmic axis.
    """

    axes: tuple[Axis, ...]
    corners: tuple[tuple[float, ...], ...]
    name: str = ""

    def __post_init__(self) -> None:
        fewest = {1: 2, 2: 3}.get(len(self.axes), 0)
        if not fewest or len(self.corners) < fewest or any(len(each) != len(self.axes) for each in self.corners):
            raise BadParameter("A gate is two ends on one axis, or three corners or more on two.")
        if not np.isfinite(self._placed()).all():
            raise BadParameter("A gate needs finite corners, above 0 on a logarithmic axis.")

    @staticmethod
    def drawn(axes: tuple[Axis, ...], places: Sequence[Sequence[float]]) -> Gate:
        """Return the gate that was drawn at these places of the axes (logarithms on a logarithmic one)."""
        corners = tuple(tuple(_value(axis, at) for axis, at in zip(axes, place, strict=True)) for place in places)
        return Gate(axes, corners)

    def named(self, name: str) -> Gate:
        """Return the same gate with a name."""
        return replace(self, name=name)

    @property
    def places(self) -> Values:
        """(K, A) where the corners stand on the axes."""
        return self._placed()

    def fits(self, axes: tuple[Axis, ...]) -> bool:
        """Whether it can be drawn into a plot with these axes."""
        return self.axes == axes

    def holds(self, values: Sequence[Values]) -> NDArray[np.bool_]:
        """Return which cells it chooses.

        Parameters
        ----------
        values : sequence of (N,) ndarray of float64
            One for each of its columns, in their units.

        Returns
        -------
        (N,) ndarray of bool
            False where a value is unknown or has no place on the axis.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            placed = [
                np.where(each > 0, np.log10(each), np.nan) if axis.is_log else np.asarray(each, np.float64)
                for axis, each in zip(self.axes, values, strict=True)
            ]
        corners = self._placed()
        if len(placed) == 1:
            low, high = corners.min(), corners.max()
            chosen: NDArray[np.bool_] = (placed[0] >= low) & (placed[0] < high)
            return chosen
        return inside(corners, *placed)

    def _placed(self) -> Values:
        corners = np.array(self.corners, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            for at, axis in enumerate(self.axes):
                if axis.is_log:
                    corners[:, at] = np.log10(corners[:, at])
        return corners

    @property
    def words(self) -> str:
        """What it is about, for a person: its name, and the columns where it has none."""
        return self.name or " × ".join(axis.title for axis in self.axes)


def _value(axis: Axis, at: float) -> float:
    """Return the value that stands at a place of an axis, within what numbers can hold."""
    return float(10.0 ** min(max(at, -_MOST_DECADES), _MOST_DECADES)) if axis.is_log else float(at)


def gated_rows(session: Session, picture: Picture, gate: Gate) -> NDArray[np.intp]:
    """Return the rows of a picture that a gate chooses, of those that are shown.

    Raises
    ------
    BadParameter
        If the picture has not been measured so, or in another unit; says what would help.
    """
    rows = session.shown(picture)
    values = []
    for axis in gate.axes:
        column = column_of(session, picture, axis.name)
        if column is None or column.unit != axis.unit:
            raise BadParameter(_why_not(session, picture, gate, axis))
        values.append(column.numbers[rows])
    return rows[gate.holds(values)]


def _why_not(session: Session, picture: Picture, gate: Gate, axis: Axis) -> str:
    measured = session.measured(picture)
    other = measured.name_of(axis.name) if measured is not None else None
    if measured is None or other is None:
        return f"{picture.name} has no column {axis.name}, which the gate {gate.words} needs: measure it first."
    unit = measured.known[other].unit
    advice = "" if picture.pixel_size is not None else " Enter its pixel size first."
    return f"The gate {gate.words} is in {axis.unit or 'plain numbers'}, {picture.name} in {unit or 'those'}.{advice}"


def filter_text(gate: Gate) -> str:
    """Return the gate in the words of the filter line; empty where it is no stretch and no upright rectangle."""
    corners = np.array(gate.corners, np.float64)
    if len(gate.axes) == 2 and not _is_upright(corners):
        return ""
    parts = []
    for axis, low, high in zip(gate.axes, corners.min(axis=0).tolist(), corners.max(axis=0).tolist(), strict=True):
        parts += [f"{axis.name} >= {low!r}"] if low > -OPEN_END else []
        parts += [f"{axis.name} < {high!r}"] if high < OPEN_END else []
    return " and ".join(parts)


def _is_upright(corners: Values) -> bool:
    if len(corners) != 4:
        return False
    is_still = np.roll(corners, -1, axis=0) == corners
    # each side stays where it is on one axis alone, and sides follow each other across and up
    return bool(
        (is_still.sum(axis=1) == 1).all() and (is_still[0] == is_still[2]).all() and is_still[0] @ is_still[1] == 0
    )


def with_axes(spec: PlotSpec, gate: Gate) -> PlotSpec:
    """Return a plot into which a gate can be drawn, of the kind shown where that will do."""
    first = gate.axes[0]
    if len(gate.axes) == 2:
        second = gate.axes[1]
        return replace(
            spec, kind=PlotKind.SCATTER, x=first.name, x_log=first.is_log, y=second.name, y_log=second.is_log
        )
    if spec.kind in (PlotKind.BOX, PlotKind.VIOLIN):
        return replace(spec, y=first.name, y_log=first.is_log)
    return replace(spec, kind=PlotKind.HISTOGRAM, x=first.name, x_log=first.is_log)
