"""What is given out while tiles finish is, all together, what merging everything at the end returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.core import Box
from cellwright.inference import Boxes, Tile, merge, plan_tiles
from cellwright.inference.seams import near_own
from cellwright.inference.streaming import SeamStream
from tests.inference.streams import broken_off
from tests.inference.test_tiles import oracle, scenes


def rows_of(found: Boxes) -> list[tuple[float, ...]]:
    return sorted(map(tuple, np.c_[found.boxes, found.class_index, found.scores].tolist()))


@st.composite
def answers(draw: st.DrawFn) -> list[tuple[Tile, Boxes | None]]:
    """Tiles in any order, some of which fail, that do not quite agree on what they see: moved, missed, doubted."""
    region, tile_px, halo_px, truth = draw(scenes())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach, fails = draw(st.sampled_from([0.0, 0.4, 3.0])), draw(st.sampled_from([0.0, 0.2]))
    result: list[tuple[Tile, Boxes | None]] = []
    for tile in plan_tiles(region, tile_px, halo_px):
        exact = oracle(truth, tile)
        exact = exact.take(rng.random(len(exact)) > 0.1)
        moved = (exact.boxes + rng.uniform(-reach, reach, exact.boxes.shape)).astype(np.float32)
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 0.25)
        scores = rng.choice(np.array([0.25, 0.5, 0.75], np.float32), len(exact))
        found = near_own(Boxes(moved, exact.class_index, scores), tile)
        result.append((tile, None if rng.random() < fails else found))
    return draw(st.permutations(result))


def merged(given_answers: list[tuple[Tile, Boxes | None]]) -> Boxes:
    pairs = [(tile, found) for tile, found in given_answers if found is not None]
    return merge(pairs, [tile for tile, found in given_answers if found is None])


@settings(max_examples=80, deadline=None)
@given(answers())
def test_for_every_order_the_pieces_are_the_whole(drawn: list[tuple[Tile, Boxes | None]]) -> None:
    stream = SeamStream([tile for tile, _ in drawn])
    pieces = [stream.settle(tile, found) for tile, found in drawn]
    assert rows_of(Boxes.concatenate(pieces)) == rows_of(merged(drawn))
    assert all(stream.kept(tile.index) is None for tile, _ in drawn)


@settings(max_examples=60, deadline=None)
@given(answers(), st.integers(0, 40), st.integers(0, 40))
def test_a_stream_that_is_broken_off_anywhere_goes_on_alike(
    drawn: list[tuple[Tile, Boxes | None]], first: int, second: int
) -> None:
    pieces, kept = broken_off(SeamStream, drawn, (first, second))
    assert rows_of(Boxes.concatenate(pieces)) == rows_of(merged(drawn))
    assert not kept


def test_what_no_other_tile_may_see_is_given_out_at_once() -> None:
    left, right = plan_tiles(Box(0, 0, 40, 64), tile_px=40, halo_px=8)
    boxes = np.array([[10, 2, 20, 12], [10, left.owner.x1 - 5, 20, left.owner.x1 + 5]], np.float32)
    found = Boxes(boxes, np.zeros(2, np.int16), np.ones(2, np.float32))
    stream = SeamStream([left, right])
    assert stream.settle(left, near_own(found, left)).boxes.tolist() == boxes[:1].tolist()
    kept = stream.kept(left.index)
    assert kept is not None
    assert kept.boxes.tolist() == boxes[1:].tolist()
    assert stream.settle(right, near_own(found.take(np.array([1])), right)).boxes.tolist() == boxes[1:].tolist()


def test_a_tile_settles_once() -> None:
    (tile,) = plan_tiles(Box(0, 0, 10, 10), 10, 1)
    stream = SeamStream([tile])
    stream.settle(tile, None)
    with pytest.raises(ValueError, match="before"):
        stream.settle(tile, None)
