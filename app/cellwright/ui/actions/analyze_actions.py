"""What the window can be told to look for, and to learn."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE = Needs.PICTURE

ANALYZE_ACTIONS: Final = (
    ActionInfo(
        "analyze.run",
        "&Analyze",
        "Find and count the cells of this picture.",
        "analyze",
        ("Ctrl+Return",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "analyze.run_all",
        "Analyze all open pict&ures",
        "Find and count the cells of every open picture that has no result yet.",
        shortcuts=("Ctrl+Shift+Return",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "analyze.planes",
        "Analyze all &planes",
        "Find the cells of every plane and time point of this picture.",
        needs=Needs.STACK,
    ),
    ActionInfo(
        "analyze.cancel",
        "&Cancel",
        "Stop every job; what was found so far stays.",
        "cancel",
        ("Ctrl+.",),
        needs=Needs.WORK,
    ),
    ActionInfo(
        "analyze.on_open",
        "Analyze pictures when they &open",
        "Begin to count as soon as a picture is opened.",
        is_checkable=True,
    ),
    ActionInfo(
        "analyze.confidence_up",
        "&Higher confidence",
        "Count only surer cells: 0.01 more for every class.",
        shortcuts=("+", "="),
    ),
    ActionInfo(
        "analyze.confidence_down",
        "&Lower confidence",
        "Count less sure cells too: 0.01 less for every class.",
        shortcuts=("-",),
    ),
    ActionInfo(
        "analyze.confidence_reset", "&Model's own confidence", "Go back to the thresholds of the model's card.", "reset"
    ),
    ActionInfo(
        "teach.panel",
        "&Teach a model…",
        "Teach a model from the corrected cells of the project, and see whether it becomes better.",
        shortcuts=("Ctrl+T",),
    ),
    ActionInfo(
        "teach.preview",
        "&Preview training pictures…",
        "See how pictures are changed for training.",
        needs=Needs.PROJECT,
    ),
)
