"""What the mouse does in a plot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PlotTool(str, Enum):
    """What a drag draws."""

    LOOK = "look"
    """Nothing: it moves the plot."""
    RECTANGLE = "rectangle"
    """A gate with two ends on both axes."""
    LASSO = "lasso"
    """A gate of any form."""
    RANGE = "range"
    """A gate with two ends on one axis."""


@dataclass(frozen=True, slots=True)
class ToolWords:
    """How a tool is offered."""

    tool: PlotTool
    title: str
    icon: str
    tooltip: str


TOOLS = (
    ToolWords(PlotTool.LOOK, "Look", "target", "Drag to move, scroll to zoom, double-click to see all; click a cell."),
    ToolWords(PlotTool.RECTANGLE, "Rectangle", "tool-box", "Drag a rectangle around cells; Shift adds them."),
    ToolWords(PlotTool.LASSO, "Lasso", "tool-lasso", "Draw around cells; Shift adds them."),
    ToolWords(PlotTool.RANGE, "Range", "ruler", "Drag from one end to the other; Shift adds the cells between."),
)

OF_TWO_AXES = (PlotTool.LOOK, PlotTool.RECTANGLE, PlotTool.LASSO)
OF_ONE_AXIS = (PlotTool.LOOK, PlotTool.RANGE)
