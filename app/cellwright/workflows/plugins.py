"""Which plugins are installed, and which of them cannot be used and why: the list of window and command line."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellwright.core import PluginNotUsable
from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.registry import Registry

GROUPS: Mapping[str, str] = {
    "readers": "cellwright.imaging.readers:READERS",
    "architectures": "cellwright.nets:ARCHITECTURES",
    "models": "cellwright.zoo.packs:PACKS",
    "measurements": "cellwright.measure.sets:MEASUREMENTS",
    "exporters": "cellwright.workflows.exporters:EXPORTERS",
    "panels": "cellwright.workflows.panels:PANELS",
}
"""What plugins may bring, and where the list of each is kept; the entry-point groups are ``cellwright.`` and these."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry of one group.

    Parameters
    ----------
    group : str
        One of `GROUPS`.
    name : str
        What it is asked for by.
    distribution, version : str
        The installed package that brings it.
    target : str
        Where the object is: ``"package.module:attribute"``.
    problem : str
        Why it cannot be used; empty where it can, or where it was not tried.
    replaces_own : bool
        Whether it stands in the place of one of Cellwright's own.
    """

    group: str
    name: str
    distribution: str
    version: str
    target: str
    problem: str = ""
    replaces_own: bool = False


def plugins(*, own: bool = False, tried: bool = True) -> tuple[Plugin, ...]:
    """Return every plugin that is installed, by group and name.

    Parameters
    ----------
    own : bool
        Whether Cellwright's own entries are listed too.
    tried : bool
        Whether each plugin is imported to say what is wrong with it; without, metadata alone is read.
    """
    found = []
    for group, target in GROUPS.items():
        registry = _registry(target)
        for name, entry in registry.entries().items():
            if entry.is_own and not own:
                continue
            problem = _problem(registry, name) if tried and not entry.is_own else ""
            replaces = not entry.is_own and registry.is_own_name(name)
            found.append(Plugin(group, name, entry.distribution, entry.version, entry.target, problem, replaces))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class TryPlugins:
    """Operation: import every plugin, since some take their time; returns what `plugins` does."""

    @property
    def title(self) -> str:
        """Name of the work."""
        return "Try the plugins"

    def run(self) -> Generator[Progress, None, tuple[Plugin, ...]]:
        """Try them one after the other."""
        yield Progress(0, 0, "Loading what other packages bring")
        return plugins()


def _registry(target: str) -> Registry[Any]:
    module, _, name = target.partition(":")
    registry: Registry[Any] = getattr(importlib.import_module(module), name)
    return registry


def _problem(registry: Registry[Any], name: str) -> str:
    try:
        registry.load(name)
    except PluginNotUsable:
        return registry.failures()[name]
    # what could be loaded may have failed since, when it was used
    return registry.failures().get(name, "")
