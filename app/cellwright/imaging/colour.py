"""From what a file stores to grey or red, green, blue: palettes, transparency, inks, inverted greys."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def full_scale(dtype: np.dtype[Any]) -> float:
    """Return the value that stands for white: the largest whole number, or 1 for floating point."""
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


def over_white(pixels: NDArray[Any]) -> NDArray[Any]:
    """Lay a partly transparent picture on white paper.

    Parameters
    ----------
    pixels : (Y, X, C+1) ndarray
        The last channel is opacity, 0 … full scale of the type, and is not multiplied into the others.

    Returns
    -------
    (Y, X, C) ndarray
        Of the same type. An opacity channel of nothing but 0 was never meant; the colours are then returned as they
        are.
    """
    colours, opacity = pixels[..., :-1], pixels[..., -1:]
    white = full_scale(pixels.dtype)
    if (opacity == white).all() or not opacity.any():
        return np.ascontiguousarray(colours)
    share = opacity.astype(np.float64) / white
    blended = colours * share + white * (1.0 - share)
    return np.rint(blended).astype(pixels.dtype) if pixels.dtype.kind in "iu" else blended.astype(pixels.dtype)


def inks_to_rgb(inks: NDArray[Any]) -> NDArray[Any]:
    """Turn cyan, magenta, yellow, black into red, green, blue by multiplying what the inks let through.

    Parameters
    ----------
    inks : (Y, X, 4) ndarray of unsigned integers
        0 is no ink.

    Returns
    -------
    (Y, X, 3) ndarray
        Of the same type. No colour profile is applied.
    """
    white = full_scale(inks.dtype)
    light = white - inks[..., :4].astype(np.float64)
    return np.rint(light[..., :3] * light[..., 3:] / white).astype(inks.dtype)


def inverted(pixels: NDArray[Any], white: float) -> NDArray[Any]:
    """Return greys counted from the other end: what was `white` becomes 0."""
    turned: NDArray[Any] = np.asarray(white, pixels.dtype) - pixels
    return turned


def eight_bit_palette(table: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return a (N, 3) palette of 16-bit values as 8-bit; tables that hold 8-bit values already are left as they are."""
    return (table >> 8 if int(table.max(initial=0)) > 255 else table).astype(np.uint8)


def is_grey_palette(table: NDArray[Any]) -> bool:
    """Whether all entries of a (N, 3) palette have three equal parts."""
    return bool((table == table[:, :1]).all())


def look_up(indices: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """Return (Y, X, 3) colours, or (Y, X, 1) greys of a grey table, by (Y, X) index; too large ones get the last."""
    colours = table[:, :1] if is_grey_palette(table) else table
    return np.take(colours, indices, axis=0, mode="clip")


def as_rgb(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return any small picture as 8-bit colour, for looking at.

    Parameters
    ----------
    pixels : (Y, X) or (Y, X, C) ndarray
        Grey, grey and opacity, colour, or colour and opacity; whole numbers of 16 bits keep their upper half.

    Returns
    -------
    (Y, X, 3) ndarray of uint8
        A fresh array.
    """
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if pixels.dtype != np.uint8:
        shift = max(0, 8 * pixels.dtype.itemsize - 8) if pixels.dtype.kind == "u" else 0
        pixels = (pixels >> shift if shift else np.clip(pixels, 0, 255)).astype(np.uint8)
    if pixels.shape[2] in (2, 4):
        pixels = over_white(pixels)
    return np.array(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3], order="C")
