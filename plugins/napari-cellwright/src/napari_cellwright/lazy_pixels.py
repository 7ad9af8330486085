"""A slide as arrays that decode only what is looked at: one for each resolution, with time, depth, rows, columns."""

from __future__ import annotations

import math
import threading
import uuid
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Region
from cellwright.imaging import Slide, SlideRef

if TYPE_CHECKING:
    import dask.array as da

CHUNK_PX = 1024
"""Side of the pieces that dask reads at a time, in pixels of their resolution."""

_LARGE_PX = 8192
"""Pictures longer than this whose file holds one resolution alone get coarser ones that are worked out when needed."""

_SMALLEST_PX = 1024
_STEP = 4


class OpenSlide:
    """A slide that opens when it is first read, again in another process, and closes when nobody needs it any more.

    Parameters
    ----------
    ref : SlideRef
        Which picture.
    slide : Slide, optional
        The same, where it is open already; it belongs to this object then.
    """

    def __init__(self, ref: SlideRef, slide: Slide | None = None) -> None:
        self.ref = ref
        self._slide = slide
        self._lock = threading.Lock()
        if slide is not None:
            self._close_later(slide)

    def read(self, region: Region) -> NDArray[Any]:
        """Return (Y, X, C) pixels; see `cellwright.imaging.Slide.read`."""
        with self._lock:
            if self._slide is None:
                self._slide = self.ref.open()
                self._close_later(self._slide)
            slide = self._slide
        return slide.read(region)

    def _close_later(self, slide: Slide) -> None:
        # not __del__: in a ring of garbage the file might be found before us, still open
        weakref.finalize(self, slide.close)

    def __reduce__(self) -> tuple[type[OpenSlide], tuple[SlideRef]]:
        return OpenSlide, (self.ref,)


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of a picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    downsample : int
        Level-0 pixels per pixel.
    """

    shape: tuple[int, int]
    downsample: int


def levels_of(slide: Slide) -> list[Level]:
    """Return the resolutions that a slide is shown in, the finest first, each coarser than the one before."""
    found = [Level(slide.shape, 1)]
    for shape, step in zip(slide.levels[1:], slide.level_downsamples[1:], strict=True):
        whole = max(1, math.ceil(step - 1e-6))
        if whole > found[-1].downsample:
            cut = (max(1, slide.shape[0] // whole), max(1, slide.shape[1] // whole))
            found.append(Level(shape if abs(step - whole) < 1e-6 else cut, whole))
    if len(found) == 1 and max(slide.shape) > _LARGE_PX:
        found += _coarser(slide.shape)
    return found


def _coarser(shape: tuple[int, int]) -> list[Level]:
    made, step = [], _STEP
    while max(shape) > _SMALLEST_PX * step // _STEP:
        made.append(Level((max(1, shape[0] // step), max(1, shape[1] // step)), step))
        step *= _STEP
    return made


class LevelPixels:
    """One resolution as an array that can be sliced: (T, Z, Y, X), or (T, Z, Y, X, 3) of a colour picture.

    Axes of time and depth that hold one entry are left out.

    Parameters
    ----------
    source : OpenSlide
        Where the pixels come from.
    level : Level
        Which resolution.
    n_t, n_z : int
        Time points and planes.
    channels : tuple of int
        One channel, or the three of a colour picture.
    dtype : dtype
        Of the pixels.
    """

    def __init__(
        self, source: OpenSlide, level: Level, n_t: int, n_z: int, channels: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._source, self._step, self._channels = source, level.downsample, channels
        self._has_t, self._has_z, self._is_rgb = n_t > 1, n_z > 1, len(channels) == 3
        self._stack = ((n_t,) if self._has_t else ()) + ((n_z,) if self._has_z else ())
        self.shape = (*self._stack, *level.shape, *((3,) if self._is_rgb else ()))
        self.dtype = dtype
        self.ndim = len(self.shape)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        asked = key if isinstance(key, tuple) else (key,)
        asked = (*asked, *(slice(None),) * (self.ndim - len(asked)))
        rests, ranges = [], []
        for each, size in zip(asked, self.shape, strict=True):
            chosen = range(size)[each] if isinstance(each, slice) else range(each, each + 1)
            ranges.append(range(min(chosen, default=0), max(chosen, default=-1) + 1))
            rests.append(slice(None, None, chosen.step) if isinstance(each, slice) else 0)
        return self._block(ranges)[tuple(rests)]

    def as_dask(self) -> da.Array:
        """Return the same as a dask array of pieces of `CHUNK_PX`."""
        import dask.array as da

        rows, columns = self.shape[len(self._stack) : len(self._stack) + 2]
        pieces = (*(1,) * len(self._stack), min(CHUNK_PX, rows), min(CHUNK_PX, columns), *((3,) * self._is_rgb))
        # A name of its own, since hashing would read every pixel.
        name = f"cellwright-{uuid.uuid4().hex}"
        meta = np.empty((0,) * self.ndim, self.dtype)
        make: Callable[..., da.Array] = da.from_array
        return make(self, pieces, name=name, meta=meta, fancy=False)

    def _block(self, ranges: list[range]) -> NDArray[Any]:
        made = np.empty([len(each) for each in ranges], self.dtype)
        before = len(self._stack)
        rows, columns = ranges[before], ranges[before + 1]
        step = self._step
        box = Box(rows.start * step, columns.start * step, rows.stop * step, columns.stop * step)
        for place in np.ndindex(*made.shape[:before]):
            at = [ranges[axis][i] for axis, i in enumerate(place)]
            region = Region(box, float(step), at[-1] if self._has_z else 0, at[0] if self._has_t else 0, self._channels)
            pixels = self._source.read(region)
            made[place] = pixels[..., ranges[-1].start : ranges[-1].stop] if self._is_rgb else pixels[..., 0]
        return made
