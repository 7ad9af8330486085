"""Keys as people know them from other programs: what differs from our own, by action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cellwright.ui.actions.action_info import ActionInfo

TITLES: Final[dict[str, str]] = {"napari": "napari", "cellpose": "Cellpose", "qupath": "QuPath"}
"""Name in the settings and title of each scheme; the first is that of the declared keys."""

SCHEMES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    # napari: P paints, E erases, F fills, [ and ] change the brush, as declared
    "napari": {},
    "cellpose": {
        "tool.brush_smaller": (",",),
        "tool.brush_larger": (".",),
        "view.next_picture": ("Ctrl+PgDown", "D"),
        "view.previous_picture": ("Ctrl+PgUp", "A"),
        "view.fill": ("Ctrl+I", "X"),
        "view.outlines": ("Ctrl+U", "Z"),
        "edit.redo": ("Ctrl+Y", "Ctrl+Shift+Z"),
        "correct.accept": ("Shift+A",),
        "correct.reject": ("Shift+X",),
        "view.next_plane": ("PgDown",),
        "view.previous_plane": ("PgUp",),
    },
    "qupath": {
        "tool.box": ("R",),
        "tool.polygon": ("P",),
        "tool.paint": ("B",),
        "tool.click": ("W",),
        "tool.box_mask": ("Shift+W",),
        "tool.point": (".",),
        "tool.overwrite": ("Shift+B",),
        "edit.ruler": ("L",),
        "tool.lasso": ("Shift+L",),
        "edit.deselect": ("Esc", "V"),
        "view.fill": ("Ctrl+I", "F"),
        "tool.fill": ("Shift+F",),
        "correct.fill_holes": ("Ctrl+Shift+F",),
        "view.blink": ("D", "H"),
        "view.next_plane": ("PgDown",),
        "view.previous_plane": ("PgUp",),
    },
}
"""By scheme: the keys of the actions that have others than declared."""


def keys_of(info: ActionInfo, scheme: str, own: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of an action: a person's own, else those of the scheme, else the declared ones."""
    if info.key in own:
        return (own[info.key],)
    return SCHEMES.get(scheme, {}).get(info.key, info.shortcuts)
