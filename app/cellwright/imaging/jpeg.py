"""JPEG pieces of a TIFF, decoded strictly: what libjpeg would paint over with a warning is an error here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tifffile import TiffPage

_COMPRESSIONS = frozenset({7, 33007})
_GREY, _RGB, _YCBCR = (0, 1), 2, 6
_START = b"\xff\xd8"
_IS_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""Adobe's marker saying that the three components are red, green, blue as they stand."""

_MARKERS_WITHIN = 1024
_HARMLESS = tuple(f"{n} extraneous bytes before marker 0xd9" for n in (1, 2))
"""Scanners that fill up the last byte of a piece write these; damage hardly ever leaves so little over."""


@dataclass(frozen=True, slots=True)
class JpegPieces:
    """How the JPEG pieces of a page are decoded.

    Of pieces in which some bytes were flipped, libjpeg reports four in five, and only in warnings, which most programs
    never see: imagecodecs, Pillow and OpenSlide return the garbage. Here a warning is an error.

    Parameters
    ----------
    samples : int
        1 or 3.
    is_stored_as_rgb : bool
        Whether the components are red, green, blue as they stand, as Aperio writes them without saying so.
    """

    samples: int
    is_stored_as_rgb: bool

    def decode(self, data: bytes, tables: bytes | None) -> NDArray[np.uint8]:
        """Decode one piece.

        Parameters
        ----------
        data : bytes
            As stored, with or without tables of its own.
        tables : bytes or None
            What the page says once for all its pieces.

        Returns
        -------
        (Y, X, samples) ndarray of uint8
            As many rows and columns as the piece itself says.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        from simplejpeg import decode_jpeg

        whole = self._complete(data, tables)
        colours = "RGB" if self.samples == 3 else "GRAY"
        try:
            pixels: NDArray[np.uint8] = decode_jpeg(whole, colours, strict=True)
        except ValueError as error:
            if not str(error).endswith(_HARMLESS):
                raise
            pixels = decode_jpeg(whole, colours, strict=False)
        return pixels

    def _complete(self, data: bytes, tables: bytes | None) -> bytes:
        """Return the piece with the tables that it shares with others put in, and its colours named."""
        if not data.startswith(_START):
            raise ValueError("it does not begin as a JPEG does")
        names_colours = b"Adobe" in data[:_MARKERS_WITHIN]
        marker = _IS_RGB if self.is_stored_as_rgb and not names_colours else b""
        shared = tables[2:-2] if tables else b""
        return b"".join((_START, marker, shared, memoryview(data)[2:])) if marker or shared else data


def jpeg_pieces(page: TiffPage) -> JpegPieces | None:
    """Return how the pieces of a page are decoded; None where they are no plain 8-bit JPEGs of grey or colour."""
    if page.compression not in _COMPRESSIONS or page.dtype != np.uint8 or page.jpegheader or page.extrasamples:
        return None
    is_apart = int(page.planarconfig) != 1
    samples = 1 if is_apart else int(page.samplesperpixel)
    if samples == 1:
        return JpegPieces(1, False) if is_apart or page.photometric in _GREY else None
    if samples == 3 and page.photometric in (_RGB, _YCBCR):
        return JpegPieces(3, page.photometric == _RGB and not page.is_jfif)
    return None
