"""The shared store of pixels is bounded, makes each array once, and lets go of closed pictures."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box, Region
from cellwright.imaging import open_slide
from cellwright.imaging.cache import PIXELS, PixelCache
from tests.imaging.samples import KINDS


def array(n_bytes: int) -> np.ndarray:
    return np.zeros(n_bytes, np.uint8)


def test_the_least_recently_used_goes_first() -> None:
    cache = PixelCache(300)
    for name in "abc":
        cache.get((0, name), lambda: array(100))
    cache.get((0, "a"), lambda: pytest.fail("a was there"))
    cache.get((0, "d"), lambda: array(100))
    assert cache.held_bytes == 300
    cache.get((0, "a"), lambda: pytest.fail("a was used after b"))
    made = []
    cache.get((0, "b"), lambda: made.append("b") or array(100))
    assert made == ["b"]


def test_one_too_large_for_the_store_is_kept_alone() -> None:
    cache = PixelCache(100)
    cache.get((0, "small"), lambda: array(60))
    cache.get((0, "large"), lambda: array(500))
    assert cache.held_bytes == 500
    cache.get((0, "large"), lambda: pytest.fail("it was kept"))
    cache.get((0, "next"), lambda: array(60))
    assert cache.held_bytes == 60


def test_many_threads_make_an_array_once() -> None:
    cache = PixelCache(1000)
    made = []
    barrier = threading.Barrier(8)

    def ask() -> int:
        barrier.wait()
        return id(cache.get((1, "x"), lambda: made.append(1) or array(10)))

    with ThreadPoolExecutor(8) as pool:
        seen = {future.result() for future in [pool.submit(ask) for _ in range(8)]}
    assert len(seen) == 1
    assert len(made) == 1


def test_a_failure_is_not_kept() -> None:
    cache = PixelCache(1000)

    def fail() -> np.ndarray:
        raise EOFError("cut short")

    with pytest.raises(EOFError):
        cache.get((1, "x"), fail)
    assert cache.get((1, "x"), lambda: array(10)).nbytes == 10


def test_what_is_kept_cannot_be_written_into() -> None:
    kept = PixelCache(100).get((0, 0), lambda: array(10))
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1


def test_a_closed_picture_leaves_nothing_behind(tmp_path: Path) -> None:
    before = PIXELS.held_bytes
    for kind in ("png colour", "tiff tiles"):
        with open_slide(KINDS[kind](tmp_path)) as slide:
            slide.read(Region(Box(0, 0, *slide.shape)))
            assert PIXELS.held_bytes > before
        assert PIXELS.held_bytes == before
