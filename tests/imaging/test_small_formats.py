"""PNG, JPEG, BMP and WebP: values as Pillow or imagecodecs give them, right way up, right colours."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cellwright.core import Box, PixelSizeSource, Region
from cellwright.imaging import open_slide
from tests.imaging.samples import KINDS, scene


def pixels_of(path: Path) -> NDArray[Any]:
    with open_slide(path) as slide:
        return slide.read(Region(Box(0, 0, *slide.shape)))


def by_pillow(path: Path, mode: str = "RGB") -> NDArray[Any]:
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert(mode))
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


@pytest.mark.parametrize(
    "kind", ["png colour", "png palette", "jpeg colour", "jpeg progressive", "bmp colour", "bmp palette", "webp"]
)
def test_colours_are_those_of_pillow(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    np.testing.assert_array_equal(pixels_of(path), by_pillow(path))


@pytest.mark.parametrize("kind", ["png grey", "jpeg grey", "png two tones"])
def test_greys_have_one_channel_and_the_values_of_pillow(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    np.testing.assert_array_equal(pixels_of(path), by_pillow(path, "L"))


def test_a_lossless_picture_comes_back_as_it_was(tmp_path: Path) -> None:
    for kind in ("png colour", "bmp colour", "webp"):
        np.testing.assert_array_equal(pixels_of(KINDS[kind](tmp_path)), scene())


def test_inks_become_colours(tmp_path: Path) -> None:
    path = tmp_path / "inks.jpg"
    patches = {(255, 255, 255): 0, (255, 0, 0): 1, (0, 0, 255): 2, (0, 0, 0): 3}
    picture = np.zeros((16, 64, 3), np.uint8)
    for colour, place in patches.items():
        picture[:, place * 16 : place * 16 + 16] = colour
    Image.fromarray(picture).convert("CMYK").save(path, quality=100)
    np.testing.assert_allclose(pixels_of(path).astype(int), picture, atol=6)


@pytest.mark.parametrize("dtype_samples", [(np.uint16, 1), (np.uint16, 3)])
def test_16_bit_png_keeps_its_16_bits(dtype_samples: tuple[type, int], tmp_path: Path) -> None:
    dtype, samples = dtype_samples
    whole = scene(channels=samples, dtype=dtype)
    path = tmp_path / "sixteen.png"
    path.write_bytes(imagecodecs.png_encode(whole.squeeze()))
    pixels = pixels_of(path)
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, whole)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((2, 3, 4), np.uint8)
    rgba[0] = [[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]
    rgba[1] = [[0, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 128]]
    path = tmp_path / "glass.png"
    Image.fromarray(rgba).save(path)
    expected = [[[200, 100, 0], [255, 255, 255], [244, 224, 204]], [[0, 0, 0], [255, 255, 255], [127, 127, 127]]]
    np.testing.assert_array_equal(pixels_of(path), expected)


def test_transparency_of_nothing_but_zero_is_not_meant(tmp_path: Path) -> None:
    rgba = np.dstack([scene(), np.zeros((150, 210), np.uint8)])
    path = tmp_path / "glass.png"
    Image.fromarray(rgba).save(path)
    np.testing.assert_array_equal(pixels_of(path), scene())


def test_a_transparent_palette_entry_is_laid_on_white(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1], [1, 2]], np.uint8), "L").convert("P")
    picture.putpalette([10, 20, 30, 200, 0, 0, 0, 0, 200])
    path = tmp_path / "palette.png"
    picture.save(path, transparency=0)
    expected = [[[255, 255, 255], [200, 0, 0]], [[200, 0, 0], [0, 0, 200]]]
    np.testing.assert_array_equal(pixels_of(path), expected)


def test_a_grey_palette_is_one_channel(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1], [2, 3]], np.uint8), "L").convert("P")
    picture.putpalette([v for v in (10, 80, 150, 255) for _ in range(3)])
    path = tmp_path / "greys.png"
    picture.save(path)
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], [[10, 80], [150, 255]])


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_a_turned_picture_is_shown_upright(tag: int, suffix: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    path = tmp_path / f"turned.{suffix}"
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(scene()).save(path, exif=exif, **options)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(pixels_of(path), expected)


def test_an_orientation_behind_the_pixels_counts_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(scene()).save(buffer, "PNG", exif=exif)
    data = buffer.getvalue()
    at = data.index(b"eXIf") - 4
    length = int.from_bytes(data[at : at + 4], "big") + 12
    chunk, rest = data[at : at + length], data[:at] + data[at + length :]
    path = tmp_path / "late.png"
    path.write_bytes(rest[:-12] + chunk + rest[-12:])
    assert pixels_of(path).shape == (210, 150, 3)


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600, 1200, 2400, 4800])
@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_print_settings_are_no_pixel_size(suffix: str, dpi: int, tmp_path: Path) -> None:
    path = tmp_path / f"print.{suffix}"
    Image.fromarray(scene()).save(path, dpi=(dpi, dpi))
    with open_slide(path) as slide:
        assert slide.pixel_size is None
        assert "print or screen" in slide.pixel_size_note


def test_a_microscopes_resolution_is_a_pixel_size_with_its_source(tmp_path: Path) -> None:
    path = tmp_path / "microscope.png"
    Image.fromarray(scene()).save(path, dpi=(101600, 50800))
    with open_slide(path) as slide:
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(0.25, rel=1e-4)
        assert slide.pixel_size.y_um == pytest.approx(0.5, rel=1e-4)
        assert slide.pixel_size.source is PixelSizeSource.TAG
        assert "pHYs" in slide.pixel_size_note


def test_a_file_without_a_resolution_says_so(tmp_path: Path) -> None:
    path = KINDS["webp"](tmp_path)
    with open_slide(path) as slide:
        assert slide.pixel_size is None
        assert slide.pixel_size_note == "the file does not say"


def test_zeros_behind_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    path = KINDS["jpeg colour"](tmp_path)
    expected = pixels_of(path)
    padded = tmp_path / "padded.jpg"
    padded.write_bytes(path.read_bytes() + bytes(512))
    np.testing.assert_array_equal(pixels_of(padded), expected)
    chatty = tmp_path / "chatty.jpg"
    chatty.write_bytes(path.read_bytes() + b"written by a camera")
    np.testing.assert_array_equal(pixels_of(chatty), expected)
