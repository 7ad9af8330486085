"""Reading ahead gives what reading gives, in the same order, holding few regions at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import open_slide, read_ahead
from cellwright.testing.slides import KnownCells, KnownSlide
from tests.imaging.samples import scene
from tests.imaging.slide_samples import write_svs


def tiles(side: int, shape: tuple[int, int]) -> list[Region]:
    return [Region(Box(y, x, y + side, x + side)) for y in range(0, shape[0], side) for x in range(0, shape[1], side)]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_it_is_the_same_as_reading_one_by_one(threads: int, tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "slide.svs", scene(480, 720))) as slide:
        regions = tiles(120, slide.shape)
        seen = list(read_ahead(slide, iter(regions), threads=threads))
        assert [region for region, _ in seen] == regions
        for region, pixels in seen:
            assert not isinstance(pixels, SlideNotReadable)
            np.testing.assert_array_equal(pixels, slide.read(region))


def test_a_part_that_cannot_be_read_comes_as_its_error() -> None:
    slide = KnownSlide(KnownCells((256, 256)), unreadable=(Box(130, 130, 140, 140),))
    seen = [result for _, result in read_ahead(slide, tiles(128, (256, 256)))]
    assert [isinstance(result, SlideNotReadable) for result in seen] == [False, False, False, True]


def test_only_so_many_are_read_before_they_are_asked_for() -> None:
    reading = threading.Semaphore(0)

    class Counting(KnownSlide):
        started = 0

        def read(self, region: Region) -> NDArray[Any]:
            type(self).started += 1
            reading.release()
            return super().read(region)

    slide = Counting(KnownCells((1024, 1024)))
    coming: Any = read_ahead(slide, tiles(64, (1024, 1024)), threads=2, ahead=3)
    next(coming)
    for _ in range(4):  # the one handed out and three beside it
        assert reading.acquire(timeout=60)
    assert Counting.started == 4
    coming.close()


def test_nothing_to_read_is_fine() -> None:
    assert list(read_ahead(KnownSlide(KnownCells((64, 64))), [])) == []
