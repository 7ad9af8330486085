"""Every kind of file keeps every law of the `Slide` protocol, by the same tests that a plugin author inherits."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from cellwright.testing.readers import SlideReaderTests
from tests.imaging.samples import KINDS

DICOM_FILES = (
    "693_J2KI.dcm",
    "CT_small.dcm",
    "JPGExtended.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "examples_palette.dcm",
    "image_dfl.dcm",
    "rtdose.dcm",
)


class TestSmallFormatsAndTiff(SlideReaderTests):
    @pytest.fixture(params=list(KINDS))
    def slide_path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return KINDS[request.param](tmp_path)


class TestDicom(SlideReaderTests):
    @pytest.fixture(params=DICOM_FILES)
    def slide_path(self, request: pytest.FixtureRequest) -> Path:
        path = get_testdata_file(request.param, download=False)
        assert isinstance(path, str)
        return Path(path)


class TestRealFiles(SlideReaderTests):
    @pytest.fixture(
        params=[
            "OS-1-detail.ome.tif",
            "CMU-1-Small-Region.svs",
            "multichannel_cellprofiler/01_POS002_D.TIF",
            "dicom/OBXXXX1A_rle.dcm",
        ]
    )
    def slide_path(self, request: pytest.FixtureRequest, data_dir: Path) -> Path:
        return data_dir / "formats" / request.param
