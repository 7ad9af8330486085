"""Slides of every maker keep the laws of the `Slide` protocol: real files where there are some, written ones else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cellwright.imaging import Slide
from cellwright.imaging.scanner import open_scanner
from cellwright.testing.readers import SlideReaderTests
from tests.imaging.samples import scene
from tests.imaging.slide_samples import (
    RGB_OMERO,
    tczyx,
    write_czi_mosaic,
    write_dicom_slide,
    write_ome_zarr,
    write_philips,
    write_scn,
    write_svs,
    write_vms,
    zipped,
)


def _czi(packed: int, dtype: type) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_czi_mosaic(folder / "mosaic.czi", packed=packed, dtype=dtype)
        return folder / "mosaic.czi"

    return write


SLIDES: dict[str, Callable[[Path], Path]] = {
    "svs": lambda folder: write_svs(folder / "slide.svs", scene(500, 740)),
    "vms": lambda folder: write_vms(folder, scene(320, 512)),
    "philips": lambda folder: write_philips(folder / "philips.tiff", scene(1024, 1024)),
    "scn": lambda folder: write_scn(folder / "slide.scn", scene(256, 320)),
    "dicom of several resolutions": lambda folder: write_dicom_slide(folder, scene(300, 420)),
    "zarr 0.4": lambda folder: write_ome_zarr(folder / "a.ome.zarr", tczyx(), 2),
    "zarr 0.4 in colour": lambda folder: write_ome_zarr(folder / "a.ome.zarr", tczyx(), 2, omero=RGB_OMERO),
    "zarr 0.4 in a zip": lambda folder: zipped(write_ome_zarr(folder / "a.ome.zarr", tczyx(), 2)),
    "zarr 0.5": lambda folder: write_ome_zarr(folder / "a.zarr", tczyx(), 3),
    "zarr 0.5 in a zip": lambda folder: zipped(write_ome_zarr(folder / "a.zarr", tczyx(), 3), "a.zarr/"),
    "czi": _czi(0, np.uint16),
    "czi in colour": _czi(0, np.uint8),
    "czi packed": _czi(6, np.uint16),
}


class TestWritten(SlideReaderTests):
    @pytest.fixture(params=list(SLIDES))
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return SLIDES[request.param](tmp_path)


class TestReal(SlideReaderTests):
    @pytest.fixture(
        params=["CD_s_1_t_3_c_2_z_5.czi", "LeicaLASX_wavelength-sweep_example.lif", "cluster.nd2"],
    )
    def slide_path(self, request: pytest.FixtureRequest, data_dir: Path) -> Path:
        return data_dir / "formats" / str(request.param)


class TestThroughOpenSlide(SlideReaderTests):
    """The formats of which no small file exists are read by the same class as this one."""

    @pytest.fixture
    def slide_path(self, data_dir: Path) -> Path:
        return data_dir / "formats" / "CMU-1-Small-Region.svs"

    def open(self, path: Path) -> Slide:
        return open_scanner(path)
