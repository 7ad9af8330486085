"""Pictures that are arrays in memory: what other Python programs hand over."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo, rgb_channels
from cellwright.imaging.slide import SlideRef

MOST_CHANNELS = 64
"""More than this on the last axis is rather a picture whose axes stand otherwise."""
_KINDS = frozenset({"uint8", "uint16", "float32"})


@dataclass(frozen=True, slots=True, eq=False)
class ArrayRef(SlideRef):
    """A picture in memory; sent to another process, it takes its pixels along.

    Parameters
    ----------
    pixels : (Y, X) or (Y, X, C) ndarray
        uint8, uint16 or float32; three channels of uint8 are red, green and blue. Not copied: leave it unchanged.
    pixel_size : PixelSize or None
        Where it is known.
    """

    pixels: NDArray[Any] | None = None
    pixel_size: PixelSize | None = None

    def open(self) -> ArraySlide:
        """Return the picture.

        Raises
        ------
        BadParameter
            If the array has another form.
        """
        return ArraySlide(self)

    def content_sha256(self) -> str:
        """Return the SHA-256 of form and values: the same values give the same objects the same ids."""
        pixels = _checked(self.pixels)
        digest = hashlib.sha256(f"{pixels.shape} {pixels.dtype.str}\0".encode())
        digest.update(np.ascontiguousarray(pixels).data)
        return digest.hexdigest()


class ArraySlide(PyramidSlide):
    """An array seen as a `Slide`.

    Parameters
    ----------
    ref : ArrayRef
        With the pixels.

    Raises
    ------
    BadParameter
        If the array is empty or no picture.
    """

    def __init__(self, ref: ArrayRef) -> None:
        if ref.is_part:
            raise BadParameter("A picture in memory has one plane; hand over the part that is meant.")
        pixels = _checked(ref.pixels)
        self._pixels = pixels if pixels.ndim == 3 else pixels[:, :, None]
        count = self._pixels.shape[2]
        is_rgb = count == 3 and pixels.dtype == np.uint8
        said = "handed over with the picture" if ref.pixel_size else "nobody said"
        info = SlideInfo(
            self._pixels.shape[:2],
            self._pixels.dtype,
            rgb_channels(is_rgb, count),
            is_rgb,
            pixel_size=ref.pixel_size,
            pixel_size_note=said,
        )
        super().__init__(ref, info)

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        box = wanted.box
        return wanted.pick(self._pixels[box.y0 : box.y1, box.x0 : box.x1])


def array_ref(pixels: NDArray[Any], name: str = "array", pixel_size: PixelSize | None = None) -> ArrayRef:
    """Return the reference of a picture in memory, under which it can be opened like a file.

    Raises
    ------
    BadParameter
        If the array has another form than `ArrayRef` wants.
    """
    return ArrayRef(Path(name), pixels=_checked(pixels), pixel_size=pixel_size)


def _checked(pixels: NDArray[Any] | None) -> NDArray[Any]:
    if pixels is None:
        raise BadParameter("There are no pixels; hand over an array.")
    array = np.asarray(pixels)
    if array.dtype == np.bool_:
        array = array.view(np.uint8) * np.uint8(255)
    if array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] > MOST_CHANNELS):
        raise BadParameter(
            f"A picture is an array of (rows, columns) or (rows, columns, channels), not {array.shape}; "
            "move its axes, or hand over one plane."
        )
    if array.dtype.name not in _KINDS:
        raise BadParameter(f"Pixels are uint8, uint16 or float32, not {array.dtype}; convert them first.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadParameter("Some pixels are not finite numbers; replace them first.")
    return array
