"""Networks are shown pictures at the scale they were trained at, and boxes find their way back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cellwright.core import Box, PixelSize, PixelSizeSource, Region
from cellwright.imaging import contrast_limits, open_slide, read_rgb
from cellwright.inference import plan_view, read_tile
from cellwright.inference.view import boxes_to_level0, resized
from cellwright.zoo import InputContract

CONTRACT = InputContract(tile_px=512, halo_px=64)


def um(size: float) -> PixelSize:
    return PixelSize(size, size, PixelSizeSource.TAG)


@pytest.mark.parametrize(
    ("shape", "input_shape"),
    [
        ((480, 640), (384, 512)),
        ((575, 575), (512, 512)),
        ((363, 360), (512, 512)),
        ((1, 1024), (32, 512)),
        ((7, 5), (512, 384)),
    ],
)
def test_a_picture_about_as_large_as_the_training_pictures_is_fitted(
    shape: tuple[int, int], input_shape: tuple[int, int]
) -> None:
    view = plan_view(shape, None, CONTRACT)
    assert len(view.tiles) == 1
    assert view.tiles[0].read == Box(0, 0, *shape)
    assert view.input_shape == input_shape
    assert max(view.content_shape(view.tiles[0])) == 512


def test_a_larger_picture_is_tiled_at_its_own_scale() -> None:
    view = plan_view((700, 1025), None, CONTRACT)
    assert len(view.tiles) == 6
    assert view.downsample == 1.0
    assert view.input_shape == (512, 512)
    assert view.notes == ()


def test_known_pixel_sizes_decide_the_scale_and_a_note_says_so() -> None:
    contract = CONTRACT.model_copy(update={"um_per_px": 0.5})
    view = plan_view((2000, 3000), um(0.25), contract)
    assert view.downsample == 2.0
    assert {tile.read.height for tile in view.tiles} == {1024}
    assert view.input_shape == (512, 512)
    assert "analysed at 0.5 µm/px" in view.notes[0]
    near = plan_view((480, 640), um(0.45), contract)
    assert (near.downsample, near.fit_px, near.notes) == (1.0, None, ())
    assert plan_view((480, 640), None, contract).fit_px == 512


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.none() | st.floats(0.05, 2.0),
    st.sampled_from([None, 0.1, 0.5]),
)
def test_every_view_covers_the_picture_with_inputs_the_network_takes(
    height: int, width: int, own: float | None, trained: float | None
) -> None:
    contract = InputContract(tile_px=256, halo_px=32, um_per_px=trained)
    view = plan_view((height, width), None if own is None else um(own), contract)
    assert sum(tile.owner.area for tile in view.tiles) == height * width
    assert all(side % 32 == 0 for side in view.input_shape)
    for tile in view.tiles:
        content = view.content_shape(tile)
        assert content[0] <= view.input_shape[0]
        assert content[1] <= view.input_shape[1]
        # A box around all that is shown lies back on what was read, to a pixel of the network's input.
        whole = np.array([[0, 0, *content]], np.float32)
        back = boxes_to_level0(whole, view, tile, Box(0, 0, height, width))[0]
        step = max(view.step(tile))
        read = [tile.read.y0, tile.read.x0, tile.read.y1, tile.read.x1]
        np.testing.assert_allclose(back, read, atol=max(step, 1e-3))


def test_resizing_is_that_of_the_training_pictures() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    for shape in ((38, 51), (96, 128), (12, 16)):
        theirs = torch.nn.functional.interpolate(
            torch.from_numpy(pixels).permute(2, 0, 1)[None], shape, mode="bilinear", antialias=True
        )[0].permute(1, 2, 0)
        difference = np.abs(resized(pixels, shape).astype(int) - theirs.numpy().astype(int))
        assert difference.max() <= 1


def test_a_model_that_does_not_fit_looks_at_small_pictures_in_their_own_pixels() -> None:
    contract = InputContract(tile_px=64, halo_px=8, fit=False)
    small, large = plan_view((40, 30), None, contract), plan_view((40, 100), None, contract)
    assert (len(small.tiles), small.fit_px, small.input_shape, small.notes) == (1, None, (64, 32), ())
    assert len(large.tiles) > 1
    assert large.fit_px is None


def test_a_tile_is_padded_below_and_right_with_grey(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), (200, 10, 10)).save(tmp_path / "red.png")
    view = plan_view((40, 60), None, InputContract(tile_px=64, halo_px=8))
    with open_slide(tmp_path / "red.png") as slide:
        pixels = read_tile(slide, view, view.tiles[0], contrast_limits(slide))
    assert pixels.shape == (64, 64, 3)
    assert (pixels[:43, :64] == (200, 10, 10)).all()
    assert (pixels[43:] == 114).all()


def test_a_tile_of_a_large_picture_is_what_is_stored(tmp_path: Path) -> None:
    stored = np.random.default_rng(1).integers(0, 256, (150, 200, 3), np.uint8)
    Image.fromarray(stored).save(tmp_path / "noise.png")
    view = plan_view((150, 200), None, InputContract(tile_px=64, halo_px=8))
    assert len(view.tiles) > 4
    with open_slide(tmp_path / "noise.png") as slide:
        limits = contrast_limits(slide)
        for tile in view.tiles:
            box = tile.read
            pixels = read_tile(slide, view, tile, limits)[: box.height, : box.width]
            assert (pixels == stored[box.y0 : box.y1, box.x0 : box.x1]).all()
            assert box.y0 % 32 == box.x0 % 32 == 0  # where the network looks at the same as in the whole picture
        assert (read_rgb(slide, Region(Box(0, 0, 150, 200)), limits) == stored).all()


def test_boxes_are_cut_off_at_the_edges_of_the_picture() -> None:
    view = plan_view((40, 60), None, InputContract(tile_px=64, halo_px=8))
    step = 60 / 64
    found = np.array([[-5, -5, 8, 16], [50, 60, 64, 64]], np.float32)  # the second lies in the padding below
    moved = boxes_to_level0(found, view, view.tiles[0], Box(0, 0, 40, 60))
    np.testing.assert_allclose(moved[0], [0, 0, 8 * 40 / 43, 16 * step], rtol=1e-6)
    assert moved[1, 0] == moved[1, 2] == 40
    assert math.isclose(moved[1, 3], 60)


def test_a_measured_object_sets_the_scale_before_the_pixel_size_does() -> None:
    contract = CONTRACT.model_copy(update={"um_per_px": 0.5, "object_px": 20.0, "scale_tolerance": 1.25})
    assert plan_view((2000, 3000), um(0.5), contract).downsample == 1.0
    measured = plan_view((2000, 3000), um(0.5), contract, object_px=40.0)
    assert measured.downsample == pytest.approx(2.0)
    assert "40 px" in measured.notes[0]
    assert plan_view((2000, 3000), um(0.5), contract, object_px=22.0).downsample == 1.0


def test_a_measured_object_says_nothing_to_a_model_that_does_not_know_its_own() -> None:
    contract = CONTRACT.model_copy(update={"um_per_px": 0.5, "object_px": None})
    assert plan_view((2000, 3000), um(0.25), contract, object_px=40.0).downsample == pytest.approx(2.0)


@pytest.mark.parametrize("shape", [(512, 512), (1024, 1024), (3000, 2500)])
def test_a_model_without_halo_sees_a_picture_of_any_size_as_a_whole(shape: tuple[int, int]) -> None:
    contract = InputContract(tile_px=256, halo_px=0, fit=True)
    view = plan_view(shape, None, contract)
    assert len(view.tiles) == 1
    assert view.fit_px == 256
    assert max(view.content_shape(view.tiles[0])) == 256
