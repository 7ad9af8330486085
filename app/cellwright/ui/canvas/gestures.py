"""What a person drew on the picture, as values: one for each finished gesture. Knows no project and no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


class Tool(str, Enum):
    """What the mouse does on the picture."""

    LOOK = "look"
    """Drags move the picture, clicks choose objects."""
    BOX = "box"
    """Drags draw a box; on the chosen box they move it, and on its handles resize it."""
    PAINT = "paint"
    """Strokes add to the chosen object, or begin a new one where none is chosen."""
    ERASE = "erase"
    """Strokes take away from the chosen object."""
    FILL = "fill"
    """A click fills what it hits, such as the hole of an object."""
    POLYGON = "polygon"
    """Clicks set corners, a double click closes; a drag draws the outline freely."""
    SCISSORS = "scissors"
    """A drawn line cuts the object it crosses."""
    SEEDS = "seeds"
    """Clicks put one seed into each cell that an object should become; Enter ends."""
    LASSO = "lasso"
    """A drawn outline selects what lies inside; with Shift it adds to what is selected."""
    POINT = "point"
    """Clicks put a point; drags move one that is there."""
    CLICK = "click"
    """A click finds the cell under it."""
    BOX_MASK = "box_mask"
    """A drawn box finds the cell inside it."""
    RULER = "ruler"
    """Two clicks measure a length, as `CanvasDrags` does."""


Corners = tuple[float, float, float, float]
"""y0, x0, y1, x1 in level-0 pixels (edges count), y0 <= y1 and x0 <= x1."""

Path = NDArray[np.float64]
"""(K, 2) y, x in level-0 pixels (edges count), in the order drawn."""


@dataclass(frozen=True, slots=True)
class BoxDrawn:
    """A new box.

    Parameters
    ----------
    box : (float, float, float, float)
        y0, x0, y1, x1.
    """

    box: Corners


@dataclass(frozen=True, slots=True)
class BoxChanged:
    """A box that was moved or resized.

    Parameters
    ----------
    id : UUID
        Which object, as its row in `ShownObjects` says.
    box : (float, float, float, float)
        y0, x0, y1, x1 of where it is now.
    """

    id: UUID
    box: Corners


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line drawn with a round brush.

    Parameters
    ----------
    path : (K, 2) ndarray of float64
        y, x of the middle of the brush, K >= 1.
    radius_px : float
        Radius of the brush in level-0 pixels.
    is_erasing : bool
        Whether the stroke takes away.
    """

    path: Path
    radius_px: float
    is_erasing: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A click with the fill tool at y, x."""

    y: float
    x: float


@dataclass(frozen=True, slots=True, eq=False)
class PolygonDrawn:
    """A closed outline, (K, 2) y, x with K >= 3; the last corner is joined to the first."""

    points: Path


@dataclass(frozen=True, slots=True, eq=False)
class LineDrawn:
    """An open line to cut along, (K, 2) y, x with K >= 2."""

    points: Path


@dataclass(frozen=True, slots=True, eq=False)
class SeedsPlaced:
    """One point in each cell that an object should become, (K, 2) y, x with K >= 2."""

    points: Path


@dataclass(frozen=True, slots=True, eq=False)
class Lassoed:
    """A closed outline around what is to be selected.

    Parameters
    ----------
    points : (K, 2) ndarray of float64
        y, x with K >= 3.
    is_adding : bool
        Whether what was selected before stays selected.
    """

    points: Path
    is_adding: bool = False


@dataclass(frozen=True, slots=True)
class PointPlaced:
    """A new point at y, x."""

    y: float
    x: float


@dataclass(frozen=True, slots=True)
class PointMoved:
    """A point that was dragged.

    Parameters
    ----------
    id : UUID
        Which object.
    number : int
        Which of its points, from 0 on.
    y, x : float
        Where it is now.
    """

    id: UUID
    number: int
    y: float
    x: float


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click at y, x on a cell that is to be found."""

    y: float
    x: float


@dataclass(frozen=True, slots=True)
class BoxToMask:
    """A drawn box, y0, x0, y1, x1, around a cell that is to be found."""

    box: Corners


Gesture = (
    BoxDrawn
    | BoxChanged
    | Stroke
    | Filled
    | PolygonDrawn
    | LineDrawn
    | SeedsPlaced
    | Lassoed
    | PointPlaced
    | PointMoved
    | Clicked
    | BoxToMask
)
"""What the signal ``PictureCanvas.gesture`` carries."""
