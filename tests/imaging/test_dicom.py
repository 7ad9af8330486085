"""DICOM: values as pydicom gives them, brighter always more, windows, spacings, frames and tiles."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_rescale, pixel_array
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1

from cellwright.core import Box, Region, SlideNotReadable
from cellwright.imaging import contrast_limits, open_slide

GREY = (
    "693_J2KI.dcm",
    "CT_small.dcm",
    "JPGExtended.dcm",
    "JPEG-lossy.dcm",
    "JPEG2000.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "examples_overlay.dcm",
    "rtdose.dcm",
)
COLOUR = (
    "ExplVR_BigEnd.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_jls_lossy_line.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "examples_jpeg2k.dcm",
    "examples_ybr_color.dcm",
)


def sample(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def pixels_of(path: Path, z: int = 0, t: int = 0) -> NDArray[Any]:
    with open_slide(path) as slide:
        return slide.read(Region(Box(0, 0, *slide.shape), z=z, t=t))


def small(tmp_path: Path, name: str = "made.dcm", pixels: NDArray[Any] | None = None, **elements: Any) -> Path:
    """Write a little X-ray with some elements changed (None leaves one out)."""
    header = copy.deepcopy(pydicom.dcmread(sample("MR_small.dcm")))
    header.Modality = "DX"
    for keyword in ("WindowCenter", "WindowWidth", "PixelSpacing", "SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in header:
            delattr(header, keyword)
    array = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) if pixels is None else pixels
    header.Rows, header.Columns = array.shape[-2:] if array.ndim == 3 else array.shape[:2]
    header.PixelRepresentation, header.BitsStored, header.HighBit, header.BitsAllocated = 0, 12, 11, 16
    header.PixelData = array.tobytes()
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    path = tmp_path / name
    header.save_as(path, enforce_file_format=True)
    return path


def item(**elements: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("name", GREY)
def test_greys_are_the_rescaled_values_of_pydicom(name: str) -> None:
    path = sample(name)
    expected = apply_rescale(pixel_array(path, index=0), pydicom.dcmread(path, stop_before_pixels=True))
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], expected)


@pytest.mark.parametrize("name", COLOUR)
def test_colours_are_those_of_pydicom(name: str) -> None:
    path = sample(name)
    expected = pydicom.dcmread(path).pixel_array if "big_endian" in name else pixel_array(path, index=0)
    with open_slide(path) as slide:
        assert slide.is_rgb
    np.testing.assert_array_equal(pixels_of(path), expected)


def test_a_palette_is_looked_up() -> None:
    from pydicom.pixels import apply_color_lut

    path = sample("examples_palette.dcm")
    header = pydicom.dcmread(path)
    expected = apply_color_lut(header.pixel_array, header)
    np.testing.assert_array_equal(pixels_of(path), expected >> 8 if expected.max() > 255 else expected)


def test_jpeg_lossless_is_undone(tmp_path: Path) -> None:
    import imagecodecs

    array = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    packed = imagecodecs.ljpeg_encode(array, bitspersample=16)
    path = small(tmp_path, pixels=array, BitsStored=16, HighBit=15)
    header = pydicom.dcmread(path)
    header.PixelData = encapsulate([packed])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    header.save_as(path)
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], array)


def test_monochrome1_is_turned_so_that_brighter_is_more(tmp_path: Path) -> None:
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    path = small(tmp_path, PhotometricInterpretation="MONOCHROME1", WindowCenter=1000, WindowWidth=500)
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], 4095 - stored)
    plain = small(tmp_path, "plain.dcm", WindowCenter=1000, WindowWidth=500)
    with open_slide(path) as turned, open_slide(plain) as straight:
        (low, high), (plain_low, plain_high) = contrast_limits(turned)[0], contrast_limits(straight)[0]
    assert (low, high) == (4095 - plain_high, 4095 - plain_low)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (None, (39.5 - 49.5, 39.5 + 49.5)),
        ("LINEAR", (-10.0, 89.0)),
        ("LINEAR_EXACT", (-10.0, 90.0)),
        ("SIGMOID", (-10.0, 90.0)),
    ],
)
def test_the_window_of_the_file_is_the_first_contrast(function: str | None, expected: Any, tmp_path: Path) -> None:
    elements = {"VOILUTFunction": function} if function else {}
    path = small(tmp_path, WindowCenter=[40, 700], WindowWidth=[100, 1400], **elements)
    with open_slide(path) as slide:
        assert contrast_limits(slide) == (expected,)


def test_a_window_that_no_pixel_falls_into_is_ignored(tmp_path: Path) -> None:
    for centre, width in ((99999, 10), (40, 0), (-5000, 100)):
        path = small(tmp_path, WindowCenter=centre, WindowWidth=width)
        with open_slide(path) as slide:
            low, high = contrast_limits(slide)[0]
        assert 0 <= low < 60
        assert 4030 < high <= 4095


def test_a_look_up_table_gives_the_contrast_where_it_rises(tmp_path: Path) -> None:
    table = np.zeros(4096, np.uint16)
    table[1000:2000] = np.linspace(0, 65535, 1000)
    table[2000:] = 65535
    path = small(tmp_path, VOILUTSequence=Sequence([item(LUTDescriptor=[4096, 0, 16], LUTData=table.tobytes())]))
    with open_slide(path) as slide:
        low, high = contrast_limits(slide)[0]
    assert 1000 <= low < 1015
    assert 1985 < high <= 2000


def test_rescale_gives_hounsfield_units(tmp_path: Path) -> None:
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    path = small(tmp_path, RescaleSlope=1, RescaleIntercept=-1024)
    pixels = pixels_of(path)
    assert pixels.dtype == np.int16
    np.testing.assert_array_equal(pixels[:, :, 0], stored.astype(np.int16) - 1024)
    fraction = small(tmp_path, RescaleSlope="0.5", RescaleIntercept="0.25")
    pixels = pixels_of(fraction)
    assert pixels.dtype == np.float32
    np.testing.assert_allclose(pixels[:, :, 0], stored * 0.5 + 0.25)


def test_a_modality_table_is_looked_up(tmp_path: Path) -> None:
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    table = (np.arange(4096, dtype=np.uint16) * 3 + 7).astype(np.uint16)
    group = item(LUTDescriptor=[4096, 0, 16], LUTData=table.tobytes(), ModalityLUTType="US")
    path = small(tmp_path, ModalityLUTSequence=Sequence([group]))
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], table[stored])


@pytest.mark.parametrize(
    ("elements", "size_um", "words"),
    [
        ({}, None, "does not say"),
        ({"PixelSpacing": [0.2, 0.3]}, (200, 300), "detector"),
        ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, (200, 200), "detector"),
        ({"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.2, 0.2]}, (150, 150), "calibrated"),
        ({"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"}, (200, 200), "calibrated"),
        ({"ImagerPixelSpacing": [0.2, 0.3]}, (200, 300), "detector"),
        (
            {"ImagerPixelSpacing": [0.2, 0.3], "EstimatedRadiographicMagnificationFactor": 1.25},
            (160, 240),
            "magnification 1.25",
        ),
        ({"PixelSpacing": [0.2, 0.3], "Modality": "CT"}, (200, 300), "PixelSpacing"),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (100, 100), "scanned film"),
        ({"PixelSpacing": [0, 0]}, None, "does not say"),
    ],
)
def test_the_pixel_size_says_of_what_plane_it_is_true(
    elements: dict[str, Any], size_um: tuple[float, float] | None, words: str, tmp_path: Path
) -> None:
    with open_slide(small(tmp_path, **elements)) as slide:
        assert words in slide.pixel_size_note
        if size_um is None:
            assert slide.pixel_size is None
        else:
            assert slide.pixel_size is not None
            assert (slide.pixel_size.y_um, slide.pixel_size.x_um) == pytest.approx(size_um)


@pytest.mark.parametrize(("modality", "n_z", "n_t"), [("CT", 3, 1), ("XA", 1, 3), ("US", 1, 3)])
def test_frames_are_slices_or_moments(modality: str, n_z: int, n_t: int, tmp_path: Path) -> None:
    frames = np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30)
    path = small(tmp_path, pixels=frames, NumberOfFrames=3, Modality=modality)
    with open_slide(path) as slide:
        assert (slide.n_z, slide.n_t) == (n_z, n_t)
    for i in range(3):
        pixels = pixels_of(path, z=i) if n_z > 1 else pixels_of(path, t=i)
        np.testing.assert_array_equal(pixels[:, :, 0], frames[i])


def test_tiles_of_a_slide_become_one_picture(tmp_path: Path) -> None:
    whole = np.arange(50 * 70, dtype=np.uint16).reshape(50, 70) % 4096
    padded = np.zeros((60, 90), np.uint16)
    padded[:50, :70] = whole
    tiles = [padded[y : y + 20, x : x + 30] for y in range(0, 60, 20) for x in range(0, 90, 30)]
    order = list(reversed(range(9)))
    places = Sequence(
        [
            item(
                PlanePositionSlideSequence=Sequence(
                    [
                        item(
                            RowPositionInTotalImagePixelMatrix=i // 3 * 20 + 1,
                            ColumnPositionInTotalImagePixelMatrix=i % 3 * 30 + 1,
                        )
                    ]
                )
            )
            for i in order
        ]
    )
    sizes = {"TotalPixelMatrixRows": 50, "TotalPixelMatrixColumns": 70, "NumberOfFrames": 9, "Modality": "SM"}
    full = small(tmp_path, "full.dcm", np.stack(tiles), DimensionOrganizationType="TILED_FULL", **sizes)
    sparse = small(
        tmp_path, "sparse.dcm", np.stack([tiles[i] for i in order]), PerFrameFunctionalGroupsSequence=places, **sizes
    )
    for path in (full, sparse):
        with open_slide(path) as slide:
            assert slide.shape == (50, 70)
        np.testing.assert_array_equal(pixels_of(path)[:, :, 0], whole)


@pytest.mark.parametrize("runs_down", [False, True])
def test_tiles_without_places_are_put_where_their_seams_fit(runs_down: bool, tmp_path: Path) -> None:
    y, x = np.mgrid[0:60, 0:90]
    whole = (y * 20 + x * 7 + 300 * np.sin(x / 7) + 400).astype(np.uint16)
    corners = [(r, c) for r in range(0, 60, 20) for c in range(0, 90, 30)]
    corners = sorted(corners, key=lambda corner: corner[::-1]) if runs_down else corners
    frames = np.stack([whole[r : r + 20, c : c + 30] for r, c in corners])
    sizes = {"TotalPixelMatrixRows": 60, "TotalPixelMatrixColumns": 90, "NumberOfFrames": 9, "Modality": "SM"}
    np.testing.assert_array_equal(pixels_of(small(tmp_path, "tiles.dcm", frames, **sizes))[:, :, 0], whole)


def test_a_report_without_pixels_says_so() -> None:
    with pytest.raises(SlideNotReadable, match="no picture"):
        open_slide(sample("test-SR.dcm"))


def test_pixels_longer_than_needed_are_fine(tmp_path: Path) -> None:
    array = np.arange(64 * 64, dtype=np.uint16)
    path = small(tmp_path)
    header = pydicom.dcmread(path)
    header.PixelData = array.tobytes() + bytes(10)
    header.save_as(path)
    assert header.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    np.testing.assert_array_equal(pixels_of(path)[:, :, 0], array.reshape(64, 64))
