"""Masks on the screen: the raster is the label image, looked at through a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.ui.canvas.mask_change import ChangedMasks, Grid, changed_row
from cellwright.ui.canvas.raster import (
    MOST_PIXELS,
    Raster,
    inner_edges,
    paint,
    plan_raster,
    rasterise,
    rasterised,
    screen_scale,
)
from tests.ui.known_masks import discs, many_discs


def label_image(masks: Masks, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Every span painted one after the other, the slow and plain way; the earlier object wins."""
    image = np.zeros(shape, np.int32)
    for row in range(len(masks) - 1, -1, -1):
        for y, x0, x1 in masks.spans[masks.starts[row] : masks.starts[row + 1]]:
            image[y, x0:x1] = row + 1
    return image


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    y0=st.floats(0, 30),
    x0=st.floats(0, 30),
    scale=st.sampled_from([0.2, 0.37, 0.5, 1.0, 1.7, 2.0, 4.3]),
)
def test_each_cell_shows_the_object_under_its_middle(seed: int, y0: float, x0: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    masks = discs([(int(y), int(x)) for y, x in rng.integers(8, 52, (9, 2))], 7)
    image = label_image(masks, (60, 60))
    raster = Raster(y0, x0, scale, 24, 27)
    y = np.floor(y0 + (np.arange(24) + 0.5) / scale).astype(int)
    x = np.floor(x0 + (np.arange(27) + 0.5) / scale).astype(int)
    padded = np.pad(image, (0, 200))
    expected = padded[y[:, None], x[None, :]]
    found = rasterise(masks, raster)
    # a middle that lies on a pixel's edge may fall on either side by rounding
    on_edge = (np.abs(np.round(v := x0 + (np.arange(27) + 0.5) / scale) - v) < 1e-9)[None, :]
    assert np.array_equal(found[:, ~on_edge[0]], expected[:, ~on_edge[0]])


def test_a_raster_at_full_size_is_the_label_image() -> None:
    masks = many_discs(40, (120, 160)).masks
    assert masks is not None
    assert np.array_equal(rasterise(masks, Raster(0, 0, 1.0, 120, 160)), label_image(masks, (120, 160)))


def test_nothing_gives_ground() -> None:
    assert not rasterise(Masks.empty(3), Raster(0, 0, 2.0, 10, 12)).any()
    assert not rasterise(discs([(200, 200)], 5), Raster(0, 0, 1.0, 50, 50)).any()


def test_the_rim_of_an_object_lies_inside_it() -> None:
    labels = np.zeros((7, 9), np.int32)
    labels[1:6, 1:8] = 1
    edge = inner_edges(labels, 1)
    assert edge.sum() == 5 * 7 - 3 * 5
    assert not edge[labels == 0].any()
    assert inner_edges(labels, 2).sum() == 5 * 7 - 1 * 3


def test_two_objects_that_touch_are_parted_by_their_rims() -> None:
    labels = np.ones((6, 8), np.int32)
    labels[:, 4:] = 2
    assert inner_edges(labels, 1)[:, 3:5].all()
    assert not inner_edges(labels, 1)[:, :3].any()


def test_colours_and_opacities_are_those_of_the_object() -> None:
    labels = np.array([[0, 1, 2, 3]], np.int32)
    edge = np.array([[False, True, False, True]])
    colours = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]], np.uint8)
    shown = paint(labels, edge, colours, np.array([0.2, 0.2, 0.0]), np.array([1.0, 1.0, 0.0]))
    assert shown[0].tolist() == [[0, 0, 0, 0], [10, 20, 30, 255], [40, 50, 60, 51], [0, 0, 0, 0]]


def test_memory_is_that_of_the_window_and_not_of_the_picture() -> None:
    bounds = (500_000.0, 500_000.0, 500_800.0, 501_200.0)
    raster = plan_raster(bounds, 1.0, (1_000_000, 1_000_000))
    assert raster is not None
    assert raster.height * raster.width < 1.6 * 800 * 1200
    assert raster.serves(bounds, 1.0)
    assert not raster.serves(bounds, 1.2)
    assert not raster.serves((400_000.0, 500_000.0, 400_800.0, 501_200.0), 1.0)


def test_a_huge_screen_gets_a_coarser_raster() -> None:
    bounds = (0.0, 0.0, 4320.0, 7680.0)
    scale = screen_scale(bounds, 1.0)
    raster = plan_raster(bounds, scale, (100_000, 100_000))
    assert raster is not None
    assert raster.height * raster.width <= MOST_PIXELS
    assert 1 / scale == pytest.approx(round(1 / scale))


def test_off_the_picture_there_is_no_raster() -> None:
    assert plan_raster((-500.0, -500.0, -100.0, -100.0), 1.0, (300, 300)) is None


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    scale=st.sampled_from([0.25, 0.37, 1.0, 2.0]),
    corner=st.tuples(st.floats(0, 30), st.floats(0, 30)),
    rows=st.lists(st.integers(0, 8), min_size=1, max_size=3),
    line=st.integers(1, 3),
)
def test_changed_objects_are_drawn_as_if_all_were_drawn_anew(
    seed: int, scale: float, corner: tuple[float, float], rows: list[int], line: int
) -> None:
    rng = np.random.default_rng(seed)
    masks = discs([(int(y), int(x)) for y, x in rng.integers(8, 52, (9, 2))], 7)
    raster = Raster(*corner, scale, 24, 27)
    labels, there = rasterised(masks, raster)
    assert set(np.unique(labels)) - {0} <= set(there + 1)
    grid = Grid(raster, labels, inner_edges(labels, line), there)
    changed = ChangedMasks(masks)
    parts = [masks.take(np.array([row])) for row in range(9)]
    for step, row in enumerate(rows):
        y, x = rng.integers(8, 52, 2)
        parts[row] = discs([(int(y), int(x))], 5) if step % 3 < 2 else Masks.empty(1)
        changed.change(row, parts[row])
        changed.redraw(grid, row, line)
        expected = rasterise(Masks.concatenate(parts), raster)
        assert np.array_equal(grid.labels, expected)
        assert np.array_equal(grid.edge, inner_edges(expected, line))


@given(st.integers(0, 20), st.integers(0, 25), st.integers(0, 9), st.integers(0, 9))
def test_a_part_of_a_grid_is_that_part_of_the_whole(top: int, left: int, height: int, width: int) -> None:
    masks = discs([(10, 12), (30, 22), (22, 40)], 7)
    raster = Raster(3.3, 4.7, 0.71, 24, 27)
    part = slice(top, min(24, top + height)), slice(left, min(27, left + width))
    assert np.array_equal(rasterise(masks, raster, part), rasterise(masks, raster)[part])


@given(
    stack=hnp.arrays(np.bool_, st.tuples(st.integers(0, 4), st.just(4), st.just(6))),
    row=st.integers(0, 4),
    other=hnp.arrays(np.bool_, (4, 6)),
)
def test_the_one_mask_that_changed_is_found(stack: NDArray[np.bool_], row: int, other: NDArray[np.bool_]) -> None:
    def masks_of(pictures: NDArray[np.bool_]) -> Masks:
        owner, y, x = np.nonzero(pictures)
        return Masks.from_spans(owner, np.stack([y, x, x + 1], 1), len(pictures))

    row = min(row, len(stack))
    after = np.concatenate([stack[:row], other[None], stack[row + 1 :]])
    is_same = row < len(stack) and np.array_equal(stack[row], other)
    assert changed_row(masks_of(stack), masks_of(after)) == (None if is_same else row)


@given(hnp.arrays(np.bool_, (2, 5, 4, 6)))
def test_of_tables_that_differ_in_several_masks_none_is_named(stacks: NDArray[np.bool_]) -> None:
    differing = [row for row in range(5) if not np.array_equal(stacks[0, row], stacks[1, row])]
    tables = []
    for stack in stacks:
        owner, y, x = np.nonzero(stack)
        tables.append(Masks.from_spans(owner, np.stack([y, x, x + 1], 1), 5))
    assert changed_row(*tables) == (differing[0] if len(differing) == 1 else None)
    assert changed_row(tables[0], tables[0].take(np.arange(3))) is None
