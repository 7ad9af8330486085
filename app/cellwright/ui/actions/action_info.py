"""`ActionInfo`: how one thing that a person can ask for is declared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Needs(str, Enum):
    """What must be there before an action makes sense."""

    NOTHING = "nothing"
    """Always possible."""
    PICTURE = "picture"
    """A picture is shown."""
    PICTURES = "pictures"
    """At least two pictures are open."""
    OBJECTS = "objects"
    """The picture shown has been analyzed, at least in part."""
    SELECTION = "selection"
    """A cell is selected."""
    STACK = "stack"
    """The picture shown has several planes or time points."""
    PROJECT = "project"
    """A project is open."""
    UNDO = "undo"
    """Something can be taken back."""
    REDO = "redo"
    """Something was taken back and can be done again."""
    WORK = "work"
    """A job is queued or running."""


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing a person can ask for.

    Parameters
    ----------
    key : str
        Name in the program, ``"menu.verb"``.
    text : str
        As it stands in a menu; ``&`` marks the letter to press.
    tooltip : str
        One sentence on what it does.
    icon : str
        Name of an icon in resources/icons, or empty.
    shortcuts : tuple of str
        Key sequences; the first is shown.
    is_checkable : bool
        Whether it is a state that is on or off.
    needs : Needs
        When it is offered.
    """

    key: str
    text: str
    tooltip: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    is_checkable: bool = False
    needs: Needs = Needs.NOTHING

    @property
    def plain_text(self) -> str:
        """The text without the mark of the letter and without the dots."""
        return plain(self.text)


def plain(text: str) -> str:
    """Return the text of a menu without the mark of the letter and without the dots."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
