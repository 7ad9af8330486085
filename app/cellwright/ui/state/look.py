"""How a picture's values become what a person sees: which plane, which channels, in which colours, how bright."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cellwright.imaging import Limits, Slide

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """How one channel is seen.

    Parameters
    ----------
    visible : bool
        Whether it is mixed in.
    colour : (int, int, int)
        Red, green, blue at its brightest.
    low, high : float
        Values shown black and brightest, low < high.
    """

    visible: bool
    colour: Rgb
    low: float
    high: float

    @property
    def window(self) -> float:
        """Width of the range of values that is shown."""
        return self.high - self.low

    @property
    def level(self) -> float:
        """Middle of that range."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is seen.

    Parameters
    ----------
    channels : tuple of ChannelLook
        One a channel of the picture; the three of a colour picture are always alike.
    z, t : int
        Plane and time point.
    """

    channels: tuple[ChannelLook, ...]
    z: int = 0
    t: int = 0

    @property
    def plane(self) -> tuple[int, int]:
        """Plane and time point."""
        return self.z, self.t

    def changed(self, index: int | None, change: Callable[[ChannelLook], ChannelLook]) -> Look:
        """Return the same with one channel, or all of them (None), changed."""
        chosen = range(len(self.channels)) if index is None else (index,)
        return replace(self, channels=tuple(change(c) if i in chosen else c for i, c in enumerate(self.channels)))

    def with_window(self, index: int | None, level: float, window: float) -> Look:
        """Return the same with another range of values, for one channel or all."""
        half = max(window, 1e-6) / 2
        return self.changed(index, lambda channel: replace(channel, low=level - half, high=level + half))


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What there is to choose from.

    Parameters
    ----------
    names : tuple of str
        Of the channels.
    is_rgb : bool
        Whether they are red, green and blue of one colour picture.
    n_z, n_t : int
        Planes and time points.
    lowest, highest : float
        Range of the values.
    is_whole : bool
        Whether values are whole numbers.
    look : Look
        How it is seen before anybody changes anything.
    series : tuple of str
        What the pictures of its file are called; one where there are no others.
    """

    names: tuple[str, ...]
    is_rgb: bool
    n_z: int
    n_t: int
    lowest: float
    highest: float
    is_whole: bool
    look: Look
    series: tuple[str, ...] = ("",)

    @property
    def is_stack(self) -> bool:
        """Whether there is more than one plane or time point."""
        return self.n_z > 1 or self.n_t > 1

    @property
    def has_channels(self) -> bool:
        """Whether channels can be chosen one by one."""
        return len(self.names) > 1 and not self.is_rgb


def facts_of(slide: Slide, limits: Limits, values: NDArray[Any]) -> PictureFacts:
    """Return what there is to choose from.

    Parameters
    ----------
    slide : Slide
        The picture.
    limits : sequence of (float, float)
        Of each channel, from `cellwright.imaging.contrast_limits`.
    values : ndarray
        Some of its values, for their range.
    """
    from cellwright.imaging.contrast import channel_colour

    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if values.dtype == np.uint8:
        low, high = 0.0, 255.0
    low, high = min(low, *(pair[0] for pair in limits)), max(high, *(pair[1] for pair in limits))
    channels = tuple(ChannelLook(True, channel_colour(slide, i), *pair) for i, pair in enumerate(limits))
    names = tuple(channel.name for channel in slide.channels)
    whole = slide.dtype.kind in "ui"
    return PictureFacts(names, slide.is_rgb, slide.n_z, slide.n_t, low, high, whole, Look(channels), slide.series_names)


def render(pixels: NDArray[Any], look: Look, is_rgb: bool) -> NDArray[np.uint8]:
    """Return pixels as a person sees them.

    Parameters
    ----------
    pixels : (Y, X, C) ndarray
        All channels of one plane.
    look : Look
        How.
    is_rgb : bool
        Whether the channels are red, green and blue of one colour picture.

    Returns
    -------
    (Y, X, 3) ndarray of uint8
        The pixels themselves where nothing has to change; black where no channel is visible.
    """
    from cellwright.imaging import composite, to_display

    if is_rgb:
        return to_display(pixels, [(channel.low, channel.high) for channel in look.channels])
    chosen = [i for i, channel in enumerate(look.channels) if channel.visible]
    if not chosen:
        return np.zeros((*pixels.shape[:2], 3), np.uint8)
    seen = [look.channels[i] for i in chosen]
    shown = to_display(pixels[..., chosen], [(channel.low, channel.high) for channel in seen])
    if len(look.channels) == 1 or (len(seen) == 1 and seen[0].colour == (255, 255, 255)):
        return np.repeat(shown, 3, axis=2)
    return composite(shown, [channel.colour for channel in seen])
