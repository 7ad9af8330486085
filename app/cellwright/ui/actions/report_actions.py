"""What the window can be told to do with reports and recipes."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

REPORT_ACTIONS: Final = (
    ActionInfo(
        "file.report",
        "&Report…",
        "Write what was counted, how sure it is and how it came about, as a PDF or HTML to be signed.",
        shortcuts=("Ctrl+Shift+R",),
        needs=Needs.OBJECTS,
    ),
    ActionInfo(
        "file.recipe",
        "Session as a recipe…",
        "See what was done, and save it as a recipe that does the same on other pictures.",
        needs=Needs.PICTURE,
    ),
)
