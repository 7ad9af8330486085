"""The loops of `targets`, compiled. Importing this loads numba."""

from __future__ import annotations

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
    _march(label, deep, width, pad, walk_y, walk_x, jump, stride, length, grid, first_row, going, steps, distances)


@bare()
def _march(
    label: Int32s,
    deep: Int32s,
    width: int,
    pad: int,
    walk_y: Float32s,
    walk_x: Float32s,
    jump: Int32s,
    stride: Float32s,
    length: Float32s,
    grid: int,
    first_row: int,
    going: Int32s,
    steps: Int32s,
    distances: Float32s,
) -> None:
    """Do it, in the room that was made."""
    rays = distances.shape[2]
    for row in range(distances.shape[0]):
        y = (first_row + row) * grid
        line = (y + 1 + pad) * width + 1
        column = 0
        while column < distances.shape[1]:
            value = label[line + column * grid]
            end = column + 1
            while end < distances.shape[1] and label[line + end * grid] == value:
                end += 1
            if value == 0:
                for i in range(column, end):
                    for k in range(rays):
                        distances[row, i, k] = 0
                column = end
                continue
            for k in range(rays):
                for i in range(end - column):
                    going[i], steps[i] = 1, 0
                for step in range(min(ABREAST - 1, jump.shape[1])):
                    by = jump[k, step]
                    if by == FAR:
                        by_y, by_x = walk_y[k, step], walk_x[k, step]
                        left = _in_doubt(label, width, pad, y, column, end, grid, value, by_y, by_x, going, steps)
                    else:
                        begin = line + column * grid + by
                        ahead = label[begin : begin + (end - column) * grid]
                        left = _abreast(ahead, grid, value, going, steps, end - column)
                    if left == 0:
                        break
                for i in range(end - column):
                    step = int(steps[i])
                    if going[i] == 1:
                        x = (column + i) * grid
                        step = _alone(
                            label, deep, width, pad, y, x, value, walk_y[k], walk_x[k], jump[k], stride[k], step
                        )
                    distances[row, column + i, k] = length[k, step]
            column = end


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
def _in_doubt(
    label: Int32s,
    width: int,
    pad: int,
    y: int,
    column: int,
    end: int,
    grid: int,
    value: int,
    walked_y: float,
    walked_x: float,
    going: Int32s,
    steps: Int32s,
) -> int:
    """Do the same for a step whose pixel depends on where the walk began."""
    left = 0
    for i in range(end - column):
        if going[i] == 1:
            at_y = np.int64(np.rint(np.float32(y) + walked_y)) + 1 + pad
            at_x = np.int64(np.rint(np.float32((column + i) * grid) + walked_x)) + 1
            going[i] = np.int32(label[at_y * width + at_x] == value)
            steps[i] += going[i]
            left += int(going[i])
    return left


@bare()
def _alone(
    label: Int32s,
    deep: Int32s,
    width: int,
    pad: int,
    y: int,
    x: int,
    value: int,
    walk_y: Float32s,
    walk_x: Float32s,
    jump: Int32s,
    stride: float,
    step: int,
) -> int:
    """Finish a long walk from a step on, over the steps that cannot leave the object."""
    rim = pad * width
    begin = rim + (y + 1) * width + x + 1
    while True:
        by = jump[step]
        at = begin + by
        if by == FAR:
            at_y = np.int64(np.rint(np.float32(y) + walk_y[step])) + 1 + pad
            at = at_y * width + np.int64(np.rint(np.float32(x) + walk_x[step])) + 1
        if label[at] != value:
            return step
        step += 1 + int((deep[at - rim] - 1) * stride)


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
