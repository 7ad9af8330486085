"""The fingerprint of pixels follows values, not files, and says where they differ."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cellwright.imaging import PixelDigest, array_ref, open_slide, pixel_digest, tile_boxes

if TYPE_CHECKING:
    import pytest


def digest_of(pixels: np.ndarray[Any, Any]) -> PixelDigest:
    with array_ref(pixels).open() as slide:
        return drained(pixel_digest(slide))


def drained(steps: Generator[tuple[int, int], None, PixelDigest]) -> PixelDigest:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: PixelDigest = end.value
            return found


def test_by_hand_as_the_documentation_says() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    tile = hashlib.sha256(pixels.tobytes())
    whole = hashlib.sha256(b"2 3 3 uint8 1024\n" + tile.digest())
    found = digest_of(pixels)
    assert found.sha256 == whole.hexdigest() and found.tiles == (tile.hexdigest(),)


def test_values_are_little_endian() -> None:
    pixels = np.array([[1, 258]], np.uint16)
    assert digest_of(pixels).tiles == (hashlib.sha256(b"\x01\x00\x02\x01").hexdigest(),)


def test_png_and_tiff_of_the_same_values_agree(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (60, 70, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", tile=(16, 16))
    found = []
    for name in ("a.png", "a.tif"):
        with open_slide(tmp_path / name) as slide:
            found.append(drained(pixel_digest(slide)))
    assert found[0] == found[1] == digest_of(pixels)


@given(st.integers(0, 1099), st.integers(0, 1199))
def test_any_changed_pixel_changes_its_tile_alone(y: int, x: int) -> None:
    pixels = np.zeros((1100, 1200), np.uint8)
    before = digest_of(pixels)
    pixels[y, x] = 1
    after = digest_of(pixels)
    assert after.sha256 != before.sha256
    different = [box for box, a, b in zip(tile_boxes(1100, 1200), before.tiles, after.tiles, strict=True) if a != b]
    assert len(different) == 1
    assert different[0].y0 <= y < different[0].y1 and different[0].x0 <= x < different[0].x1


def test_form_matters_where_bytes_are_the_same() -> None:
    assert digest_of(np.zeros((2, 6), np.uint8)).sha256 != digest_of(np.zeros((6, 2), np.uint8)).sha256
    assert digest_of(np.zeros((2, 4), np.uint8)).sha256 != digest_of(np.zeros((2, 2), np.uint16)).sha256


def test_a_picture_of_many_tiles_keeps_one_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.imaging.fingerprint.MOST_TILES", 3)
    found = digest_of(np.zeros((1100, 1200), np.uint8))
    assert found.tiles == () and len(found.sha256) == 64
