"""Between the picture's pixels and the screen's, and how long a scale bar is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects, PixelSize
from cellwright.ui.looks.units import length_text


@dataclass(frozen=True, slots=True)
class Viewport:
    """Which part of the picture is on the screen, and how large.

    Parameters
    ----------
    centre_y, centre_x : float
        Level-0 pixel (edges count: 0 is the upper edge of row 0) in the middle of the screen.
    zoom : float
        Screen pixels (logical ones) per level-0 pixel, > 0.
    height, width : int
        Size of the canvas in logical pixels.
    """

    centre_y: float
    centre_x: float
    zoom: float
    height: int
    width: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """y0, x0, y1, x1 of what is visible, in level-0 pixels."""
        dy, dx = self.height / 2 / self.zoom, self.width / 2 / self.zoom
        return self.centre_y - dy, self.centre_x - dx, self.centre_y + dy, self.centre_x + dx

    def to_screen(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (N, 4) boxes y0, x0, y1, x1 in logical pixels of the canvas."""
        shift = np.array([self.centre_y, self.centre_x] * 2)
        middle = np.array([self.height / 2, self.width / 2] * 2)
        placed: NDArray[np.float64] = (boxes.astype(np.float64) - shift) * self.zoom + middle
        return placed

    def points_to_screen(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (N, 2) points y, x in logical pixels of the canvas."""
        middle = np.array([self.height / 2, self.width / 2])
        placed: NDArray[np.float64] = (points - np.array([self.centre_y, self.centre_x])) * self.zoom + middle
        return placed

    def from_screen(self, y: float, x: float) -> tuple[float, float]:
        """Return y, x in level-0 pixels of a point of the canvas in logical pixels."""
        return (
            self.centre_y + (y - self.height / 2) / self.zoom,
            self.centre_x + (x - self.width / 2) / self.zoom,
        )

    def visible_rows(self, boxes: NDArray[np.floating]) -> NDArray[np.intp]:
        """Return the rows of the boxes of which at least a part is on the screen."""
        return np.flatnonzero(meeting(boxes, self.bounds))


def meeting(boxes: NDArray[np.floating], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return which of the boxes, (N, 4) y0, x0, y1, x1, have a part inside of one."""
    y0, x0, y1, x1 = box
    inside: NDArray[np.bool_] = (boxes[:, 0] < y1) & (boxes[:, 2] > y0) & (boxes[:, 1] < x1) & (boxes[:, 3] > x0)
    return inside


def box_at(boxes: NDArray[np.floating], y: float, x: float) -> int | None:
    """Return the row of the smallest box that holds a point, None if there is none."""
    hit = np.flatnonzero((boxes[:, 0] <= y) & (y < boxes[:, 2]) & (boxes[:, 1] <= x) & (x < boxes[:, 3]))
    if not len(hit):
        return None
    sides = boxes[hit, 2:] - boxes[hit, :2]
    return int(hit[np.argmin(sides[:, 0] * sides[:, 1])])


def object_at(objects: Objects, rows: NDArray[np.intp], y: float, x: float) -> int | None:
    """Return the object at a place, among `rows`: the smallest whose mask, or whose box where it has none, holds it."""
    boxes = objects.boxes[rows]
    masks = objects.masks
    if masks is None:
        row = box_at(boxes, y, x)
        return None if row is None else int(rows[row])
    near = rows[(boxes[:, 0] <= y) & (y < boxes[:, 2]) & (boxes[:, 1] <= x) & (x < boxes[:, 3])]
    found = masks.take(near)
    top, left = math.floor(y), math.floor(x)
    spans = found.spans
    hit = found.owners[(spans[:, 0] == top) & (spans[:, 1] <= left) & (left < spans[:, 2])]
    if not len(hit):
        return None
    return int(near[hit[np.argmin(found.areas()[hit])]])


def outline_segments(boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (8 N, 2) x, y: the ends of the four sides of each box."""
    y0, x0, y1, x1 = np.asarray(boxes, np.float32).reshape(-1, 4).T
    corners = (x0, y0, x1, y0, x1, y0, x1, y1, x1, y1, x0, y1, x0, y1, x0, y0)
    return np.ascontiguousarray(np.stack(corners, axis=1).reshape(-1, 2))


def scale_bar(pixel_size: PixelSize | None, zoom: float, longest_px: int = 140) -> tuple[float, str]:
    """Return how long a scale bar is on the screen and what it says.

    Parameters
    ----------
    pixel_size : PixelSize or None
        Without one the bar measures picture pixels.
    zoom : float
        Screen pixels per picture pixel.
    longest_px : int
        The bar is the longest with a round number that is not longer.

    Returns
    -------
    length, text : float, str
        Logical pixels, and for example ``"20 µm"``.
    """
    unit_px = zoom if pixel_size is None else zoom / pixel_size.x_um
    units = _round_down(longest_px / unit_px)
    return units * unit_px, f"{units:.6g} px" if pixel_size is None else length_text(units)


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max(step for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-9)) * power
