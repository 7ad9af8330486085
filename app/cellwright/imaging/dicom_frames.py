"""Frames of a DICOM file: where each lies and how its bytes become pixels, without reading the others."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

from cellwright.imaging.dicom_codecs import lend_decoders
from cellwright.imaging.failure import DAMAGED, not_readable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.uid import UID

_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_LONG_VALUES = frozenset({b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV"})
_KEYWORDS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}

Span = tuple[int, int]
"""Offset and length in bytes."""


class RandomBytes(Protocol):
    """Bytes that can be read from anywhere."""

    size: int

    def read_at(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes, or raise EOFError."""
        ...


class Frames:
    """The stored frames of one file.

    Parameters
    ----------
    path : Path
        For messages.
    source : RandomBytes
        The file, or what was inflated from it.
    header : Dataset
        All elements before the pixels.
    syntax : UID
        How the file is written.
    start : int
        Where the pixel element begins.

    Raises
    ------
    SlideNotReadable
        If the pixels are missing or cut short, or compressed in a way that cannot be decoded here.
    """

    def __init__(self, path: Path, source: RandomBytes, header: Dataset, syntax: UID, start: int) -> None:
        lend_decoders()
        self._path = path
        self._source = source
        self._syntax = syntax
        self.count = max(1, int(header.get("NumberOfFrames") or 1))
        self._decoder = self._find_decoder(syntax)
        keyword, kind, value, length = self._pixel_element(start)
        self._options = _pixel_options(header, keyword, kind)
        if length == _UNDEFINED:
            self._spans = self._encapsulated(value)
        else:
            self._spans = self._native(value, length)

    def read(self, index: int) -> tuple[NDArray[Any], str]:
        """Return one frame.

        Returns
        -------
        pixels : (Y, X, S) ndarray
            Stored values, YCbCr already turned into RGB.
        photometric : str
            What they mean now: ``"MONOCHROME2"``, ``"RGB"``, ``"PALETTE COLOR"``, …
        """
        data = b"".join(self._source.read_at(offset, length) for offset, length in self._spans[index])
        options = dict(self._options)
        if self._syntax.is_encapsulated:
            if options["photometric_interpretation"] == "RGB" and data[6:11] == b"JFIF\x00":
                # Such a JPEG holds YCbCr by its own standard, whatever was copied into the data set.
                options["photometric_interpretation"] = "YBR_FULL_422"
            data = encapsulate([data], has_bot=False)
        pixels, meta = self._decoder.as_array(data, **options)
        return pixels.reshape(*pixels.shape[:2], -1), str(meta["photometric_interpretation"])

    def _find_decoder(self, syntax: UID) -> Any:
        try:
            decoder = get_decoder(syntax)
        except NotImplementedError as error:
            reason = f"its pixels are written as {syntax.name}, which no decoder here knows"
            raise not_readable(self._path, reason, "Export it uncompressed or as JPEG 2000.") from error
        if not decoder.is_available:
            reason = f"its pixels are written as {syntax.name}, whose decoder is not installed"
            raise not_readable(self._path, reason, "Export it uncompressed or as JPEG 2000.")
        return decoder

    def _pixel_element(self, start: int) -> tuple[str, str, int, int]:
        """Return keyword, type, position and length of the value that holds the pixels."""
        missing = not_readable(self._path, "there are no pixels in it", "It may be a report or plan; open the images.")
        if start + 8 > self._source.size:
            raise missing
        order = self._order
        group, element = struct.unpack(order + "HH", self._source.read_at(start, 4))
        keyword = _KEYWORDS.get(group << 16 | element)
        if keyword is None:
            raise missing
        kind = self._source.read_at(start + 4, 2)
        if not self._syntax.is_implicit_VR and kind in _LONG_VALUES:
            length = struct.unpack(order + "I", self._source.read_at(start + 8, 4))[0]
            return keyword, kind.decode(), start + 12, length
        return keyword, "OW", start + 8, struct.unpack(order + "I", self._source.read_at(start + 4, 4))[0]

    def _native(self, value: int, length: int) -> list[Sequence[Span]]:
        o = self._options
        bits = o["rows"] * o["columns"] * o["samples_per_pixel"] * o["bits_allocated"]
        if o["photometric_interpretation"] == "YBR_FULL_422":
            bits = bits // 3 * 2
        if bits % 8:
            reason = "its frames do not begin at whole bytes, which is not supported"
            raise not_readable(self._path, reason, "Export each frame as a picture of its own.")
        there = min(length, self._source.size - value)
        if there < bits // 8 * self.count:
            reason = f"it was cut short: {bits // 8 * self.count:,} bytes of pixels are needed and {there:,} are there"
            raise not_readable(self._path, reason, DAMAGED)
        if self.count == 1:
            # Values have an even length; big-endian words need the byte that fills the last one.
            return [((value, min(there, bits // 8 + bits // 8 % 2)),)]
        return [((value + i * (bits // 8), bits // 8),) for i in range(self.count)]

    def _encapsulated(self, value: int) -> list[Sequence[Span]]:
        """Walk the chain of fragments to its end, and share the fragments out to the frames."""
        spans: list[Span] = []
        position = value
        while True:
            tag, length = self._item(position)
            if tag == _SEQUENCE_END:
                break
            if tag != _ITEM or position + 8 + length > self._source.size:
                raise not_readable(self._path, "its compressed pixels were cut short or are out of order", DAMAGED)
            spans.append((position + 8, length))
            position += 8 + length
        table, fragments = spans[:1], spans[1:]
        if len(fragments) == self.count:
            return [(fragment,) for fragment in fragments]
        if self.count == 1 and fragments:
            return [fragments]
        begins = self._offset_table(table)
        if len(begins) != self.count:
            reason = f"it should hold {self.count} frames and holds {len(fragments)} pieces"
            raise not_readable(self._path, reason, DAMAGED)
        first = fragments[0][0] - 8
        ends = [*begins[1:], position - first]
        return [
            [span for span in fragments if begin <= span[0] - 8 - first < end]
            for begin, end in zip(begins, ends, strict=True)
        ]

    def _item(self, position: int) -> tuple[int, int]:
        if position + 8 > self._source.size:
            raise not_readable(self._path, "its compressed pixels were cut short", DAMAGED)
        group, element, length = struct.unpack("<HHI", self._source.read_at(position, 8))
        return group << 16 | element, length

    def _offset_table(self, table: Sequence[Span]) -> list[int]:
        if not table or table[0][1] == 0:
            return []
        data = self._source.read_at(*table[0])
        return [int(v) for v in np.frombuffer(data[: len(data) // 4 * 4], "<u4")]

    @property
    def _order(self) -> str:
        return "<" if self._syntax.is_little_endian else ">"


def _pixel_options(header: Dataset, keyword: str, kind: str) -> Mapping[str, Any]:
    options: dict[str, Any] = {
        "rows": int(header.Rows),
        "columns": int(header.Columns),
        "samples_per_pixel": int(header.get("SamplesPerPixel") or 1),
        "bits_allocated": int(header.BitsAllocated),
        "photometric_interpretation": str(header.get("PhotometricInterpretation") or "MONOCHROME2"),
        "number_of_frames": 1,
        "pixel_keyword": keyword,
    }
    if keyword == "PixelData":
        options["bits_stored"] = int(header.get("BitsStored") or header.BitsAllocated)
        options["pixel_representation"] = int(header.get("PixelRepresentation") or 0)
        options["pixel_vr"] = kind
    if options["samples_per_pixel"] > 1:
        options["planar_configuration"] = int(header.get("PlanarConfiguration") or 0)
    return options
