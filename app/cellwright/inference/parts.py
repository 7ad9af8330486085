"""A picture that is too large for memory goes through a network in parts, and the answers are put together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.inference.engine import BOXED
from cellwright.inference.seams import is_near_own
from cellwright.inference.tiles import Tile, plan_tiles
from cellwright.zoo import Decoding

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def smaller_part(side: int, halo_px: int, stride: int) -> int | None:
    """Return about half a side, a multiple of the stride in which the halo leaves something; None if there is none."""
    half = -(-side // 2 // stride) * stride
    return half if half < side and half >= 2 * halo_px + stride else None


def run_in_parts(
    run: Run, images: NDArray[np.uint8], side: int, halo_px: int, stride: int, decoding: Decoding
) -> NDArray[np.float32]:
    """Answer to pictures part by part.

    Parameters
    ----------
    run : callable
        Answers to (N, H, W, 3) as `Engine.run` does.
    images : (N, H, W, 3) ndarray of uint8
        Sides are multiples of `stride`.
    side : int
        Of a part, a multiple of `stride`, above twice the halo.
    halo_px : int
        How far a part looks beyond what it answers for.
    stride : int
        Of the network.
    decoding : Decoding
        Whether the answers are maps, which are laid side by side, or rows that begin with a box.

    Returns
    -------
    (N, …) ndarray of float32
        As `run` answers to the whole pictures, up to what the network sees beyond the halo. Rows of objects on a seam
        may stand there twice: suppression makes them one.
    """
    tiles = plan_tiles(Box(0, 0, *images.shape[1:3]), side, halo_px, stride)
    if decoding.kind in BOXED:
        return _rows(run, images, tiles)
    return _maps(run, images, tiles)


def _part(images: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return np.ascontiguousarray(images[:, box.y0 : box.y1, box.x0 : box.x1])


def _maps(run: Run, images: NDArray[np.uint8], tiles: tuple[Tile, ...]) -> NDArray[np.float32]:
    result = np.empty(0, np.float32)
    for tile in tiles:
        answer = run(_part(images, tile.read))
        grid = tile.read.height // answer.shape[2]
        if not result.size:
            shape = (*answer.shape[:2], images.shape[1] // grid, images.shape[2] // grid)
            result = np.empty(shape, np.float32)
        # Seams lie between grid points; each point is written by the part whose own it is.
        low_y, low_x = -(-tile.owner.y0 // grid), -(-tile.owner.x0 // grid)
        high_y, high_x = -(-tile.owner.y1 // grid), -(-tile.owner.x1 // grid)
        dy, dx = tile.read.y0 // grid, tile.read.x0 // grid
        result[:, :, low_y:high_y, low_x:high_x] = answer[:, :, low_y - dy : high_y - dy, low_x - dx : high_x - dx]
    return result


def _rows(run: Run, images: NDArray[np.uint8], tiles: tuple[Tile, ...]) -> NDArray[np.float32]:
    found: list[list[NDArray[np.float32]]] = [[] for _ in images]
    for tile in tiles:
        answer = run(_part(images, tile.read)).copy()
        answer[..., :4] += np.array([tile.read.y0, tile.read.x0] * 2, np.float32)
        for rows, own in zip(found, answer, strict=True):
            rows.append(own[is_near_own(own[:, :4], tile)])
    pictures = [np.concatenate(rows) for rows in found]
    longest = max(len(rows) for rows in pictures)
    padded = [np.pad(rows, ((0, longest - len(rows)), (0, 0))) for rows in pictures]
    return np.stack(padded)
