"""Bad files give one sentence with the path, the reason and what to do; never a crash, never silent black."""

from __future__ import annotations

import itertools
import os
import shutil
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pydicom.data import get_testdata_file

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import is_probably_openable, open_slide
from cellwright.imaging.cache import PIXELS
from tests.imaging.samples import KINDS, scene

CUTS = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
DICOM_FILES = (
    "693_J2KI.dcm",
    "CT_small.dcm",
    "JPGExtended.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "examples_palette.dcm",
    "image_dfl.dcm",
)


def every_pixel(path: Path) -> list[np.ndarray]:
    with open_slide(path) as slide:
        box = Box(0, 0, *slide.shape)
        return [slide.read(Region(box, z=z, t=t)) for z in range(slide.n_z) for t in range(slide.n_t)]


def assert_one_sentence(error: BaseException, path: Path) -> None:
    text = str(error)
    assert str(path) in text
    assert "\n" not in text
    assert text.endswith((".", "?"))
    assert text.count(". ") + text.count("? ") >= 1, "the reason comes first, what to do second"


def assert_whole_or_refused(whole: Path, cut: Path) -> None:
    """A cut file gives all the pixels that the whole one has, or an error."""
    expected = every_pixel(whole)
    try:
        got = every_pixel(cut)
    except SlideNotReadable as error:
        assert_one_sentence(error, cut)
        return
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_cut_file_gives_all_pixels_or_an_error(kind: str, cut: float, tmp_path: Path) -> None:
    whole = KINDS[kind](tmp_path)
    data = whole.read_bytes()
    short = whole.with_name("cut-" + whole.name)
    short.write_bytes(data[: int(len(data) * cut)])
    assert_whole_or_refused(whole, short)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", DICOM_FILES)
def test_a_cut_dicom_file_gives_all_pixels_or_an_error(name: str, cut: float, tmp_path: Path) -> None:
    whole = Path(str(get_testdata_file(name, download=False)))
    data = whole.read_bytes()
    short = tmp_path / name
    short.write_bytes(data[: int(len(data) * cut)])
    assert_whole_or_refused(whole, short)


@pytest.mark.parametrize(
    "name", ["CMU-1-Small-Region.svs", "test3-DAPI-2-387.ndpi", "dicom/RG1_J2KI.dcm", "dicom/wsi_sm_small.dcm"]
)
@pytest.mark.parametrize("cut", [0.3, 0.8, 0.999])
def test_a_cut_real_file_gives_all_pixels_or_an_error(name: str, cut: float, data_dir: Path, tmp_path: Path) -> None:
    whole = data_dir / "formats" / name
    data = whole.read_bytes()
    short = tmp_path / whole.name
    short.write_bytes(data[: int(len(data) * cut)])
    assert_whole_or_refused(whole, short)


@pytest.mark.parametrize("kind", list(KINDS))
def test_bytes_gone_wrong_never_end_in_another_kind_of_error(kind: str, tmp_path: Path) -> None:
    whole = KINDS[kind](tmp_path)
    data = bytearray(whole.read_bytes())
    rng = np.random.default_rng(5)
    for attempt in range(6):
        broken = data.copy()
        for position in rng.integers(0, len(broken), 1 + 8 * attempt):
            broken[position] = int(rng.integers(0, 256))
        path = whole.with_name("broken-" + whole.name)
        path.write_bytes(broken)
        try:
            every_pixel(path)
        except SlideNotReadable as error:
            assert_one_sentence(error, path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".dcm"])
def test_an_empty_file_says_so(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"empty{suffix}"
    path.touch()
    with pytest.raises(SlideNotReadable, match="empty") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".dcm"])
def test_text_with_a_pictures_name_says_so(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"notes{suffix}"
    path.write_text("Slide 4: many cells.\n" * 40)
    with pytest.raises(SlideNotReadable, match="text file") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(SlideNotReadable, match="folder") as caught:
        open_slide(tmp_path)
    assert_one_sentence(caught.value, tmp_path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    with pytest.raises(SlideNotReadable, match="no such file") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)
    assert not is_probably_openable(path)


def test_a_forbidden_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = KINDS["png colour"](tmp_path)
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything: let the system say no in its own words
        real_open = Path.open

        def refuse(self: Path, *args: object, **options: object) -> object:
            if self == path:
                raise PermissionError(13, "Permission denied", str(path))
            return real_open(self, *args, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SlideNotReadable, match="not allowed") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("cells.czi", b"ZISRAWFILE" + bytes(100), "CZI"),
        ("cells.lif", b"\x70\x00\x00\x00" + bytes(100), "LIF"),
        ("cells.nd2", b"\xda\xce\xbe\x0a" + bytes(100), "ND2"),
        ("paper.pdf", b"%PDF-1.7" + bytes(100), "PDF"),
        ("cells.xyz", b"\x01\x02\x03\x04" * 50, ".xyz"),
        ("cells", b"\x01\x02\x03\x04" * 50, "what kind"),
    ],
)
def test_kinds_that_are_not_read_are_named(name: str, start: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(start)
    with pytest.raises(SlideNotReadable, match=words) as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


def test_a_zarr_folder_without_a_picture_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "cells.zarr"
    folder.mkdir()
    (folder / ".zattrs").write_text("{}")
    with pytest.raises(SlideNotReadable, match="OME-Zarr"):
        open_slide(folder)


def png_bomb(path: Path, side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def tiff_bomb(path: Path, side: int) -> None:
    """One strip of 60000×60000 zeros, which deflate packs into a few megabytes; here only its beginning is there."""
    packed = zlib.compress(bytes(1 << 16))
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            iter([packed]), shape=(side, side), dtype=np.uint8, photometric="minisblack", compression="zlib",
            rowsperstrip=side,
        )  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_bomb_is_refused_before_memory_is_spent(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"bomb{suffix}"
    (png_bomb if suffix == ".png" else tiff_bomb)(path, 60_000)
    with pytest.raises(SlideNotReadable, match="GiB") as caught:
        every_pixel(path)
    assert_one_sentence(caught.value, path)
    assert "60,000" in str(caught.value)


def test_the_limit_can_be_raised_by_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = KINDS["png colour"](tmp_path)
    monkeypatch.setenv("CELLWRIGHT_MAX_DECODED_GB", "0.00001")
    with pytest.raises(SlideNotReadable, match="CELLWRIGHT_MAX_DECODED_GB"):
        open_slide(path)
    monkeypatch.setenv("CELLWRIGHT_MAX_DECODED_GB", "1")
    assert every_pixel(path)[0].shape == (150, 210, 3)


def test_a_large_tiled_picture_is_read_without_decoding_it_whole(tmp_path: Path) -> None:
    import imagecodecs

    path = tmp_path / "large.tif"
    side, tile_side = 61_440, 1024
    y, x = np.mgrid[0:tile_side, 0:tile_side]
    tile = ((y + 2 * x) // 16 % 256).astype(np.uint8)
    packed = imagecodecs.zlib_encode(tile.tobytes(), level=9)
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(
            itertools.repeat(packed, (side // tile_side) ** 2),
            shape=(side, side),
            dtype=np.uint8,
            tile=(tile_side, tile_side),
            photometric="minisblack",
            compression="zlib",
        )
    with open_slide(path) as slide:
        assert slide.shape == (side, side)
        before = PIXELS.held_bytes
        part = slide.read(Region(Box(50_000, 50_000, 50_300, 50_400)))
        assert PIXELS.held_bytes - before <= 4 * tile_side**2
    rows, columns = np.arange(50_000, 50_300) % tile_side, np.arange(50_000, 50_400) % tile_side
    np.testing.assert_array_equal(part[:, :, 0], tile[np.ix_(rows, columns)])


def test_xml_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "laughs.ome.tif"
    xml = (
        '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image Name="&lol;"/></OME>'
    )
    tifffile.imwrite(path, scene(), photometric="rgb", description=xml, metadata=None)
    with pytest.raises(SlideNotReadable, match="document type"):
        open_slide(path)


def test_a_missing_page_of_a_stack_is_not_shown_as_fewer_pages(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    with tifffile.TiffWriter(path) as file:
        for i in range(5):
            file.write(scene(channels=1)[:, :, 0] + i, photometric="minisblack", metadata=None, compression="zlib")
    with tifffile.TiffFile(path) as whole:
        start = whole.pages[3].offset
    short = tmp_path / "short.tif"
    shutil.copy(path, short)
    os.truncate(short, start)
    with pytest.raises(SlideNotReadable):
        every_pixel(short)


def test_a_file_that_shrinks_while_open_raises_and_does_not_kill(tmp_path: Path) -> None:
    path = KINDS["tiff one strip"](tmp_path)
    with open_slide(path) as slide:
        os.truncate(path, 2000)
        with pytest.raises(SlideNotReadable):
            slide.read(Region(Box(0, 0, *slide.shape)))


def test_a_number_that_is_not_in_the_file_says_how_many_there_are(tmp_path: Path) -> None:
    for kind in ("png colour", "tiff tiles"):
        path = KINDS[kind](tmp_path)
        with pytest.raises(SlideNotReadable, match="no number 7"):
            open_slide(path, series=7)


def test_a_picture_with_another_kinds_name_still_opens(tmp_path: Path) -> None:
    for kind in ("jpeg colour", "png colour", "tiff tiles"):
        path = KINDS[kind](tmp_path)
        disguised = path.rename(tmp_path / "picture.bmp")
        assert every_pixel(disguised)[0].shape == (150, 210, 3)
        nameless = disguised.rename(tmp_path / "picture")
        assert every_pixel(nameless)[0].shape == (150, 210, 3)
        assert is_probably_openable(nameless)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a system with special files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(SlideNotReadable):
        open_slide(pipe)
