"""What the window can be asked for help about."""

from __future__ import annotations

from typing import Final

from cellwright.ui.actions.action_info import ActionInfo

HELP_ACTIONS: Final = (
    ActionInfo(
        "help.palette", "&Find a command…", "Every command by name, with its key.", "search", ("Ctrl+Shift+P", "Ctrl+K")
    ),
    ActionInfo("help.shortcuts", "&Keyboard shortcuts", "Every key and what it does.", shortcuts=("F1",)),
    ActionInfo("help.plugins", "&Plugins", "What other packages bring, and why one of them cannot be used."),
    ActionInfo("help.log", "Open the &log folder", "Show where the program writes what happened."),
    ActionInfo("help.about", "&About Cellwright", "Version, licence and where it runs."),
)
