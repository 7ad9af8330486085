"""What every picture offers, whatever file it comes from: the `Slide` protocol and the picklable `SlideRef`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cellwright.core import PixelSize, Region

Limits = tuple[tuple[float, float], ...]
"""Per channel, the value shown black and the value shown brightest."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a picture.

    Parameters
    ----------
    name : str
        As the file names it, or a plain word such as ``"red"`` or ``"channel 2"``.
    colour : tuple of int or None
        Red, green, blue (0 … 255) it is shown in; None where the file does not say.
    """

    name: str
    colour: tuple[int, int, int] | None = None


RGB_CHANNELS = (Channel("red", (255, 0, 0)), Channel("green", (0, 255, 0)), Channel("blue", (0, 0, 255)))


@dataclass(frozen=True, slots=True)
class SlideRef:
    """Where a picture is, small enough to send to another process.

    Parameters
    ----------
    path : Path
        The file, absolute.
    series : int
        Which picture of a file that holds several.
    z, t : int or None
        The one plane and time point that is meant; None for the whole stack.
    channels : tuple of int or None
        The channels that are meant; None for all.
    """

    path: Path
    series: int = 0
    z: int | None = None
    t: int | None = None
    channels: tuple[int, ...] | None = None

    @property
    def is_part(self) -> bool:
        """Whether only a plane, a time point or some channels are meant."""
        return self.z is not None or self.t is not None or self.channels is not None

    def content_sha256(self) -> str:
        """Return the fingerprint of the whole file.

        Raises
        ------
        SlideNotReadable
            If it cannot be read.
        """
        from cellwright.imaging.digest import content_sha256

        return content_sha256(self.path)

    def open(self) -> Slide:
        """Open the picture.

        Raises
        ------
        SlideNotReadable
            If that is not possible any more.
        BadParameter
            If the picture has no such plane, time point or channel.
        """
        from cellwright.imaging.opening import open_slide

        whole = open_slide(self.path, self.series)
        if not self.is_part:
            return whole
        from cellwright.imaging.plane import PlaneSlide

        try:
            return PlaneSlide(whole, self.z or 0, self.t or 0, self.channels)
        except BaseException:
            whole.close()
            raise


@runtime_checkable
class Slide(Protocol):
    """A lazy picture. All coordinates are level-0 pixels, y before x; any number of threads may read at once."""

    @property
    def ref(self) -> SlideRef:
        """How to open the same picture again, here or elsewhere."""
        ...

    @property
    def name(self) -> str:
        """Short name for people: the file's name, and the picture's own where the file holds several."""
        ...

    @property
    def series_names(self) -> tuple[str, ...]:
        """Names of all pictures in the file, in the order of `SlideRef.series`."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels that `read` returns, in native byte order."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels, in the order of the last axis of what `read` returns."""
        ...

    @property
    def is_rgb(self) -> bool:
        """Whether the three channels are red, green and blue of one colour picture."""
        ...

    @property
    def n_z(self) -> int:
        """Number of planes in depth, at least 1."""
        ...

    @property
    def n_t(self) -> int:
        """Number of time points, at least 1."""
        ...

    @property
    def pixel_size(self) -> PixelSize | None:
        """Size of a level-0 pixel, None where the file does not say."""
        ...

    @property
    def pixel_size_note(self) -> str:
        """Which tag says so, or why nothing does; a phrase to show beside the number.

        Where tags of one file disagree it goes on with ``", but "`` and what the other one says.
        """
        ...

    @property
    def magnification(self) -> float | None:
        """Magnification of the objective, None where the file does not say; it is never worked out from pixels."""
        ...

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of the small pictures that come with a slide: its label, the whole glass (macro), a thumbnail."""
        ...

    @property
    def z_step_um(self) -> float | None:
        """Distance of neighbouring planes in µm, None where the file does not say."""
        ...

    @property
    def levels(self) -> tuple[tuple[int, int], ...]:
        """Rows and columns of every stored resolution, the finest first."""
        ...

    @property
    def level_downsamples(self) -> tuple[float, ...]:
        """Level-0 pixels per pixel of each level; the first is 1."""
        ...

    @property
    def background(self) -> float:
        """Value of pixels outside the picture: paper white for colour pictures, else the darkest."""
        ...

    @property
    def suggested_limits(self) -> Limits | None:
        """Contrast that the file itself asks for (a DICOM window), per channel; None where it does not."""
        ...

    def read(self, region: Region) -> NDArray[Any]:
        """Return the pixels of a region.

        Parameters
        ----------
        region : Region
            Box, downsample, plane, time point and channels. Coarser than stored is averaged over the area, finer is
            interpolated linearly; both are anchored to the level-0 grid, so neighbouring tiles join.

        Returns
        -------
        (Y, X, C) ndarray
            `Region.shape` rows and columns, a fresh array of `dtype`. Outside the picture it is `background`.

        Raises
        ------
        SlideNotReadable
            If the file cannot be read or decoded there. Missing pixels are never returned as black.
        BadParameter
            If the plane, time point or channel does not exist.
        """
        ...

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """Return one of the small pictures that come with a slide.

        Parameters
        ----------
        name : str
            One of `associated`.

        Returns
        -------
        (Y, X, 3) ndarray of uint8
            Red, green, blue; a fresh array.

        Raises
        ------
        UnknownName
            If there is none of this name.
        SlideNotReadable
            If it cannot be decoded.
        """
        ...

    def close(self) -> None:
        """Let go of the file; reading afterwards raises `SlideNotReadable`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SlideReader(Protocol):
    """What an entry point of the group ``cellwright.readers`` is: it opens one kind of file."""

    def __call__(self, path: Path, series: int) -> Slide:
        """Open the picture number `series` of the file; may raise anything where the file is not what it should be."""
        ...
