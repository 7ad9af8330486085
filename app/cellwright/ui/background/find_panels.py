"""Panels that other packages bring are imported beside the window, so that none of them makes its start slower."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from cellwright.core import PluginNotUsable
from cellwright.jobs import Progress
from cellwright.workflows.panels import PANELS, Panel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FindPanels:
    """Operation: import what other packages declare as panels; returns name to declaration."""

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Look for panels"

    def run(self) -> Generator[Progress, None, Mapping[str, Panel]]:
        """Import one after the other; what cannot be used is a line in the list of plugins."""
        found: dict[str, Panel] = {}
        for name, entry in PANELS.entries().items():
            yield Progress(0, 0, "Looking for panels")
            if entry.is_own:
                continue
            try:
                found[name] = PANELS.load(name)
            except PluginNotUsable as error:
                _log.warning("%s", error)
        return found
