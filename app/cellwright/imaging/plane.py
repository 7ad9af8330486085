"""`PlaneSlide`: one plane, one time point, some channels of a picture, as a picture of its own."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, PixelSize, Region
from cellwright.imaging.slide import Channel, Limits, Slide, SlideRef


class PlaneSlide:
    """A picture that shows a part of another one's stack; whoever takes a `Slide` takes it.

    Parameters
    ----------
    whole : Slide
        The stack; closed together with this.
    z, t : int
        Which plane and which time point.
    channels : tuple of int or None
        Which channels, in this order; None for all.

    Raises
    ------
    BadParameter
        If the picture has no such plane, time point or channel.
    """

    def __init__(self, whole: Slide, z: int = 0, t: int = 0, channels: tuple[int, ...] | None = None) -> None:
        chosen = tuple(range(len(whole.channels))) if channels is None else channels
        _refuse_absent("plane", (z,), whole.n_z)
        _refuse_absent("time point", (t,), whole.n_t)
        _refuse_absent("channel", chosen, len(whole.channels))
        if not chosen:
            raise BadParameter("No channel is chosen; choose at least one.")
        self._whole, self._z, self._t, self._channels = whole, z, t, chosen

    @property
    def ref(self) -> SlideRef:
        """How to open the same part again."""
        every = self._channels == tuple(range(len(self._whole.channels)))
        return replace(self._whole.ref, z=self._z, t=self._t, channels=None if every else self._channels)

    @property
    def name(self) -> str:
        """The picture's name with what is chosen of it."""
        whole = self._whole
        parts = []
        if whole.n_z > 1:
            parts.append(f"z {self._z + 1}")
        if whole.n_t > 1:
            parts.append(f"t {self._t + 1}")
        if len(self._channels) < len(whole.channels):
            parts.append(", ".join(channel.name for channel in self.channels))
        return f"{whole.name} [{', '.join(parts)}]" if parts else whole.name

    @property
    def series_names(self) -> tuple[str, ...]:
        """Names of all pictures in the file."""
        return self._whole.series_names

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""
        return self._whole.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return self._whole.dtype

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The chosen channels."""
        return tuple(self._whole.channels[index] for index in self._channels)

    @property
    def is_rgb(self) -> bool:
        """Whether the channels are red, green and blue of one colour picture."""
        return self._whole.is_rgb and self._channels == (0, 1, 2)

    @property
    def n_z(self) -> int:
        """One plane."""
        return 1

    @property
    def n_t(self) -> int:
        """One time point."""
        return 1

    @property
    def pixel_size(self) -> PixelSize | None:
        """Size of a level-0 pixel."""
        return self._whole.pixel_size

    @property
    def pixel_size_note(self) -> str:
        """Which tag says so, or why nothing does."""
        return self._whole.pixel_size_note

    @property
    def magnification(self) -> float | None:
        """Magnification of the objective, None where unknown."""
        return self._whole.magnification

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of the small pictures that come with the slide."""
        return self._whole.associated

    @property
    def z_step_um(self) -> float | None:
        """None: there is no neighbouring plane."""
        return None

    @property
    def levels(self) -> tuple[tuple[int, int], ...]:
        """Rows and columns of every stored resolution."""
        return self._whole.levels

    @property
    def level_downsamples(self) -> tuple[float, ...]:
        """Level-0 pixels per pixel of each level."""
        return self._whole.level_downsamples

    @property
    def background(self) -> float:
        """Value of pixels outside the picture."""
        return self._whole.background

    @property
    def suggested_limits(self) -> Limits | None:
        """Contrast that the file asks for, of the chosen channels."""
        limits = self._whole.suggested_limits
        return None if limits is None else tuple(limits[index] for index in self._channels)

    def read(self, region: Region) -> NDArray[Any]:
        """Return the pixels of a region; see `Slide.read`. Its plane, time point and channels count within the part."""
        _refuse_absent("plane", (region.z,), 1)
        _refuse_absent("time point", (region.t,), 1)
        asked = range(len(self._channels)) if region.channels is None else region.channels
        _refuse_absent("channel", tuple(asked), len(self._channels))
        chosen = tuple(self._channels[index] for index in asked)
        return self._whole.read(replace(region, z=self._z, t=self._t, channels=chosen))

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """Return one of the small pictures that come with the slide; see `Slide.read_associated`."""
        return self._whole.read_associated(name)

    def close(self) -> None:
        """Let go of the file."""
        self._whole.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_absent(what: str, asked: tuple[int, ...], there: int) -> None:
    for index in asked:
        if not 0 <= index < there:
            raise BadParameter(f"There is no {what} {index}: the picture has {there}, counted from 0.")
