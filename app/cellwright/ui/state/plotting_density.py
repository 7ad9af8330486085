"""Many cells on few pixels: how many lie where, as an image of the groups' colours; and which cell lies at a place.

Knows no Qt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.ui.state.colouring import rgb

Values = NDArray[np.float64]

POINTS_AT_MOST = 20_000
"""Of more cells than this their density is drawn."""

_FAINTEST = 0.35


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a plot that is seen, and how finely.

    Parameters
    ----------
    x0, y0, x1, y1 : float
        What is seen, as places on the axes; half-open.
    columns, rows : int
        Into how many cells of the grid it is divided, both at least 1.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    columns: int
    rows: int


def density(frame: Frame, x: Values, y: Values, group: NDArray[np.int16], groups: int) -> NDArray[np.int64]:
    """Return how many points of each group lie in each cell of the grid.

    Parameters
    ----------
    frame : Frame
        The grid.
    x, y : (N,) ndarray of float64
        Places on the axes.
    group : (N,) ndarray of int16
        Group of each point.
    groups : int
        How many there are.

    Returns
    -------
    (groups, rows, columns) ndarray of int64
        Row 0 is the lowest `y`. The sum is the number of points in the frame.
    """
    seen = (x >= frame.x0) & (x < frame.x1) & (y >= frame.y0) & (y < frame.y1)
    if not seen.all():
        x, y, group = x[seen], y[seen], group[seen]
    across = _steps(x, frame.x0, frame.x1, frame.columns)
    up = _steps(y, frame.y0, frame.y1, frame.rows)
    place = (group.astype(np.int32) * frame.rows + up) * frame.columns + across
    shape = (groups, frame.rows, frame.columns)
    counts: NDArray[np.int64] = np.bincount(place, minlength=math.prod(shape)).reshape(shape)
    return counts


def _steps(values: Values, low: float, high: float, steps: int) -> NDArray[np.int32]:
    at = ((values - low) * (steps / (high - low))).astype(np.int32)
    # rounding may carry the last value over the end
    return np.minimum(at, steps - 1, out=at)


def density_image(counts: NDArray[np.int64], colours: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return a picture of a density: the mixture of the groups' colours, the fuller the more cells.

    Parameters
    ----------
    counts : (G, H, W) ndarray of int64
        See `density`.
    colours : tuple of str
        ``#rrggbb`` of each group.

    Returns
    -------
    (H, W, 4) ndarray of uint8
        Red, green, blue, opacity; clear where there is no cell.
    """
    every = counts.sum(axis=0)
    inks = np.array([rgb(colour) for colour in colours], np.float32).reshape(-1, 3)
    image = np.zeros((*every.shape, 4), np.uint8)
    there = every > 0
    if not there.any():
        return image
    of_groups = counts[:, there].astype(np.float32)
    image[there, :3] = np.rint(of_groups.T @ inks / of_groups.sum(axis=0)[:, None])
    many = np.log1p(every[there].astype(np.float32))
    image[there, 3] = np.rint(255 * (_FAINTEST + (1 - _FAINTEST) * many / many.max()))
    return image


def nearest(
    x: Values, y: Values, at: tuple[float, float], per_pixel: tuple[float, float], reach_px: float = 8.0
) -> int | None:
    """Return the place, among the points, of the one nearest to where a person clicked; None where none is near.

    Parameters
    ----------
    x, y : (N,) ndarray of float64
        Places on the axes.
    at : (float, float)
        Where, across and up.
    per_pixel : (float, float)
        What a pixel of the screen is on each axis.
    reach_px : float
        How far from it, in pixels of the screen.
    """
    away_x, away_y = (x - at[0]) / per_pixel[0], (y - at[1]) / per_pixel[1]
    away = away_x * away_x + away_y * away_y
    if not len(away):
        return None
    best = int(np.argmin(away))
    return best if away[best] <= reach_px * reach_px else None
