"""`Masks`: the pixels of many objects, as runs along rows; one row an object, as in `Objects`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core.errors import BadParameter
from cellwright.core.geometry import Box

_LOWEST, _HIGHEST = np.iinfo(np.int32).min, np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Which pixels belong to each object, as spans of consecutive pixels of one row.

    Memory grows with the outline of an object and not with its area or with the picture, and objects may overlap.

    Parameters
    ----------
    starts : (N + 1,) ndarray of int64
        Object i has the spans ``starts[i] … starts[i + 1] - 1``; ``starts[0] = 0``, ``starts[N] = R``. An object
        without spans has no pixels.
    spans : (R, 3) ndarray of int32
        y, x0, x1 in level-0 pixels: the pixels x0 … x1 - 1 of row y, with x0 < x1. Within an object sorted by y, then
        by x0; spans of one row neither overlap nor touch, so that equal shapes have equal spans.

    Raises
    ------
    BadParameter
        If the columns have other shapes or `starts` does not divide the spans. The order of the spans is the maker's
        promise; `from_spans` brings it about.
    """

    starts: NDArray[np.int64]
    spans: NDArray[np.int32]

    def __post_init__(self) -> None:
        starts, spans = self.starts, self.spans
        if starts.ndim != 1 or not len(starts) or spans.ndim != 2 or spans.shape[1] != 3:
            raise BadParameter(f"Masks need (N + 1,) starts and (R, 3) spans, not {starts.shape} and {spans.shape}.")
        if starts.dtype != np.int64 or spans.dtype != np.int32:
            raise BadParameter(f"Masks need int64 starts and int32 spans, not {starts.dtype} and {spans.dtype}.")
        if starts[0] != 0 or starts[-1] != len(spans) or bool((starts[1:] < starts[:-1]).any()):
            raise BadParameter(f"The starts of masks must rise from 0 to the number of spans, {len(spans)}.")

    def __len__(self) -> int:
        return len(self.starts) - 1

    @staticmethod
    def empty(n: int = 0) -> Masks:
        """Return `n` objects without pixels."""
        return Masks(np.zeros(n + 1, np.int64), np.empty((0, 3), np.int32))

    @staticmethod
    def from_spans(owner: NDArray[np.integer], spans: NDArray[np.integer], n: int) -> Masks:
        """Return `n` objects from spans in any order, which may overlap or touch.

        Parameters
        ----------
        owner : (R,) ndarray of int
            The object of each span, 0 … n - 1.
        spans : (R, 3) ndarray of int
            y, x0, x1; spans with x1 <= x0 hold nothing and are left out.
        n : int
            How many objects; those without a span have no pixels.

        Raises
        ------
        BadParameter
            If an owner is not one of the `n`, or a coordinate does not fit 32 bits.
        """
        if owner.shape != (len(spans),) or (len(owner) and not 0 <= int(owner.min()) <= int(owner.max()) < n):
            raise BadParameter(f"Each of {len(spans)} spans needs one owner from 0 to {n - 1}.")
        _refuse_beyond_32_bits(spans)
        full = spans[:, 2] > spans[:, 1]
        whose, runs = np.asarray(owner, np.int64)[full], spans[full].astype(np.int32)
        order = np.lexsort((runs[:, 1], runs[:, 0], whose))
        whose, runs = _joined(whose[order], runs[order])
        return Masks(_starts(np.bincount(whose, minlength=n)), runs)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(N,) int64: the number of spans of each object."""
        return self.starts[1:] - self.starts[:-1]

    @property
    def owners(self) -> NDArray[np.int64]:
        """(R,) int64: the object of each span."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.counts)

    def areas(self) -> NDArray[np.int64]:
        """Return the number of pixels of each object, (N,) int64."""
        before = _starts(self.spans[:, 2].astype(np.int64) - self.spans[:, 1])
        return before[self.starts[1:]] - before[self.starts[:-1]]

    def boxes(self) -> NDArray[np.float32]:
        """Return the smallest box of each object, (N, 4) float32: y0, x0, y1, x1, half-open; zeros without pixels."""
        boxes = np.zeros((len(self), 4), np.float32)
        full = self.counts > 0
        if not full.any():
            return boxes
        first, last = self.starts[:-1][full], self.starts[1:][full] - 1
        boxes[full, 0] = self.spans[first, 0]
        boxes[full, 2] = self.spans[last, 0].astype(np.int64) + 1
        # Objects without spans take no place between the others, so the full ones alone cut the spans into groups.
        boxes[full, 1] = np.minimum.reduceat(self.spans[:, 1], first)
        boxes[full, 3] = np.maximum.reduceat(self.spans[:, 2], first)
        return boxes

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Masks:
        """Return the objects that a mask or an index array picks, in its order."""
        first = self.starts[:-1][rows]
        starts = _starts(self.starts[1:][rows] - first)  # of these rows alone: there may be a million others
        moved = np.repeat(first - starts[:-1], starts[1:] - starts[:-1])
        return Masks(starts, self.spans[moved + np.arange(starts[-1])])

    @staticmethod
    def concatenate(parts: Iterable[Masks]) -> Masks:
        """Return the objects of all parts, one after the other; none where there is no part."""
        tables = list(parts)
        if not tables:
            return Masks.empty()
        return Masks(_starts(np.concatenate([t.counts for t in tables])), np.concatenate([t.spans for t in tables]))

    def shifted(self, dy: int, dx: int) -> Masks:
        """Return the same shapes `dy` rows further down and `dx` columns further right.

        Raises
        ------
        BadParameter
            If a coordinate would no longer fit 32 bits.
        """
        moved = self.spans.astype(np.int64) + np.array([dy, dx, dx], np.int64)
        _refuse_beyond_32_bits(moved)
        return Masks(self.starts, moved.astype(np.int32))

    def clipped(self, box: Box) -> Masks:
        """Return what of each object lies inside `box`; there are as many objects, some perhaps without pixels."""
        y, x0, x1 = self.spans.astype(np.int64).T  # a box may lie beyond 32 bits
        x0, x1 = np.maximum(x0, box.x0), np.minimum(x1, box.x1)
        inside = (y >= box.y0) & (y < box.y1) & (x1 > x0)
        spans = np.stack([y[inside], x0[inside], x1[inside]], 1).astype(np.int32)
        return Masks(_starts(inside)[self.starts], spans)

    def equals(self, other: Masks) -> bool:
        """Return whether both hold the same shapes in the same order."""
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.spans, other.spans)


def _starts(counts: NDArray[np.generic]) -> NDArray[np.int64]:
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _joined(whose: NDArray[np.int64], runs: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Join sorted runs of one object and row that overlap or touch."""
    if not len(runs):
        return whose, runs
    line = np.ones(len(runs), np.bool_)
    line[1:] = (whose[1:] != whose[:-1]) | (runs[1:, 0] != runs[:-1, 0])
    # Ends counted from the line's number on keep the running maximum of one line from reaching into the next.
    offset = (np.cumsum(line) - 1) * (np.int64(1) << 33)
    reached = np.maximum.accumulate(runs[:, 2] + offset)
    begins = line.copy()
    begins[1:] |= runs[1:, 1] + offset[1:] > reached[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(runs)) - 1
    ends = (reached - offset)[last]
    return whose[first], np.stack([runs[first, 0], runs[first, 1], ends], 1).astype(np.int32)


def _refuse_beyond_32_bits(spans: NDArray[np.integer]) -> None:
    if spans.size and not _LOWEST <= int(spans.min()) <= int(spans.max()) <= _HIGHEST:
        raise BadParameter(
            f"Coordinates from {spans.min()} to {spans.max()} do not fit the 32 bits that masks are kept in."
        )
