"""An overview of a damaged picture leaves out what is damaged, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import contrast_limits, find_tissue, open_slide
from cellwright.imaging.overview import read_overview
from cellwright.testing.slides import KnownCells, KnownSlide, write_pyramid
from tests.workflows.test_slide_damage import flip

CELLS = KnownCells.on_seams((1500, 2100), ((256, 40),), cell_px=28, seed=2)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write_pyramid(tmp_path / "drawn.tif", KnownSlide(CELLS), quality=None, levels=1)


@pytest.mark.parametrize("downsample", [1.0, 1.5, 4.0])
def test_of_a_sound_picture_it_is_what_the_slide_reads(whole: Path, downsample: float) -> None:
    with open_slide(whole) as slide:
        seen = read_overview(slide, downsample)
        assert seen.is_known.all()
        assert seen.downsample == downsample
        np.testing.assert_array_equal(seen.pixels, slide.read(Region(Box(0, 0, *slide.shape), downsample)))


@pytest.mark.parametrize("downsample", [1.0, 3.3])
def test_one_damaged_tile_costs_a_small_part(whole: Path, downsample: float) -> None:
    with open_slide(whole) as slide:
        sound = read_overview(slide, float(np.ceil(downsample)))
    flip(whole, 700, 1200)
    with open_slide(whole) as slide:
        seen = read_overview(slide, downsample)
    assert seen.downsample == sound.downsample
    assert not seen.is_known[int(700 / seen.downsample), int(1200 / seen.downsample)]
    assert 0.7 < seen.is_known.mean() < 1
    if seen.downsample == 1:
        np.testing.assert_array_equal(seen.pixels[seen.is_known], sound.pixels[seen.is_known])
    assert seen.known_pixels.shape == (seen.is_known.sum(), 1, 3)


def test_what_cannot_be_seen_is_taken_for_tissue_and_not_for_contrast(whole: Path) -> None:
    with open_slide(whole) as slide:
        sound = contrast_limits(slide, (1.0, 99.0))
    flip(whole, 700, 1200)
    with open_slide(whole) as slide:
        tissue = find_tissue(slide)
        assert tissue.touches(Box(690, 1190, 710, 1210))
        limits = contrast_limits(slide, (1.0, 99.0))
    np.testing.assert_allclose(limits, sound, atol=6)


def test_a_picture_without_one_readable_part_says_so(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "drawn.tif", KnownSlide(CELLS), quality=None, levels=1)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        for start, length in zip(page.dataoffsets, page.databytecounts, strict=True):
            data[start : start + length] = bytes(length)
    path.write_bytes(data)
    with open_slide(path) as slide, pytest.raises(SlideNotReadable, match=r"drawn\.tif"):
        read_overview(slide, 2.0)
