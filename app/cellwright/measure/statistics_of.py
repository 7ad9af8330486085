"""Mean, median and the like of a picture's values over the pixels of each object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes.compiled import loops
from cellwright.shapes.overlaps import ranges

Values = NDArray[np.float64]

COUNT, SUM, MEAN, LEAST, LARGEST, DEVIATION, MEDIAN = range(7)
"""Columns of what `statistics_of` answers."""


def statistics_of(
    masks: Masks,
    plane: Values,
    origin: tuple[int, int] = (0, 0),
    blocked: NDArray[np.bool_] | None = None,
    *,
    with_median: bool = True,
) -> Values:
    """Return how the values of one channel are spread over each object.

    Parameters
    ----------
    masks : Masks
        N objects; what of them lies beyond the plane does not count.
    plane : (H, W) ndarray of float64
        The channel.
    origin : (int, int)
        y, x of the plane's first pixel in level-0 pixels.
    blocked : (H, W) ndarray of bool, optional
        Pixels that do not count.
    with_median : bool
        Whether the median is wanted; it takes the longest.

    Returns
    -------
    (N, 7) ndarray of float64
        Count, sum, mean, least, largest, standard deviation (of all pixels, not of a sample) and median; all but the
        count are NaN where no pixel counts.
    """
    kernels = loops("intensity_kernels", "measure")
    if kernels is None:
        return _statistics(masks, plane, origin, blocked, with_median=with_median)
    none = np.empty((0, 0), np.bool_)
    answers: Values = kernels.statistics(
        masks.starts,
        masks.spans,
        np.ascontiguousarray(plane),
        none if blocked is None else blocked,
        int(origin[0]),
        int(origin[1]),
        with_median,
    )
    return answers


def pixels_on(
    masks: Masks, shape: tuple[int, int], origin: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the object, row and column of every pixel that lies on a plane, object by object, row by row."""
    spans = masks.spans.astype(np.int64) - [origin[0], origin[1], origin[1]]
    x0, x1 = np.maximum(spans[:, 1], 0), np.minimum(spans[:, 2], shape[1])
    on = (spans[:, 0] >= 0) & (spans[:, 0] < shape[0]) & (x1 > x0)
    x0, x1 = x0[on], x1[on]
    return np.repeat(masks.owners[on], x1 - x0), np.repeat(spans[on, 0], x1 - x0), ranges(x0, x1)


def _statistics(
    masks: Masks, plane: Values, origin: tuple[int, int], blocked: NDArray[np.bool_] | None, *, with_median: bool
) -> Values:
    """Do what the compiled loops do, with arrays of one entry a pixel."""
    height, width = plane.shape
    owner, y, x = pixels_on(masks, (height, width), origin)
    if blocked is not None:
        free = ~blocked[y, x]
        owner, y, x = owner[free], y[free], x[free]
    values = plane[y, x]
    answers = np.full((len(masks), 7), np.nan)
    count = np.bincount(owner, minlength=len(masks))
    answers[:, COUNT] = count
    full = np.flatnonzero(count)
    if not len(full):
        return answers
    first = (np.cumsum(count) - count)[full]
    answers[full, SUM] = np.bincount(owner, values, len(masks))[full]
    answers[full, MEAN] = answers[full, SUM] / count[full]
    answers[full, LEAST] = np.minimum.reduceat(values, first)
    answers[full, LARGEST] = np.maximum.reduceat(values, first)
    square = np.bincount(owner, (values - answers[owner, MEAN]) ** 2, len(masks))
    answers[full, DEVIATION] = np.sqrt(square[full] / count[full])
    if with_median:
        ranked = values[np.lexsort((values, owner))]
        half = count[full]
        answers[full, MEDIAN] = 0.5 * (ranked[first + (half - 1) // 2] + ranked[first + half // 2])
    return answers
