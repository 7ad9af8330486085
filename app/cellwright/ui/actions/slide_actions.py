"""What the window can be told to do with slides."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE = Needs.PICTURE

SLIDE_ACTIONS: Final = (
    ActionInfo(
        "view.go_to",
        "Go to a place…",
        "Bring a row and column, in pixels or µm, to the middle.",
        shortcuts=("Ctrl+Shift+G",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "slide.label",
        "Label and whole glass…",
        "Show the pictures that come with a slide; a label may name a patient.",
        needs=_PICTURE,
    ),
    ActionInfo(
        "slide.series",
        "Other pictures in this file…",
        "Choose among the pictures of a file that holds several, such as the scenes of a CZI file.",
        needs=_PICTURE,
    ),
    ActionInfo("slide.regions", "Regions and coverage", "See where is counted, and what the count covers."),
    ActionInfo("slide.draw", "Draw a region", "Draw where cells count: a rectangle or a polygon.", needs=_PICTURE),
    ActionInfo("slide.leave_out", "Leave a region out", "Draw where cells do not count.", needs=_PICTURE),
    ActionInfo("slide.reshape", "Change a region", "Move corners, edges or all of the chosen region.", needs=_PICTURE),
    ActionInfo(
        "slide.propose",
        "Propose a reading zone",
        "Look where cells of a smear lie in one layer and sharp.",
        needs=_PICTURE,
    ),
    ActionInfo(
        "slide.batch", "Many slides…", "Count a folder of slides into the project.", shortcuts=("Ctrl+Shift+B",)
    ),
)
