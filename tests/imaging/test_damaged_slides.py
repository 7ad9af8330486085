"""Damaged and hostile slides: one clear sentence for the part that is broken, the rest reads right, nothing is run."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import tifffile

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import Slide, open_slide
from cellwright.testing.vast import write_vast_pyramid
from tests.imaging.samples import scene
from tests.imaging.slide_samples import (
    czi_piece,
    multiscale,
    tczyx,
    write_czi,
    write_czi_mosaic,
    write_ome_zarr,
    write_svs,
    zipped,
)
from tests.imaging.test_bad_files import assert_one_sentence, assert_whole_or_refused

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "'
    + "x" * 1000
    + '">'
    + "".join(f'<!ENTITY b{i} "{("&b%s;" % (i - 1 or "")) * 10}">' for i in range(1, 8))
    + "]>"
)


def whole(slide: Slide, downsample: float = 1.0) -> Any:
    return slide.read(Region(Box(0, 0, *slide.shape), downsample))


def flip(path: Path, start: int, count: int) -> None:
    data = bytearray(path.read_bytes())
    for i in range(start, start + count):
        data[i] ^= 0xFF
    path.write_bytes(data)


def middle_tile(path: Path) -> tuple[int, int, Box]:
    """Return where the bytes of a tile in the middle of the finest level lie, how many, and which pixels they are."""
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        across = -(-page.imagewidth // page.tilewidth)
        row, column = page.imagelength // page.tilelength // 2, page.imagewidth // page.tilewidth // 2
        index = row * across + column
        height, width = page.tilelength, page.tilewidth
        box = Box(row * height, column * width, (row + 1) * height, (column + 1) * width)
        return page.dataoffsets[index], page.databytecounts[index], box


def test_bytes_flipped_in_one_tile_refuse_that_tile_alone(tmp_path: Path) -> None:
    pixels = scene(960, 1200)
    path = write_svs(tmp_path / "slide.svs", pixels)
    with open_slide(path) as slide:
        expected = whole(slide)
    start, count, box = middle_tile(path)
    flip(path, start + count // 2, 24)
    with open_slide(path) as slide:
        with pytest.raises(SlideNotReadable, match="cannot be decoded") as caught:
            slide.read(Region(box))
        assert_one_sentence(caught.value, path)
        refused = 0
        for y in range(0, 960, 240):
            for x in range(0, 1200, 240):
                tile = Box(y, x, y + 240, x + 240)
                if tile == box:
                    refused += 1
                    continue
                np.testing.assert_array_equal(slide.read(Region(tile)), expected[y : y + 240, x : x + 240])
        assert refused == 1
        assert whole(slide, 4.0).shape == (240, 300, 3)


def test_a_damaged_coarse_level_is_read_from_the_next_finer(tmp_path: Path) -> None:
    path = write_svs(tmp_path / "slide.svs", scene(960, 1200))
    with tifffile.TiffFile(path) as tif:
        level = tif.series[0].levels[1].keyframe
        start, count = level.dataoffsets[0], level.databytecounts[0]
    flip(path, start + count // 2, 60)
    with open_slide(path) as slide:
        assert slide.levels[1] == (240, 300)
        pixels = whole(slide, 4.0)
        # Averaged from the full resolution, where the stored level was cut out: alike, and not the same.
        assert np.abs(pixels.astype(int) - slide.read(Region(Box(0, 0, 960, 1200), 1.0))[::4, ::4]).mean() < 30
        start, count, _ = middle_tile(path)
    flip(path, start + count // 2, 60)
    with open_slide(path) as slide, pytest.raises(SlideNotReadable):
        whole(slide, 4.0)


def test_most_flipped_bytes_are_noticed(tmp_path: Path) -> None:
    # Some damage makes another valid JPEG, which nobody can tell from the first; imagecodecs notices one in ten.
    path = write_svs(tmp_path / "slide.svs", scene(480, 480))
    start, count, box = middle_tile(path)
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    noticed = 0
    for _ in range(60):
        path.write_bytes(data)
        flip(path, start + int(rng.integers(count // 4, 3 * count // 4)), 32)
        with open_slide(path) as slide:
            try:
                slide.read(Region(box))
            except SlideNotReadable:
                noticed += 1
    assert noticed >= 48


def test_a_few_filled_up_bytes_at_the_end_of_a_tile_are_no_damage() -> None:
    from simplejpeg import encode_jpeg

    from cellwright.imaging.jpeg import JpegPieces

    plain = encode_jpeg(scene(64, 64), 90)
    pieces = JpegPieces(3, False)
    padded = plain[:-2] + b"\x00" + plain[-2:]
    np.testing.assert_array_equal(pieces.decode(padded, None), pieces.decode(plain, None))
    with pytest.raises(ValueError, match="extraneous"):
        pieces.decode(plain[:-2] + bytes(20) + plain[-2:], None)


def _czi(folder: Path, packed: int) -> Path:
    write_czi_mosaic(folder / "slide.czi", packed=packed)
    return folder / "slide.czi"


MAKERS: dict[str, Callable[[Path], Path]] = {
    "svs": lambda folder: write_svs(folder / "slide.svs", scene(500, 740)),
    "czi": lambda folder: _czi(folder, 0),
    "packed czi": lambda folder: _czi(folder, 6),
    "zarr zip": lambda folder: zipped(write_ome_zarr(folder / "a.zarr", tczyx(), 3)),
}


@pytest.mark.parametrize("cut", [0.05, 0.3, 0.7, 0.95, 0.999])
@pytest.mark.parametrize("maker", list(MAKERS))
def test_a_cut_slide_gives_all_pixels_or_an_error(maker: str, cut: float, tmp_path: Path) -> None:
    path = MAKERS[maker](tmp_path)
    short = path.with_name("cut-" + path.name)
    data = path.read_bytes()
    short.write_bytes(data[: int(len(data) * cut)])
    assert_whole_or_refused(path, short)


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", ["CD_s_1_t_3_c_2_z_5.czi", "LeicaLASX_wavelength-sweep_example.lif", "cluster.nd2"])
def test_a_cut_microscope_file_gives_all_pixels_or_an_error(
    name: str, cut: float, data_dir: Path, tmp_path: Path
) -> None:
    path = data_dir / "formats" / name
    data = path.read_bytes()
    short = tmp_path / path.name
    short.write_bytes(data[: int(len(data) * cut)])
    assert_whole_or_refused(path, short)


@pytest.mark.parametrize("name", ["CD_s_1_t_3_c_2_z_5.czi", "LeicaLASX_wavelength-sweep_example.lif", "cluster.nd2"])
def test_wrong_bytes_in_a_microscope_file_end_in_our_own_error(name: str, data_dir: Path, tmp_path: Path) -> None:
    data = (data_dir / "formats" / name).read_bytes()
    rng = np.random.default_rng(11)
    path = tmp_path / name
    for attempt in range(12):
        broken = bytearray(data)
        # Headers and directories lie at the two ends.
        for position in rng.integers(0, 4000, 1 + 4 * attempt):
            broken[int(position) if attempt % 2 else len(broken) - 1 - int(position)] = int(rng.integers(0, 256))
        path.write_bytes(broken)
        try:
            with open_slide(path) as slide:
                whole(slide)
        except SlideNotReadable as error:
            assert_one_sentence(error, path)


def test_a_czi_with_entities_is_refused(tmp_path: Path) -> None:
    piece = czi_piece(scene(32, 32, 1, np.uint16)[:, :, 0], {"X": 0, "Y": 0})
    path = write_czi(tmp_path / "bomb.czi", [piece], xml=BOMB + "<ImageDocument>&b7;</ImageDocument>")
    with pytest.raises(SlideNotReadable, match="CZI") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


def test_a_lif_with_entities_is_refused(tmp_path: Path) -> None:
    header = '<LMSDataContainerHeader Version="2"><Element Name="&b7;"/></LMSDataContainerHeader>'
    text = (BOMB + header).encode("utf-16-le")
    path = tmp_path / "bomb.lif"
    path.write_bytes(struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(text) // 2) + text)
    with pytest.raises(SlideNotReadable, match="document type") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


def test_a_czi_of_absurd_pieces_is_refused_before_memory_is_spent(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "vast.czi", [czi_piece(scene(32, 32, 1, np.uint16)[:, :, 0], {"X": 0, "Y": 0})])
    data = path.read_bytes()
    # Both the directory and the piece itself say how large it is.
    path.write_bytes(data.replace(struct.pack("<ifi", 32, 0.0, 32), struct.pack("<ifi", 10**6, 0.0, 10**6)))
    with open_slide(path) as slide, pytest.raises(SlideNotReadable, match="memory when decoded"):
        slide.read(Region(Box(0, 0, 16, 16)))


@pytest.mark.parametrize("where", ["../../secret", "/etc", "0/../../x", "c:/x", "a\\..\\b"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_path_that_leads_out_of_a_zarr_picture_is_refused(where: str, version: int, tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(), version, description=multiscale([where, "1", "2"]))
    for path in (folder, zipped(folder)):
        with pytest.raises(SlideNotReadable, match="leads out of the picture") as caught:
            open_slide(path)
        assert_one_sentence(caught.value, path)


class Boom:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("/proc/self/mem", "wb"))


def test_a_pickled_zarr_chunk_is_never_unpickled(tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(), 2)
    described = json.loads((folder / "0" / ".zarray").read_text())
    described["filters"] = [{"id": "pickle", "protocol": 4}]
    (folder / "0" / ".zarray").write_text(json.dumps(described))
    payload = numcodecs.Pickle().encode(np.array([Boom()], object))
    for chunk in (folder / "0").rglob("0"):
        if chunk.is_file():
            chunk.write_bytes(payload)
    with pytest.raises(SlideNotReadable, match="pickle") as caught:
        open_slide(folder)
    assert_one_sentence(caught.value, folder)


def test_a_zarr_3_codec_that_is_not_known_is_refused_even_inside_shards(tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(), 3)
    described = json.loads((folder / "1" / "zarr.json").read_text())
    inner = [{"name": "numcodecs.pickle", "configuration": {}}]
    described["codecs"] = [{"name": "sharding_indexed", "configuration": {"codecs": inner, "index_codecs": []}}]
    (folder / "1" / "zarr.json").write_text(json.dumps(described))
    with pytest.raises(SlideNotReadable, match="pickle"):
        open_slide(folder)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{" + '"a":{' * 50_000,
        "[]",
        '{"multiscales": 5}',
        '{"multiscales": [{"axes": 3, "datasets": []}]}',
        '{"multiscales": [{"axes": [{"name": "q"}], "datasets": [{"path": "0"}]}]}',
        '{"multiscales": [{"datasets": [{"path": "nowhere"}]}]}',
        '{"plate": {}}',
        "not json",
        '{"x": "' + "y" * (17 * 2**20) + '"}',
    ],
)
def test_nonsense_in_a_zarr_description_is_one_sentence(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "a.zarr"
    folder.mkdir()
    (folder / ".zattrs").write_text(text)
    with pytest.raises(SlideNotReadable) as caught:
        open_slide(folder)
    assert_one_sentence(caught.value, folder)


def test_a_zarr_chunk_of_absurd_size_is_refused(tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(), 2)
    for level in range(3):
        described = json.loads((folder / str(level) / ".zarray").read_text())
        described["shape"] = [2, 3, 2, 10**6 >> level, 10**6 >> level]
        described["chunks"] = [1, 1, 1, 10**6, 10**6]
        (folder / str(level) / ".zarray").write_text(json.dumps(described))
    with pytest.raises(SlideNotReadable, match="memory when decoded"):
        open_slide(folder)


def test_a_zip_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLWRIGHT_MAX_DECODED_GB", "0.01")
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(), 2)
    path = zipped(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0/9/9/9/9/9", bytes(30 * 2**20))
    assert path.stat().st_size < 3 * 2**20
    with pytest.raises(SlideNotReadable, match="unpack") as caught:
        open_slide(path)
    assert_one_sentence(caught.value, path)


def test_a_damaged_zarr_chunk_refuses_its_region_alone(tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "a.zarr", tczyx(512, 640), 2)
    with open_slide(folder) as slide:
        expected = whole(slide)
    chunk = folder / "0" / "0" / "0" / "0" / "0" / "0"
    assert chunk.is_file()
    flip(chunk, chunk.stat().st_size // 2, 40)
    chunk.write_bytes(chunk.read_bytes()[:-30])
    with open_slide(folder) as slide:
        with pytest.raises(SlideNotReadable, match="cannot be decoded"):
            slide.read(Region(Box(0, 0, 64, 64)))
        np.testing.assert_array_equal(slide.read(Region(Box(0, 512, 512, 640))), expected[:, 512:])


def test_a_vast_pyramid_opens_with_little_memory_and_reads_its_overview(tmp_path: Path) -> None:
    import tracemalloc

    tiles = [scene(256, 256), scene(256, 256)[::-1].copy()]
    path = write_vast_pyramid(tmp_path / "vast.tif", 100_000, tiles)
    tracemalloc.start()
    try:
        with open_slide(path) as slide:
            overview = whole(slide, 128.0)
            corner = slide.read(Region(Box(99_900, 99_900, 100_000, 100_000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert overview.shape == (781, 781, 3)
    assert corner.std() > 5
    assert slide.levels[-1] == (782, 782)
    assert peak < 200 * 2**20
