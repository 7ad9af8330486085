"""Slides cut into tiles for the screen, and the threads that read them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import Box, SlideNotReadable
from cellwright.imaging import Slide, contrast_limits, open_slide
from cellwright.ui.state.loading import LoadedPicture, LoadPicture
from cellwright.ui.state.look import Look, facts_of
from cellwright.ui.state.tile_grid import TileGrid, TileKey
from cellwright.ui.state.tile_loader import TileLoader, unreadable_tile, whole_tile

PATIENCE_S = 200


def pixels_of(rows: int, columns: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:rows, :columns]
    return np.stack([y // 8 % 256, x // 8 % 256, (y + x) // 16 % 256], axis=2).astype(np.uint8)


def write_pyramid(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a picture with a coarser copy of half its side."""
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        options = {"tile": (256, 256), "photometric": "rgb", "compression": "zlib"}
        file.write(pixels, subifds=1, **options)  # type: ignore[arg-type]
        file.write(pixels[::2, ::2], subfiletype=1, **options)  # type: ignore[arg-type]
    return path


def loaded(path: Path) -> LoadedPicture:
    work = LoadPicture(path).run()
    while True:
        try:
            next(work)
        except StopIteration as end:
            answer: LoadedPicture = end.value
            return answer


@pytest.fixture
def slide(tmp_path: Path) -> Iterator[Slide]:
    with open_slide(write_pyramid(tmp_path / "slide.tif", pixels_of(1300, 1100))) as opened:
        yield opened


class Told:
    """Counts tiles and lets a test wait for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def __call__(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= count, PATIENCE_S)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 4), st.floats(-900, 6000), st.floats(-900, 6000))
def test_every_pixel_in_view_is_in_exactly_one_tile_of_the_span(
    rows: int, columns: int, level: int, y: float, x: float
) -> None:
    grid = TileGrid((rows, columns), 64)
    bounds = (y, x, y + 700, x + 500)
    boxes = [grid.box(key) for key in grid.span(bounds, level)]
    seen = max(0, min(rows, int(np.ceil(y + 700))) - max(0, int(np.floor(y))))
    seen *= max(0, min(columns, int(np.ceil(x + 500))) - max(0, int(np.floor(x))))
    assert sum(box.area for box in boxes) >= seen
    assert all(not box.is_empty for box in boxes)
    assert len({(box.y0, box.x0) for box in boxes}) == len(boxes)


def test_the_coarsest_resolution_is_one_tile_and_the_finest_is_as_stored() -> None:
    grid = TileGrid((100_000, 80_000))
    assert list(grid.span((0, 0, 100_000, 80_000), grid.top)) == [TileKey(8, 0, 0)]
    assert grid.level_for(1e-9) == 8
    assert grid.level_for(1.0) == 0
    assert grid.level_for(40.0) == 0
    assert [grid.level_for(scale) for scale in (0.61, 0.59, 0.31, 0.29)] == [0, 1, 1, 2]


def test_tiles_nearest_to_the_middle_come_first() -> None:
    keys = list(TileGrid((5120, 5120)).span((0, 0, 2560, 2560), 0))
    assert keys[0] == TileKey(0, 2, 2)
    assert {keys[-1].row, keys[-1].column} <= {0, 4}


def test_tiles_are_the_pixels_of_the_slide(slide: Slide) -> None:
    told = Told()
    loader = TileLoader(slide, _look(slide), told)
    keys = [TileKey(0, row, column) for row in range(3) for column in range(3)]
    loader.want(keys)
    told.wait_for(len(keys))
    whole = pixels_of(1300, 1100)
    for key in keys:
        box, tile = loader.grid.box(key), loader.get(key)
        assert tile is not None
        assert tile.shape == (512, 512, 4)
        assert (tile[: box.height, : box.width, :3] == whole[box.y0 : box.y1, box.x0 : box.x1]).all()
        assert (tile[..., 3] == 255).all()
    loader.close(PATIENCE_S)


def test_what_is_not_wanted_any_more_is_not_read(slide: Slide) -> None:
    gate, told, asked = threading.Event(), Told(), []

    class Slow:
        shape, is_rgb = slide.shape, slide.is_rgb

        def read(self, region: object) -> NDArray[np.uint8]:
            asked.append(region)
            gate.wait(PATIENCE_S)
            return slide.read(region)  # type: ignore[arg-type]

    loader = TileLoader(Slow(), _look(slide), told)  # type: ignore[arg-type]
    loader.want([TileKey(0, row, column) for row in range(3) for column in range(3)])
    loader.want([TileKey(1, 0, 0)])
    gate.set()
    told.wait_for(1)
    loader.close(PATIENCE_S)
    assert len(asked) <= 3, "two threads may have begun, and the one tile that was wanted last"


def test_tiles_of_another_look_are_made_anew_and_old_ones_are_dropped(slide: Slide) -> None:
    told = Told()
    look = _look(slide)
    loader = TileLoader(slide, look, told)
    loader.want([TileKey(0, 0, 0)])
    told.wait_for(1)
    before = loader.get(TileKey(0, 0, 0))
    loader.set_look(look.with_window(None, 64, 128))
    assert loader.get(TileKey(0, 0, 0)) is None
    loader.want([TileKey(0, 0, 0)])
    told.wait_for(2)
    after = loader.get(TileKey(0, 0, 0))
    assert before is not None
    assert after is not None
    assert after[..., :3].sum() > before[..., :3].sum()
    loader.close(PATIENCE_S)


def test_memory_stays_bounded_however_much_is_looked_at(slide: Slide) -> None:
    told = Told()
    loader = TileLoader(slide, _look(slide), told, kept_bytes=3 * 2**20)
    keys = [TileKey(0, row, column) for row in range(3) for column in range(3)]
    for at, key in enumerate(keys):
        loader.want([key])
        told.wait_for(at + 1)
    kept = [key for key in keys if loader.get(key) is not None]
    assert kept == keys[-3:]
    loader.close(PATIENCE_S)


def test_nothing_is_said_once_it_is_closed(slide: Slide) -> None:
    saying, go_on, said = threading.Event(), threading.Event(), []

    def told() -> None:
        saying.set()
        go_on.wait(PATIENCE_S)
        said.append(closing.is_alive())

    loader = TileLoader(slide, _look(slide), told)
    closing = threading.Thread(target=loader.close)
    loader.want([TileKey(0, 0, 0)])
    assert saying.wait(PATIENCE_S)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive(), "it waits for what is being said"
    go_on.set()
    closing.join(PATIENCE_S)
    assert said == [True]
    loader.close(PATIENCE_S)


def test_a_tile_that_cannot_be_read_is_striped_and_says_why(slide: Slide) -> None:
    class Broken:
        shape, is_rgb = slide.shape, slide.is_rgb

        def read(self, _region: object) -> NDArray[np.uint8]:
            raise SlideNotReadable("the tile is damaged")

    told = Told()
    loader = TileLoader(Broken(), _look(slide), told)  # type: ignore[arg-type]
    loader.want([TileKey(0, 0, 0)])
    told.wait_for(1)
    tile = loader.get(TileKey(0, 0, 0))
    assert tile is not None
    assert (tile == unreadable_tile(512)).all()
    assert loader.problems == {TileKey(0, 0, 0): "the tile is damaged"}
    loader.close(PATIENCE_S)


def test_a_tile_at_the_end_of_the_picture_is_filled_up_with_its_last_pixels() -> None:
    tile = whole_tile(np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3), 5)
    assert (tile[:2, 3:, :3] == tile[:2, 2:3, :3]).all()
    assert (tile[2:, :, :3] == tile[1:2, :, :3]).all()


def test_a_pyramid_is_read_as_it_is_looked_at_and_a_small_picture_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_pyramid(tmp_path / "slide.tif", pixels_of(1300, 1100))
    small = loaded(path)
    assert not small.is_deep
    monkeypatch.setattr("cellwright.ui.state.loading.PYRAMID_PIXELS", 1_000_000)
    deep = loaded(path)
    assert deep.is_deep
    assert deep.raw is None
    assert max(deep.overview.shape) == 1024
    assert (deep.crop(small_box()) == small.crop(small_box())).all()
    deep.close()


def small_box() -> Box:
    return Box(1200, 1000, 1400, 1200)


def _look(slide: Slide) -> Look:
    return facts_of(slide, contrast_limits(slide), np.zeros((1, 1, 3), np.uint8)).look
