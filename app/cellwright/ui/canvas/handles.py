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

_STILL_PX = 1.0
"""A mouse that moved no further on the screen has not moved."""

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
class BoxGrip:
    """A box, or some of its edges, held by the mouse.

    Parameters
    ----------
    id : UUID
        Of the object.
    box : (float, float, float, float)
        As it was, y0, x0, y1, x1.
    start : (float, float)
        Where the mouse took hold.
    edges : tuple of int
        Which of y0, x0, y1, x1 move; all four move the box.
    """

    id: UUID
    box: Corners
    start: Place
    edges: tuple[int, ...] = (0, 1, 2, 3)
    _now: Place | None = None

    def drag(self, at: Pointer) -> None:
        """Follow the mouse, once it has moved at all."""
        if self._now is not None or not at.is_near(self.start, _STILL_PX):
            self._now = at.place

    def release(self, at: Pointer) -> Gesture | None:
        """Return the changed box; None if nothing moved."""
        self.drag(at)
        return None if self._now is None else BoxChanged(self.id, self._moved())

    def marks(self) -> Marks:
        """Return the box as it would be if the mouse let go now."""
        return Marks(box=self._moved())

    def _moved(self) -> Corners:
        edges = list(self.box)
        for edge in self.edges:
            edges[edge] += _way(self.start, self._now)[edge % 2]
        # a handle that is dragged across the box turns it around
        y0, y1 = sorted((edges[0], edges[2]))
        x0, x1 = sorted((edges[1], edges[3]))
        return y0, x0, y1, x1


@dataclass(slots=True)
class PointGrip:
    """A point held by the mouse.

    Parameters
    ----------
    id : UUID
        Of the object.
    number : int
        Which of its points.
    point : (float, float)
        y, x where it was.
    start : (float, float)
        Where the mouse took hold.
    """

    id: UUID
    number: int
    point: Place
    start: Place
    _now: Place | None = None

    def drag(self, at: Pointer) -> None:
        """Follow the mouse, once it has moved at all."""
        if self._now is not None or not at.is_near(self.start, _STILL_PX):
            self._now = at.place

    def release(self, at: Pointer) -> Gesture | None:
        """Return the moved point; None if nothing moved."""
        self.drag(at)
        return None if self._now is None else PointMoved(self.id, self.number, *self._moved())

    def marks(self) -> Marks:
        """Return the point where it would be if the mouse let go now."""
        return Marks(dots=(self._moved(),))

    def _moved(self) -> Place:
        dy, dx = _way(self.start, self._now)
        return self.point[0] + dy, self.point[1] + dx


Grip = BoxGrip | PointGrip


def _way(start: Place, now: Place | None) -> Place:
    return (0.0, 0.0) if now is None else (now[0] - start[0], now[1] - start[1])


def grip_on_box(chosen: Editable | None, at: Pointer) -> BoxGrip | None:
    """Return the grip on a handle of the chosen box, or on the box itself; None where the mouse is on neither."""
    if chosen is None or chosen.box is None:
        return None
    away = np.hypot(*(handles_of(chosen.box) - at.place).T) * at.zoom
    nearest = int(away.argmin())
    y0, x0, y1, x1 = chosen.box
    is_inside = y0 <= at.y < y1 and x0 <= at.x < x1
    # on a box smaller than its handles, what is inside moves it
    if away[nearest] <= _REACH_PX and not (is_inside and min(y1 - y0, x1 - x0) * at.zoom < 2 * _REACH_PX):
        return BoxGrip(chosen.id, chosen.box, at.place, _EDGES[nearest])
    return BoxGrip(chosen.id, chosen.box, at.place) if is_inside else None


def grip_on_point(chosen: Editable | None, at: Pointer) -> PointGrip | None:
    """Return the grip on the nearest of the chosen object's points; None where none is near."""
    if chosen is None or chosen.points is None or not len(chosen.points):
        return None
    points = np.asarray(chosen.points, np.float64)[:, :2]
    away = np.hypot(*(points - at.place).T) * at.zoom
    nearest = int(away.argmin())
    if away[nearest] > _REACH_PX:
        return None
    y, x = points[nearest]
    return PointGrip(chosen.id, nearest, (float(y), float(x)), at.place)
