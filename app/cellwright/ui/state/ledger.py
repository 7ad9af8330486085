"""What became of each tile of a slide, as it is drawn: a colour, and a pattern for those who cannot tell colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Coverage, TileState

Rgba = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class LedgerLook:
    """How tiles of one state are drawn.

    Parameters
    ----------
    state : TileState
        Which.
    title : str
        What they are called in the legend.
    ground : (float, float, float, float)
        Red, green, blue, opacity of the whole tile, in [0, 1].
    ink : (float, float, float, float)
        Of the pattern.
    pattern : int
        0 none, 1 stripes rising, 2 stripes falling, 3 both, 4 dots.
    """

    state: TileState
    title: str
    ground: Rgba
    ink: Rgba
    pattern: int


LOOKS = (
    LedgerLook(TileState.ANALYSED, "analyzed", (0.0, 0.62, 0.45, 0.16), (0.0, 0.0, 0.0, 0.0), 0),
    LedgerLook(TileState.FAILED, "failed", (0.84, 0.37, 0.0, 0.30), (0.84, 0.15, 0.0, 0.95), 3),
    LedgerLook(TileState.SKIPPED, "empty, skipped", (0.5, 0.5, 0.5, 0.06), (0.35, 0.35, 0.4, 0.75), 4),
    LedgerLook(TileState.EXCLUDED, "left out", (0.1, 0.1, 0.15, 0.28), (0.1, 0.1, 0.15, 0.75), 1),
    LedgerLook(TileState.PENDING, "not reached", (0.34, 0.71, 0.91, 0.14), (0.0, 0.35, 0.65, 0.85), 2),
)
"""Of every state a tile may be in."""

_PLACE = {look.state: place for place, look in enumerate(LOOKS)}


def tiles_of(coverage: Coverage) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the tiles of an account as they are drawn.

    Returns
    -------
    boxes : (N, 4) ndarray
        y0, x0, y1, x1 in level-0 pixels.
    looks : (N,) ndarray of float32
        Index into `LOOKS`.
    """
    boxes = [(r.box.y0, r.box.x0, r.box.y1, r.box.x1) for r in coverage.records]
    looks = [_PLACE[record.state] for record in coverage.records]
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(looks, np.float32)


def looks_in(coverage: Coverage) -> tuple[tuple[LedgerLook, int], ...]:
    """Return the states that occur, each with its number of tiles."""
    return tuple((look, count) for look in LOOKS if (count := coverage.count(look.state)))
