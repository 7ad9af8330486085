"""`MeasuredLine`: a line over the picture with what it measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A line from one place of the picture to another, with what it says.

    Parameters
    ----------
    start, end : (float, float)
        y, x in level-0 pixels (edges count).
    text : str
        Stands beside the line; may be empty.
    colour : str
        ``#rrggbb``.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    text: str = ""
    colour: str = "#F0E442"
