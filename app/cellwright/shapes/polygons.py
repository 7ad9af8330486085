"""Masks from outlines that somebody drew or a file brings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes.overlaps import ranges

_FURTHEST = 2.0**30


def masks_from_polygons(shapes: Sequence[ArrayLike | Sequence[ArrayLike]]) -> Masks:
    """Return the pixels inside outlines, one object an entry.

    Parameters
    ----------
    shapes : sequence of rings, or of lists of rings
        A ring is (P, 2) y, x with pixel (y, x) reaching from (y, x) to (y + 1, x + 1), as in `contours`. A list of
        rings is one object; what lies inside an even number of them is a hole.

    Returns
    -------
    Masks
        The pixels whose middle lies inside; on an edge, those below and to the right of it.

    Raises
    ------
    BadParameter
        If a ring is not (P, 2) finite numbers within 2^30 pixels of the origin.
    """
    owner, edges = [], []
    for row, shape in enumerate(shapes):
        for ring in _rings(shape):
            edges.append(np.concatenate([ring, np.roll(ring, -1, 0)], 1))
            owner.append(np.full(len(ring), row, np.int64))
    if not edges:
        return Masks.empty(len(shapes))
    spans_owner, spans = _filled(np.concatenate(owner), np.concatenate(edges))
    return Masks.from_spans(spans_owner, spans, len(shapes))


def _rings(shape: ArrayLike | Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    """Return the rings of one object, whether it came as one ring or as a list of them."""
    parts = shape if isinstance(shape, list | tuple) and np.ndim(shape[0] if len(shape) else ()) == 2 else [shape]
    rings = []
    for part in parts:
        ring = np.asarray(part, np.float64)
        if not ring.size:
            continue
        if ring.ndim != 2 or ring.shape[1] != 2 or not (np.abs(ring) < _FURTHEST).all():
            raise BadParameter(f"An outline is (P, 2) finite coordinates y, x, not {ring.shape}.")
        rings.append(ring)
    return rings


def _filled(owner: NDArray[np.int64], edges: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cross every row's middle line with the edges, and fill from each odd crossing to the next even one."""
    low, high = np.minimum(edges[:, 0], edges[:, 2]), np.maximum(edges[:, 0], edges[:, 2])
    first, last = np.ceil(low - 0.5).astype(np.int64), np.ceil(high - 0.5).astype(np.int64)
    which = np.repeat(np.arange(len(edges)), last - first)
    y = ranges(first, last)
    y0, x0, y1, x1 = edges[which].T
    x = x0 + (y + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
    order = np.lexsort((x, y, owner[which]))
    y, x, whose = y[order], x[order], owner[which[order]]
    # A closed ring crosses every line an even number of times, so that odd and even places never mix lines.
    begin, end = np.ceil(x[0::2] - 0.5).astype(np.int64), np.ceil(x[1::2] - 0.5).astype(np.int64)
    return whose[0::2], np.stack([y[0::2], begin, end], 1)
