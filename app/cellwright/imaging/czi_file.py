"""The segments of a Zeiss CZI file: its directory of pieces, its XML, its attached pictures, and how pieces are packed.

After Zeiss' description "CZI (DOCU) File Format" 1.2.2: a file is a chain of segments, each beginning with a name of 16
bytes and two lengths; the first names the place of the directory, which lists every piece with its coordinates.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging.failure import DAMAGED, not_readable
from cellwright.imaging.files import FileBytes
from cellwright.imaging.limits import check_decoded_size

_SEGMENT_BYTES = 32
_ENTRY = struct.Struct("<2siqiiBB4xi")
_DIMENSION = struct.Struct("<4siifi")
_ATTACHED_BYTES = 128
_MAX_PIECES = 20_000_000
_MAX_DIMENSIONS = 40
_MAX_XML_BYTES = 256 * 2**20
_PIECE_HEAD = 256
"""A piece's own entry is followed by its XML and its pixels, but never nearer than this."""

PIXEL_TYPES: dict[int, tuple[np.dtype[np.generic], int]] = {
    0: (np.dtype(np.uint8), 1),
    1: (np.dtype(np.uint16), 1),
    2: (np.dtype(np.float32), 1),
    3: (np.dtype(np.uint8), 3),
    4: (np.dtype(np.uint16), 3),
    8: (np.dtype(np.float32), 3),
    9: (np.dtype(np.uint8), 4),
    12: (np.dtype(np.int32), 1),
    13: (np.dtype(np.float64), 1),
}
"""Zeiss' number of a pixel type -> type of a sample and how many a pixel has; more than one are blue, green, red."""

_RAW, _JPEG, _LZW, _JPEG_XR, _ZSTD, _ZSTD_HEADED = 0, 1, 2, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of the directory.

    Parameters
    ----------
    position : int
        Where its segment begins.
    pixel_type, compression : int
        Zeiss' numbers.
    start, size, stored : mapping of str to int
        By dimension (``"X"``, ``"Y"``, ``"C"``, …): where it lies, what it covers, and how many pixels of that are
        stored; fewer than covered in the coarser levels.
    """

    position: int
    pixel_type: int
    compression: int
    start: Mapping[str, int]
    size: Mapping[str, int]
    stored: Mapping[str, int]

    @property
    def reduction(self) -> float:
        """Covered pixels per stored pixel."""
        return max(self.size["X"] / self.stored["X"], self.size["Y"] / self.stored["Y"])


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the file: ``"Label"``, ``"SlidePreview"``, ``"Thumbnail"``."""

    name: str
    kind: str
    position: int


class CziFile:
    """What a CZI file lists.

    Parameters
    ----------
    file : FileBytes
        The open file.
    start : int
        Where it begins in that file; above 0 for one that is attached to another.
    """

    def __init__(self, file: FileBytes, start: int = 0) -> None:
        self.file, self._start = file, start
        head = self._segment(0, b"ZISRAWFILE", 80)
        directory, metadata = struct.unpack_from("<qq", head, 52)
        (attachments,) = struct.unpack_from("<q", head, 72)
        (part,) = struct.unpack_from("<i", head, 48)
        if part:
            raise not_readable(file.path, "it is a later part of a slide in several files", "Open the first of them.")
        if not directory:
            raise not_readable(file.path, "it was never finished: it has no directory of its pictures", DAMAGED)
        self.pieces = self._pieces(directory)
        self.xml = self._xml(metadata) if metadata else ""
        self.attached = self._attached(attachments) if attachments else ()

    def decode(self, piece: Piece) -> NDArray[np.generic]:
        """Return the (Y, X, samples) stored pixels of a piece; colours as red, green, blue."""
        dtype, samples = PIXEL_TYPES[piece.pixel_type]
        height, width = piece.stored["Y"], piece.stored["X"]
        check_decoded_size(self.file.path, height, width, samples * dtype.itemsize, "a piece of it")
        segment = self._segment(piece.position, b"ZISRAWSUBBLOCK", 16)
        xml_bytes, _, data_bytes = struct.unpack_from("<iiq", segment)
        entry = self._read(piece.position + _SEGMENT_BYTES + 16, _ENTRY.size)
        dimensions = _ENTRY.unpack(entry)[-1]
        head = max(_PIECE_HEAD, 16 + _ENTRY.size + dimensions * _DIMENSION.size)
        if not 0 <= data_bytes <= self.file.size or not 0 <= xml_bytes <= self.file.size:
            raise EOFError("a piece is longer than the file")
        data = self._read(piece.position + _SEGMENT_BYTES + head + xml_bytes, data_bytes)
        pixels = _unpacked(data, piece.compression, dtype, (height, width, samples))
        # Opacity is nothing a microscope measures.
        colours = pixels[:, :, :3] if samples == 4 else pixels
        return colours[:, :, ::-1] if samples > 1 and piece.compression != _JPEG_XR else colours

    def content(self, attached: Attached) -> tuple[int, int]:
        """Return where the content of an attached file begins and how long it is."""
        head = self._segment(attached.position, b"ZISRAWATTACH", 8)
        (count,) = struct.unpack_from("<i", head)
        return self._start + attached.position + _SEGMENT_BYTES + 256, count

    def _read(self, offset: int, count: int) -> bytes:
        return self.file.read_at(self._start + offset, count)

    def _segment(self, position: int, name: bytes, count: int) -> bytes:
        """Return the first bytes of a segment's content, after checking its name."""
        if not 0 <= position < self.file.size:
            raise EOFError(f"a part of it should begin at byte {position:,}, and the file has {self.file.size:,}")
        found = self._read(position, 16).rstrip(b"\0")
        if found != name:
            raise ValueError(f"where {name.decode()} should stand there is {found[:16]!r}")
        return self._read(position + _SEGMENT_BYTES, count)

    def _pieces(self, position: int) -> tuple[Piece, ...]:
        (count,) = struct.unpack("<i", self._segment(position, b"ZISRAWDIRECTORY", 4))
        if not 0 <= count <= _MAX_PIECES:
            raise ValueError(f"its directory claims {count:,} pieces")
        (_, used) = struct.unpack("<qq", self._read(position + 16, 16))
        length = min(used or 2**40, self._start + self.file.size - position - _SEGMENT_BYTES) - 128
        data = self._read(position + _SEGMENT_BYTES + 128, max(0, length))
        pieces, offset = [], 0
        for _ in range(count):
            piece, offset = _piece(data, offset)
            pieces.append(piece)
        return tuple(pieces)

    def _xml(self, position: int) -> str:
        (count,) = struct.unpack("<i", self._segment(position, b"ZISRAWMETADATA", 4))
        if not 0 <= count <= _MAX_XML_BYTES:
            raise ValueError(f"its description claims {count:,} bytes")
        return self._read(position + _SEGMENT_BYTES + 256, count).decode("utf-8", errors="replace")

    def _attached(self, position: int) -> tuple[Attached, ...]:
        (count,) = struct.unpack("<i", self._segment(position, b"ZISRAWATTDIR", 4))
        found = []
        for i in range(min(max(count, 0), 1000)):
            entry = self._read(position + _SEGMENT_BYTES + 256 + i * _ATTACHED_BYTES, _ATTACHED_BYTES)
            (place,) = struct.unpack_from("<q", entry, 12)
            kind, name = (entry[a:b].partition(b"\0")[0].decode("utf-8", "replace") for a, b in ((40, 48), (48, 128)))
            found.append(Attached(name, kind, place))
        return tuple(found)


def _piece(data: bytes, offset: int) -> tuple[Piece, int]:
    schema, pixel_type, position, _, compression, _, _, count = _ENTRY.unpack_from(data, offset)
    if schema != b"DV" or not 0 < count <= _MAX_DIMENSIONS:
        raise ValueError("an entry of its directory is of an unknown kind")
    start, size, stored = {}, {}, {}
    for i in range(count):
        name, first, length, _, kept = _DIMENSION.unpack_from(data, offset + _ENTRY.size + i * _DIMENSION.size)
        axis = name.partition(b"\0")[0].decode("ascii", errors="replace")
        start[axis], size[axis], stored[axis] = first, length, kept or length
    if min(stored.get("X", 0), stored.get("Y", 0), size.get("X", 0), size.get("Y", 0)) < 1:
        raise ValueError("an entry of its directory covers no pixels")
    following = offset + _ENTRY.size + count * _DIMENSION.size
    return Piece(position, pixel_type, compression, start, size, stored), following


def _unpacked(data: bytes, how: int, dtype: np.dtype[np.generic], shape: tuple[int, int, int]) -> NDArray[np.generic]:
    import imagecodecs

    if how == _RAW:
        return _numbers(data, dtype, shape)
    if how == _JPEG_XR:
        return _shaped(imagecodecs.jpegxr_decode(data), dtype, shape)
    if how == _JPEG:
        return _shaped(imagecodecs.jpeg_decode(data), dtype, shape)
    expected = int(np.prod(shape)) * dtype.itemsize
    if how == _ZSTD:
        return _numbers(bytes(imagecodecs.zstd_decode(data, out=expected)), dtype, shape)
    if how == _ZSTD_HEADED:
        head = data[0]
        is_split = head == 3 and bool(data[2] & 1)
        plain = bytes(imagecodecs.zstd_decode(data[head:], out=expected))
        return _numbers(_joined(plain) if is_split else plain, dtype, shape)
    if how == _LZW:
        return _numbers(bytes(imagecodecs.lzw_decode(data, out=expected)), dtype, shape)
    raise ValueError(f"its pixels are packed in a way that Zeiss numbers {how}, which is not supported")


def _joined(halves: bytes) -> bytes:
    """Return 16-bit numbers of which all low bytes came before all high bytes."""
    apart = np.frombuffer(halves, np.uint8).reshape(2, -1)
    return np.ascontiguousarray(apart.T).tobytes()


def _numbers(data: bytes, dtype: np.dtype[np.generic], shape: tuple[int, int, int]) -> NDArray[np.generic]:
    count = int(np.prod(shape))
    if len(data) < count * dtype.itemsize:
        raise EOFError(f"a piece holds {len(data):,} bytes where {count * dtype.itemsize:,} should be")
    return np.frombuffer(data, dtype.newbyteorder("<"), count).reshape(shape)


def _shaped(
    pixels: NDArray[np.generic], dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> NDArray[np.generic]:
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if pixels.shape != shape or pixels.dtype != dtype:
        raise ValueError(f"a piece has the shape {pixels.shape} where {shape} should be")
    return pixels
