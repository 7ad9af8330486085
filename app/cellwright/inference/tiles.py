"""Cutting a picture into tiles: what each reads, and which objects are its own, so that each is counted once."""

from __future__ import annotations

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


def plan_tiles(region: Box, tile_px: int, halo_px: int, align: int = 1) -> tuple[Tile, ...]:
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
    align : int
        Tiles begin at multiples of this, counted from the region's corner; the last of a row or column may then be a
        little smaller than the others.

    Returns
    -------
    tuple of Tile
        Row by row; empty for an empty region.

    Raises
    ------
    BadParameter
        If the halo leaves nothing of the tile, or less than `align`.
    """
    if halo_px < 0 or tile_px <= 2 * halo_px:
        raise BadParameter(
            f"tile_px={tile_px} leaves nothing inside halo_px={halo_px}; use at least {2 * halo_px + 1}."
        )
    if not 1 <= align <= tile_px - 2 * halo_px:
        raise BadParameter(f"align={align} must be from 1 to tile_px - 2 * halo_px = {tile_px - 2 * halo_px}.")
    if region.is_empty:
        return ()
    rows = _spans(region.y0, region.y1, tile_px, halo_px, align)
    columns = _spans(region.x0, region.x1, tile_px, halo_px, align)
    tiles: list[Tile] = []
    for y0, y1, own_y0, own_y1 in rows:
        for x0, x1, own_x0, own_x1 in columns:
            own = Box(own_y0, own_x0, own_y1, own_x1)
            tiles.append(Tile(len(tiles), Box(y0, x0, y1, x1), own, own))
    return tuple(tiles)


def shifted_tiles(
    picture: Box, tile_px: int, halo_px: int, align: int = 1, origin: tuple[int, int] = (0, 0)
) -> tuple[Tile, ...]:
    """Cut a picture into tiles whose plan begins further up and to the left, so that the seams lie elsewhere.

    Parameters
    ----------
    picture : Box
        In level-0 pixels.
    tile_px, halo_px, align : int
        See `plan_tiles`.
    origin : (int, int)
        How far above and to the left of the picture the plan begins, 0 or more; made a multiple of `align`, so that
        a network sees the same.
    """
    dy, dx = (-(-shift // align) * align for shift in origin)
    if not (dy or dx) or picture.is_empty:
        return plan_tiles(picture, tile_px, halo_px, align)
    plan = plan_tiles(Box(picture.y0 - dy, picture.x0 - dx, picture.y1, picture.x1), tile_px, halo_px, align)
    inside = [tile for tile in plan if not tile.owner.intersect(picture).is_empty]
    parts = [(tile.read.intersect(picture), tile.owner.intersect(picture)) for tile in inside]
    return tuple(Tile(index, read, own, own) for index, (read, own) in enumerate(parts))


def _spans(start: int, stop: int, tile_px: int, halo_px: int, align: int) -> list[tuple[int, int, int, int]]:
    """Return (read from, read to, own from, own to) of each tile along one axis."""
    length = stop - start
    if length <= tile_px:
        return [(start, stop, start, stop)]
    # In units of `align`: where the last tile begins, and how far apart two may begin so that both halos fit between.
    last, stride = -(-(length - tile_px) // align), (tile_px - 2 * halo_px) // align
    count = 1 + -(-last // stride)
    begins = [start + align * (i * last // (count - 1)) for i in range(count)]
    ends = [min(begin + tile_px, stop) for begin in begins]
    seams = [(end + following) // 2 for end, following in zip(ends, begins[1:], strict=False)]
    edges = [start, *seams, stop]
    return [(begin, end, edges[i], edges[i + 1]) for i, (begin, end) in enumerate(zip(begins, ends, strict=True))]
