"""What a file is, judged by its first bytes: names and suffixes lie, beginnings rarely do."""

from __future__ import annotations

HEAD_BYTES = 1024

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"II+\x00", "tif"),
    (b"MM\x00+", "tif"),
    (b"ZISRAWFILE", "czi"),
    (b"\xda\xce\xbe\x0a", "nd2"),
    (b"\x70\x00\x00\x00", "lif"),
    (b"\x00\x00\x00\x0cjP  ", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
)

SNIFFED = {
    "png": "a PNG picture",
    "jpg": "a JPEG picture",
    "bmp": "a BMP picture",
    "webp": "a WebP picture",
    "tif": "a TIFF picture",
    "dcm": "a DICOM picture",
    "czi": "a Zeiss CZI file",
    "lif": "a Leica LIF file",
    "nd2": "a Nikon ND2 file",
}
"""Kinds that `kind_of` recognises and Cellwright opens, each in words."""

LATER = {
    "ole": "an Olympus OIB or Zeiss ZVI file, or an old Office document",
    "jp2": "a JPEG 2000 picture",
    "gif": "a GIF picture",
    "hdf5": "an HDF5 file, perhaps an Imaris picture",
    "pdf": "a PDF document",
    "zip": "a ZIP archive or an Office document",
}
"""Kinds that `kind_of` recognises and Cellwright does not open, each in words."""

ALIASES = {
    "jpeg": "jpg",
    "jpe": "jpg",
    "jfif": "jpg",
    "tiff": "tif",
    "btf": "tif",
    "tf2": "tif",
    "tf8": "tif",
    "dib": "bmp",
    "dicom": "dcm",
}
"""Other suffixes of the kinds in `SNIFFED`."""


def kind_of(head: bytes) -> str | None:
    """Return the kind of file that begins with these bytes.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the file, or all of it.

    Returns
    -------
    str or None
        A key of `SNIFFED` or `LATER`; None where the bytes say nothing.
    """
    if head[128:132] == b"DICM":
        return "dcm"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    return "dcm" if _is_bare_dicom(head) else None


def _is_bare_dicom(head: bytes) -> bool:
    # Old files leave out the preamble and begin with the first element: group 2 or 8, little endian, a small length.
    group = head[:2]
    return len(head) > 8 and group in (b"\x02\x00", b"\x08\x00") and head[3:4] == b"\x00" and b"1.2.840.10008." in head
