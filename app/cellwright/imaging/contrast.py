"""How pixels become what a person sees: limits taken once for a picture, and the same for every tile of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Region
from cellwright.imaging.overview import read_overview
from cellwright.imaging.slide import Limits, Slide

OVERVIEW_PX = 1024
"""Long side of the overview from which limits are taken."""

_MAX_PLANES = 5
_LOW, _HIGH, _TOP = 0.35, 99.65, 99.99
"""Percentiles: darkest and brightest shown, and what sparse bright cells on a dark ground reach."""

_SPARSE = 0.1
"""Below this share of the way to `_TOP`, `_HIGH` is only the ground between sparse cells."""

_FULL_8_BIT = (0.0, 255.0)
_FAINT_8_BIT = 64.0
"""8-bit pictures that use less of their 255 steps than this are stretched; others are shown as stored."""

_DEFAULT_COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0))
"""Colours of channels whose file names none, in the order that ImageJ made customary."""


def contrast_limits(slide: Slide, percentiles: tuple[float, float] | float | None = None) -> Limits:
    """Return limits of every channel, from an overview of the whole picture: for display, or as a network asks.

    Where percentiles are given, they are the limits, whatever the file asks for and whatever the type of its pixels.

    What the file itself asks for (a DICOM window) comes first. 8-bit pictures are shown as stored, unless they are
    very faint. Others are shown from the 0.35th to the 99.65th percentile, or to the 99.99th where bright objects are
    sparse; NaN and infinity are left out. The channels of a colour picture share their limits, so hues stay.

    Parameters
    ----------
    slide : Slide
        Up to five of its planes and time points are looked at.
    percentiles : (float, float) or float, optional
        Shares of the pixels, 0 to 100, that become black and brightest, see `percentile_limits`; or one number: how
        many standard deviations below and above the mean, see `spread_limits`.

    Returns
    -------
    tuple of (float, float)
        Per channel (lowest, highest), finite, lowest < highest.

    Raises
    ------
    SlideNotReadable
        If nothing of the picture can be decoded; parts that cannot be are left out.
    """
    count = len(slide.channels)
    if percentiles is not None:
        planes = _overviews(slide)
        if slide.is_rgb:
            return (_asked_limits(planes, percentiles),) * count
        return tuple(_asked_limits(planes[..., c], percentiles) for c in range(count))
    if slide.suggested_limits is not None:
        return slide.suggested_limits
    if slide.is_rgb and slide.dtype == np.uint8:
        return (_FULL_8_BIT,) * count
    planes = _overviews(slide)
    if slide.is_rgb:
        low, high = limits_of(planes)
        return ((min(low, 0.0) if slide.dtype.kind == "u" else low, high),) * count
    return tuple(limits_of(planes[..., c]) for c in range(count))


def limits_of(values: NDArray[Any]) -> tuple[float, float]:
    """Return display limits of an array of values of any shape; see `contrast_limits`."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
    if finite.size == 0:
        return (0.0, 1.0)
    if values.dtype.kind == "f":
        finite = finite.astype(np.float64)
    low, high, top = (float(v) for v in np.percentile(finite, (_LOW, _HIGH, _TOP)))
    if high - low < _SPARSE * (top - low):
        high = top
    if not high > low:
        low, high = float(finite.min()), float(finite.max())
    if values.dtype == np.uint8 and (high - low >= _FAINT_8_BIT or high == low):
        return _FULL_8_BIT
    return (low, high) if high > low else _around(low)


def percentile_limits(values: NDArray[Any], percentiles: tuple[float, float]) -> tuple[float, float]:
    """Return two percentiles of an array of any shape; NaN and infinity are left out.

    Returns
    -------
    (float, float)
        Lowest < highest. Where both percentiles are one value, the range of all values; one value everywhere lies in
        the middle of its limits, as in `limits_of`.
    """
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
    if finite.size == 0:
        return (0.0, 1.0)
    low, high = _quantiles(finite, percentiles)
    if not high > low:
        low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else _around(low)


def spread_limits(values: NDArray[Any], deviations: float) -> tuple[float, float]:
    """Return mean ± so many standard deviations of an array of any shape; NaN and infinity are left out.

    A network that was trained on pictures of mean 0 and deviation 1 gets its numbers back from what is shown between
    these limits: 0 is ``-deviations``, 255 is ``+deviations``. One value everywhere lies in the middle.
    """
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
    if finite.size == 0:
        return (0.0, 1.0)
    mean, half = float(finite.mean(dtype=np.float64)), deviations * float(finite.std(dtype=np.float64))
    return (mean - half, mean + half) if mean - half < mean + half else _around(mean)


def _asked_limits(values: NDArray[Any], asked: tuple[float, float] | float) -> tuple[float, float]:
    return percentile_limits(values, asked) if isinstance(asked, tuple) else spread_limits(values, asked)


def _quantiles(values: NDArray[Any], percentiles: tuple[float, float]) -> tuple[float, float]:
    """Return two percentiles as `numpy.percentile` does; small integers are counted, which is faster than sorting."""
    if values.dtype not in (np.uint8, np.uint16):
        low, high = np.percentile(values.astype(np.float64), percentiles)
        return float(low), float(high)
    up_to = np.cumsum(np.bincount(values))
    places = np.asarray(percentiles) / 100 * (values.size - 1)
    below = np.searchsorted(up_to, np.floor(places), side="right")
    above = np.searchsorted(up_to, np.ceil(places), side="right")
    low, high = below + (above - below) * (places - np.floor(places))
    return float(low), float(high)


def _around(value: float) -> tuple[float, float]:
    """Return limits in whose middle one value lies: it is shown as middle grey."""
    half = max(0.5, abs(value) * 1e-3)
    return (value - half, value + half)


def to_display(array: NDArray[Any], limits: Sequence[tuple[float, float]]) -> NDArray[np.uint8]:
    """Map pixel values to 0 … 255.

    Parameters
    ----------
    array : (Y, X, C) ndarray
        Pixels of any real type.
    limits : sequence of (float, float)
        Per channel of the array: the value that becomes 0 and the value that becomes 255.

    Returns
    -------
    (Y, X, C) ndarray of uint8
        Values beyond the limits are clipped; NaN becomes 0. The array itself where nothing has to change.
    """
    if array.dtype == np.uint8 and all(tuple(pair) == _FULL_8_BIT for pair in limits):
        return array
    if array.dtype.kind in "ui" and array.dtype.itemsize <= 2 and len(set(limits)) == 1:
        return _through_table(array, limits[0])
    result = np.empty(array.shape, np.uint8)
    for c, pair in enumerate(limits):
        channel = array[..., c]
        is_small = array.dtype.kind in "ui" and array.dtype.itemsize <= 2
        result[..., c] = _through_table(channel, pair) if is_small else _stretched(channel, pair)
    return result


def _through_table(array: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.uint8]:
    info = np.iinfo(array.dtype)
    table = _stretched(np.arange(info.min, info.max + 1), limits)
    if info.min == 0:
        return np.asarray(table[array])
    return np.asarray(np.roll(table, info.min)[array])  # negative values index from the end


def _stretched(values: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.uint8]:
    low, high = limits
    dtype = np.dtype(np.float32 if values.dtype in (np.float16, np.float32) else np.float64)
    start, factor = np.asarray(low, dtype), np.asarray(255.0 / (high - low), dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled: NDArray[Any] = (values.astype(dtype) - start) * factor
    scaled = np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.asarray(np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8))


def read_rgb(slide: Slide, region: Region, limits: Sequence[tuple[float, float]]) -> NDArray[np.uint8]:
    """Read a region as a person sees it, and as the networks get it.

    Parameters
    ----------
    slide : Slide
        Where from.
    region : Region
        Which part; `Region.channels` chooses the channels that are mixed.
    limits : sequence of (float, float)
        Of all channels of the slide, from `contrast_limits`.

    Returns
    -------
    (Y, X, 3) ndarray of uint8
        Grey pictures have three equal channels; several channels are added up in their colours.
    """
    return as_rgb(slide, slide.read(region), limits, region.channels)


def as_rgb(
    slide: Slide,
    pixels: NDArray[Any],
    limits: Sequence[tuple[float, float]],
    channels: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Show pixels that were read of a slide; see `read_rgb`.

    Parameters
    ----------
    slide : Slide
        Where they are from.
    pixels : (Y, X, C) ndarray
        One value a chosen channel.
    limits : sequence of (float, float)
        Of all channels of the slide.
    channels : sequence of int, optional
        Which were read; None for all.
    """
    chosen = tuple(range(len(slide.channels))) if channels is None else tuple(channels)
    shown = to_display(pixels, [limits[c] for c in chosen])
    if slide.is_rgb and chosen == (0, 1, 2):
        return shown
    if len(slide.channels) == 1:
        return np.repeat(shown, 3, axis=2)
    return composite(shown, [channel_colour(slide, c) for c in chosen])


def channel_colour(slide: Slide, index: int) -> tuple[int, int, int]:
    """Return the colour that a channel is shown in: the file's, or the customary one of its position."""
    own = slide.channels[index].colour
    if own is not None:
        return own
    return _DEFAULT_COLOURS[index % len(_DEFAULT_COLOURS)] if len(slide.channels) > 1 else (255, 255, 255)


def composite(shown: NDArray[np.uint8], colours: Sequence[tuple[int, int, int]]) -> NDArray[np.uint8]:
    """Add up channels in their colours, as light does.

    Parameters
    ----------
    shown : (Y, X, C) ndarray of uint8
        Brightness of each channel.
    colours : sequence of (int, int, int)
        Red, green, blue of each channel at its brightest.

    Returns
    -------
    (Y, X, 3) ndarray of uint8
        Sums above 255 are clipped.
    """
    total = np.zeros((*shown.shape[:2], 3), np.uint32)
    for c, colour in enumerate(colours):
        for part, strength in enumerate(colour):
            if strength:
                total[..., part] += shown[..., c].astype(np.uint32) * strength
    return np.asarray(np.minimum((total + 127) // 255, 255).astype(np.uint8))


def _overviews(slide: Slide) -> NDArray[Any]:
    downsample = max(1.0, max(slide.shape) / OVERVIEW_PX)
    seen = [read_overview(slide, downsample, z, t) for z, t in _some_planes(slide.n_z, slide.n_t)]
    if all(each.is_known.all() for each in seen):
        return np.stack([each.pixels for each in seen])
    return np.concatenate([each.known_pixels.reshape(-1, 1, each.pixels.shape[-1]) for each in seen])


def _some_planes(n_z: int, n_t: int) -> list[tuple[int, int]]:
    count = n_z * n_t
    chosen = {round(i * (count - 1) / max(1, _MAX_PLANES - 1)) for i in range(_MAX_PLANES)}
    return [divmod(index, n_t) for index in sorted(chosen)]
