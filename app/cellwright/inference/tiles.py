"""Cutting a picture into tiles: what each reads, and which objects are its own, so that each is counted once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from cellwright.core import BadParameter, Box


@dataclass(frozen=True, slots=True)
class Tile:
    """One piece of work, in level-0 pixels.

    Parameters
    ----------
    index : int
        Place in the plan, row by row.
    read : Box
        What the network looks at.
    write : Box
        What the tile settles; the `write` boxes of a plan cover the region exactly once.
    owner : Box
        An object belongs to the tile whose `owner` box holds its centre; the same as `write` for whole regions.
    """

    index: int
    read: Box
    write: Box
    owner: Box


def plan_tiles(region: Box, tile_px: int, halo_px: int) -> tuple[Tile, ...]:
    """Cut a region into overlapping tiles that together own every pixel exactly once.

    Tiles are spread evenly and never reach outside the region. Where two meet, they overlap by at least twice the halo
    and the seam runs through the middle of the overlap, so that each tile sees everything within `halo_px` of its own
    part. A side of the region that is shorter than a tile is read whole.

    Parameters
    ----------
    region : Box
        In level-0 pixels, anywhere.
    tile_px : int
        Side of what is read, in level-0 pixels.
    halo_px : int
        Rim read beyond every seam, in level-0 pixels. Objects up to this wide are seen whole by every tile that has a
        say in them; larger than twice this, none may see them whole.

    Returns
    -------
    tuple of Tile
        Row by row; empty for an empty region.

    Raises
    ------
    BadParameter
        If the halo leaves nothing of the tile.
    """
    if halo_px < 0 or tile_px <= 2 * halo_px:
        raise BadParameter(
            f"tile_px={tile_px} leaves nothing inside halo_px={halo_px}; use at least {2 * halo_px + 1}."
        )
    if region.is_empty:
        return ()
    rows = _spans(region.y0, region.y1, tile_px, halo_px)
    columns = _spans(region.x0, region.x1, tile_px, halo_px)
    tiles: list[Tile] = []
    for y0, y1, own_y0, own_y1 in rows:
        for x0, x1, own_x0, own_x1 in columns:
            own = Box(own_y0, own_x0, own_y1, own_x1)
            tiles.append(Tile(len(tiles), Box(y0, x0, y1, x1), own, own))
    return tuple(tiles)


def _spans(start: int, stop: int, tile_px: int, halo_px: int) -> list[tuple[int, int, int, int]]:
    """Return (read from, read to, own from, own to) of each tile along one axis."""
    length = stop - start
    if length <= tile_px:
        return [(start, stop, start, stop)]
    # Each tile after the first adds what is left of it beside two halos.
    count = 1 + -(-(length - tile_px) // (tile_px - 2 * halo_px))
    begins = [start + i * (length - tile_px) // (count - 1) for i in range(count)]
    seams = [(begin + tile_px + following) // 2 for begin, following in itertools.pairwise(begins)]
    edges = [start, *seams, stop]
    return [(begin, begin + tile_px, edges[i], edges[i + 1]) for i, begin in enumerate(begins)]
