"""The loops of `targets`, compiled. Importing this loads numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from cellwright.shapes.bare import bare
from cellwright.shapes.kinds import Float32s, Float64s, Int32s, Int64s
from cellwright.shapes.rays import FAR

ABREAST = 48
"""As many steps are taken from all pixels of a run at once; longer walks go on alone."""


@njit(cache=True, nogil=True)
def depths(framed: Int32s) -> Int32s:
    """Return for each pixel how many king's moves away the nearest pixel of another label is; 0 in the rim."""
    height, width = framed.shape
    depth = np.zeros((height, width), np.int32)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            value = framed[y, x]
            if value == 0:
                continue
            least = FAR
            for at_y, at_x in ((y - 1, x - 1), (y - 1, x), (y - 1, x + 1), (y, x - 1)):
                least = min(least, depth[at_y, at_x] if framed[at_y, at_x] == value else 0)
            depth[y, x] = least + 1
    for y in range(height - 2, 0, -1):
        for x in range(width - 2, 0, -1):
            value = framed[y, x]
            if value == 0:
                continue
            least = depth[y, x] - 1
            for at_y, at_x in ((y + 1, x + 1), (y + 1, x), (y + 1, x - 1), (y, x + 1)):
                least = min(least, depth[at_y, at_x] if framed[at_y, at_x] == value else 0)
            depth[y, x] = least + 1
    return depth


class _Walks(NamedTuple):
    """What all walks share: the flat picture between empty rows, the steps of each ray, and room for a row's walks."""

    label: Int32s
    deep: Int32s
    width: int
    pad: int
    y: Float32s
    x: Float32s
    jump: Int32s
    stride: Float32s
    length: Float32s
    grid: int
    going: Int32s
    steps: Int32s


@njit(cache=True, nogil=True, error_model="numpy")
def march(
    framed: Int32s,
    depth: Int32s,
    walk_y: Float32s,
    walk_x: Float32s,
    jump: Int32s,
    stride: Float32s,
    length: Float32s,
    grid: int,
    first_row: int,
    distances: Float32s,
) -> None:
    """Walk from each pixel along each ray, over the steps that cannot leave the object, to the first one outside.

    `jump` holds the step's way through the framed picture, `FAR` where it depends on where the walk began; `stride`
    how many steps of a ray bring it one pixel further along its steeper axis. The rows of `distances` are those from
    `first_row` on.
    """
    width = framed.shape[1]
    # Rays that have ended walk on beside those that have not: empty rows keep them inside the picture.
    pad = ABREAST + ABREAST // width + 2
    tall = np.zeros((framed.shape[0] + 2 * pad, width), np.int32)
    tall[pad:-pad] = framed
    label, deep = tall.reshape(-1), depth.reshape(-1)
    going, steps = np.empty(distances.shape[1], np.int32), np.empty(distances.shape[1], np.int32)
    walks = _Walks(label, deep, width, pad, walk_y, walk_x, jump, stride, length, grid, going, steps)
    for row in range(distances.shape[0]):
        _march_row(walks, (first_row + row) * grid, distances[row])


@bare()
def _march_row(walks: _Walks, y: int, distances: Float32s) -> None:
    """Walk from the pixels of one row, (columns, rays), those of one label together."""
    line = (y + 1 + walks.pad) * walks.width + 1
    column = 0
    while column < len(distances):
        value = walks.label[line + column * walks.grid]
        end = column + 1
        while end < len(distances) and walks.label[line + end * walks.grid] == value:
            end += 1
        if value == 0:
            for i in range(column, end):
                for k in range(distances.shape[1]):
                    distances[i, k] = 0
        else:
            for k in range(distances.shape[1]):
                _walk(walks, k, y, column, end, value)
                for i in range(column, end):
                    distances[i, k] = walks.length[k, walks.steps[i - column]]
        column = end


@bare()
def _walk(walks: _Walks, k: int, y: int, column: int, end: int, value: int) -> None:
    """Walk along ray `k` from the pixels of a run: write how many steps each goes inside its object."""
    going, steps, grid, jump = walks.going, walks.steps, walks.grid, walks.jump
    first = (y + 1 + walks.pad) * walks.width + 1 + column * grid
    for i in range(end - column):
        going[i], steps[i] = 1, 0
    for step in range(min(ABREAST - 1, jump.shape[1])):
        by = jump[k, step]
        if by == FAR:
            left = _in_doubt(walks, k, step, y, column, end, value)
        else:
            ahead = walks.label[first + by : first + by + (end - column) * grid]
            left = _abreast(ahead, grid, value, going, steps, end - column)
        if left == 0:
            return
    for i in range(end - column):
        if going[i] == 1:
            steps[i] = _alone(walks, k, y, (column + i) * grid, value, int(steps[i]))


@bare(inline="always")
def _abreast(label: Int32s, grid: int, value: int, going: Int32s, steps: Int32s, count: int) -> int:
    """Take one step from all pixels of a run at once; return how many still go on."""
    left = np.int32(0)
    if grid == 1:
        for i in range(count):
            on = going[i] & np.int32(label[i] == value)
            going[i] = on
            steps[i] += on
            left += on
    else:
        for i in range(count):
            on = going[i] & np.int32(label[i * grid] == value)
            going[i] = on
            steps[i] += on
            left += on
    return int(left)


@bare()
def _in_doubt(walks: _Walks, k: int, step: int, y: int, column: int, end: int, value: int) -> int:
    """Do the same for a step whose pixel depends on where the walk began."""
    left = 0
    for i in range(end - column):
        if walks.going[i] == 1:
            on = np.int32(walks.label[_place(walks, k, step, y, (column + i) * walks.grid)] == value)
            walks.going[i] = on
            walks.steps[i] += on
            left += int(on)
    return left


@bare()
def _alone(walks: _Walks, k: int, y: int, x: int, value: int, step: int) -> int:
    """Finish a long walk from a step on, over the steps that cannot leave the object."""
    rim = walks.pad * walks.width
    begin = rim + (y + 1) * walks.width + x + 1
    while True:
        by = walks.jump[k, step]
        at = _place(walks, k, step, y, x) if by == FAR else begin + by
        if walks.label[at] != value:
            return step
        step += 1 + int((walks.deep[at - rim] - 1) * walks.stride[k])


@bare(inline="always")
def _place(walks: _Walks, k: int, step: int, y: int, x: int) -> int:
    """Return the pixel that is nearest after so many steps, in the float32 arithmetic of the definition."""
    at_y = np.int64(np.rint(np.float32(y) + walks.y[k, step])) + 1 + walks.pad
    at_x = np.int64(np.rint(np.float32(x) + walks.x[k, step])) + 1
    return int(at_y * walks.width + at_x)


@njit(cache=True, nogil=True)
def squared_distances(picture: Int32s) -> Float64s:
    """Return the squared distance of each object's pixels to the nearest pixel of another label, 0 in the background.

    Felzenszwalb & Huttenlocher, Theory of Computing 8 (2012): the lower envelope of one parabola a column, here on
    every run of one label along a row. The edge of the picture is no other label.
    """
    height, width = picture.shape
    upright = np.empty((height, width), np.int32)
    upright[0] = FAR
    for y in range(1, height):
        for x in range(width):
            upright[y, x] = min(upright[y - 1, x] + 1, FAR) if picture[y, x] == picture[y - 1, x] else 1
    for y in range(height - 2, -1, -1):
        for x in range(width):
            below = upright[y + 1, x] + 1 if picture[y, x] == picture[y + 1, x] else 1
            upright[y, x] = min(upright[y, x], below)
    square = np.zeros((height, width), np.float64)
    place, meet = np.empty(width + 2, np.int64), np.empty(width + 3, np.float64)
    for y in range(height):
        x = 0
        while x < width:
            end = x + 1
            while end < width and picture[y, end] == picture[y, x]:
                end += 1
            if picture[y, x] != 0:
                _envelope(upright[y], x, end, place, meet, square[y])
            x = end
    return square


@njit(cache=True, nogil=True, error_model="numpy")
def _envelope(upright: Int32s, begin: int, end: int, place: Int64s, meet: Float64s, square: Float64s) -> None:
    """Work out one run, whose neighbours left and right are of another label unless they are outside the picture."""
    first = begin - 1 if begin > 0 else begin
    last = end if end < len(upright) else end - 1
    k = -1
    for at in range(first, last + 1):
        height = 0.0
        if begin <= at < end:
            if upright[at] >= FAR:
                continue
            height = np.float64(upright[at]) ** 2
        crossing = -np.inf
        while k >= 0:
            before = place[k]
            low = np.float64(upright[before]) ** 2 if begin <= before < end else 0.0
            crossing = ((height + at * at) - (low + before * before)) / (2.0 * (at - before))
            if crossing > meet[k]:
                break
            k -= 1
        if k < 0:
            crossing = -np.inf
        k += 1
        place[k] = at
        meet[k] = crossing
    found, k = k, 0
    for x in range(begin, end):
        while k < found and meet[k + 1] < x:
            k += 1
        before = place[k]
        low = np.float64(upright[before]) ** 2 if begin <= before < end else 0.0
        square[x] = low + (x - before) ** 2


@njit(cache=True, nogil=True)
def largest(picture: Int32s, square: Float64s, deepest: Float64s) -> None:
    """Enter the largest squared distance of each label."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            deepest[picture[y, x]] = max(deepest[picture[y, x]], square[y, x])
