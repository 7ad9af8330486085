"""Which reader opens which file: names of the entry-point group ``cellwright.readers`` are suffixes without the dot."""

from __future__ import annotations

from cellwright.imaging.slide import SlideReader
from cellwright.registry import Registry

_PICTURE = "cellwright.imaging.picture:open_picture"
_TIFF = "cellwright.imaging.tiff:open_tiff"
_DICOM = "cellwright.imaging.dicom:open_dicom"

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
    "dcm": _DICOM,
    "dicom": _DICOM,
}
"""The same lines that pyproject.toml declares."""

READERS: Registry[SlideReader] = Registry("cellwright.readers", "reader", OWN_READERS)
"""Every reader of this process, our own and those of installed packages."""
