"""Outlines that are given out while tiles finish are, all together, what joining everything at the end returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.core import Box, Masks
from cellwright.inference import Boxes, Tile, plan_tiles
from cellwright.inference.decoders.outlines import join_outlined
from cellwright.inference.outline_streaming import OutlineStream
from cellwright.inference.pairing import touching
from cellwright.inference.seams import near_own
from tests.inference.streams import broken_off

Row = tuple[tuple[float, ...], bytes]
Answers = list[tuple[Tile, Boxes | None]]


def rows_of(found: Boxes) -> list[Row]:
    masks = found.masks or Masks.empty(len(found))
    numbers = np.c_[found.boxes, found.class_index, found.scores].tolist()
    return sorted((tuple(row), masks.take(np.array([at])).spans.tobytes()) for at, row in enumerate(numbers))


def rectangles(boxes: np.ndarray) -> Masks:
    """One mask a box; each is a rectangle without its upper left quarter, so that boxes overlap where masks do not."""
    owner, spans = [], []
    for at, (y0, x0, y1, x1) in enumerate(boxes.astype(int).tolist()):
        for y in range(y0, y1):
            owner.append(at)
            spans.append((y, x0 if y >= (y0 + y1) // 2 else (x0 + x1) // 2, x1))
    return Masks.from_spans(np.array(owner, np.int64), np.array(spans, np.int32).reshape(-1, 3), len(boxes))


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    """Crowded objects that overlap, seen a little differently by each tile; tiles in any order, some of which fail."""
    region = Box(0, 0, draw(st.integers(20, 120)), draw(st.integers(20, 160)))
    halo = draw(st.integers(8, 16))
    tiles = plan_tiles(region, draw(st.integers(2 * halo + 4, 60)), halo)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(0, 60))
    low = rng.integers(0, [region.height - 8, region.width - 8], (count, 2))
    truth = np.concatenate([low, low + rng.integers(2, 9, (count, 2))], 1)
    scores = rng.choice(np.array([0.25, 0.5, 0.75], np.float32), count)
    kinds = rng.integers(0, 2, count).astype(np.int16)
    fails = draw(st.sampled_from([0.0, 0.2]))
    result: Answers = []
    for tile in tiles:
        boxes = truth + rng.integers(-1, 2, (count, 1)) * (rng.random((count, 1)) < 0.2)
        boxes = np.clip(boxes, 0, [region.height, region.width] * 2)
        read = tile.read
        is_seen = (boxes[:, :2] >= [read.y0, read.x0]).all(1) & (boxes[:, 2:] <= [read.y1, read.x1]).all(1)
        is_seen &= rng.random(count) > 0.1
        found = near_own(Boxes.outlined(rectangles(boxes[is_seen]), kinds[is_seen], scores[is_seen]), tile)
        result.append((tile, None if rng.random() < fails else found))
    return draw(st.permutations(result))


def joined(given_answers: Answers) -> Boxes:
    pairs = [(tile, found) for tile, found in given_answers if found is not None]
    return join_outlined(pairs, [tile for tile, found in given_answers if found is None])


@settings(max_examples=100, deadline=None)
@given(answers())
def test_for_every_order_the_pieces_are_the_whole(drawn: Answers) -> None:
    stream = OutlineStream([tile for tile, _ in drawn])
    pieces = [stream.settle(tile, found) for tile, found in drawn]
    assert rows_of(Boxes.concatenate(pieces)) == rows_of(joined(drawn))
    assert all(stream.kept(tile.index) is None for tile, _ in drawn)


@settings(max_examples=100, deadline=None)
@given(answers(), st.integers(0, 30), st.integers(0, 30))
def test_a_stream_that_is_broken_off_anywhere_goes_on_alike(drawn: Answers, first: int, second: int) -> None:
    pieces, kept = broken_off(OutlineStream, drawn, (first, second))
    assert rows_of(Boxes.concatenate(pieces)) == rows_of(joined(drawn))
    assert not kept


@settings(max_examples=60, deadline=None)
@given(answers())
def test_no_pixel_is_given_out_twice(drawn: Answers) -> None:
    stream = OutlineStream([tile for tile, _ in drawn])
    pieces = Boxes.concatenate([stream.settle(tile, found) for tile, found in drawn])
    spans = (pieces.masks or Masks.empty()).spans
    pixels = [(y, x) for y, x0, x1 in spans.tolist() for x in range(x0, x1)]
    assert len(pixels) == len(set(pixels))


def test_an_object_far_from_seams_is_given_out_with_its_tile() -> None:
    left, right = plan_tiles(Box(0, 0, 40, 120), tile_px=68, halo_px=8)
    alone, at_seam = (10, 4, 18, 12), (20, left.owner.x1 - 12, 28, left.owner.x1 - 4)
    masks = rectangles(np.array([alone, at_seam]))
    stream = OutlineStream([left, right])
    first = stream.settle(left, Boxes.outlined(masks, np.zeros(2, np.int16), np.full(2, 0.5, np.float32)))
    assert first.boxes.tolist() == [list(alone)]
    assert len(stream.settle(right, Boxes.concatenate([]))) == 1


def test_the_surer_of_two_objects_of_neighbouring_tiles_takes_the_pixels() -> None:
    left, right = plan_tiles(Box(0, 0, 40, 120), tile_px=68, halo_px=8)
    seam = left.owner.x1
    one = Boxes.outlined(
        rectangles(np.array([[8, seam - 9, 16, seam + 1]])), np.zeros(1, np.int16), np.array([0.4], np.float32)
    )
    two = Boxes.outlined(
        rectangles(np.array([[8, seam - 2, 16, seam + 8]])), np.zeros(1, np.int16), np.array([0.9], np.float32)
    )
    for order in ((left, right), (right, left)):
        stream = OutlineStream([left, right])
        pieces = Boxes.concatenate([stream.settle(tile, one if tile is left else two) for tile in order])
        assert rows_of(pieces) == rows_of(join_outlined([(left, one), (right, two)]))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_touching_is_sharing_some_area(count: int, others: int, seed: int) -> None:
    rng = np.random.default_rng(seed)

    def drawn(size: int) -> np.ndarray:
        low = rng.integers(0, 60, (size, 2))
        return np.concatenate([low, low + rng.integers(1, 8, (size, 2)) * rng.choice([1, 6], (size, 1))], 1)

    one, two = drawn(count), drawn(others)
    plain = [
        any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in two.tolist()) for a in one.tolist()
    ]
    assert touching(one, two).tolist() == plain


def test_a_tile_answers_once() -> None:
    (tile,) = plan_tiles(Box(0, 0, 20, 20), tile_px=20, halo_px=2)
    stream = OutlineStream([tile])
    stream.settle(tile, None)
    with pytest.raises(ValueError, match="settled before"):
        stream.settle(tile, None)
