"""Which reader opens which file: names of the entry-point group ``cellwright.readers`` are suffixes without the dot."""

from __future__ import annotations

from cellwright.imaging.slide import SlideReader
from cellwright.registry import Registry, problem_if_not_callable

_PICTURE = "cellwright.imaging.picture:open_picture"
_TIFF = "cellwright.imaging.tiff:open_tiff"
_DICOM = "cellwright.imaging.dicom:open_dicom"
_SCANNER = "cellwright.imaging.scanner:open_scanner"
_ZARR = "cellwright.imaging.ome_zarr:open_ome_zarr"
_CZI = "cellwright.imaging.czi:open_czi"
_LIF = "cellwright.imaging.lif:open_lif"
_ND2 = "cellwright.imaging.nikon:open_nd2"

OWN_READERS = {
    "png": _PICTURE,
    "jpg": _PICTURE,
    "jpeg": _PICTURE,
    "bmp": _PICTURE,
    "webp": _PICTURE,
    "tif": _TIFF,
    "tiff": _TIFF,
    "btf": _TIFF,
    "ome.tif": _TIFF,
    "ome.tiff": _TIFF,
    "svs": _TIFF,
    "ndpi": _TIFF,
    "lsm": _TIFF,
    "qptiff": _TIFF,
    "mrxs": _SCANNER,
    "scn": _SCANNER,
    "bif": _SCANNER,
    "vms": _SCANNER,
    "vmu": _SCANNER,
    "svslide": _SCANNER,
    "dcm": _DICOM,
    "dicom": _DICOM,
    "zarr": _ZARR,
    "zarr.zip": _ZARR,
    "ozx": _ZARR,
    "czi": _CZI,
    "lif": _LIF,
    "nd2": _ND2,
}
"""The same lines that pyproject.toml declares."""

READERS: Registry[SlideReader] = Registry("cellwright.readers", "reader", OWN_READERS, problem_if_not_callable)
"""Every reader of this process, our own and those of installed packages."""
