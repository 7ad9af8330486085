"""``cellwright plugins``: what other packages bring, and why one of them cannot be used."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say
from cellwright.cli.main import Exit
from cellwright.workflows.plugins import GROUPS, Plugin, plugins

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """List the plugins; a fault of one of them is told and ends nothing."""
    found = plugins(own=options.all, tried=not options.no_check)
    if options.json:
        print_json([asdict(plugin) for plugin in found])
    elif not found:
        kinds = ", ".join(GROUPS)
        say(f"No plugins are installed. They may bring {kinds}; docs/plugins.md shows how one is written.")
    else:
        print_table("", ["Brings", "Name", "Package", "State"], [_row(plugin) for plugin in found], left=4)
    return Exit.INCOMPLETE if any(plugin.problem for plugin in found) else Exit.DONE


def _row(plugin: Plugin) -> list[str]:
    state = f"cannot be used: {plugin.problem}" if plugin.problem else "ready"
    if plugin.replaces_own:
        state += ", instead of Cellwright's own"
    return [plugin.group, plugin.name, f"{plugin.distribution} {plugin.version}".strip(), state]
