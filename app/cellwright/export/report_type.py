"""How wide words are in the report's letters, and where lines break."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cellwright.export.report_document import plain_text

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that a page looks the same on every computer."""

_MISSING = "\ufffd"
_AT = 100.0


def writable(text: str, *, is_bold: bool = False) -> str:
    """Return text with a mark in place of every letter that the font does not have."""
    plain = plain_text(text)
    known = _letters(is_bold)
    return plain if known.issuperset(map(ord, plain)) else "".join(c if ord(c) in known else _MISSING for c in plain)


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """Return how wide a line is, in points, at a size in points."""
    known = _letters(is_bold)
    return sum(_advance(c if ord(c) in known else _MISSING, is_bold) for c in text) * size / _AT


def wrapped(text: str, width: float, size: float, *, is_bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` points; a word that is too long by itself is broken anywhere."""
    lines: list[str] = []
    for word in writable(text, is_bold=is_bold).split(" "):
        joined = f"{lines[-1]} {word}" if lines and lines[-1] else word
        if lines and width_of(joined, size, is_bold=is_bold) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, width, size, is_bold)
        lines += pieces
    return lines or [""]


def shortened(text: str, width: float, size: float, *, is_bold: bool = False) -> str:
    """Return a line that fits, its end cut off where it must be."""
    line = writable(text, is_bold=is_bold)
    if width_of(line, size, is_bold=is_bold) <= width:
        return line
    while line and width_of(f"{line}…", size, is_bold=is_bold) > width:
        line = line[:-1]
    return f"{line}…"


def _pieces(word: str, width: float, size: float, is_bold: bool) -> list[str]:
    if width_of(word, size, is_bold=is_bold) <= width:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, size, is_bold=is_bold) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def font_file(*, is_bold: bool = False) -> str:
    """Return where the font lies."""
    from matplotlib.font_manager import FontProperties, findfont

    return str(findfont(FontProperties(family=[FONT], weight="bold" if is_bold else "normal")))


@cache
def _font(is_bold: bool) -> FT2Font:
    from matplotlib.font_manager import get_font

    return get_font(font_file(is_bold=is_bold))


@cache
def _letters(is_bold: bool) -> frozenset[int]:
    return frozenset(_font(is_bold).get_charmap())


@cache
def _advance(letter: str, is_bold: bool) -> float:
    """Return how far a letter moves the pen at a size of `_AT` points; kerning, a matter of tenths, is left out."""
    from matplotlib.ft2font import LoadFlags

    font = _font(is_bold)
    font.set_size(_AT, 72)
    return float(font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536.0
