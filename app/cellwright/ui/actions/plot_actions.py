"""What the window can be told to do with plots."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

PLOT_ACTIONS: Final = (
    ActionInfo(
        "plots.show",
        "&Plots",
        "See the cells by what was measured on them, and draw gates.",
        shortcuts=("Ctrl+Shift+K",),
    ),
    ActionInfo(
        "plots.colour",
        "Colour the picture by the column of the plot",
        "Let the colours of the cells stand for the column that is plotted.",
        needs=Needs.OBJECTS,
    ),
    ActionInfo(
        "plots.keep",
        "Keep only the chosen cells",
        "Reject every other cell that is shown, as one step that can be taken back.",
        needs=Needs.SELECTION,
    ),
)
