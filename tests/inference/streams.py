"""What tests of streams share: a stream that is broken off and gone on with from what it kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cellwright.inference import Boxes, Tile
from cellwright.inference.streaming import Stream, load

Answers = Sequence[tuple[Tile, Boxes | None]]


def broken_off(
    make: Callable[[list[Tile]], Stream], drawn: Answers, stops: Collection[int]
) -> tuple[list[Boxes], dict[int, Boxes]]:
    """Settle all tiles; before the answers with these numbers all but what was kept is lost.

    Returns
    -------
    list of Boxes
        All that was given out.
    dict of int to Boxes
        What is kept at the end, by tile.
    """
    tiles = {tile.index: tile for tile, _ in drawn}
    pieces: list[Boxes] = []
    kept: dict[int, Boxes] = {}
    stream = make(list(tiles.values()))
    for number, (tile, found) in enumerate(drawn):
        if number in stops:
            before = drawn[:number]
            stream = make(list(tiles.values()))
            done = [each.index for each, answer in before if answer is not None]
            load(stream, tiles, done, [each.index for each, answer in before if answer is None], kept)
        pieces.append(stream.settle(tile, found))
        for index in stream.take_changed():
            left = stream.kept(index)
            kept.pop(index, None)
            if left is not None:
                kept[index] = left
    return pieces, kept
