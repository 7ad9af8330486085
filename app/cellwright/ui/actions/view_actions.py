"""What the window can be told to show, and how."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo, Needs

_PICTURE, _OBJECTS, _SELECTION = Needs.PICTURE, Needs.OBJECTS, Needs.SELECTION

VIEW_ACTIONS: Final = (
    ActionInfo("view.zoom_in", "&Zoom in", "Show the picture larger.", "zoom-in", ("Ctrl++", "Ctrl+="), needs=_PICTURE),
    ActionInfo("view.zoom_out", "Zoo&m out", "Show the picture smaller.", "zoom-out", ("Ctrl+-",), needs=_PICTURE),
    ActionInfo("view.fit", "&Fit picture", "Show the whole picture.", "fit", ("Ctrl+0",), needs=_PICTURE),
    ActionInfo(
        "view.actual",
        "&Actual size",
        "One pixel of the picture on one pixel of the screen.",
        "actual",
        ("Ctrl+1",),
        needs=_PICTURE,
    ),
    ActionInfo(
        "view.centre",
        "&Go to selected cell",
        "Bring the selected cell to the middle.",
        "target",
        ("G",),
        needs=_SELECTION,
    ),
    ActionInfo(
        "view.outlines",
        "&Outlines",
        "Show or hide the outlines of the cells.",
        "outlines",
        ("Ctrl+U",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.fill",
        "F&illed cells",
        "Show or hide the coloured insides of the cells.",
        "fill",
        ("Ctrl+I",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.points",
        "Points (mi&ddles)",
        "Show or hide a dot in the middle of each cell.",
        "points",
        ("Ctrl+D",),
        is_checkable=True,
    ),
    ActionInfo(
        "view.blink",
        "&Hide results while held",
        "See the bare picture as long as the key is down; from the menu for a moment.",
        "blink",
        ("H",),
        needs=_OBJECTS,
    ),
    ActionInfo(
        "view.boxes", "&Boxes", "Show or hide the boxes around the cells.", "boxes", ("Ctrl+B",), is_checkable=True
    ),
    ActionInfo(
        "view.labels",
        "&Labels",
        "Show class and score beside cells that are large enough.",
        "labels",
        ("Ctrl+L",),
        is_checkable=True,
    ),
    ActionInfo("view.scale_bar", "&Scale bar", "Show or hide the scale bar.", "ruler", is_checkable=True),
    ActionInfo(
        "view.next_picture",
        "&Next picture",
        "Show the next open picture.",
        "down",
        ("Ctrl+PgDown",),
        needs=Needs.PICTURES,
    ),
    ActionInfo(
        "view.previous_picture",
        "&Previous picture",
        "Show the previous open picture.",
        "up",
        ("Ctrl+PgUp",),
        needs=Needs.PICTURES,
    ),
    ActionInfo(
        "view.light_theme",
        "Light &theme",
        "Change between the dark and the light look.",
        "theme",
        ("Ctrl+Shift+L",),
        is_checkable=True,
    ),
    ActionInfo("view.next_plane", "Next plane", "Show the next plane in depth.", shortcuts=(".",), needs=Needs.STACK),
    ActionInfo(
        "view.previous_plane",
        "Previous plane",
        "Show the previous plane in depth.",
        shortcuts=(",",),
        needs=Needs.STACK,
    ),
    ActionInfo("view.next_time", "Next time point", "Show the next time point.", shortcuts=(">",), needs=Needs.STACK),
    ActionInfo(
        "view.previous_time",
        "Previous time point",
        "Show the previous time point.",
        shortcuts=("<",),
        needs=Needs.STACK,
    ),
    ActionInfo(
        "view.reset_display",
        "Reset brightness",
        "Go back to the brightness that the file or its values suggest.",
        needs=_PICTURE,
    ),
    ActionInfo(
        "view.full_screen",
        "F&ull screen",
        "Give the window the whole screen, and back.",
        shortcuts=("F11",),
        is_checkable=True,
    ),
    ActionInfo("view.reset_panels", "Reset pan&els", "Put every panel back in its first place."),
)
