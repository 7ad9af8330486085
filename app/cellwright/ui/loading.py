"""Getting a picture ready to be seen: opened, brought to display contrast and, if large, in several resolutions."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, PixelSize, Region
from cellwright.jobs import Progress

if TYPE_CHECKING:
    from cellwright.imaging import Limits, Slide

IN_MEMORY_PIXELS = 150_000_000
"""Pictures of up to this many pixels are shown from memory, larger ones read what is in view."""

_LEVEL_SIDE, _STEP, _STRIP_ROWS = 4096, 2, 2048
_OVERVIEW_SIDE = 320


@dataclass(frozen=True, slots=True, eq=False)
class LoadedPicture:
    """A picture ready to be shown.

    Parameters
    ----------
    name : str
        As shown to a person.
    shape : (int, int)
        Rows and columns at full resolution.
    levels : tuple of (Y, X, 3) uint8 array-likes
        Finest first, each half of the one before; a single one for a small picture.
    overview : (Y, X, 3) ndarray of uint8
        The whole picture, at most some hundred pixels wide.
    pixel_size, pixel_size_note
        As the file says.
    slide : Slide or None
        Still open where levels read from it.
    """

    name: str
    shape: tuple[int, int]
    levels: tuple[Any, ...]
    overview: NDArray[np.uint8]
    pixel_size: PixelSize | None
    pixel_size_note: str
    slide: Slide | None = None

    def crop(self, box: Box) -> NDArray[np.uint8]:
        """Return the pixels of a box at full resolution, white outside the picture."""
        inside = box.intersect(Box(0, 0, *self.shape))
        out = np.full((box.height, box.width, 3), 255, np.uint8)
        if not inside.is_empty:
            pixels = np.asarray(self.levels[0][inside.y0 : inside.y1, inside.x0 : inside.x1])
            out[inside.y0 - box.y0 : inside.y1 - box.y0, inside.x0 - box.x0 : inside.x1 - box.x0] = pixels
        return out

    def close(self) -> None:
        """Let go of the file."""
        if self.slide is not None:
            self.slide.close()


@dataclass(frozen=True, slots=True)
class LoadPicture:
    """Operation: open a picture and make it ready to be shown; returns a `LoadedPicture`."""

    path: Path

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Open {self.path.name}"

    def run(self) -> Generator[Progress, None, LoadedPicture]:
        """Read it strip by strip, so that it can be stopped."""
        from cellwright.imaging import contrast_limits, open_slide

        yield Progress(0, 0, "Reading the header")
        slide = open_slide(self.path)
        is_kept = False
        try:
            limits = contrast_limits(slide)
            overview = _overview(slide, limits)
            if slide.shape[0] * slide.shape[1] > IN_MEMORY_PIXELS:
                is_kept = True
                return _loaded(slide, _lazy_levels(slide, limits), overview, keep=True)
            full = np.empty((*slide.shape, 3), np.uint8)
            for done, total in _fill(full, slide, limits):
                yield Progress(done, total, "Reading the picture")
            return _loaded(slide, _levels_of(full), overview, keep=False)
        finally:
            if not is_kept:
                slide.close()


class LazyLevel:
    """One resolution of a slide as an array that reads what is asked for.

    Parameters
    ----------
    slide : Slide
        Open as long as this is used.
    limits : sequence of (float, float)
        Contrast of each channel.
    downsample : int
        Level-0 pixels per pixel.
    """

    ndim = 3
    dtype = np.dtype(np.uint8)

    def __init__(self, slide: Slide, limits: Limits, downsample: int) -> None:
        self._slide, self._limits, self._downsample = slide, limits, downsample
        self.shape = (*Region(Box(0, 0, *slide.shape), float(downsample)).shape, 3)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        from cellwright.imaging import read_rgb

        keys = key if isinstance(key, tuple) else (key,)
        rows, columns = (_span(k, n) for k, n in zip((*keys, slice(None), slice(None))[:2], self.shape, strict=False))
        d = self._downsample
        box = Box(rows[0] * d, columns[0] * d, rows[1] * d, columns[1] * d)
        pixels: NDArray[np.uint8] = read_rgb(self._slide, Region(box, float(d)), self._limits)
        return pixels if len(keys) < 3 else pixels[..., keys[2]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        whole = self[:, :]
        return whole if dtype is None else whole.astype(dtype)


def _span(key: Any, length: int) -> tuple[int, int]:
    if isinstance(key, slice):
        start, stop, _ = key.indices(length)
        return start, max(start, stop)
    return int(key), int(key) + 1


def _loaded(slide: Slide, levels: tuple[Any, ...], overview: NDArray[np.uint8], *, keep: bool) -> LoadedPicture:
    return LoadedPicture(
        slide.name, slide.shape, levels, overview, slide.pixel_size, slide.pixel_size_note, slide if keep else None
    )


def _overview(slide: Slide, limits: Limits) -> NDArray[np.uint8]:
    from cellwright.imaging import read_rgb

    downsample = max(1.0, max(slide.shape) / _OVERVIEW_SIDE)
    return read_rgb(slide, Region(Box(0, 0, *slide.shape), downsample), limits)


def _fill(full: NDArray[np.uint8], slide: Slide, limits: Limits) -> Iterator[tuple[int, int]]:
    from cellwright.imaging import read_rgb

    rows, columns = slide.shape
    for y0 in range(0, rows, _STRIP_ROWS):
        y1 = min(rows, y0 + _STRIP_ROWS)
        full[y0:y1] = read_rgb(slide, Region(Box(y0, 0, y1, columns)), limits)
        yield y1, rows


def _levels_of(full: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    levels = [full]
    while max(levels[-1].shape[:2]) > _LEVEL_SIDE:
        levels.append(_halve(levels[-1]))
    return tuple(levels)


def _halve(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = pixels[:rows, :columns].astype(np.uint16)
    total = even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def _lazy_levels(slide: Slide, limits: Limits) -> tuple[LazyLevel, ...]:
    levels, downsample = [LazyLevel(slide, limits, 1)], _STEP
    while max(levels[-1].shape[:2]) > _LEVEL_SIDE // 4:
        levels.append(LazyLevel(slide, limits, downsample))
        downsample *= _STEP
    return tuple(levels)
