"""Panels of the window, declared before any of them is drawn: ours, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import EntryPoint
from typing import Any

from cellwright.registry import Registry


class Place(str, Enum):
    """Where a panel stands at first; a person may move those at the sides."""

    LEFT = "left"
    """Beside the picture, below or behind what stands at the left."""
    RIGHT = "right"
    """Beside the picture, below or behind what stands at the right."""
    BOTTOM = "bottom"
    """A page below the picture, beside the table of objects."""
    WINDOW = "window"
    """A window of its own, which its actions open."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What must be known of a panel before it is made.

    It stands in a module that imports neither Qt nor anything heavy; `make` names what does.

    Parameters
    ----------
    title : str
        As its tab or its head says: one or two words.
    make : str
        ``"package.module:function"``, called with a `cellwright.ui.panel_host.PanelHost` when the panel is first seen,
        on the window's thread and never before the viewer was loaded; gives a widget. Where the widget has a method
        ``stop``, it is called before the window goes.
    place : Place
        Where it stands.
    order : int
        Pages stand in the order of these: Objects 100, Gallery 200, Review 300, Jobs 400, Teach 500, Regions 600,
        Slides 700.
    group : str
        At a side: the title of the panel whose place it shares as a tab; empty for a place of its own below the others.
    tooltip : str
        One sentence on what it shows.
    icon : str
        Name of a picture in resources/icons; empty for none.
    actions : tuple of (str, str)
        Declared actions that it does: the key of the action, and the name of the widget's method that does it, empty
        where to show the panel is all. A checkable action gives its state along.
    is_scrolling : bool
        Whether it scrolls from top to bottom where it is too small.
    """

    title: str
    make: str
    place: Place = Place.BOTTOM
    order: int = 800
    group: str = ""
    tooltip: str = ""
    icon: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    is_scrolling: bool = False

    def maker(self) -> Callable[[Any], Any]:
        """Import and return what makes the widget.

        Raises
        ------
        ImportError, AttributeError
            If it is not there.
        """
        made: Callable[[Any], Any] = EntryPoint(self.title, self.make, "").load()
        return made


def problem_of_panel(loaded: object) -> str:
    """Return why an object declares no panel, in a phrase; empty where it does."""
    if not isinstance(loaded, Panel):
        return f"it is {type(loaded).__name__}, not a cellwright.workflows.panels.Panel"
    if not loaded.title.strip():
        return "its title is empty"
    module, _, name = loaded.make.partition(":")
    return "" if module and name else f"its make={loaded.make!r} is not written as 'package.module:function'"


OWN: dict[str, str] = {
    "plots": "cellwright.ui.plots.declared:PLOTS",
    "numbers": "cellwright.ui.numbers.declared:NUMBERS",
}
"""Our own panels: name to where each is declared. Entries of pyproject.toml are the same."""

PANELS: Registry[Panel] = Registry("cellwright.panels", "panel", OWN, problem_of_panel)
"""Everything registered as a panel of the window."""
