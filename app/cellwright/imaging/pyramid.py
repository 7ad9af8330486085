"""The part of a `Slide` that all our readers share: regions, resolutions and checks, over `_read_level` of each."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, PixelSize, Region, unknown_name
from cellwright.imaging.cache import PIXELS, new_owner
from cellwright.imaging.colour import as_rgb
from cellwright.imaging.failure import explained, not_readable
from cellwright.imaging.resample import Taps, plan_taps, resample
from cellwright.imaging.slide import RGB_CHANNELS, Channel, Limits, SlideRef

BAND_BYTES = 8 * 2**20
"""Most stored pixels held at once while a large region is averaged down: little enough to be used again in place."""

_FINER_LEVELS = 2
"""How many finer levels are tried where a coarse one cannot be read: each costs some four times as much."""

_log = logging.getLogger(__name__)

_TILE_LINES = 256
"""The height that most tiles have, or divide, or are a multiple of."""


@dataclass(frozen=True, slots=True)
class SlideInfo:
    """Everything known about a picture once its header is read; see the properties of `Slide`."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    channels: tuple[Channel, ...]
    is_rgb: bool
    n_z: int = 1
    n_t: int = 1
    pixel_size: PixelSize | None = None
    pixel_size_note: str = "the file does not say"
    magnification: float | None = None
    z_step_um: float | None = None
    levels: tuple[tuple[int, int], ...] = ()
    """Stored resolutions; empty for the full one alone."""
    background: float | None = None
    """None for white in colour pictures, 0 otherwise."""
    suggested_limits: Limits | None = None
    series_names: tuple[str, ...] = ("",)
    associated: tuple[str, ...] = ()


def plain_channels(count: int) -> tuple[Channel, ...]:
    """Return channels for a file that does not name them."""
    return (Channel("intensity"),) if count == 1 else tuple(Channel(f"channel {i + 1}") for i in range(count))


def nominal_downsample(full: int, small: int) -> float:
    """Return by how much a level was reduced along one axis, given both lengths.

    Levels are reduced by whole factors and the rest is cut off or rounded up, so 2967 rows reduced fourfold are 741
    or 742; the factor is 4, not 4.004. Lengths that fit no whole factor give their ratio.
    """
    factor = round(full / small)
    if factor >= 1 and small in (full // factor, -(-full // factor)):
        return float(factor)
    return full / small


@dataclass(frozen=True, slots=True)
class LevelBox:
    """Stored pixels of one level.

    Parameters
    ----------
    level : int
        Index into `Slide.levels`.
    box : Box
        In pixels of that level, not empty, inside it.
    z, t : int
        Plane and time point.
    channels : tuple of int
        Which channels, in this order.
    """

    level: int
    box: Box
    z: int
    t: int
    channels: tuple[int, ...]

    def pick(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return the wanted channels of (Y, X, C) pixels that have them all."""
        if self.channels == tuple(range(pixels.shape[2])):
            return pixels
        return pixels[:, :, list(self.channels)]


class PyramidSlide(ABC):
    """A `Slide` for which a reader only has to say how the pixels of one stored level are read.

    Parameters
    ----------
    ref : SlideRef
        How to open it again.
    info : SlideInfo
        What the header says.
    """

    def __init__(self, ref: SlideRef, info: SlideInfo) -> None:
        self.ref = ref
        self.info = info
        self._owner = new_owner()
        self._is_closed = False
        shapes = info.levels or (info.shape,)
        self._steps = tuple(
            (nominal_downsample(info.shape[0], y), nominal_downsample(info.shape[1], x)) for y, x in shapes
        )

    @abstractmethod
    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        """Return the stored pixels of a box.

        Parameters
        ----------
        wanted : LevelBox
            Which, checked against the picture.

        Returns
        -------
        (Y, X, C) ndarray
            Of the slide's type. It may be a view into shared pixels: the caller copies.
        """

    @property
    def name(self) -> str:
        """Short name for people."""
        own = self.info.series_names[self.ref.series]
        many = len(self.info.series_names) > 1
        return f"{self.ref.path.name} · {own or self.ref.series + 1}" if many else self.ref.path.name

    @property
    def series_names(self) -> tuple[str, ...]:
        """Names of all pictures in the file."""
        return self.info.series_names

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""
        return self.info.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return self.info.dtype

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels, in reading order."""
        return self.info.channels

    @property
    def is_rgb(self) -> bool:
        """Whether this is one colour picture."""
        return self.info.is_rgb

    @property
    def n_z(self) -> int:
        """Number of planes in depth."""
        return self.info.n_z

    @property
    def n_t(self) -> int:
        """Number of time points."""
        return self.info.n_t

    @property
    def pixel_size(self) -> PixelSize | None:
        """Size of a level-0 pixel, None where unknown."""
        return self.info.pixel_size

    @property
    def pixel_size_note(self) -> str:
        """Which tag says so, or why nothing does."""
        return self.info.pixel_size_note

    @property
    def magnification(self) -> float | None:
        """Magnification of the objective, None where unknown."""
        return self.info.magnification

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of the small pictures that come with the slide."""
        return self.info.associated

    @property
    def z_step_um(self) -> float | None:
        """Distance of neighbouring planes in µm, None where unknown."""
        return self.info.z_step_um

    @property
    def levels(self) -> tuple[tuple[int, int], ...]:
        """Rows and columns of every stored resolution."""
        return self.info.levels or (self.info.shape,)

    @property
    def level_downsamples(self) -> tuple[float, ...]:
        """Level-0 pixels per pixel of each level."""
        return tuple(max(steps) for steps in self._steps)

    @property
    def background(self) -> float:
        """Value of pixels outside the picture."""
        if self.info.background is not None:
            return self.info.background
        if not self.is_rgb:
            return 0.0
        return float(np.iinfo(self.dtype).max) if self.dtype.kind in "iu" else 1.0

    @property
    def suggested_limits(self) -> Limits | None:
        """Contrast that the file asks for, None where it does not."""
        return self.info.suggested_limits

    def read(self, region: Region) -> NDArray[Any]:
        """Return the pixels of a region; see `Slide.read`."""
        self._must_be_open()
        channels = self._check(region)
        shape = (*region.shape, len(channels))
        if region.box.is_empty:
            return np.full(shape, self.background, self.dtype)
        where = f"the pixels y {region.box.y0}…{region.box.y1}, x {region.box.x0}…{region.box.x1} cannot be decoded"
        with explained(self.ref.path, where):
            if region.downsample == 1.0:
                return self._read_as_stored(region, channels, shape)
            return self._read_resampled(region, channels, shape)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """Return one of the small pictures that come with the slide; see `Slide.read_associated`."""
        if name not in self.associated:
            raise unknown_name("associated picture", name, self.associated)
        self._must_be_open()
        with explained(self.ref.path, f"its {name} picture cannot be decoded"):
            return as_rgb(self._read_associated(name))

    def _read_associated(self, name: str) -> NDArray[Any]:
        """Return one of `SlideInfo.associated` as (Y, X) or (Y, X, C) pixels; for readers that name some."""
        raise NotImplementedError(name)

    def close(self) -> None:
        """Let go of the file."""
        self._is_closed = True
        PIXELS.forget(self._owner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        y, x = self.shape
        return f"<{type(self).__name__} {self.name!r} {y}×{x}×{len(self.channels)} {self.dtype}>"

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise not_readable(self.ref.path, "the picture was closed", "Open it again.")

    def _check(self, region: Region) -> tuple[int, ...]:
        if not 0 <= region.z < self.n_z or not 0 <= region.t < self.n_t:
            raise BadParameter(
                f"{self.name} has {self.n_z} planes and {self.n_t} time points, counted from 0; "
                f"z={region.z}, t={region.t} is not among them."
            )
        channels = tuple(range(len(self.channels))) if region.channels is None else region.channels
        if not all(0 <= c < len(self.channels) for c in channels):
            raise BadParameter(f"{self.name} has {len(self.channels)} channels, counted from 0; asked for {channels}.")
        return channels

    def _read_as_stored(self, region: Region, channels: tuple[int, ...], shape: tuple[int, int, int]) -> NDArray[Any]:
        box = region.box
        inside = box.intersect(Box(0, 0, *self.shape))
        if inside.is_empty:
            return np.full(shape, self.background, self.dtype)
        pixels = self._read_level(LevelBox(0, inside, region.z, region.t, channels))
        if inside == box:
            # What may be a view into shared pixels is copied, what was made for us is handed on.
            is_ours = pixels.flags.owndata and pixels.flags.c_contiguous and pixels.flags.writeable
            return pixels if is_ours else np.array(pixels, order="C")
        result = np.full(shape, self.background, self.dtype)
        result[inside.y0 - box.y0 : inside.y1 - box.y0, inside.x0 - box.x0 : inside.x1 - box.x0] = pixels
        return result

    def _read_resampled(self, region: Region, channels: tuple[int, ...], shape: tuple[int, int, int]) -> NDArray[Any]:
        """Read from the level that is just fine enough; where that one is damaged or has gaps, from the next finer."""
        best = self._best_level(region.downsample)
        for level in range(best, max(0, best - _FINER_LEVELS), -1):
            try:
                return self._from_level(level, region, channels, shape)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - decoders raise anything; the finer level answers or raises again
                _log.info("%s: level %d cannot be read there, so a finer one is: %s", self.name, level, error)
        return self._from_level(max(0, best - _FINER_LEVELS), region, channels, shape)

    def _from_level(
        self, level: int, region: Region, channels: tuple[int, ...], shape: tuple[int, int, int]
    ) -> NDArray[Any]:
        step_y, step_x = self._steps[level]
        length_y, length_x = self.levels[level]
        rows = plan_taps(region.box.y0 / step_y, region.downsample / step_y, shape[0], length_y)
        columns = plan_taps(region.box.x0 / step_x, region.downsample / step_x, shape[1], length_x)
        if not rows.inside.any() or not columns.inside.any():
            return np.full(shape, self.background, self.dtype)
        result = np.empty(shape, self.dtype)
        for first, last in self._bands(rows, columns, len(channels)):
            band = rows.rows(first, last)
            if not band.inside.any():
                result[first:last] = self.background
                continue
            box = Box(band.start, columns.start, band.stop, columns.stop)
            pixels = self._read_level(LevelBox(level, box, region.z, region.t, channels))
            result[first:last] = resample(pixels, band, columns, self.background)
        return result

    def _best_level(self, downsample: float) -> int:
        """Return the coarsest level that is still at least as fine as what is asked."""
        fine_enough = [i for i, steps in enumerate(self._steps) if max(steps) <= downsample * (1 + 1e-6)]
        return max(fine_enough, key=lambda i: max(self._steps[i]), default=0)

    def _bands(self, rows: Taps, columns: Taps, n_channels: int) -> Iterator[tuple[int, int]]:
        line_bytes = (columns.stop - columns.start) * n_channels * self.dtype.itemsize
        lines = max(1, BAND_BYTES // max(1, line_bytes))
        if lines > _TILE_LINES:
            lines -= lines % _TILE_LINES  # bands that end where tiles end decode each tile once
        lines_a_row = (rows.stop - rows.start) / max(1, int(rows.inside.sum()))
        height = max(1, int(lines / lines_a_row))
        count = len(rows.inside)
        return ((first, min(first + height, count)) for first in range(0, count, height))


def rgb_channels(is_rgb: bool, count: int) -> tuple[Channel, ...]:
    """Return red, green and blue for a colour picture, plain channels otherwise."""
    return RGB_CHANNELS if is_rgb else plain_channels(count)
