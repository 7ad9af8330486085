"""What groups are called in a plot: beside their colours, and as long as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt

from cellwright.ui.state.plotting import GroupBy, PlotKind
from cellwright.ui.state.plotting_cells import PlottedCells

if TYPE_CHECKING:
    from PySide6.QtGui import QFontMetricsF

_MOST_NAMED = 8
_SHORT = 32
"""Letters of all titles together that stand beside each other in a narrow window."""


def key_of(cells: PlottedCells, *, is_short: bool = False) -> str:
    """Return what the colours stand for, with the number of cells of each, as rich text; empty where axes say it.

    Where it is to be short, long titles make way for names as in tables.
    """
    named = cells.spec.group is not GroupBy.NONE and cells.spec.kind in (PlotKind.SCATTER, PlotKind.HISTOGRAM)
    if not named:
        return ""
    groups = cells.groups[:_MOST_NAMED]
    is_long = is_short and sum(len(group.title) for group in groups) > _SHORT
    many = np.bincount(cells.group, minlength=len(cells.groups)).tolist()
    parts = [
        f'<span style="color: {group.colour}">■</span>&nbsp;'
        f"{_unbroken(group.name if is_long else group.title)}&nbsp;{count:,}"
        for group, count in zip(groups, many, strict=False)
    ]
    more = len(cells.groups) - _MOST_NAMED
    return " &nbsp;".join([*parts, *([f"and {more} more"] if more > 0 else [])])


def fitting(choices: Sequence[Sequence[str]], room_px: float, metrics: QFontMetricsF) -> list[str]:
    """Return the texts beside each other that have room, all of one kind; the last kind, cut, where none has.

    Parameters
    ----------
    choices : sequence of sequence of str
        For each place its texts, the longest first; as many for each.
    room_px : float
        For each of them.
    metrics : QFontMetricsF
        Of the font.
    """
    for texts in zip(*choices, strict=True):
        if all(metrics.horizontalAdvance(line) <= room_px for text in texts for line in text.split("\n")):
            return list(texts)
    return [metrics.elidedText(each[-1], Qt.TextElideMode.ElideMiddle, room_px) for each in choices]


def _unbroken(text: str) -> str:
    return escape(text).replace(" ", "&nbsp;")
