"""What a person asks a plot to show: which kind, which columns across and up, in which groups. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cellwright.ui.looks.theme import OKABE_ITO
from cellwright.ui.state.measured import without_unit


class PlotKind(str, Enum):
    """What is drawn."""

    SCATTER = "scatter"
    """A point a cell; where they are many, how densely they lie."""
    HISTOGRAM = "histogram"
    """How many cells have a value in each stretch of a column."""
    BOX = "box"
    """Median, quartiles and whiskers of each group."""
    VIOLIN = "violin"
    """How the values of each group are spread, with median and quartiles."""
    COUNTS = "counts"
    """How many cells each group has, with intervals."""


class GroupBy(str, Enum):
    """What cells of one colour have in common."""

    NONE = "none"
    """Nothing."""
    CLASS = "class"
    """Their class."""
    PICTURE = "picture"
    """The picture they lie on."""
    STATUS = "status"
    """What a person said of them."""


class Reach(str, Enum):
    """Whose cells are drawn."""

    PICTURE = "picture"
    """Those of the picture that is shown."""
    ALL = "all"
    """Those of every open picture."""


KIND_TITLES = {
    PlotKind.SCATTER: "Scatter",
    PlotKind.HISTOGRAM: "Histogram",
    PlotKind.BOX: "Boxes",
    PlotKind.VIOLIN: "Violins",
    PlotKind.COUNTS: "Counts",
}
GROUP_TITLES = {
    GroupBy.CLASS: "Class",
    GroupBy.PICTURE: "Picture",
    GroupBy.STATUS: "Status",
    GroupBy.NONE: "All in one",
}
REACH_TITLES = {Reach.PICTURE: "This picture", Reach.ALL: "All open pictures"}


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """What a plot shows.

    Parameters
    ----------
    kind : PlotKind
        What is drawn.
    x, y : str
        Columns across and up, by the names that tables give them. A histogram has only `x`, boxes and violins only
        `y`, counts neither.
    x_log, y_log : bool
        Whether equal steps on an axis are equal ratios.
    group : GroupBy
        What a colour stands for.
    reach : Reach
        Whose cells.
    bins : int
        Of a histogram; 0 lets the values decide.
    as_shares : bool
        Whether counts are told as shares of all cells counted.
    """

    kind: PlotKind = PlotKind.SCATTER
    x: str = ""
    y: str = ""
    x_log: bool = False
    y_log: bool = False
    group: GroupBy = GroupBy.CLASS
    reach: Reach = Reach.PICTURE
    bins: int = 0
    as_shares: bool = False

    @property
    def columns(self) -> tuple[tuple[str, bool], ...]:
        """Name of each column that is drawn, and whether its axis is logarithmic."""
        if self.kind is PlotKind.SCATTER:
            return (self.x, self.x_log), (self.y, self.y_log)
        if self.kind is PlotKind.HISTOGRAM:
            return ((self.x, self.x_log),)
        return () if self.kind is PlotKind.COUNTS else ((self.y, self.y_log),)


@dataclass(frozen=True, slots=True)
class Axis:
    """What one axis of a plot stands for.

    Parameters
    ----------
    name : str
        Column, as tables call it.
    unit : str
        Of its values; empty for plain numbers.
    is_log : bool
        Whether equal steps are equal ratios.
    """

    name: str
    unit: str = ""
    is_log: bool = False

    @property
    def title(self) -> str:
        """What one would write beside the axis: ``"area_convex_um2"`` in µm² is ``"Area convex (µm²)"``."""
        words = without_unit(self.name).replace("_", " ").strip()
        said = words[:1].upper() + words[1:]
        return f"{said} ({self.unit})" if self.unit else said


@dataclass(frozen=True, slots=True)
class Group:
    """Cells of one colour.

    Parameters
    ----------
    name, title : str
        As in files, and for people.
    colour : str
        ``#rrggbb``.
    """

    name: str
    title: str
    colour: str


def spare_colour(number: int) -> str:
    """Return the colour of a group that has none of its own."""
    return OKABE_ITO[number % len(OKABE_ITO)]
