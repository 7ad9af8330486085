"""One object of many drawn anew after a stroke: only its part of the grid, however many others there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.ui.canvas.geometry import meeting
from cellwright.ui.canvas.raster import Part, Raster, inner_edges, part_under, rasterise

_Box = tuple[float, float, float, float]


@dataclass(slots=True, eq=False)
class Grid:
    """What is drawn at present.

    Parameters
    ----------
    raster : Raster
        Where the grid lies.
    labels, edge : (height, width) ndarray
        As `rasterise` and `inner_edges` give them.
    rows : (K,) ndarray of intp
        The objects that had a cell when the whole grid was drawn, rising.
    """

    raster: Raster
    labels: NDArray[np.int32]
    edge: NDArray[np.bool_]
    rows: NDArray[np.intp]


class ChangedMasks:
    """A table of masks of which some rows are others by now.

    Parameters
    ----------
    masks : Masks
        As they were.
    """

    def __init__(self, masks: Masks) -> None:
        self.masks = masks
        self._changed: dict[int, Masks] = {}
        self._reach: dict[int, _Box] = {}
        self._near: tuple[Grid, Masks, NDArray[np.float32]] | None = None

    @property
    def rows(self) -> tuple[int, ...]:
        """Which rows are others."""
        return tuple(self._changed)

    def change(self, row: int, mask: Masks) -> None:
        """Take one mask, perhaps without pixels, in place of a row, or as a new one after the last."""
        is_new = row >= len(self.masks)
        before = self._changed.get(row, Masks.empty(1) if is_new else self.masks.take(np.array([row])))
        boxes = [each.boxes()[0] for each in (before, mask) if len(each.spans)]
        if row in self._reach:
            boxes.append(np.array(self._reach[row], np.float32))
        if boxes:
            table = np.array(boxes)
            y0, x0, y1, x1 = (float(edge) for edge in (*table[:, :2].min(0), *table[:, 2:].max(0)))
            self._reach[row] = (y0, x0, y1, x1)
        self._changed[row] = mask

    def redraw(self, grid: Grid, row: int, line: int) -> Part | None:
        """Draw the part of a grid anew, in place, that shows what a changed row ever was.

        Parameters
        ----------
        grid : Grid
            Changed in place.
        row : int
            Which object.
        line : int
            Thickness of outlines in cells.

        Returns
        -------
        (slice, slice) or None
            What of the grid may look different now; None where it is not on the grid.
        """
        if row not in self._reach:
            return None
        inner = part_under(grid.raster, self._reach[row], line)
        if inner[0].start >= inner[0].stop or inner[1].start >= inner[1].stop:
            return None
        rows, masks = self._on(grid, grid.raster.bounds_of(inner))
        grid.labels[inner] = np.append(0, rows + 1).astype(np.int32)[rasterise(masks, grid.raster, inner)]
        # an outline depends on what lies a line's width around it
        outer = part_under(grid.raster, self._reach[row], 2 * line)
        down, along = (slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        grid.edge[inner] = inner_edges(grid.labels[outer], line)[down, along]
        return inner

    def _on(self, grid: Grid, box: _Box) -> tuple[NDArray[np.intp], Masks]:
        """Return the objects that reach into a box, as they are now, by rising row."""
        if self._near is None or self._near[0] is not grid:
            masks = self.masks.take(grid.rows)
            self._near = (grid, masks, masks.boxes())
        _, masks, boxes = self._near
        there = np.flatnonzero(meeting(boxes, box))
        there = there[~np.isin(grid.rows[there], list(self._changed))]
        rows = np.concatenate([grid.rows[there], np.array(self.rows, np.intp)])
        order = np.argsort(rows)
        return rows[order], Masks.concatenate([masks.take(there), *self._changed.values()]).take(order)


def changed_row(old: Masks, new: Masks) -> int | None:
    """Return the one row in which two tables differ, or which the new one has after the last.

    None where there are more such rows, or none.
    """
    if len(new) == len(old) + 1:
        is_added = np.array_equal(new.starts[:-1], old.starts)
        return len(old) if is_added and np.array_equal(new.spans[: len(old.spans)], old.spans) else None
    if len(new) != len(old):
        return None
    longer = len(new.spans) - len(old.spans)
    moved = np.flatnonzero(new.starts != old.starts)
    if not len(moved):
        other = old.spans != new.spans
        rows = np.searchsorted(old.starts, np.flatnonzero(other.any(1)), "right") - 1 if other.any() else moved
        return int(rows[0]) if len(rows) and rows[0] == rows[-1] else None
    row = int(moved[0]) - 1
    begin, end = int(old.starts[row]), int(old.starts[row + 1])
    is_one = np.array_equal(new.starts[row + 1 :], old.starts[row + 1 :] + longer)
    is_one = is_one and np.array_equal(new.spans[:begin], old.spans[:begin])
    return row if is_one and np.array_equal(new.spans[end + longer :], old.spans[end:]) else None
