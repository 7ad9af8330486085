"""What the window can be told to do with the numbers of cells."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_OBJECTS = Needs.OBJECTS

MEASURE_ACTIONS: Final = (
    ActionInfo(
        "measure.cells",
        "&Measure cells…",
        "Choose what is measured on the cells: shape, brightness, staining, texture, neighbours.",
        shortcuts=("Ctrl+M",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "measure.again",
        "Measure &again",
        "Measure the cells as they are now, as they were measured last.",
        needs=_OBJECTS,
    ),
    ActionInfo("measure.columns", "&Columns of the table…", "Choose what the table of cells shows.", needs=_OBJECTS),
    ActionInfo(
        "measure.filter",
        "&Filter cells…",
        "Write which cells you mean, to select them or to see them alone.",
        "search",
        ("Ctrl+F",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "measure.summary",
        "&Summary of columns",
        "Mean, median and ends of each column of the table, by class or picture.",
        is_checkable=True,
        needs=_OBJECTS,
    ),
)
