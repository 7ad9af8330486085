"""Which boxes get a label at the present zoom, and where, so that no two labels lie on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LETTER_FROM_PX = 20.0
"""A box this wide on the screen can carry its letter."""

SCORE_FROM_PX = 54.0
"""A box this wide on the screen can carry its letter and its score."""

MOST_LABELS = 400
LABEL_HEIGHT = 15.0
_LETTER_WIDTH, _SCORE_WIDTH = 15.0, 46.0
_CELL = 16.0


@dataclass(frozen=True, slots=True)
class Label:
    """One label on the screen.

    Parameters
    ----------
    row : int
        Which box.
    y, x, width : float
        Upper left corner and width in logical pixels; the height is `LABEL_HEIGHT`.
    has_score : bool
        Whether there is room for the score.
    """

    row: int
    y: float
    x: float
    width: float
    has_score: bool


def place_labels(
    boxes: NDArray[np.float64],
    scores: NDArray[np.floating],
    width_px: float = 1e9,
    scored: NDArray[np.bool_] | None = None,
) -> list[Label]:
    """Choose and place labels.

    Parameters
    ----------
    boxes : (N, 4) ndarray
        y0, x0, y1, x1 of the visible boxes in logical pixels of the screen.
    scores : (N,) ndarray
        Where two labels would lie on each other, the higher score wins.
    width_px : float
        Width of the screen; a label is moved inwards rather than cut off at an edge.
    scored : (N,) ndarray of bool or None
        Which boxes may carry their score; None for all.

    Returns
    -------
    list of Label
        Non-overlapping, empty where more boxes than `MOST_LABELS` are large enough.
    """
    widths = boxes[:, 3] - boxes[:, 1]
    rows = np.flatnonzero(widths >= LETTER_FROM_PX)
    if len(rows) > MOST_LABELS:
        return []
    taken: dict[tuple[int, int], list[Label]] = {}
    placed = []
    for row in rows[np.argsort(-scores[rows], kind="stable")]:
        has_score = bool(widths[row] >= SCORE_FROM_PX and (scored is None or scored[row]))
        width = _SCORE_WIDTH if has_score else _LETTER_WIDTH
        left = min(max(0.0, float(boxes[row, 1])), width_px - width)
        label = Label(int(row), _above_or_inside(float(boxes[row, 0])), left, width, has_score)
        cells = _cells(label)
        if not any(_overlap(label, other) for cell in cells for other in taken.get(cell, ())):
            placed.append(label)
            for cell in cells:
                taken.setdefault(cell, []).append(label)
    return placed


def _above_or_inside(y0: float) -> float:
    return y0 - LABEL_HEIGHT if y0 >= LABEL_HEIGHT else max(0.0, y0)


def _cells(label: Label) -> list[tuple[int, int]]:
    ys = range(int(label.y // _CELL), int((label.y + LABEL_HEIGHT) // _CELL) + 1)
    xs = range(int(label.x // _CELL), int((label.x + label.width) // _CELL) + 1)
    return [(y, x) for y in ys for x in xs]


def _overlap(one: Label, other: Label) -> bool:
    return abs(one.y - other.y) < LABEL_HEIGHT and one.x < other.x + other.width and other.x < one.x + one.width
