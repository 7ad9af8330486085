"""Tiles cover a region once, and everything near a tile's own part is seen by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cellwright.core import BadParameter, Box
from cellwright.inference import Boxes, Tile, merge, plan_tiles
from cellwright.inference.seams import near_own

regions = st.builds(
    lambda y, x, height, width: Box(y, x, y + height, x + width),
    st.integers(-500, 500),
    st.integers(-500, 500),
    st.integers(1, 300),
    st.integers(1, 300),
)
sides = st.integers(0, 24).flatmap(lambda halo: st.tuples(st.integers(2 * halo + 1, 120), st.just(halo)))


@given(regions, sides)
def test_every_pixel_is_written_exactly_once(region: Box, side: tuple[int, int]) -> None:
    written = np.zeros((region.height, region.width), int)
    for tile in plan_tiles(region, *side):
        own = tile.write.shift(-region.y0, -region.x0)
        written[own.y0 : own.y1, own.x0 : own.x1] += 1
    assert (written == 1).all()


@given(regions, sides)
def test_tiles_read_their_size_and_their_halo_and_nothing_outside(region: Box, side: tuple[int, int]) -> None:
    tile_px, halo_px = side
    for place, tile in enumerate(plan_tiles(region, tile_px, halo_px)):
        assert tile.index == place
        assert tile.owner == tile.write
        assert tile.read.intersect(region) == tile.read
        assert tile.read.height == min(tile_px, region.height)
        assert tile.read.width == min(tile_px, region.width)
        assert tile.owner.grow(halo_px).intersect(region).intersect(tile.read) == tile.owner.grow(halo_px).intersect(
            region
        )


@given(regions, st.integers(0, 24), st.integers(1, 40), st.integers(0, 60))
def test_aligned_tiles_begin_at_multiples_and_keep_every_law(region: Box, halo_px: int, align: int, more: int) -> None:
    tile_px = 2 * halo_px + align + more
    tiles = plan_tiles(region, tile_px, halo_px, align)
    written = np.zeros((region.height, region.width), int)
    for tile in tiles:
        assert (tile.read.y0 - region.y0) % align == (tile.read.x0 - region.x0) % align == 0
        assert tile.read.intersect(region) == tile.read
        assert max(tile.read.height, tile.read.width) <= tile_px
        seen = tile.owner.grow(halo_px).intersect(region)
        assert seen.intersect(tile.read) == seen
        own = tile.write.shift(-region.y0, -region.x0)
        written[own.y0 : own.y1, own.x0 : own.x1] += 1
    assert (written == 1).all()


def test_a_region_is_cut_as_by_hand() -> None:
    tiles = plan_tiles(Box(0, 0, 10, 26), tile_px=10, halo_px=1)
    # Three reads of 10 spread over 26 columns begin at 0, 8 and 16; the seams run through the middle of the overlaps.
    assert [(t.read.x0, t.read.x1) for t in tiles] == [(0, 10), (8, 18), (16, 26)]
    assert [(t.owner.x0, t.owner.x1) for t in tiles] == [(0, 9), (9, 17), (17, 26)]


def test_an_empty_region_has_no_tiles() -> None:
    assert plan_tiles(Box(3, 3, 3, 9), 10, 1) == ()


def test_a_halo_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(BadParameter, match="use at least 65"):
        plan_tiles(Box(0, 0, 100, 100), tile_px=64, halo_px=32)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Box, int, int, Boxes]:
    """A region, a tiling, and true objects no larger than twice the halo, many of them on seams, corners and edges."""
    halo = draw(st.integers(4, 16))
    tile = draw(st.integers(2 * halo + 1, 6 * halo))
    region = draw(regions)
    seams = [t.owner for t in plan_tiles(region, tile, halo)]
    boxes: list[list[float]] = []
    for _ in range(draw(st.integers(0, 30))):
        own = draw(st.sampled_from(seams))
        at = [draw(st.sampled_from([own.y0, own.y1]) | st.integers(region.y0, region.y1))]
        at.append(draw(st.sampled_from([own.x0, own.x1]) | st.integers(region.x0, region.x1)))
        half = [draw(st.integers(2, 2 * halo)) / 2, draw(st.integers(2, 2 * halo)) / 2]
        shift = [draw(st.sampled_from([0.0, 0.25, -0.25, 0.5, -0.5])) for _ in range(2)]
        centre = [a + s for a, s in zip(at, shift, strict=True)]
        box = [
            max(centre[0] - half[0], region.y0),
            max(centre[1] - half[1], region.x0),
            min(centre[0] + half[0], region.y1),
            min(centre[1] + half[1], region.x1),
        ]
        if box[2] - box[0] >= 1 and box[3] - box[1] >= 1:
            boxes.append(box)
    truth = apart(np.array(boxes, np.float32).reshape(-1, 4))
    n = len(truth)
    scores = np.array([draw(st.sampled_from([0.25, 0.5, 0.75])) for _ in range(n)], np.float32)
    kinds = np.array([draw(st.integers(0, 1)) for _ in range(n)], np.int16)
    return region, tile, halo, Boxes(truth, kinds, scores)


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    areas = [(x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b)]
    return common / (areas[0][:, None] + areas[1][None] - common)


def apart(boxes: np.ndarray) -> np.ndarray:
    """Leave out boxes that nobody could tell from one before them: they overlap it by more than a third."""
    kept: list[np.ndarray] = []
    for box in boxes:
        if not kept or overlaps(box[None], np.array(kept)).max() < 1 / 3:
            kept.append(box)
    return np.array(kept, np.float32).reshape(-1, 4)


def oracle(truth: Boxes, tile: Tile) -> Boxes:
    """What a perfect detector says of a tile: every object of which it sees at least half, as much as it sees."""
    low, high = np.array([tile.read.y0, tile.read.x0] * 2), np.array([tile.read.y1, tile.read.x1] * 2)
    seen = np.clip(truth.boxes, low, high).astype(np.float32)
    size, full = seen[:, 2:] - seen[:, :2], truth.boxes[:, 2:] - truth.boxes[:, :2]
    rows = (size > 0).all(1) & (size.prod(1) >= full.prod(1) / 2)
    return Boxes(seen, truth.class_index, truth.scores).take(rows)


@settings(max_examples=60)
@given(scenes(), st.randoms(use_true_random=False))
def test_objects_on_seams_corners_and_edges_are_counted_once(
    scene: tuple[Box, int, int, Boxes], random: np.random.Generator
) -> None:
    region, tile_px, halo_px, truth = scene
    answers = [(tile, near_own(oracle(truth, tile), tile)) for tile in plan_tiles(region, tile_px, halo_px)]
    random.shuffle(answers)  # type: ignore[arg-type]
    found = merge(answers)
    assert sorted(map(tuple, found.boxes)) == sorted(map(tuple, truth.boxes))
    assert np.bincount(found.class_index, minlength=2).tolist() == np.bincount(truth.class_index, minlength=2).tolist()


def one_of(*boxes: tuple[float, float, float, float]) -> Boxes:
    """Objects of one class and score."""
    return Boxes(np.array(boxes, np.float32), np.zeros(len(boxes), np.int16), np.full(len(boxes), 0.25, np.float32))


@settings(max_examples=60)
# Wider than the halo, so that one tile sees it whole and another cut: more than the law promises.
@example((Box(0, 0, 23, 54), 9, 4, one_of((0, 0, 1, 1), (12, 2, 20, 10))), 0)
# The same places at twice the halo: both tiles see it whole.
@example((Box(0, 0, 46, 108), 18, 8, one_of((25, 5, 33, 13), (0, 0, 8, 8))), 0)
@given(scenes(), st.integers(0, 2**32 - 1))
def test_tiles_that_disagree_by_a_pixel_neither_lose_nor_double_an_object_that_fits_into_the_halo(
    scene: tuple[Box, int, int, Boxes], seed: int
) -> None:
    region, tile_px, halo_px, truth = scene
    size = truth.boxes[:, 2:] - truth.boxes[:, :2]
    # Views of an object below 6 pixels that differ by a pixel each way overlap by less than half.
    truth = truth.take((size >= 6).all(axis=1) & (size <= halo_px).all(axis=1))
    rng = np.random.default_rng(seed)
    answers = []
    for tile in plan_tiles(region, tile_px, halo_px):
        exact = oracle(truth, tile)
        moved = exact.boxes + np.tile(rng.uniform(-0.5, 0.5, (len(exact), 2)), 2).astype(np.float32)
        moved = np.clip(moved, [region.y0, region.x0] * 2, [region.y1, region.x1] * 2).astype(np.float32)
        answers.append((tile, near_own(Boxes(moved, exact.class_index, exact.scores), tile)))
    assert len(merge(answers)) == len(truth)


def test_what_only_the_neighbour_saw_is_kept_unless_the_owner_failed() -> None:
    left, right = plan_tiles(Box(0, 0, 40, 64), tile_px=40, halo_px=8)
    seam = left.owner.x1
    cell = np.array([[10, seam - 10.5, 20, seam + 9.5]], np.float32)  # its centre is the left tile's
    guest = near_own(Boxes(cell, np.zeros(1, np.int16), np.ones(1, np.float32)), right)
    nothing = Boxes(np.empty((0, 4), np.float32), np.empty(0, np.int16), np.empty(0, np.float32))
    assert len(guest) == 1
    assert len(merge([(left, nothing), (right, guest)])) == 1
    assert len(merge([(right, guest)], unanswered=[left])) == 0


def test_a_neighbours_view_of_one_cell_does_not_remove_the_cell_beside_it() -> None:
    left, right = plan_tiles(Box(0, 0, 40, 64), tile_px=40, halo_px=8)
    seam = left.owner.x1
    # Two cells that overlap by 0.54, told apart by the left tile; the right one sees the first alone, and more surely.
    pair = np.array([[10, seam - 12, 20, seam + 8], [13, seam - 12, 23, seam + 8]], np.float32)
    both = Boxes(pair, np.zeros(2, np.int16), np.array([0.6, 0.5], np.float32))
    view = Boxes(pair[:1] + np.float32([0, 0.1, 0, 0.1]), np.zeros(1, np.int16), np.array([0.9], np.float32))
    found = merge([(left, near_own(both, left)), (right, near_own(view, right))])
    assert found.scores.tolist() == [np.float32(0.9), np.float32(0.5)]
    assert found.boxes[0].tolist() == view.boxes[0].tolist()
