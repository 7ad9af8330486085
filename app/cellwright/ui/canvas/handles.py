"""The chosen object under the mouse: its box is moved and resized by handles, its points are dragged one by one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.canvas.drawing import Marks, Place, Pointer
from cellwright.ui.canvas.gestures import BoxChanged, Corners, Gesture, PointMoved

HANDLE_PX = 9.0
"""Side of a handle on the screen."""

_REACH_PX = 8.0
"""A handle is held from so near."""

# which edges of y0, x0, y1, x1 each handle moves: the corners, then the middles of the sides
_EDGES = ((0, 1), (0, 3), (2, 3), (2, 1), (0,), (3,), (2,), (1,))


@dataclass(frozen=True, slots=True, eq=False)
class Editable:
    """The object that boxes and points are changed of.

    Parameters
    ----------
    id : UUID
        Of the object.
    box : (float, float, float, float) or None
        y0, x0, y1, x1 in level-0 pixels; None where it has no box that could be dragged.
    points : (K, 2) ndarray or None
        y, x of its points.
    """

    id: UUID
    box: Corners | None = None
    points: NDArray[np.floating] | None = None


def handles_of(box: Corners) -> NDArray[np.float64]:
    """Return where the eight handles of a box are, (8, 2) y, x."""
    y0, x0, y1, x1 = box
    y, x = (y0 + y1) / 2, (x0 + x1) / 2
    return np.array([(y0, x0), (y0, x1), (y1, x1), (y1, x0), (y0, x), (y, x1), (y1, x), (y, x0)], np.float64)


@dataclass(slots=True)
class Grip:
    """What of the chosen object the mouse holds, and where it is by now.

    Parameters
    ----------
    chosen : Editable
    start : (float, float)
        Where the mouse took hold.
    edges : tuple of int
        Which of y0, x0, y1, x1 move; all four move the box; none where a point is held.
    number : int
        Which point is held, where one is.
    """

    chosen: Editable
    start: Place
    edges: tuple[int, ...]
    number: int = 0
    now: Place | None = None

    def drag(self, at: Pointer) -> None:
        """Follow the mouse."""
        if self.now is not None or not at.is_near(self.start, 1.0):
            self.now = at.place

    def release(self, at: Pointer) -> Gesture | None:
        """Return what was changed; None if nothing moved."""
        self.drag(at)
        if self.now is None:
            return None
        if not self.edges:
            y, x = self._point()
            return PointMoved(self.chosen.id, self.number, y, x)
        return BoxChanged(self.chosen.id, self._box())

    def marks(self) -> Marks:
        """Return how the object would be if the mouse let go now."""
        return Marks(box=self._box()) if self.edges else Marks(dots=(self._point(),))

    def _moved(self) -> Place:
        now = self.now or self.start
        return now[0] - self.start[0], now[1] - self.start[1]

    def _point(self) -> Place:
        assert self.chosen.points is not None
        y, x = self.chosen.points[self.number][:2]
        dy, dx = self._moved()
        return float(y) + dy, float(x) + dx

    def _box(self) -> Corners:
        assert self.chosen.box is not None
        edges = list(self.chosen.box)
        moved = self._moved()
        for edge in self.edges:
            edges[edge] += moved[edge % 2]
        # a handle that is dragged across the box turns it around
        y0, y1 = sorted((edges[0], edges[2]))
        x0, x1 = sorted((edges[1], edges[3]))
        return y0, x0, y1, x1


def grip_on_box(chosen: Editable | None, at: Pointer) -> Grip | None:
    """Return the grip on a handle of the chosen box, or on the box itself; None where the mouse is on neither."""
    if chosen is None or chosen.box is None:
        return None
    away = np.hypot(*(handles_of(chosen.box) - at.place).T) * at.zoom
    nearest = int(away.argmin())
    y0, x0, y1, x1 = chosen.box
    is_inside = y0 <= at.y < y1 and x0 <= at.x < x1
    # on a box smaller than its handles, what is inside moves it
    if away[nearest] <= _REACH_PX and not (is_inside and min(y1 - y0, x1 - x0) * at.zoom < 2 * _REACH_PX):
        return Grip(chosen, at.place, _EDGES[nearest])
    return Grip(chosen, at.place, (0, 1, 2, 3)) if is_inside else None


def grip_on_point(chosen: Editable | None, at: Pointer) -> Grip | None:
    """Return the grip on the nearest of the chosen object's points; None where none is near."""
    if chosen is None or chosen.points is None or not len(chosen.points):
        return None
    away = np.hypot(*(np.asarray(chosen.points, np.float64)[:, :2] - at.place).T) * at.zoom
    nearest = int(away.argmin())
    return Grip(chosen, at.place, (), nearest) if away[nearest] <= _REACH_PX else None
