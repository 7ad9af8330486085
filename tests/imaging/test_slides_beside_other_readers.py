"""Slides and microscope files, real and written: the same pixels, sizes and objectives as other readers see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import czifile
import liffile
import nd2
import numpy as np
import openslide
import pytest
import tifffile
import zarr
from numpy.typing import NDArray

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import Slide, open_slide
from cellwright.imaging.scanner import ScannerSlide
from cellwright.imaging.tiff import TiffSlide
from tests.imaging.samples import scene
from tests.imaging.slide_samples import (
    RGB_OMERO,
    czi_piece,
    czi_xml,
    halved,
    tczyx,
    write_czi,
    write_czi_mosaic,
    write_dicom_slide,
    write_ome_zarr,
    write_philips,
    write_scn,
    write_svs,
    write_vms,
    zipped,
)

SVS, NDPI = "CMU-1-Small-Region.svs", "test3-DAPI-2-387.ndpi"


def whole(slide: Slide, z: int = 0, t: int = 0, downsample: float = 1.0) -> NDArray[Any]:
    return slide.read(Region(Box(0, 0, *slide.shape), downsample, z, t))


def by_openslide(path: Path, level: int, box: Box) -> NDArray[np.uint8]:
    """Return a box of a level, its corner in level-0 pixels and its size in the level's, as OpenSlide reads it."""
    with openslide.OpenSlide(path) as reference:
        picture = reference.read_region((box.x0, box.y0), level, (box.width, box.height))
    return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize(("name", "vendor"), [(SVS, "aperio"), (NDPI, "hamamatsu")])
def test_scanner_slides_are_what_openslide_sees(name: str, vendor: str, data_dir: Path) -> None:
    path = data_dir / "formats" / name
    with open_slide(path) as slide, openslide.OpenSlide(path) as reference:
        said = reference.properties
        assert said["openslide.vendor"] == vendor
        assert slide.shape == reference.dimensions[::-1]
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(float(said["openslide.mpp-x"]), rel=1e-4)
        assert slide.magnification == float(said["openslide.objective-power"])
        assert set(reference.associated_images) <= set(slide.associated)
        for level_shape in slide.levels:
            assert level_shape[::-1] in reference.level_dimensions
        pixels = whole(slide)
        expected = by_openslide(path, 0, Box(0, 0, *slide.shape))
        np.testing.assert_allclose(pixels.astype(np.int16), expected.astype(np.int16), atol=2)
        for picture in reference.associated_images:
            own = slide.read_associated(picture)
            other = np.asarray(reference.associated_images[picture].convert("RGB"))
            np.testing.assert_allclose(own.astype(np.int16), other.astype(np.int16), atol=3)


def test_the_coarser_levels_of_a_real_ndpi_are_those_of_openslide(data_dir: Path) -> None:
    path = data_dir / "formats" / NDPI
    with open_slide(path) as slide:
        assert len(slide.levels) == 4
        for level, step in ((1, 2), (3, 8)):
            box = Box(160, 320, 160 + 256 * step, 320 + 192 * step)
            expected = by_openslide(path, level, Box(160, 320, 160 + 256, 320 + 192))
            pixels = slide.read(Region(box, float(step)))
            np.testing.assert_allclose(pixels.astype(np.int16), expected.astype(np.int16), atol=2)


def test_openslide_and_tifffile_read_the_same_from_our_two_readers(data_dir: Path) -> None:
    path = data_dir / "formats" / SVS
    with ScannerSlide(path) as one, TiffSlide(path, 0) as other:
        assert one.shape == other.shape
        assert one.magnification == other.magnification == 20.0
        assert one.pixel_size == other.pixel_size
        assert set(one.associated) == set(other.associated) == {"label", "macro", "thumbnail"}
        np.testing.assert_allclose(whole(one).astype(np.int16), whole(other).astype(np.int16), atol=1)


def test_a_pyramid_written_from_the_real_svs_has_openslides_levels(data_dir: Path, tmp_path: Path) -> None:
    pixels = tifffile.imread(data_dir / "formats" / SVS)[:1920, :1920]
    path = write_svs(tmp_path / "levels.svs", pixels, mpp=0.499, app_mag=20)
    with open_slide(path) as slide, openslide.OpenSlide(path) as reference:
        assert isinstance(slide, TiffSlide)
        assert tuple(size[::-1] for size in reference.level_dimensions) == slide.levels
        assert slide.level_downsamples == (1.0, 4.0, 16.0)
        assert slide.associated == ("thumbnail", "label", "macro")
        assert slide.pixel_size_note == "Aperio MPP"
        for level, step in enumerate((1, 4, 16)):
            size = 1920 // step
            pixels = whole(slide, downsample=float(step))
            expected = by_openslide(path, level, Box(0, 0, size, size))
            np.testing.assert_allclose(pixels.astype(np.int16), expected.astype(np.int16), atol=2)


@pytest.mark.parametrize("photometric", ["rgb", "ycbcr"])
@pytest.mark.parametrize("compression", [33003, 33005])
def test_aperio_jpeg_2000_has_the_colours_that_openslide_sees(
    compression: int, photometric: str, tmp_path: Path
) -> None:
    path = tmp_path / "slide.svs"
    about = "Aperio Image Library v11.2.1 \r\n480x480 (240x240) J2K|AppMag = 20|MPP = 0.5"
    options: dict[str, Any] = {"photometric": photometric, "compression": compression, "metadata": None}
    tifffile.imwrite(path, scene(480, 480), tile=(240, 240), description=about, **options)
    with open_slide(path) as slide:
        pixels = whole(slide)
    expected = by_openslide(path, 0, Box(0, 0, 480, 480))
    np.testing.assert_allclose(pixels.astype(int), expected.astype(int), atol=1)


@pytest.mark.parametrize("write", [write_vms, lambda folder, pixels: write_philips(folder / "slide.tiff", pixels)])
def test_formats_that_only_openslide_reads_are_read_by_it(write: Any, tmp_path: Path) -> None:
    path = write(tmp_path, scene(512, 512))
    with open_slide(path) as slide:
        assert isinstance(slide, ScannerSlide)
        assert slide.shape == (512, 512)
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(0.25)
        np.testing.assert_array_equal(whole(slide), by_openslide(path, 0, Box(0, 0, 512, 512)))


def test_where_a_scanner_left_glass_out_there_is_paper(tmp_path: Path) -> None:
    path = write_scn(tmp_path / "slide.scn", scene(256, 320), corner=(100, 60))
    renamed = path.with_suffix(".tif")
    renamed.write_bytes(path.read_bytes())
    for file in (path, renamed):
        with open_slide(file) as slide:
            assert isinstance(slide, ScannerSlide)
            assert slide.shape == (456, 440)
            assert (slide.magnification, slide.associated) == (20.0, ("macro",))
            assert slide.pixel_size is not None
            assert slide.pixel_size.x_um == pytest.approx(0.25)
            pixels = whole(slide)
            assert (pixels[:100] == 255).all()
            assert (pixels[:, :60] == 255).all()
            scanned = pixels[100:356, 60:380]
            np.testing.assert_allclose(scanned.astype(int), tifffile.imread(path, key=1).astype(int), atol=2)


def test_a_dicom_slide_is_found_whole_from_any_of_its_files(tmp_path: Path) -> None:
    write_dicom_slide(tmp_path, scene(300, 420))
    for name in ("level0.dcm", "level2.dcm"):
        with open_slide(tmp_path / name) as slide:
            assert isinstance(slide, ScannerSlide)
            assert slide.levels == ((300, 420), (150, 210), (75, 105))
            assert slide.magnification == 20
            assert slide.pixel_size is not None
            assert slide.pixel_size.x_um == pytest.approx(0.5)
            np.testing.assert_array_equal(whole(slide), by_openslide(tmp_path / name, 0, Box(0, 0, 300, 420)))


def test_a_real_czi_is_what_czifile_reads(data_dir: Path) -> None:
    path = data_dir / "formats" / "CD_s_1_t_3_c_2_z_5.czi"
    with czifile.CziFile(path) as reference:
        expected = reference.asarray()[0, ..., 0]  # T, C, Z, Y, X
    with open_slide(path) as slide:
        assert (slide.n_t, len(slide.channels), slide.n_z, *slide.shape) == expected.shape
        assert [channel.name for channel in slide.channels] == ["LED555", "LED470"]
        assert slide.magnification == 50
        assert slide.pixel_size_note == "CZI scaling"
        assert slide.z_step_um == pytest.approx(0.32)
        for t in range(slide.n_t):
            for z in range(slide.n_z):
                np.testing.assert_array_equal(whole(slide, z, t), np.moveaxis(expected[t, :, z], 0, -1))
        assert slide.read_associated("thumbnail").shape[2] == 3


@pytest.mark.parametrize("dtype", [np.uint16, np.uint8])
def test_a_czi_mosaic_is_what_czifile_puts_together(dtype: type, tmp_path: Path) -> None:
    path = tmp_path / "mosaic.czi"
    drawn = write_czi_mosaic(path, dtype=dtype)
    drawn = drawn.reshape(*drawn.shape[:2], -1)
    with czifile.CziFile(path) as reference:
        y, x = (reference.axes.index(axis) for axis in "YX")
        start = reference.start[y], reference.start[x]
        together = reference.asarray()[0].squeeze()
    together = together.reshape(*together.shape[:2], -1)
    with open_slide(path) as slide:
        assert slide.series_names == ("upper", "lower")
        assert slide.levels == ((300, 410), (150, 205))
        np.testing.assert_array_equal(whole(slide), drawn)
        corner = (1000 - start[0], -50 - start[1])
        np.testing.assert_array_equal(whole(slide), together[corner[0] : corner[0] + 300, corner[1] : corner[1] + 410])
        np.testing.assert_array_equal(whole(slide, downsample=2.0), drawn[::2, ::2])
        assert slide.read_associated("label").shape == (40, 60, 3)
    with open_slide(path, 1) as lower:
        np.testing.assert_array_equal(whole(lower), drawn[:90, :70])


@pytest.mark.parametrize("packed", [5, 6])
@pytest.mark.parametrize("dtype", [np.uint16, np.uint8])
def test_packed_czi_pieces_are_those_of_unpacked_ones(packed: int, dtype: type, tmp_path: Path) -> None:
    write_czi_mosaic(tmp_path / "plain.czi", dtype=dtype)
    write_czi_mosaic(tmp_path / "packed.czi", dtype=dtype, packed=packed)
    with open_slide(tmp_path / "plain.czi") as plain, open_slide(tmp_path / "packed.czi") as packed_slide:
        np.testing.assert_array_equal(whole(plain), whole(packed_slide))


def test_the_piece_on_top_of_a_czi_mosaic_is_the_later_one(tmp_path: Path) -> None:
    low, high = np.full((40, 40), 7, np.uint16), np.full((40, 40), 9, np.uint16)
    pieces = [
        czi_piece(high, {"X": 20, "Y": 0, "M": 1}),
        czi_piece(low, {"X": 0, "Y": 0, "M": 0}),
    ]
    with open_slide(write_czi(tmp_path / "overlap.czi", pieces)) as slide:
        pixels = whole(slide)[:, :, 0]
    assert (pixels[:, 19:21] == [7, 9]).all()


def test_a_czi_level_with_holes_is_not_used(tmp_path: Path) -> None:
    full = scene(256, 256, 1, np.uint16)[:, :, 0]
    pieces = [
        czi_piece(full, {"X": 0, "Y": 0, "M": 0}),
        czi_piece(full[:128:2, :128:2], {"X": 0, "Y": 0}, covers=(128, 128)),
    ]
    with open_slide(write_czi(tmp_path / "holes.czi", pieces)) as slide:
        assert slide.levels == ((256, 256),)
        assert whole(slide, downsample=2.0).min() > 0


def test_a_czi_plane_that_was_never_taken_is_no_black_picture(tmp_path: Path) -> None:
    full = scene(64, 64, 1, np.uint16)[:, :, 0]
    pieces = [czi_piece(full, {"X": 0, "Y": 0, "Z": z, "C": c}) for z, c in ((0, 0), (0, 1), (1, 0))]
    with open_slide(write_czi(tmp_path / "stopped.czi", pieces)) as slide:
        assert whole(slide).shape == (64, 64, 2)
        with pytest.raises(SlideNotReadable, match="never taken"):
            whole(slide, z=1)


def test_a_czi_whose_tags_disagree_says_so(tmp_path: Path) -> None:
    piece = czi_piece(scene(32, 32, 1, np.uint16)[:, :, 0], {"X": 0, "Y": 0})
    with open_slide(write_czi(tmp_path / "slip.czi", [piece], xml=czi_xml(63, 1e-5))) as slide:
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(10.0)
        assert slide.pixel_size_note == "CZI scaling, but with 63× about 0.16 µm/px would be expected"


def test_a_real_lif_is_what_liffile_reads(data_dir: Path) -> None:
    path = data_dir / "formats" / "LeicaLASX_wavelength-sweep_example.lif"
    with liffile.LifFile(path) as reference:
        arrays = [image.asarray() for image in reference.images]
        names = tuple(image.name for image in reference.images)
    for series, expected in enumerate(arrays):
        with open_slide(path, series) as slide:
            assert slide.series_names == names
            assert slide.pixel_size is not None
            assert slide.pixel_size.x_um == pytest.approx(6.603309 / 63, rel=1e-5)
            assert slide.magnification == 63
            planes = expected if expected.ndim == 5 else expected[None, :, None]  # T, wavelength, Z, Y, X
            for t in range(slide.n_t):
                for z in range(slide.n_z):
                    np.testing.assert_array_equal(whole(slide, z, t), np.moveaxis(planes[t, :, z], 0, -1))
    assert arrays[2].shape[:3] == (2, 10, 11)


def test_a_real_nd2_is_what_nd2_reads(data_dir: Path) -> None:
    path = data_dir / "formats" / "cluster.nd2"
    expected = nd2.imread(path)  # T, Z, C, Y, X
    with open_slide(path) as slide:
        assert (slide.n_t, slide.n_z, len(slide.channels), *slide.shape) == expected.shape
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(0.16781, rel=1e-4)
        assert (slide.magnification, slide.z_step_um) == (60.0, 0.5)
        assert slide.channels[0].name == "5-FAM/pH 9.0"
        for t in range(slide.n_t):
            for z in range(slide.n_z):
                np.testing.assert_array_equal(whole(slide, z, t), np.moveaxis(expected[t, z], 0, -1))


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("place", ["folder", "zip", "folder in a zip"])
def test_ome_zarr_is_what_zarr_reads(version: int, place: str, tmp_path: Path) -> None:
    folder = write_ome_zarr(tmp_path / "drawn.ome.zarr", tczyx(), version, omero=RGB_OMERO)
    expected = [np.asarray(zarr.open_array(folder, path=str(level), mode="r")[:]) for level in range(3)]
    path = {"folder": lambda: folder, "zip": lambda: zipped(folder)}.get(place, lambda: zipped(folder, "drawn/"))()
    with open_slide(path) as slide:
        assert slide.levels == ((150, 210), (75, 105), (38, 53))
        assert slide.is_rgb
        assert (slide.n_z, slide.n_t, slide.z_step_um) == (2, 2, 2.0)
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == pytest.approx(0.25)
        assert slide.pixel_size_note == "OME-Zarr scale"
        for z in range(2):
            for t in range(2):
                np.testing.assert_array_equal(whole(slide, z, t), np.moveaxis(expected[0][t, :, z], 0, -1))
                half = slide.read(Region(Box(0, 0, 150, 210), 2.0, z, t))
                np.testing.assert_array_equal(half, np.moveaxis(expected[1][t, :, z], 0, -1))
    np.testing.assert_array_equal(expected[1], halved(expected[0], 1))


def test_several_pictures_of_a_converted_file_are_series(tmp_path: Path) -> None:
    folder = tmp_path / "converted.zarr"
    group = zarr.open_group(folder, mode="w", zarr_format=2, attributes={"bioformats2raw.layout": 3})
    del group
    for series in range(2):
        write_ome_zarr(folder / str(series), tczyx() + np.uint8(series), 2)
    with open_slide(folder, 1) as slide:
        assert len(slide.series_names) == 2
        np.testing.assert_array_equal(whole(slide), np.moveaxis(tczyx()[0, :, 0] + np.uint8(1), 0, -1))
