"""What a star-convex network is taught: how far each pixel is from its object's edge, by ray and at the nearest."""

from __future__ import annotations

import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.shapes.compiled import loops
from cellwright.shapes.kinds import Float32s, Int32s
from cellwright.shapes.rays import ray_steps

_WORTH_A_THREAD = 4_000_000
"""Distances that take some ten milliseconds."""


def star_distances(labels: NDArray[np.integer], rays: int, grid: int = 1) -> Float32s:
    """Return how far each pixel sees along each ray before its object ends.

    As StarDist defines it (Schmidt et al., MICCAI 2018): ray k points to y + sin, x + cos of the angle 2πk/n. It goes
    in steps of one pixel's length until the nearest pixel is of another label or beyond the picture, and the last step
    is shortened by the part that overshoots the edge of a pixel. Equal to what the reference package answers, at most a
    rounding of float32 apart.

    Parameters
    ----------
    labels : (H, W) ndarray of int
        The object of each pixel; 0 is background.
    rays : int
        How many, at least 3.
    grid : int
        Only every `grid`-th row and column is worked out, the first one included.

    Returns
    -------
    (ceil(H / grid), ceil(W / grid), rays) ndarray of float32
        In pixels of `labels`; 0 in the background.

    Raises
    ------
    BadParameter
        If `labels` is not two-dimensional whole numbers, or `rays` or `grid` is too small.
    """
    picture = _numbered(labels)
    if rays < 3 or grid < 1:
        raise BadParameter(f"A star needs at least 3 rays and a grid of at least 1, not {rays} and {grid}.")
    shape = (-(-picture.shape[0] // grid), -(-picture.shape[1] // grid), rays)
    if not picture.size:
        return np.zeros(shape, np.float32)
    # A rim that is no object spares every step the question whether it is still in the picture.
    framed = np.zeros((picture.shape[0] + 2, picture.shape[1] + 2), np.int32)
    framed[1:-1, 1:-1] = picture
    kernels = loops("target_kernels")
    if kernels is None:
        return _distances(framed, rays, grid)
    # A step goes at least 0.7 pixels along one axis. Powers of two, so that crops of many sizes share one table.
    steps = ray_steps(rays, 2 ** math.ceil(math.log2(1.5 * max(picture.shape) + 3)))
    distances: Float32s = np.empty(shape, np.float32)
    jumps, depth = steps.jumps(framed.shape[1]), kernels.depths(framed)

    def march(rows: range) -> None:
        part = distances[rows.start : rows.stop]
        kernels.march(framed, depth, steps.y, steps.x, jumps, steps.stride, steps.length, grid, rows.start, part)

    bands = _bands(shape)
    if len(bands) == 1:
        march(bands[0])
    else:
        with ThreadPoolExecutor(len(bands)) as pool:  # the loops let go of the interpreter's lock
            list(pool.map(march, bands))
    return distances


def _bands(shape: tuple[int, int, int]) -> list[range]:
    """Cut the rows into one band a processor where there is much to do; small crops are not worth a thread."""
    count = min(os.cpu_count() or 1, 8, shape[0], 1 + math.prod(shape) // _WORTH_A_THREAD)
    edges = np.linspace(0, shape[0], count + 1).astype(int).tolist()
    return [range(begin, end) for begin, end in itertools.pairwise(edges)]


def _distances(framed: Int32s, rays: int, grid: int) -> Float32s:
    """Do what the compiled loops do, one step of all pixels at a time."""
    height, width = framed.shape[0] - 2, framed.shape[1] - 2
    rows, columns = np.arange(0, height, grid), np.arange(0, width, grid)
    distances: Float32s = np.zeros((len(rows), len(columns), rays), np.float32)
    at_row, at_column = np.nonzero(framed[1 : height + 1 : grid, 1 : width + 1 : grid])
    steps = ray_steps(rays, 2 * max(height, width) + 3)
    y, x = rows[at_row], columns[at_column]
    for k in range(rays):
        going = np.arange(len(y))
        for step in range(steps.count):
            at_y = np.rint(y[going].astype(np.float32) + steps.y[k, step]).astype(np.int64)
            at_x = np.rint(x[going].astype(np.float32) + steps.x[k, step]).astype(np.int64)
            inside = framed[at_y + 1, at_x + 1] == framed[y[going] + 1, x[going] + 1]
            done = going[~inside]
            distances[at_row[done], at_column[done], k] = steps.length[k, step]
            going = going[inside]
            if not len(going):
                break
    return distances


def edge_probability(labels: NDArray[np.integer], grid: int = 1) -> Float32s:
    """Return how deep inside its object each pixel lies, from 0 in the background to 1 at the deepest pixel.

    The distance to the nearest pixel that is not of the object, over the largest such distance of the object: the
    object probability that StarDist teaches. The edge of the picture is no edge of an object, unless one object fills
    the picture.

    Parameters
    ----------
    labels : (H, W) ndarray of int
        The object of each pixel; 0 is background.
    grid : int
        Only every `grid`-th row and column is returned, the first one included.

    Returns
    -------
    (ceil(H / grid), ceil(W / grid)) ndarray of float32
        In [0, 1].

    Raises
    ------
    BadParameter
        If `labels` is not two-dimensional whole numbers or `grid` is below 1.
    """
    picture = _numbered(labels)
    if grid < 1:
        raise BadParameter(f"The grid is at least 1, not {grid}.")
    if not picture.any():
        return np.zeros(picture.shape, np.float32)[::grid, ::grid]
    alone = picture.min() == picture.max()
    if alone:
        picture = np.pad(picture, 1)
    kernels = loops("target_kernels")
    square = _squared_distances(picture) if kernels is None else kernels.squared_distances(picture)
    if alone:
        picture, square = picture[1:-1, 1:-1], square[1:-1, 1:-1]
    deepest = np.zeros(int(picture.max()) + 1, np.float64)
    if kernels is None:
        np.maximum.at(deepest, picture, square)
    else:
        kernels.largest(picture, square, deepest)
    here = picture[::grid, ::grid]
    share = np.sqrt(square[::grid, ::grid]) / (np.sqrt(deepest) + 1e-10)[here]
    return np.where(here > 0, share, 0).astype(np.float32)


def _squared_distances(picture: Int32s) -> NDArray[np.float64]:
    """Do what the compiled `squared_distances` does: one distance transform an object, on its own box."""
    from scipy import ndimage

    square = np.zeros(picture.shape, np.float64)
    boxes: list[Any] = ndimage.find_objects(picture)
    for value, box in enumerate(boxes, 1):
        if box is None:  # no such label
            continue
        grown = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in box)
        mask = picture[grown] == value
        distance = np.asarray(ndimage.distance_transform_edt(mask))
        square[grown][mask] = np.rint(distance[mask] ** 2)
    return square


def _numbered(labels: NDArray[np.integer]) -> Int32s:
    """Return the labels as int32 numbers that are not far above the number of pixels."""
    picture: NDArray[np.generic] = np.asarray(labels)
    if picture.dtype == np.bool_:
        picture = picture.view(np.uint8)
    if picture.ndim != 2 or picture.dtype.kind not in "iu":
        raise BadParameter(f"A label picture is (H, W) whole numbers, not {picture.shape} of {picture.dtype}.")
    if picture.size and (picture.min() < 0 or int(picture.max()) > 2 * picture.size + 1000):
        # Few and far apart: renumbered, with 0 staying 0.
        values, numbers = np.unique(picture, return_inverse=True)
        zero = int(np.searchsorted(values, 0))
        numbers = numbers.reshape(picture.shape) + 1
        if zero < len(values) and values[zero] == 0:
            numbers[picture == 0] = 0
        picture = numbers
    return np.ascontiguousarray(picture, np.int32)
