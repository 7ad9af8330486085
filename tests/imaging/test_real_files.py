"""Every real file that no slide scanner made opens right: shape, type, colours, pixel size, as other readers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, apply_rescale, pixel_array

from cellwright.core import Box, PixelSizeSource, Region
from cellwright.imaging import contrast_limits, open_slide, read_rgb

CELLS = "multichannel_cellprofiler"
TIMELAPSE = [f"{CELLS}/timelapse/DrosophilaEmbryo_GFPHistone_000{i}.tif" for i in range(5)]
# file: (shape, dtype, is_rgb, pixel size y, x in µm)
EXPECTED: dict[str, tuple[tuple[int, int], str, bool, tuple[float, float] | None]] = {
    "ihc.png": ((512, 512), "uint8", True, None),
    "OS-1-detail.ome.tif": ((1101, 1101), "uint8", True, (0.227102, 0.227097)),
    "OS-2-ndpi.ome.tif": ((2202, 2202), "uint8", True, (0.227102, 0.227097)),
    f"{CELLS}/01_POS002_D.TIF": ((1006, 1000), "uint8", False, None),
    f"{CELLS}/01_POS002_R.TIF": ((1006, 1000), "uint8", False, None),
    f"{CELLS}/AS_09125_050116030001_D03f00d0.tif": ((512, 512), "uint8", False, None),
    f"{CELLS}/AS_09125_050116030001_D03f00d1.tif": ((512, 512), "uint8", False, None),
    f"{CELLS}/AS_09125_050116030001_D03f00d2.tif": ((512, 512), "uint8", False, None),
    f"{CELLS}/DMSO_B5_t0.JPG": ((1536, 2304), "uint8", True, None),
    f"{CELLS}/DMSO_B5_t24.JPG": ((1536, 2304), "uint8", True, None),
    **dict.fromkeys(TIMELAPSE, ((264, 542), "uint8", True, None)),
    "dicom/693_UNCR.dcm": ((512, 512), "int16", False, (478.516, 478.516)),
    "dicom/OBXXXX1A_rle.dcm": ((600, 800), "uint8", True, (262.28788, 262.28788)),
    "dicom/RG1_J2KI.dcm": ((1955, 1841), "uint16", False, None),
    "dicom/rsna_cxr_1.2.276.dcm": ((1024, 1024), "uint8", False, (168.0, 168.0)),
    "dicom/wsi_sm_small.dcm": ((2638, 3236), "uint8", True, (15_000 / 2638, 15_000 / 3236)),
}
NO_PICTURES = (".md", ".txt", ".bsd-3")


def by_another_reader(path: Path) -> NDArray[Any]:
    """Read a whole picture without Cellwright, as (Y, X, C)."""
    if path.suffix.lower() in (".png", ".jpg"):
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    elif path.suffix.lower() == ".dcm":
        pixels = dicom_by_pydicom(path)
    elif ".ome." in path.name:
        pixels = tifffile.imread(path)
    else:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("L" if picture.mode in ("P", "L") else "RGB"))
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def dicom_by_pydicom(path: Path) -> NDArray[Any]:
    header = pydicom.dcmread(path)
    if "TotalPixelMatrixRows" in header:
        return tiles_by_pillow(header)
    pixels = pixel_array(header)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, header)
        return (pixels >> 8).astype(np.uint8) if pixels.max() > 255 else pixels.astype(np.uint8)
    pixels = apply_rescale(pixels, header)
    return 2**header.BitsStored - 1 - pixels if header.PhotometricInterpretation == "MONOCHROME1" else pixels


def tiles_by_pillow(header: pydicom.Dataset) -> NDArray[Any]:
    from io import BytesIO

    rows, columns, side = header.TotalPixelMatrixRows, header.TotalPixelMatrixColumns, header.Rows
    # The file does not say in which order its tiles come; seen as a picture, they run down the columns.
    across, down = -(-columns // side), -(-rows // side)
    whole = np.zeros((down * side, across * side, 3), np.uint8)
    for i in range(header.NumberOfFrames):
        frame = get_frame(header.PixelData, i, number_of_frames=header.NumberOfFrames)
        y, x = i % down * side, i // down * side
        whole[y : y + side, x : x + side] = np.asarray(Image.open(BytesIO(frame)).convert("RGB"))
    return whole[:rows, :columns]


@pytest.mark.parametrize("name", list(EXPECTED))
def test_it_opens_with_the_right_shape_type_and_pixel_size(name: str, data_dir: Path) -> None:
    shape, dtype, is_rgb, size = EXPECTED[name]
    with open_slide(data_dir / "formats" / name) as slide:
        assert (slide.shape, slide.dtype, slide.is_rgb) == (shape, np.dtype(dtype), is_rgb)
        assert len(slide.channels) == (3 if is_rgb else 1)
        assert (slide.n_z, slide.n_t) == (1, 1)
        if size is None:
            assert slide.pixel_size is None
        else:
            assert slide.pixel_size is not None
            assert (slide.pixel_size.y_um, slide.pixel_size.x_um) == pytest.approx(size, rel=1e-5)
            assert slide.pixel_size.source is PixelSizeSource.TAG


@pytest.mark.parametrize("name", list(EXPECTED))
def test_its_pixels_are_those_of_another_reader(name: str, data_dir: Path) -> None:
    path = data_dir / "formats" / name
    with open_slide(path) as slide:
        pixels = slide.read(Region(Box(0, 0, *slide.shape)))
    expected = by_another_reader(path)
    # Two JPEG decoders may round a colour conversion differently; nothing else may differ at all.
    tolerance = 2 if name == "dicom/wsi_sm_small.dcm" else 0
    np.testing.assert_allclose(pixels.astype(np.int64), expected.astype(np.int64), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", list(EXPECTED))
def test_it_is_shown_neither_black_nor_white(name: str, data_dir: Path) -> None:
    with open_slide(data_dir / "formats" / name) as slide:
        limits = contrast_limits(slide)
        shown = read_rgb(slide, Region(Box(0, 0, *slide.shape), 4.0), limits)
    assert shown.std() > 8
    assert (shown == 0).mean() < 0.9
    assert (shown == 255).mean() < 0.9


def test_nothing_in_the_folder_was_forgotten(data_dir: Path) -> None:
    folder = data_dir / "formats"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    # What microscopes and slide scanners write has a module of its own.
    scanners = {name for name in names if name.endswith((".svs", ".ndpi", ".czi", ".lif", ".nd2"))}
    texts = {name for name in names if name.lower().endswith(NO_PICTURES)}
    assert names == set(EXPECTED) | scanners | texts


def test_an_x_ray_counted_from_white_is_dark_where_no_body_is(data_dir: Path) -> None:
    with open_slide(data_dir / "formats" / "dicom" / "RG1_J2KI.dcm") as slide:
        shown = read_rgb(slide, Region(Box(0, 0, *slide.shape), 8.0), contrast_limits(slide))
    middle = shown[shown.shape[0] // 3 : -shown.shape[0] // 3, shown.shape[1] // 2 - 12 : shown.shape[1] // 2 + 12]
    corners = np.stack([shown[:8, :8], shown[:8, -8:]])
    assert middle.mean() > corners.mean()  # the spine is bright, air beside the neck is dark


def test_computed_tomography_is_read_in_hounsfield_units(data_dir: Path) -> None:
    with open_slide(data_dir / "formats" / "dicom" / "693_UNCR.dcm") as slide:
        pixels = slide.read(Region(Box(0, 0, *slide.shape)))
        assert contrast_limits(slide) == ((-10.0, 89.0),)
    assert pixels.min() < -1000  # air
    assert pixels.max() > 500  # bone


def test_smears_and_label_sets_open(data_dir: Path) -> None:
    folders = (
        "blood_txl_pbc",
        "blood_bccd_voc",
        "nuclei_dsb2018",
        "wbc_pbc8",
        "rbc_chula12",
        "chest_lung_heart",
        "phase_t98g",
    )
    opened = 0
    for folder in folders:
        paths = sorted(
            p for p in (data_dir / folder).rglob("*") if p.suffix.lower() in (".png", ".jpg", ".bmp", ".tif")
        )
        for path in paths[:: max(1, len(paths) // 12)]:
            with open_slide(path) as slide, Image.open(path) as picture:
                assert slide.shape == (picture.height, picture.width)
                pixels = slide.read(Region(Box(0, 0, *slide.shape)))
                if picture.mode in ("L", "RGB"):
                    np.testing.assert_array_equal(pixels.squeeze(), np.asarray(picture).squeeze())
            opened += 1
    assert opened > 50
