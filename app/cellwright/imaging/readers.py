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

_TIFFS = ("tif", "tiff", "btf")

FILE_KINDS = {
    "Slides": ("svs", "ndpi", "mrxs", "scn", "bif", "vms", "vmu", "svslide", "qptiff", *_TIFFS, "dcm", "zarr.zip"),
    "Microscope files": ("czi", "lif", "nd2", "lsm", "ome.tif", "ome.tiff", *_TIFFS, "zarr.zip", "ozx"),
    "Photographs": ("png", "jpg", "jpeg", "bmp", "webp", *_TIFFS),
    "DICOM": ("dcm", "dicom"),
}
"""Groups of suffixes for a dialog that asks for files; every suffix of ours is in one, but for folders (``zarr``)."""

READERS: Registry[SlideReader] = Registry("cellwright.readers", "reader", OWN_READERS, problem_if_not_callable)
"""Every reader of this process, our own and those of installed packages."""
