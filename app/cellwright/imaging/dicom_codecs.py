"""Lends pydicom the decoders of imagecodecs for the JPEG kinds that its own free plugins leave out.

pydicom asks a plugin module for `is_available`, `DECODER_DEPENDENCIES` and a function that decodes one frame.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import (
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

DECODER_DEPENDENCIES = dict.fromkeys(
    (JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless), ("imagecodecs",)
)

_LABEL = "cellwright-imagecodecs"
_JPEG_LS = (JPEGLSLossless, JPEGLSNearLossless)
_lock = threading.Lock()


def is_available(uid: str) -> bool:
    """Whether frames of this transfer syntax can be decoded here."""
    return uid in DECODER_DEPENDENCIES


@functools.cache
def lend_decoders() -> None:
    """Make the decoders known to pydicom; any number of calls have the effect of one."""
    with _lock:
        for uid in DECODER_DEPENDENCIES:
            decoder = get_decoder(uid)
            if _LABEL not in decoder.available_plugins:
                decoder.add_plugin(_LABEL, (__name__, "decode_frame"))


def decode_frame(data: bytes, runner: DecodeRunner) -> bytes:
    """Return the pixels of one frame, samples side by side, and tell pydicom the size of each.

    Raises
    ------
    RuntimeError
        If the data are damaged.
    """
    import imagecodecs

    if runner.transfer_syntax in _JPEG_LS:
        pixels: Any = imagecodecs.jpegls_decode(data)
    elif runner.samples_per_pixel == 1:
        pixels = imagecodecs.jpeg_decode(data, bitspersample=runner.bits_stored)
    else:
        # pydicom converts colours itself, by what the data set says about them.
        pixels = imagecodecs.jpeg_decode(data, colorspace="RGB", outcolorspace="RGB")
    runner.set_option("bits_allocated", pixels.dtype.itemsize * 8)
    runner.set_option("planar_configuration", 0)
    return bytes(pixels.tobytes())
