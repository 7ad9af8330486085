"""Channels chosen by what a person calls them: a name that the file has, or a number from 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import BadParameter

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef


def with_channels(path: Path, chosen: str, series: int = 0) -> SlideRef:
    """Return the picture with some of its channels.

    Parameters
    ----------
    path : Path
        The file.
    chosen : str
        Names or numbers, as in ``"DAPI"``, ``"2"`` or ``"red,green"``; capitals make no difference, and a name
        comes before a number.
    series : int
        Which picture of a file that holds several.

    Raises
    ------
    SlideNotReadable
        If the picture cannot be opened.
    BadParameter
        If it has no such channel; the message names those it has.
    """
    from dataclasses import replace

    from cellwright.imaging import open_slide

    with open_slide(path, series) as slide:
        names = [channel.name for channel in slide.channels]
        ref = slide.ref
    asked = [part.strip() for part in chosen.split(",") if part.strip()]
    if not asked:
        raise BadParameter(f"No channel is named; {path.name} has {_said(names)}.")
    return replace(ref, channels=tuple(dict.fromkeys(_index(part, names, path) for part in asked)))


def _index(asked: str, names: list[str], path: Path) -> int:
    known = [name.casefold() for name in names]
    if asked.casefold() in known:
        return known.index(asked.casefold())
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    raise BadParameter(f"{path.name} has no channel {asked!r}; it has {_said(names)}.")


def _said(names: list[str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1))
