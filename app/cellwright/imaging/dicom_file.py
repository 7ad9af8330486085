"""The outside of a DICOM file: its elements up to the pixels, how it is written, and where the pixels begin."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from cellwright.imaging.failure import DAMAGED, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.limits import max_decoded_bytes

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

_PREAMBLE_BYTES = 132
_GROUP_LENGTH_BYTES = 12


class InflatedBytes:
    """What a deflated file holds, in memory; read like `FileBytes`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes from `offset` on, or raise EOFError."""
        if offset + count > self.size:
            raise EOFError(f"the file ends {offset + count - self.size} bytes too early")
        return self._data[offset : offset + count]

    def close(self) -> None:
        """Do nothing; there is no file to close."""


def open_header(path: Path) -> tuple[FileBytes | InflatedBytes, Dataset, UID, int]:
    """Read everything before the pixels.

    Returns
    -------
    source : FileBytes or InflatedBytes
        Open; to be closed by the caller.
    header : Dataset
        All elements before the pixels.
    syntax : UID
        Transfer syntax of `source`.
    start : int
        Where the pixel element, or the end, is in `source`.
    """
    with path.open("rb") as file:
        header = dcmread(file, stop_before_pixels=True, force=True)
        start = file.tell()
    syntax = _syntax(header)
    if syntax == DeflatedExplicitVRLittleEndian:
        return _open_deflated(path, header)
    return FileBytes(path), header, syntax, start


def _syntax(header: FileDataset) -> UID:
    declared = header.file_meta.get("TransferSyntaxUID") if hasattr(header, "file_meta") else None
    if declared:
        return UID(declared)
    # Files without a heading say nothing; pydicom has then judged by the first element.
    return ImplicitVRLittleEndian if header.original_encoding[0] else ExplicitVRLittleEndian


def _open_deflated(path: Path, header: FileDataset) -> tuple[InflatedBytes, Dataset, UID, int]:
    skip = _PREAMBLE_BYTES + _GROUP_LENGTH_BYTES + int(header.file_meta.FileMetaInformationGroupLength)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(path.read_bytes()[skip:], max_decoded_bytes())
    if inflater.unconsumed_tail:
        raise not_readable(path, "it would fill the memory when unpacked", "Save it without deflate compression.")
    if not inflater.eof:
        raise not_readable(path, "its packed data were cut short", DAMAGED)
    inflated = BytesIO(data)
    inner = dcmread(inflated, stop_before_pixels=True, force=True)
    return InflatedBytes(data), inner, ExplicitVRLittleEndian, inflated.tell()
