"""What the samples of a TIFF page mean: grey, colour, palette, ink, opacity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.imaging.colour import eight_bit_palette, inks_to_rgb, inverted, is_grey_palette, look_up, over_white
from cellwright.imaging.failure import not_readable
from cellwright.imaging.tiff_layout import StackLayout

if TYPE_CHECKING:
    from tifffile import TiffPage

_MINISWHITE, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 2, 3, 5, 6
_LAB = (8, 9, 10)
_ASSOCIATED, _UNASSOCIATED = 1, 2
_APERIO_YCBCR, _APERIO_RGB = 33003, 33005
"""Aperio's JPEG 2000: the number of the compression says what the colours are, whatever the page says."""

_DECODED_TO_RGB = frozenset({6, 7, 34892, 33007, _APERIO_RGB})
"""Compressions whose decoder turns YCbCr into RGB, or that hold nothing else."""

_COLOUR_MAP = 320


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How stored samples become channels.

    Parameters
    ----------
    apply : callable
        From (Y, X, S) stored samples to (Y, X, C) channels of `dtype`.
    dtype : dtype
        Of the channels.
    n_channels : int
        How many channels come out of all samples.
    is_rgb : bool
        Whether they are red, green, blue.
    mixes_samples : bool
        Whether `apply` needs all samples at once; otherwise any subset of them gives that subset of channels.
    """

    apply: Callable[[NDArray[Any]], NDArray[Any]]
    dtype: np.dtype[Any]
    n_channels: int
    is_rgb: bool = False
    mixes_samples: bool = False


def interpretation_of(page: TiffPage, layout: StackLayout, path: Path) -> Interpretation:
    """Decide by the tags of a page what its samples mean.

    Parameters
    ----------
    page : TiffPage
        First page of the picture.
    layout : StackLayout
        Its axes.
    path : Path
        For messages.

    Raises
    ------
    SlideNotReadable
        If its pixels are complex numbers, or in a colour space that is not supported.
    """
    stored = _stored_dtype(page, path)
    per_pixel = int(page.samplesperpixel)
    is_one_picture = layout.n_channels == per_pixel
    if page.photometric in _LAB:
        raise not_readable(path, "its colours are CIELAB, which is not supported", "Save it as RGB.")
    if page.photometric == _PALETTE and per_pixel == 1 and _COLOUR_MAP in page.tags:
        return _palette(page, layout)
    if page.photometric == _CMYK and per_pixel == 4 and is_one_picture and stored.kind == "u":
        return Interpretation(inks_to_rgb, stored, 3, True, True)
    if page.photometric in (_RGB, _YCBCR) and per_pixel >= 3 and is_one_picture:
        return _colour(page, stored, per_pixel)
    if per_pixel == 2 and is_one_picture and _opacity(page):
        return Interpretation(_grey_on_white(page), stored, 1, False, True)
    return _grey(page, stored, layout.n_channels)


def _stored_dtype(page: TiffPage, path: Path) -> np.dtype[Any]:
    dtype = page.dtype
    if dtype is None or dtype.kind not in "buif":
        about = "of an unknown kind" if dtype is None else f"of type {dtype}"
        raise not_readable(path, f"its pixels are {about}", "Save it with 8- or 16-bit whole numbers or 32-bit floats.")
    return np.dtype(np.uint8) if dtype.kind == "b" else np.dtype(dtype)


def _palette(page: TiffPage, layout: StackLayout) -> Interpretation:
    table = eight_bit_palette(np.ascontiguousarray(np.asarray(page.colormap).T))
    is_rgb = not is_grey_palette(table) and layout.n_channels == 1
    if not is_rgb:
        # A grey table, or several channels that each came with one: values stay single.
        grey = table[:, :1] if is_grey_palette(table) else None
        apply = _same if grey is None else _greys_through(grey)
        dtype = np.dtype(page.dtype) if grey is None else np.dtype(np.uint8)
        return Interpretation(apply, dtype, layout.n_channels)

    def apply_palette(pixels: NDArray[Any]) -> NDArray[Any]:
        return look_up(pixels[:, :, 0], table)

    return Interpretation(apply_palette, np.dtype(np.uint8), 3, True, True)


def _greys_through(table: NDArray[np.uint8]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    def apply(pixels: NDArray[Any]) -> NDArray[Any]:
        return np.take(table[:, 0], pixels, mode="clip")

    return apply


def _colour(page: TiffPage, stored: np.dtype[Any], per_pixel: int) -> Interpretation:
    is_said = page.photometric == _YCBCR and page.compression not in _DECODED_TO_RGB
    is_ycbcr = (is_said or page.compression == _APERIO_YCBCR) and stored == np.uint8
    is_plain = per_pixel == 3 and not is_ycbcr
    opacity = _opacity(page) if per_pixel == 4 else 0

    def apply(pixels: NDArray[Any]) -> NDArray[Any]:
        if is_ycbcr:
            pixels = _rgb_from_ycbcr(pixels)
        if opacity == _ASSOCIATED:
            return _premultiplied_on_white(pixels)
        if opacity == _UNASSOCIATED:
            return over_white(pixels)
        return pixels[:, :, :3]

    return Interpretation(_same if is_plain else apply, stored, 3, True, not is_plain)


def _grey(page: TiffPage, stored: np.dtype[Any], n_channels: int) -> Interpretation:
    bits = int(page.bitspersample)
    is_inverted = page.photometric == _MINISWHITE and stored.kind == "u"
    white = 2**bits - 1
    # Fewer than 8 bits are spread over 0 … 255, so that white is white.
    factor = 255 // white if bits < 8 and stored == np.uint8 else 1
    if not is_inverted and factor == 1:
        return Interpretation(_same, stored, n_channels)

    def apply(pixels: NDArray[Any]) -> NDArray[Any]:
        pixels = pixels.astype(stored, copy=False)
        pixels = inverted(pixels, white) if is_inverted else pixels
        spread: NDArray[Any] = pixels * np.asarray(factor, stored)
        return spread

    return Interpretation(apply, stored, n_channels)


def _grey_on_white(page: TiffPage) -> Callable[[NDArray[Any]], NDArray[Any]]:
    is_premultiplied = _opacity(page) == _ASSOCIATED
    is_inverted = page.photometric == _MINISWHITE and page.dtype is not None and page.dtype.kind == "u"

    def apply(pixels: NDArray[Any]) -> NDArray[Any]:
        if is_inverted:
            pixels = pixels.copy()
            pixels[:, :, 0] = inverted(pixels[:, :, 0], 2 ** int(page.bitspersample) - 1)
        return _premultiplied_on_white(pixels) if is_premultiplied else over_white(pixels)

    return apply


def _premultiplied_on_white(pixels: NDArray[Any]) -> NDArray[Any]:
    opacity = pixels[..., -1:]
    if not opacity.any() or pixels.dtype.kind not in "u":
        return pixels[..., :-1]
    white = float(np.iinfo(pixels.dtype).max)
    blended = np.minimum(pixels[..., :-1] + (white - opacity.astype(np.float64)), white)
    return np.asarray(blended.astype(pixels.dtype))


def _rgb_from_ycbcr(pixels: NDArray[Any]) -> NDArray[Any]:
    # ITU-R BT.601 over the full range, the default of the TIFF tags YCbCrCoefficients and ReferenceBlackWhite.
    y, cb, cr = (pixels[..., i].astype(np.float32) for i in range(3))
    cb, cr = cb - 128.0, cr - 128.0
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return np.asarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))


def _opacity(page: TiffPage) -> int:
    """Return the kind of opacity in the last sample, 0 where it is something else."""
    extra = tuple(int(kind) for kind in page.extrasamples)
    return extra[-1] if extra and extra[-1] in (_ASSOCIATED, _UNASSOCIATED) else 0


def _same(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels
