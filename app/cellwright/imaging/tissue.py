"""Where on a slide there is anything to look at, from its overview, so that glass costs nothing.

What is wrongly taken for tissue costs a little time; what is wrongly taken for glass would cost cells. So every choice
here leans to the side of tissue: thresholds are capped at what empty glass shows, a single dark pixel of the overview
is kept, and what is found is grown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box
from cellwright.imaging.overview import read_overview
from cellwright.imaging.slide import Slide

OVERVIEW_PX = 4096
"""Longest side of the overview that is looked at."""
_PLAIN_PX = 1024
"""Long side of the overview of pictures that need no more than four times as much."""
_GROW_PX = 2
"""How far what is found is grown, in pixels of the overview."""
_SPECK_PX = 2
"""Dark spots of fewer overview pixels are dust or noise unless they are much darker than the threshold."""
_LEAST_DENSITY = 0.03
_MOST_DENSITY = 0.05
"""Optical density (log10) that no empty glass reaches, and that every stain exceeds."""
_SURE = 2.5
"""A speck is kept where it is so many times above the threshold."""
_NOISES = 5.0
"""Light that exceeds the dark by so many standard deviations of its noise is no noise."""
_DARK = 0.35
"""Colour pictures whose middle brightness lies below this share of white show light on dark."""
_BINS = 512


class Light(str, Enum):
    """How a slide is lit."""

    STAINED = "stained"
    """Light passes through: glass is bright."""
    FLUORESCENT = "fluorescent"
    """What is there shines on a dark ground."""


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """Where there is something on a slide.

    Parameters
    ----------
    mask : (H, W) ndarray of bool
        One pixel for `downsample` level-0 pixels each way; the whole slide.
    downsample : float
        Level-0 pixels per pixel of the mask.
    light : Light
        How the slide is lit.
    threshold : float
        Optical density, or brightness above the ground, from which there is something.
    unseen : float
        Part of the slide, 0 to 1, that could not be decoded and is taken for tissue.
    """

    mask: NDArray[np.bool_]
    downsample: float
    light: Light
    threshold: float
    unseen: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found at all; then nobody should believe it, and everything is offered."""
        return not bool(self.mask.any())

    @property
    def share(self) -> float:
        """Part of the slide on which there is something, 0 to 1."""
        return float(self.mask.mean()) if self.mask.size else 0.0

    def touches(self, box: Box) -> bool:
        """Whether there is something in a part of the slide, in level-0 pixels."""
        if box.is_empty:
            return False
        low = [int(side // self.downsample) for side in (box.y0, box.x0)]
        high = [math.ceil(side / self.downsample) for side in (box.y1, box.x1)]
        part = self.mask[max(low[0], 0) : max(high[0], 0), max(low[1], 0) : max(high[1], 0)]
        return bool(part.any())

    def sentence(self) -> str:
        """Say for a person what was found."""
        if self.is_empty:
            return "No tissue was found on the overview, so every part of the slide is looked at."
        said = f"{self.share:.0%} of the slide holds tissue; the rest is glass and was not looked at."
        return f"{said} A part of the overview cannot be decoded and counts as tissue." if self.unseen else said


def find_tissue(slide: Slide, z: int = 0, t: int = 0) -> Tissue:
    """Find what is on a slide.

    Colour pictures in transmitted light are measured by optical density, log10 of white over what comes through, of
    the channel that is darkest, where white is what the brightest hundredth of the overview shows; others by their
    brightness above the ground. The threshold is Otsu's (IEEE Trans. SMC 9, 1979) held between what glass never reaches
    and what stain always exceeds. Single weak pixels are left out, holes closed and the rest grown by two pixels of the
    overview. A pale speck of less than two of its pixels, far from anything else, may be missed.

    Parameters
    ----------
    slide : Slide
        Any picture; an overview of at most `OVERVIEW_PX` is read.
    z, t : int
        Plane and time point.

    Returns
    -------
    Tissue

    Raises
    ------
    SlideNotReadable
        If nothing of the overview can be read; a damaged part of it is taken for tissue.
    """
    side = max(slide.shape)
    downsample = max(1.0, side / OVERVIEW_PX, min(4.0, side / _PLAIN_PX))
    seen = read_overview(slide, downsample, z, t)
    if seen.is_known.all():
        return tissue_of(seen.pixels, seen.downsample, is_rgb=slide.is_rgb)
    # What cannot be seen may hold cells: it is looked at, and then told as failed.
    pixels = seen.pixels.copy()
    pixels[~seen.is_known] = np.median(seen.known_pixels, axis=(0, 1)).astype(pixels.dtype)
    found = tissue_of(pixels, seen.downsample, is_rgb=slide.is_rgb)
    unseen = float((~seen.is_known).mean())
    return Tissue(found.mask | ~seen.is_known, found.downsample, found.light, found.threshold, unseen)


def tissue_of(pixels: NDArray[Any], downsample: float, *, is_rgb: bool) -> Tissue:
    """Find what is on an overview of (H, W, C) pixels; see `find_tissue`."""
    values = pixels.astype(np.float32)
    if values.size == 0:
        return Tissue(np.zeros(values.shape[:2], np.bool_), downsample, Light.STAINED, 0.0)
    full = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "iu" else float(values.max() or 1.0)
    if is_rgb and float(np.median(values[::4, ::4])) > _DARK * full:
        strength, threshold = _stained(values)
        light = Light.STAINED
    else:
        strength, threshold = _fluorescent(values)
        light = Light.FLUORESCENT
    return Tissue(_cleaned(strength, threshold), downsample, light, threshold)


def _stained(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    white = np.maximum(np.percentile(values[::4, ::4], 99, axis=(0, 1)), 1.0).astype(np.float32)
    # Of the three channels the darkest: eosin is seen in green, haematoxylin in red.
    through = np.full(values.shape[:2], np.float32(1))
    for channel in range(values.shape[2]):
        np.minimum(through, np.maximum(values[..., channel], 1.0) / white[channel], out=through)
    density = -np.log10(through)
    return density, float(np.clip(_otsu(density), _LEAST_DENSITY, _MOST_DENSITY))


def _fluorescent(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the strongest channel in standard deviations of its own dark ground."""
    flat = values.reshape(-1, values.shape[-1])
    flat = np.nan_to_num(flat, nan=0.0, posinf=0.0, neginf=0.0)
    ground = np.percentile(flat, 25, axis=0)
    # The lower quartile's distance to the least is, for a bell curve cut there, about two thirds of a deviation.
    noise = np.maximum((ground - np.percentile(flat, 2, axis=0)) / 1.38, 1e-6)
    noise = np.maximum(noise, 0.004 * (flat.max(0) - ground))
    strength = (((flat - ground) / noise).max(-1)).reshape(values.shape[:2]).astype(np.float32)
    return strength, _NOISES


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the value that divides a histogram into two parts that differ most (Otsu 1979)."""
    counts, edges = np.histogram(values, _BINS, (0.0, max(float(values.max()), 1e-6)))
    middles = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[int(np.nanargmax(np.where(np.isfinite(apart), apart, -1))) + 1])


def _cleaned(strength: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    from scipy import ndimage

    found = strength > threshold
    parts, count = ndimage.label(found, np.ones((3, 3)))
    if count:
        part = parts[found]
        strongest = np.zeros(count + 1, np.float32)
        np.maximum.at(strongest, part, strength[found])
        is_kept = (np.bincount(part, minlength=count + 1) >= _SPECK_PX) | (strongest >= _SURE * threshold)
        found[found] = is_kept[part]
    square = np.ones((3, 3), np.bool_)
    grown = ndimage.binary_dilation(found, square, iterations=_GROW_PX + 1)
    result: NDArray[np.bool_] = ndimage.binary_erosion(grown, square, border_value=1) | found
    return ndimage.binary_fill_holes(result).astype(np.bool_)
