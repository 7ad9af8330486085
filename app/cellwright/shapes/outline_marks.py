"""Numbers by which it is told whether an object still has the outline that it had."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks

_RUNS_AT_ONCE = 1 << 19
_ODD = np.uint64(0x9E3779B97F4A7C15)


def outline_marks(boxes: NDArray[np.float32], masks: Masks | None) -> NDArray[np.uint64]:
    """Return a number for each object that is made of its box and of every run of its outline.

    Equal boxes and outlines have equal numbers, on any machine; others have others, but for one pair in 2⁶⁴. Each run
    is mixed to 64 bits (the finaliser of SplitMix64: Steele, Lea & Flood, OOPSLA 2014), and the runs of an object are
    added up.

    Parameters
    ----------
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of each object.
    masks : Masks or None
        N objects; None where only boxes are known.

    Returns
    -------
    (N,) ndarray of uint64
    """
    found = np.zeros(len(boxes), np.uint64)
    sides = np.ascontiguousarray(boxes, "<f4").view("<u4").reshape(-1, 4).astype(np.uint64)
    for side in range(4):
        found = _mixed(found + (sides[:, side] + np.uint64(1)) * _ODD)
    if masks is None or not len(masks.spans):
        return found
    runs = np.concatenate(
        [_of_runs(masks.spans[at : at + _RUNS_AT_ONCE]) for at in range(0, len(masks.spans), _RUNS_AT_ONCE)]
    )
    has_runs = np.flatnonzero(masks.counts)
    found[has_runs] += np.add.reduceat(runs, masks.starts[has_runs])
    return found


def _of_runs(spans: NDArray[np.int32]) -> NDArray[np.uint64]:
    y, x0, x1 = (spans[:, number].astype(np.uint32).astype(np.uint64) for number in range(3))
    return _mixed(((y << np.uint64(32)) | x0) ^ ((x1 + np.uint64(1)) * _ODD))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # products of 64 bits wrap around, as they are meant to
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
