"""Where the declared actions stand: in which menu, in which order, and which have a button."""

from __future__ import annotations

from typing import Final

SEPARATOR: Final = ""

TOOLS: Final = tuple(
    f"tool.{name}"
    for name in (
        *("box", "paint", "erase", "fill", "polygon", "scissors", "seeds", "lasso", "point", "click", "box_mask"),
    )
)
"""Tools of the mouse in their order; each has a button beside the picture."""

MENUS: Final[dict[str, tuple[str, ...]]] = {
    "&File": (
        "file.open",
        "file.open_folder",
        "file.open_smear",
        "file.open_nuclei",
        "file.open_chest",
        "@recent",
        SEPARATOR,
        "file.new_project",
        "file.open_project",
        "@recent_projects",
        "file.save_project_as",
        "file.close_project",
        SEPARATOR,
        "file.export",
        SEPARATOR,
        "file.close",
        "file.close_all",
        "file.start_page",
        SEPARATOR,
        "file.quit",
    ),
    "&Edit": (
        "edit.undo",
        "edit.redo",
        SEPARATOR,
        "edit.copy_table",
        "edit.copy_counts",
        SEPARATOR,
        "edit.next_object",
        "edit.previous_object",
        "edit.deselect",
        SEPARATOR,
        "edit.ruler",
        "edit.pixel_size",
    ),
    "&View": (
        "view.zoom_in",
        "view.zoom_out",
        "view.fit",
        "view.actual",
        "view.centre",
        SEPARATOR,
        "view.outlines",
        "view.fill",
        "view.boxes",
        "view.points",
        "view.labels",
        "view.scale_bar",
        "view.blink",
        SEPARATOR,
        "view.next_picture",
        "view.previous_picture",
        "view.next_plane",
        "view.previous_plane",
        "view.next_time",
        "view.previous_time",
        SEPARATOR,
        "view.reset_display",
        "@panels",
        "view.reset_panels",
        SEPARATOR,
        "view.light_theme",
        "view.full_screen",
    ),
    "&Analyze": (
        "analyze.run",
        "analyze.run_all",
        "analyze.planes",
        "analyze.cancel",
        SEPARATOR,
        "@models",
        "@devices",
        "analyze.on_open",
        SEPARATOR,
        "analyze.confidence_up",
        "analyze.confidence_down",
        "analyze.confidence_reset",
    ),
    "&Correct": (
        *(f"correct.class_{key}" for key in "123456789"),
        SEPARATOR,
        "correct.accept",
        "correct.reject",
        "correct.delete",
        "correct.next",
        SEPARATOR,
        *TOOLS,
        "tool.overwrite",
        "tool.brush_larger",
        "tool.brush_smaller",
        SEPARATOR,
        "correct.merge",
        "correct.fill_holes",
        "correct.smooth",
    ),
    "&Help": ("help.palette", "help.shortcuts", SEPARATOR, "help.log", "help.about"),
}
"""Menus in their order; ``@name`` marks a submenu that is filled while the program runs."""

TOOLBAR: Final = (
    "file.open",
    "file.export",
    SEPARATOR,
    "view.fit",
    "view.zoom_out",
    "view.zoom_in",
    SEPARATOR,
    "view.outlines",
    "view.fill",
    "view.boxes",
    "view.labels",
    "view.blink",
    "edit.ruler",
    "@stretch",
    "analyze.cancel",
    "analyze.run",
    "help.palette",
)
"""Buttons in their order; ``@stretch`` pushes what follows to the right."""
