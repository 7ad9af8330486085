"""Reading at another resolution: area average down, linear interpolation up, both anchored to the level-0 grid.

Both are sums over a few neighbours along each axis, rows first and then columns. Which neighbours, with which weights,
depends only on where an output pixel lies in the picture and never on the tile it is read in; so tiles join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOISE = 1e-6
"""Coverage below this fraction of a pixel is rounding, not picture."""


@dataclass(frozen=True, slots=True)
class Taps:
    """The pixels that make up each output pixel along one axis.

    Parameters
    ----------
    index : (N, K) ndarray of intp
        Which input pixels; where a weight is 0, a neighbour that does have weight.
    weight : (N, K) ndarray of float64
        How much of each; not normalised.
    inside : (N,) ndarray of bool
        Whether the output pixel lies in the picture at all.
    """

    index: NDArray[np.intp]
    weight: NDArray[np.float64]
    inside: NDArray[np.bool_]

    @property
    def start(self) -> int:
        """First input pixel needed."""
        return int(self.index[self.inside].min(initial=np.iinfo(np.intp).max))

    @property
    def stop(self) -> int:
        """One past the last input pixel needed; 0 where none is."""
        return int(self.index[self.inside].max(initial=-1)) + 1

    def rows(self, first: int, last: int) -> Taps:
        """Return the taps of the output pixels ``first … last-1``."""
        return Taps(self.index[first:last], self.weight[first:last], self.inside[first:last])


def plan_taps(start: float, step: float, count: int, length: int) -> Taps:
    """Choose the input pixels of `count` output pixels along one axis.

    Parameters
    ----------
    start : float
        Where the first output pixel begins, in input pixels.
    step : float
        Width of an output pixel in input pixels, > 0: above 1 averages, below interpolates.
    count : int
        Number of output pixels.
    length : int
        Number of input pixels there are.
    """
    begins = start + step * np.arange(count, dtype=np.float64)
    if step >= 1.0:
        index, weight = _covered(begins, start + step * np.arange(1, count + 1, dtype=np.float64), step)
        weight[(index < 0) | (index >= length)] = 0.0
        weight[weight < _NOISE] = 0.0
        inside = np.asarray(weight.any(axis=1))
    else:
        centres = start + step * (np.arange(count, dtype=np.float64) + 0.5) - 0.5
        index, weight = _between(centres)
        # The rim outside the outermost pixel centres belongs to those pixels.
        np.clip(index, 0, length - 1, out=index)
        inside = (centres >= -0.5) & (centres < length - 0.5)
    heaviest = np.take_along_axis(index, weight.argmax(axis=1)[:, None], axis=1)
    index = np.where(weight > 0.0, index, heaviest)
    used = np.asarray(weight.any(axis=0))
    used[0] |= not used.any()
    return Taps(index[:, used], weight[:, used], inside)


def _covered(
    begins: NDArray[np.float64], ends: NDArray[np.float64], step: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    taps = int(np.ceil(step)) + 1
    # A begin a rounding error below a pixel's edge starts in that pixel, not in the one before.
    index = np.floor(begins + _NOISE).astype(np.intp)[:, None] + np.arange(taps)
    cover = np.minimum(index + 1, ends[:, None]) - np.maximum(index, begins[:, None])
    return index, np.clip(cover, 0.0, 1.0)


def _between(centres: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    below = np.floor(centres)
    fraction = centres - below
    index = below.astype(np.intp)[:, None] + np.arange(2)
    return index, np.stack([1.0 - fraction, fraction], axis=1)


def resample(block: NDArray[Any], rows: Taps, columns: Taps, background: float) -> NDArray[Any]:
    """Return the weighted means that the taps describe.

    Parameters
    ----------
    block : (y, x, C) ndarray
        Input pixels from ``rows.start`` and ``columns.start`` on.
    rows, columns : Taps
        Of the two axes.
    background : float
        Value of output pixels outside the picture.

    Returns
    -------
    (Y, X, C) ndarray
        Of the type of `block`; whole numbers are rounded half to even.
    """
    shape = (len(rows.inside), len(columns.inside), block.shape[2])
    if block.size == 0:
        return np.full(shape, background, block.dtype)
    accumulator = _accumulator(block.dtype)
    total = columns.weight.sum(axis=1)[:, None] * rows.weight.sum(axis=1)[None, :]  # (X, Y)
    total[total == 0.0] = 1.0
    # Measured values may be NaN, infinite or huge; they stay what they are, without a warning each.
    with np.errstate(invalid="ignore", over="ignore"):
        # Columns become rows for the second sum, so that each gathered line is contiguous.
        summed = _weigh(block, rows, accumulator).transpose(1, 0, 2)  # (x, Y, C)
        summed = _weigh(np.ascontiguousarray(summed), columns, accumulator)  # (X, Y, C)
        np.divide(summed, total[:, :, None].astype(accumulator), out=summed)
        if block.dtype.kind != "f":
            np.rint(summed, out=summed)
        result = np.ascontiguousarray(summed.astype(block.dtype, copy=False).transpose(1, 0, 2))
    result[~rows.inside] = background
    result[:, ~columns.inside] = background
    return result


def _weigh(block: NDArray[Any], taps: Taps, accumulator: np.dtype[Any]) -> NDArray[Any]:
    first = taps.start if taps.inside.any() else 0
    index = np.clip(taps.index - first, 0, len(block) - 1)
    shape = (len(index), *block.shape[1:])
    total = np.zeros(shape, accumulator)
    lines, product = np.empty(shape, block.dtype), np.empty(shape, accumulator)
    for k in range(index.shape[1]):
        weight = taps.weight[:, k]
        np.take(block, index[:, k], axis=0, out=lines, mode="clip")
        if (weight == 1.0).all():
            total += lines
        else:
            total += np.multiply(lines, weight.astype(accumulator)[:, None, None], out=product)
    return total


def _accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    # Sums of 8-bit pixels are exact in float32 up to 256 x 256 of them; wider types need the longer number.
    exact_enough = dtype.itemsize == 1 or dtype in (np.dtype(np.float16), np.dtype(np.float32))
    return np.dtype(np.float32 if exact_enough else np.float64)
