"""Which cells a plot shows, and their values: gathered from the session, column by column. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.looks.wording import plural
from cellwright.ui.state.class_style import spare_styles
from cellwright.ui.state.marks import STATUSES
from cellwright.ui.state.measured import Measured, MeasuredColumn
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import Axis, Group, GroupBy, PlotKind, PlotSpec, Reach, spare_colour
from cellwright.ui.state.session import Session

Values = NDArray[np.float64]

_FIRST_X = ("area", "area_bbox", "width")
_FIRST_Y = ("score", "height")


@dataclass(frozen=True, slots=True, eq=False)
class PlottedCells:
    """N cells with what a plot needs to know of them.

    Parameters
    ----------
    spec : PlotSpec
        What was asked for.
    axes : tuple of Axis
        One for each column that is drawn, first the one across.
    values : tuple of (N,) ndarray of float64
        One an axis, finite, and above 0 where the axis is logarithmic.
    group : (N,) ndarray of int16
        Index into `groups`.
    groups : tuple of Group
        In the order they are drawn; each has its own colour.
    picture : (N,) ndarray of int32
        Index into `pictures`.
    row : (N,) ndarray of intp
        Row of the cell in its picture's objects.
    pictures : tuple of Picture
        Those that take part.
    counted : (P,) ndarray of int64
        How many cells count on each picture, of hidden classes too.
    left_out : tuple of str
        What is not shown and why, a sentence each.
    """

    spec: PlotSpec
    axes: tuple[Axis, ...] = ()
    values: tuple[Values, ...] = ()
    group: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    groups: tuple[Group, ...] = ()
    picture: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    row: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    pictures: tuple[Picture, ...] = ()
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    @property
    def placed(self) -> tuple[Values, ...]:
        """The values where they stand on their axes: logarithms to the base of ten on a logarithmic one."""
        return tuple(
            np.log10(values) if axis.is_log else values for axis, values in zip(self.axes, self.values, strict=True)
        )

    def of_group(self, number: int) -> NDArray[np.bool_]:
        """(N,) bool: which cells belong to a group."""
        mask: NDArray[np.bool_] = self.group == number
        return mask

    def rows_on(self, picture: Picture | None, mask: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
        """Return the rows, on one picture, of the cells that are drawn, or of those in a mask (N,)."""
        here = self.on(picture) if mask is None else self.on(picture) & mask
        return self.row[here]

    def on(self, picture: Picture | None) -> NDArray[np.bool_]:
        """(N,) bool: which cells lie on a picture."""
        numbers = [number for number, each in enumerate(self.pictures) if each is picture]
        mask: NDArray[np.bool_] = self.picture == (numbers[0] if numbers else -1)
        return mask

    def are_chosen(self, picture: Picture | None, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(N,) bool: which cells are those rows of a picture."""
        chosen = np.zeros(len(self), np.bool_)
        if picture is None or picture.objects is None or not len(rows):
            return chosen
        marked = np.zeros(len(picture.objects), np.bool_)
        marked[rows[rows < len(marked)]] = True
        here = self.on(picture)
        # what is drawn may be older than what is selected: it is drawn anew in a moment
        there = self.row[here]
        chosen[here] = np.where(there < len(marked), marked[np.minimum(there, len(marked) - 1)], False)
        return chosen


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The cells of one picture."""

    picture: Picture
    rows: NDArray[np.intp]
    values: tuple[Values, ...]
    names: NDArray[np.intp]
    groups: tuple[Group, ...]
    counted: int


def gather(session: Session, spec: PlotSpec) -> PlottedCells:
    """Return the cells that the picture shows too, with their values.

    Cells without a value, and on a logarithmic axis those of 0 or less, are left out and told of. So are pictures whose
    values come in another unit than those of the picture shown.
    """
    pictures = _pictures(session, spec)
    axes = _axes(session, spec, pictures[0]) if pictures else None
    if axes is None:
        return PlottedCells(spec)
    found = [_part(session, spec, picture, axes) for picture in pictures]
    parts = [part for part in found if part is not None]
    cells = _joined(spec, axes, parts)
    return _without_empty(session, _without_holes(cells, len(found) - len(parts)))


def with_columns(spec: PlotSpec, measured: Measured) -> PlotSpec:
    """Return the same with columns that a picture has: those of that name in its unit, else the first of interest."""
    names = [name for name, known in measured.known.items() if not known.is_words]

    def found(name: str, first: tuple[str, ...]) -> str:
        meant = [measured.name_of(each) for each in ((name, *first) if name else first)]
        return next((each for each in meant if each in names), names[0] if names else "")

    return replace(spec, x=found(spec.x, _FIRST_X), y=found(spec.y, _FIRST_Y))


def _pictures(session: Session, spec: PlotSpec) -> list[Picture]:
    """Return the pictures with cells; the one that is shown stands first, since its units hold."""
    current = session.current
    found = [each for each in session.pictures if each.objects is not None]
    if spec.reach is Reach.PICTURE:
        return [each for each in found if each is current]
    return sorted(found, key=lambda each: each is not current)


def _axes(session: Session, spec: PlotSpec, picture: Picture) -> tuple[Axis, ...] | None:
    """Return what the axes stand for; None where the picture has no such column."""
    found = []
    for name, is_log in spec.columns:
        column = column_of(session, picture, name)
        if column is None:
            return None
        found.append(Axis(name, column.unit, is_log))
    return tuple(found)


def column_of(session: Session, picture: Picture, name: str) -> MeasuredColumn | None:
    """Return a column of numbers of a picture; None where it has none of that name."""
    measured = session.measured(picture)
    if measured is None or name not in measured.known or measured.known[name].is_words:
        return None
    return measured.column(name)


def _part(session: Session, spec: PlotSpec, picture: Picture, axes: tuple[Axis, ...]) -> _Part | None:
    """Return the cells of one picture; None where it has not the same columns in the same units."""
    rows = session.shown(picture)
    values = []
    for axis in axes:
        column = column_of(session, picture, axis.name)
        if column is None or column.unit != axis.unit:
            return None
        values.append(column.numbers[rows])
    names, groups = _groups(spec.group, picture, rows)
    return _Part(picture, rows, tuple(values), names, groups, int(session.counted(picture).sum()))


def _groups(by: GroupBy, picture: Picture, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], tuple[Group, ...]]:
    """Return the group of each row, and the groups there may be."""
    objects = picture.objects
    assert objects is not None
    if by is GroupBy.CLASS:
        styles = {style.name: style for style in (*spare_styles(objects.classes), *picture.styles)}
        kinds = [styles[name] for name in objects.classes]
        made = tuple(Group(kind.name, kind.title, kind.colour) for kind in kinds)
        return objects.class_index[rows].astype(np.intp), made
    if by is GroupBy.STATUS:
        status = np.zeros(len(rows), np.intp) if picture.marks is None else picture.marks.status[rows].astype(np.intp)
        return status, tuple(Group(each.value, each.value.capitalize(), "") for each in STATUSES)
    one = Group(picture.name, picture.name, "") if by is GroupBy.PICTURE else Group("cells", "Cells", spare_colour(0))
    return np.zeros(len(rows), np.intp), (one,)


def _joined(spec: PlotSpec, axes: tuple[Axis, ...], parts: Sequence[_Part]) -> PlottedCells:
    groups: dict[str, Group] = {}
    numbers = []
    for number, part in enumerate(parts):
        # two files of one name are two groups all the same
        keys = [f"{number}/{each.name}" if spec.group is GroupBy.PICTURE else each.name for each in part.groups]
        for key, each in zip(keys, part.groups, strict=True):
            groups.setdefault(key, each)
        place = np.array([list(groups).index(key) for key in keys], np.int16)
        numbers.append(place[part.names])
    return PlottedCells(
        spec,
        axes,
        tuple(np.concatenate([part.values[at] for part in parts]) for at in range(len(axes))),
        np.concatenate(numbers),
        tuple(groups.values()),
        np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.rows) for part in parts]),
        np.concatenate([part.rows for part in parts]),
        tuple(part.picture for part in parts),
        np.array([part.counted for part in parts], np.int64),
    )


def _without_holes(cells: PlottedCells, others: int) -> PlottedCells:
    """Leave out the cells that have no place on an axis, and say how many there are."""
    said = []
    known, placed = np.ones(len(cells), np.bool_), np.ones(len(cells), np.bool_)
    for axis, values in zip(cells.axes, cells.values, strict=True):
        known &= np.isfinite(values)
        if axis.is_log:
            placed &= ~(values <= 0)
    if not known.all():
        said.append(f"{plural(int((~known).sum()), 'cell')} without a value")
    if not (placed | ~known).all():
        said.append(f"{plural(int((known & ~placed).sum()), 'cell')} at 0 or below, where a log axis has no place")
    if others:
        said.append(f"{plural(others, 'picture')} without these columns in these units")
    kept = known & placed
    if not kept.all():
        cells = replace(
            cells,
            values=tuple(values[kept] for values in cells.values),
            group=cells.group[kept],
            picture=cells.picture[kept],
            row=cells.row[kept],
        )
    return replace(cells, left_out=tuple(said))


def _without_empty(session: Session, cells: PlottedCells) -> PlottedCells:
    """Leave out the groups without a cell; only counts tell of a class that was looked for and not found."""
    there = np.bincount(cells.group, minlength=len(cells.groups)) > 0
    if cells.spec.kind is PlotKind.COUNTS and cells.spec.group is GroupBy.CLASS:
        there |= np.array([session.is_visible(group.name) for group in cells.groups], np.bool_)
    if cells.spec.kind is PlotKind.COUNTS and cells.spec.group is GroupBy.PICTURE:
        there[:] = True
    place = (np.cumsum(there) - 1).astype(np.int16)
    kept = [group for group, is_there in zip(cells.groups, there.tolist(), strict=True) if is_there]
    if cells.spec.group is not GroupBy.CLASS:
        kept = [replace(group, colour=spare_colour(at)) for at, group in enumerate(kept)]
    return replace(cells, group=place[cells.group], groups=tuple(kept))
