"""TIFF of every ordinary kind: values, colours, axes and resolutions as tifffile and Pillow see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import open_slide
from tests.imaging.samples import KINDS, scene


def pixels_of(path: Path, z: int = 0, t: int = 0) -> NDArray[Any]:
    with open_slide(path) as slide:
        return slide.read(Region(Box(0, 0, *slide.shape), z=z, t=t))


@pytest.mark.parametrize(
    "kind",
    ["tiff strips", "tiff one strip", "tiff tiles", "tiff jpeg tiles", "tiff 16-bit", "tiff signed", "tiff 32-bit",
     "tiff float", "tiff double", "tiff big", "tiff pyramid", "tiff pyramid in subifds"],
)  # fmt: skip
def test_values_are_those_of_tifffile(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    expected = tifffile.imread(path)
    pixels = pixels_of(path)
    assert pixels.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(pixels, expected if expected.ndim == 3 else expected[:, :, None])


def test_planes_stored_one_after_the_other_become_one_colour_picture(tmp_path: Path) -> None:
    path = KINDS["tiff planar"](tmp_path)
    with open_slide(path) as slide:
        assert slide.is_rgb
    np.testing.assert_array_equal(pixels_of(path), scene())


def test_a_picture_counted_from_white_is_turned_round(tmp_path: Path) -> None:
    path = KINDS["tiff inverted"](tmp_path)
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], 65535 - tifffile.imread(path))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F", "LA"])
def test_what_pillow_writes_is_read_as_pillow_reads_it(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "pillow.tif"
    picture = (
        Image.fromarray(scene(channels=1, dtype=np.uint16)[:, :, 0]) if mode == "I;16" else Image.fromarray(scene())
    )
    (picture if mode == "I;16" else picture.convert(mode)).save(path)
    pixels = pixels_of(path)
    with Image.open(path) as again:
        single = mode in ("1", "L", "I;16", "F", "LA")
        expected = np.asarray(again.convert("L") if mode in ("1", "LA") else again if single else again.convert("RGB"))
    np.testing.assert_allclose(pixels.squeeze().astype(float), expected, atol=1 if mode == "YCbCr" else 0)


@pytest.mark.parametrize(
    "compression", ["none", "lzw", "zlib", "packbits", "zstd", "lzma", "jpeg2000", "webp", "png", "lerc"]
)
def test_every_usual_compression_is_undone(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "packed.tif"
    options: dict[str, Any] = {} if compression == "none" else {"compression": compression}
    if compression in ("jpeg2000", "webp"):
        options["compressionargs"] = {"level": 0} if compression == "jpeg2000" else {"lossless": True}
    tifffile.imwrite(path, scene(), photometric="rgb", tile=(64, 64), **options)
    np.testing.assert_array_equal(pixels_of(path), tifffile.imread(path))


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("tile", [None, (64, 64)])
def test_a_turned_picture_is_shown_upright(tag: int, tile: tuple[int, int] | None, tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    tifffile.imwrite(path, scene(), photometric="rgb", tile=tile, extratags=[(274, "H", 1, tag, True)])
    with open_slide(path) as slide:
        whole = slide.read(Region(Box(0, 0, *slide.shape)))
        part = slide.read(Region(Box(10, 20, 90, 70)))
    exif = Image.Exif()
    exif[0x0112] = tag
    picture = Image.fromarray(scene())
    picture.getexif()[0x0112] = tag
    np.testing.assert_array_equal(whole, np.asarray(ImageOps.exif_transpose(picture)))
    np.testing.assert_array_equal(part, whole[10:90, 20:70])


def test_a_turned_picture_turns_its_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    tifffile.imwrite(
        path, scene(), photometric="rgb", resolution=(40000, 20000), resolutionunit="CENTIMETER",
        extratags=[(274, "H", 1, 6, True)],
    )  # fmt: skip
    with open_slide(path) as slide:
        assert slide.pixel_size is not None
        assert (slide.pixel_size.y_um, slide.pixel_size.x_um) == pytest.approx((0.25, 0.5))


def test_few_bits_are_spread_over_eight(tmp_path: Path) -> None:
    path = tmp_path / "four.tif"
    stored = np.arange(16, dtype=np.uint8).reshape(2, 8)
    packed = np.packbits(np.unpackbits(stored[..., None], axis=2)[:, :, 4:].reshape(2, -1), axis=1)
    _write_raw_grey(path, packed.tobytes(), 2, 8, bits=4)
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], stored * 17)


def _write_raw_grey(path: Path, data: bytes, rows: int, columns: int, bits: int) -> None:
    tags = [
        (256, columns),
        (257, rows),
        (258, bits),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, rows),
        (279, len(data)),
    ]
    directory = len(tags).to_bytes(2, "little") + b"".join(
        code.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for code, value in tags
    )
    start = 8 + len(data) + len(data) % 2
    path.write_bytes(b"II*\x00" + start.to_bytes(4, "little") + data.ljust(start - 8, b"\x00") + directory + bytes(4))


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "palette.tif"
    rng = np.random.default_rng(1)
    table = rng.integers(0, 65536, (3, 256)).astype(np.uint16)
    stored = rng.integers(0, 256, (40, 50)).astype(np.uint8)
    tifffile.imwrite(path, stored, photometric="palette", colormap=table)
    np.testing.assert_array_equal(pixels_of(path), (table[:, stored] >> 8).transpose(1, 2, 0))


def test_pages_are_planes(tmp_path: Path) -> None:
    path = KINDS["tiff pages"](tmp_path)
    expected = tifffile.imread(path)
    with open_slide(path) as slide:
        assert (slide.n_z, slide.n_t, len(slide.channels)) == (5, 1, 1)
    for z in range(5):
        np.testing.assert_array_equal(pixels_of(path, z)[:, :, 0], expected[z])


def test_pages_of_different_sizes_are_pictures_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "several.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(scene(60, 50), photometric="rgb", metadata=None)
        file.write(scene(110, 70), photometric="rgb", metadata=None)
    with open_slide(path) as first, open_slide(path, series=1) as second:
        assert (first.shape, second.shape) == ((60, 50), (110, 70))
        assert len(first.series_names) == 2
        assert first.name != second.name
        with second.ref.open() as again:
            assert again.shape == (110, 70)


@pytest.mark.parametrize("kind", ["tiff pyramid", "tiff pyramid in subifds"])
def test_coarse_reading_uses_the_stored_levels(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    whole = scene(512, 640)
    with open_slide(path) as slide:
        assert slide.levels == ((512, 640), (256, 320), (128, 160))
        assert slide.level_downsamples == (1.0, 2.0, 4.0)
        for level, step in enumerate((1, 2, 4)):
            box = Box(0, 0, *slide.shape)
            np.testing.assert_array_equal(
                slide.read(Region(box, float(step))), whole[::step, ::step], err_msg=str(level)
            )


def test_an_imagej_hyperstack_has_its_axes_and_scale(tmp_path: Path) -> None:
    path = KINDS["imagej hyperstack"](tmp_path)
    stack = tifffile.imread(path)
    with open_slide(path) as slide:
        assert (slide.n_t, slide.n_z, len(slide.channels), slide.is_rgb) == (2, 3, 2, False)
        assert slide.pixel_size is not None
        assert (slide.pixel_size.y_um, slide.pixel_size.x_um) == (0.25, 0.25)
        assert slide.z_step_um == 1.5
        for t in range(2):
            for z in range(3):
                pixels = slide.read(Region(Box(0, 0, *slide.shape), z=z, t=t))
                np.testing.assert_array_equal(pixels, stack[t, z].transpose(1, 2, 0))


def test_an_ome_tiff_has_its_axes_sizes_and_names(tmp_path: Path) -> None:
    path = KINDS["ome-tiff"](tmp_path)
    stack = tifffile.imread(path)
    with open_slide(path) as slide:
        assert (slide.n_t, slide.n_z) == (1, 3)
        assert [channel.name for channel in slide.channels] == ["DAPI", "Ki67"]
        assert slide.pixel_size is not None
        assert (slide.pixel_size.y_um, slide.pixel_size.x_um) == pytest.approx((0.3, 0.25))
        assert "OME" in slide.pixel_size_note
        pixels = slide.read(Region(Box(0, 0, *slide.shape), z=2, channels=(1,)))
        np.testing.assert_array_equal(pixels[:, :, 0], stack[1, 2])


def test_an_ome_tiff_in_several_files_is_read_across_them(tmp_path: Path) -> None:
    first, second = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    planes = scene(channels=2, dtype=np.uint16)
    places = "".join(
        f'<TiffData FirstC="{c}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="{name}.ome.tif">urn:uuid:{c + 1}</UUID></TiffData>'
        for c, name in enumerate("ab")
    )
    channels = "".join(f'<Channel ID="Channel:0:{c}" SamplesPerPixel="1"/>' for c in range(2))
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
        'SizeX="210" SizeY="150" SizeC="2" SizeZ="1" SizeT="1">'
        f"{channels}{places}</Pixels></Image></OME>"
    )
    tifffile.imwrite(first, planes[:, :, 0], description=xml, metadata=None)
    tifffile.imwrite(
        second, planes[:, :, 1], description=xml.replace('UUID="urn:uuid:1"', 'UUID="urn:uuid:2"'), metadata=None
    )
    np.testing.assert_array_equal(pixels_of(first), planes)
    second.unlink()
    with pytest.raises(SlideNotReadable):
        pixels_of(first)


def test_complex_numbers_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "complex.tif"
    tifffile.imwrite(path, np.ones((20, 20), np.complex64))
    with pytest.raises(SlideNotReadable, match="complex"):
        open_slide(path)


DTYPES = st.sampled_from(["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    dtype=DTYPES,
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    samples=st.sampled_from([1, 3]),
    tile=st.sampled_from([None, (16, 16), (32, 48)]),
    compression=st.sampled_from([None, "zlib", "lzw", "packbits"]),
    predictor=st.booleans(),
    planar=st.booleans(),
    order=st.sampled_from("<>"),
    bigtiff=st.booleans(),
    rows=st.integers(1, 40),
    data=st.data(),
)
def test_any_region_of_any_tiff_is_what_was_written(
    tmp_path: Path, dtype: str, height: int, width: int, samples: int, tile: tuple[int, int] | None,
    compression: str | None, predictor: bool, planar: bool, order: str, bigtiff: bool, rows: int, data: st.DataObject,
) -> None:  # fmt: skip
    whole = scene(height, width, samples, np.dtype(dtype).type)
    stored = np.moveaxis(whole, -1, 0) if planar and samples == 3 else whole if samples == 3 else whole[:, :, 0]
    path = tmp_path / "any.tif"
    tifffile.imwrite(
        path,
        stored,
        photometric="rgb" if samples == 3 else "minisblack",
        planarconfig=("separate" if planar else "contig") if samples == 3 else None,
        tile=tile,
        rowsperstrip=None if tile else rows,
        compression=compression,
        predictor=bool(predictor and compression and dtype != "f2"),
        byteorder=order,
        bigtiff=bigtiff,
    )
    y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, height)), data.draw(st.integers(x0 + 1, width))
    with open_slide(path) as slide:
        assert slide.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(slide.read(Region(Box(y0, x0, y1, x1))), whole[y0:y1, x0:x1])
