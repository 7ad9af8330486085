"""What the window can be told to take back, to copy, to measure by hand and to select next."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE, _OBJECTS = Needs.PICTURE, Needs.OBJECTS

EDIT_ACTIONS: Final = (
    ActionInfo(
        "edit.undo",
        "&Undo",
        "Take back the latest correction, however long ago; works after a restart as well.",
        "undo",
        ("Ctrl+Z",),
        needs=Needs.UNDO,
    ),
    ActionInfo(
        "edit.redo",
        "R&edo",
        "Do again what was taken back.",
        "redo",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        needs=Needs.REDO,
    ),
    ActionInfo(
        "edit.copy_table",
        "&Copy objects",
        "Copy the selected rows of the table, or all of them.",
        "copy",
        ("Ctrl+Shift+C",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.copy_counts",
        "Copy c&ounts",
        "Copy the counts with their intervals.",
        "copy",
        ("Ctrl+Alt+C",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.pixel_size",
        "Set &pixel size…",
        "Say how large a pixel is; densities follow at once.",
        "ruler",
        ("Ctrl+Alt+P",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "edit.ruler",
        "&Ruler",
        "Drag across the picture to measure; across a typical cell to tell the model how large cells are.",
        "ruler",
        ("R",),
        is_checkable=True,
        needs=_PICTURE,
    ),
    ActionInfo(
        "edit.next_object",
        "&Next cell",
        "Select the next cell of the table.",
        "right",
        ("Ctrl+Right", "J"),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.previous_object",
        "Pre&vious cell",
        "Select the previous cell of the table.",
        "left",
        ("Ctrl+Left", "K"),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "edit.deselect", "&Deselect", "Select nothing and light up no class.", shortcuts=("Esc",), needs=_OBJECTS
    ),
)
