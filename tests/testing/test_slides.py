"""A drawn slide shows what it says: every cell known, on every seam, read alike through any window and any level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.core import BadParameter, Box, Region, SlideNotReadable
from cellwright.imaging import open_slide
from cellwright.inference import detect
from cellwright.testing.known_cells import seams_of
from cellwright.testing.oracles import OracleModel
from cellwright.testing.placecode import place_of
from cellwright.testing.readers import SlideReaderTests
from cellwright.testing.slides import (
    KnownCells,
    KnownSlide,
    open_known_slide,
    register_known_slides,
    write_known_slide,
    write_pyramid,
)

TILINGS = ((256, 40), (512, 40))
CELLS = KnownCells.on_seams((700, 900), TILINGS, cell_px=24, seed=3)


class TestKnownSlideIsASlide(SlideReaderTests):
    """The laws of every reader."""

    @pytest.fixture
    def slide_path(self, tmp_path: Path) -> Path:
        return write_known_slide(tmp_path / "drawn", KnownCells((333, 401), cell_px=24))

    def open(self, path: Path) -> KnownSlide:
        slide = open_known_slide(path)
        assert isinstance(slide, KnownSlide)
        return slide


def test_a_described_slide_opens_like_a_picture(tmp_path: Path) -> None:
    register_known_slides()
    path = write_known_slide(tmp_path / "drawn", CELLS)
    with open_slide(path) as slide, slide.ref.open() as again:
        box = Region(Box(100, 100, 200, 200))
        np.testing.assert_array_equal(slide.read(box), again.read(box))


def test_no_two_cells_overlap() -> None:
    drawn = np.zeros(np.array(CELLS.shape) + 200, int)
    for y0, x0, y1, x1 in CELLS.placed(Box(0, 0, *CELLS.shape)).boxes + 100:
        drawn[y0:y1, x0:x1] += 1
    assert drawn.max() == 1


def test_every_seam_corner_and_edge_has_its_cells() -> None:
    boxes = CELLS.placed(Box(0, 0, *CELLS.shape)).boxes
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    rows, columns = seams_of(CELLS.shape, *TILINGS[0])
    assert len(rows) > 1 < len(columns)
    for y in (0, *rows, CELLS.shape[0]):
        on_row = np.abs(middle[:, 0] - y) <= 1.5
        assert on_row.sum() > 20
        for x in (0, *columns, CELLS.shape[1]):
            assert (on_row & (np.abs(middle[:, 1] - x) <= 1.5)).sum() == 1


@given(st.integers(0, 600), st.integers(0, 800), st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=30)
def test_a_part_has_the_cells_of_the_whole(y: int, x: int, height: int, width: int) -> None:
    whole, part = CELLS.placed(Box(0, 0, *CELLS.shape)), Box(y, x, y + height, x + width)
    inside = (whole.boxes[:, :2] < [part.y1, part.x1]).all(1) & (whole.boxes[:, 2:] > [part.y0, part.x0]).all(1)
    found = CELLS.placed(part)
    clipped = np.clip(found.boxes, 0, [*CELLS.shape, *CELLS.shape])
    there = (clipped[:, :2] < [part.y1, part.x1]).all(1) & (clipped[:, 2:] > [part.y0, part.x0]).all(1)
    assert {tuple(site) for site in found.site[there]} <= {tuple(site) for site in whole.site[inside]}
    assert len(found) >= inside.sum() - (~there).sum()


@given(st.integers(0, 680), st.integers(0, 880))
@settings(max_examples=30)
def test_a_corner_of_the_pixels_tells_where_they_lie(y: int, x: int) -> None:
    pixels = KnownSlide(CELLS).read(Region(Box(y, x, y + 20, x + 20)))
    assert place_of(pixels) == (y, x)


def test_pixels_that_carry_no_place_are_refused() -> None:
    with pytest.raises(BadParameter, match="where they lie"):
        place_of(np.zeros((32, 32, 3), np.uint8))


@pytest.mark.parametrize("tile_px", [256, 512, 1024])
def test_the_oracle_answers_the_truth_whatever_the_tiles(tile_px: int) -> None:
    slide = KnownSlide(CELLS)
    steps = detect(slide, OracleModel(CELLS, tile_px, 40).open())
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found = end.value.objects
            break
    truth = slide.truth()
    for each in (found, truth):
        assert len(each) == len(truth) > 500
    order = [np.lexsort(each.boxes.T) for each in (found, truth)]
    np.testing.assert_array_equal(found.boxes[order[0]], truth.boxes[order[1]])
    np.testing.assert_array_equal(found.class_index[order[0]], truth.class_index[order[1]])


def test_parts_can_be_made_unreadable() -> None:
    slide = KnownSlide(CELLS, unreadable=(Box(100, 100, 110, 110),))
    slide.read(Region(Box(0, 0, 100, 100)))
    with pytest.raises(SlideNotReadable):
        slide.read(Region(Box(90, 90, 120, 120)))


def test_a_written_pyramid_is_the_slide(tmp_path: Path) -> None:
    slide = KnownSlide(CELLS)
    path = write_pyramid(tmp_path / "drawn.tif", slide, levels=2)
    box = Region(Box(0, 0, *CELLS.shape))
    with open_slide(path) as written:
        assert written.levels == ((700, 900), (175, 225))
        assert written.pixel_size is not None
        assert slide.pixel_size is not None
        assert written.pixel_size.x_um == pytest.approx(slide.pixel_size.x_um, rel=1e-4)
        assert np.abs(written.read(box).astype(int) - slide.read(box)).mean() < 3
    exact = write_pyramid(tmp_path / "exact.tif", slide, quality=None)
    with open_slide(exact) as written:
        np.testing.assert_array_equal(written.read(box), slide.read(box))
