"""A class's colour as numbers, and the ink in which its letter is read on it."""

from __future__ import annotations

INK, PAPER = "#1a1a1a", "#ffffff"

_BRIGHT = 140


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue (0..255) of ``#RRGGBB``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def ink_on(colour: str) -> str:
    """Return `INK` or `PAPER`, whichever is read on ``#RRGGBB``, by its luma (ITU-R BT.601)."""
    red, green, blue = rgb_of(colour)
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > _BRIGHT else PAPER
