"""Getting a picture ready to be seen: opened, brought to display contrast and, if large, in several resolutions."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, PixelSize, Region
from cellwright.jobs import Progress
from cellwright.ui.state.look import Look, PictureFacts, facts_of, render
from cellwright.ui.state.source import open_source, path_of

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef

IN_MEMORY_PIXELS = 100_000_000
"""Colour pictures of up to this many pixels are shown from memory, larger ones read what is in view."""

PYRAMID_PIXELS = 30_000_000
"""Pictures that store coarser resolutions too are read as they are looked at from this many pixels on."""

LARGE_FILE_BYTES = 150_000_000
"""A file from this size on may hold more than anyone wants analyzed without having been asked."""

_SLIDE_SUFFIXES = frozenset({".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".vmu", ".czi", ".isyntax"})

_LEVEL_SIDE, _STEP, _STRIP_ROWS = 4096, 2, 2048
_OVERVIEW_SIDE, _DEEP_OVERVIEW_SIDE = 320, 1024


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
        The whole picture, some hundred pixels wide; of a picture that is read as it is looked at, a thousand.
    pixel_size, pixel_size_note
        As the file says.
    facts : PictureFacts
        What there is to choose from.
    look : Look
        How it is seen.
    raw, raw_overview : (Y, X, C) ndarray
        The values of the plane and of its overview; `raw` is None where levels read from the file.
    slide : Slide or None
        Still open where levels read from it.
    magnification : float or None
        Of the objective, as the file says.
    """

    name: str
    shape: tuple[int, int]
    levels: tuple[Any, ...]
    overview: NDArray[np.uint8]
    pixel_size: PixelSize | None
    pixel_size_note: str
    facts: PictureFacts
    look: Look
    raw: NDArray[Any] | None
    raw_overview: NDArray[Any]
    slide: Slide | None = None
    magnification: float | None = None

    @property
    def is_deep(self) -> bool:
        """Whether it is read as it is looked at, not held in memory."""
        return self.slide is not None

    def crop(self, box: Box) -> NDArray[np.uint8]:
        """Return the pixels of a box at full resolution, white outside the picture."""
        inside = box.intersect(Box(0, 0, *self.shape))
        out = np.full((box.height, box.width, 3), 255, np.uint8)
        if not inside.is_empty:
            pixels = np.asarray(self.levels[0][inside.y0 : inside.y1, inside.x0 : inside.x1])
            out[inside.y0 - box.y0 : inside.y1 - box.y0, inside.x0 - box.x0 : inside.x1 - box.x0] = pixels
        return out

    def seen_as(self, look: Look) -> LoadedPicture:
        """Return the same plane with other contrast, channels or colours; nothing is read anew.

        Raises
        ------
        BadParameter
            If another plane is asked for that is not in memory.
        """
        is_rgb = self.facts.is_rgb
        levels: tuple[Any, ...]
        if self.slide is not None:
            levels = _lazy_levels(self.slide, look)
        elif self.raw is None or look.plane != self.look.plane:
            raise BadParameter("Another plane of the picture has to be read first.")
        else:
            levels = _levels_of(render(self.raw, look, is_rgb))
        return replace(self, levels=levels, look=look, overview=render(self.raw_overview, look, is_rgb))

    @property
    def nbytes(self) -> int:
        """Memory taken."""
        arrays = [level for level in (*self.levels, self.raw) if isinstance(level, np.ndarray)]
        return sum({array.ctypes.data: array.nbytes for array in arrays}.values())

    def close(self) -> None:
        """Let go of the file."""
        if self.slide is not None:
            self.slide.close()


@dataclass(frozen=True, slots=True)
class LoadPicture:
    """Operation: open a picture and make it ready to be shown; returns a `LoadedPicture`.

    Parameters
    ----------
    source : Path or SlideRef
        The file, or one of the pictures in it.
    look : Look, optional
        How it is to be seen, and which plane; None for the first, as the file or its values suggest.
    facts : PictureFacts, optional
        What is known from an earlier opening, so that another plane does not take long.
    """

    source: Path | SlideRef
    look: Look | None = None
    facts: PictureFacts | None = None

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Open {path_of(self.source).name}"

    def run(self) -> Generator[Progress, None, LoadedPicture]:
        """Read it strip by strip, so that it can be stopped."""
        from cellwright.imaging import contrast_limits

        yield Progress(0, 0, "Reading the header")
        slide = open_source(self.source)
        is_kept = False
        try:
            z, t = self.look.plane if self.look is not None else (0, 0)
            is_deep = not _fits_memory(slide)
            overview = _overview(slide, z, t, _DEEP_OVERVIEW_SIDE if is_deep else _OVERVIEW_SIDE)
            facts = self.facts if self.facts is not None else facts_of(slide, contrast_limits(slide), overview)
            look = self.look if self.look is not None else facts.look
            if is_deep:
                is_kept = True
                return _loaded(slide, facts, look, None, overview)
            raw = np.empty((*slide.shape, len(slide.channels)), slide.dtype)
            for done, total in _fill(raw, slide, z, t):
                yield Progress(done, total, "Reading the picture")
            return _loaded(slide, facts, look, raw, overview)
        finally:
            if not is_kept:
                slide.close()


@dataclass(frozen=True, slots=True)
class RenderPicture:
    """Operation: show a picture that is in memory with another look; returns a `LoadedPicture`."""

    picture: LoadedPicture
    look: Look

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Show {self.picture.name}"

    def run(self) -> Generator[Progress, None, LoadedPicture]:
        """Render it."""
        yield Progress(0, 0, "Drawing the picture")
        return self.picture.seen_as(self.look)


class LazyLevel:
    """One resolution of a slide as an array that reads what is asked for.

    Parameters
    ----------
    slide : Slide
        Open as long as this is used.
    look : Look
        How it is seen.
    downsample : int
        Level-0 pixels per pixel.
    """

    ndim = 3
    dtype = np.dtype(np.uint8)

    def __init__(self, slide: Slide, look: Look, downsample: int) -> None:
        self._slide, self._look, self._downsample = slide, look, downsample
        self.shape = (*Region(Box(0, 0, *slide.shape), float(downsample)).shape, 3)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        keys = key if isinstance(key, tuple) else (key,)
        rows, columns = (_span(k, n) for k, n in zip((*keys, slice(None), slice(None))[:2], self.shape, strict=False))
        d = self._downsample
        box = Box(rows[0] * d, columns[0] * d, rows[1] * d, columns[1] * d)
        values = self._slide.read(Region(box, float(d), *self._look.plane))
        pixels = render(values, self._look, self._slide.is_rgb)
        return pixels if len(keys) < 3 else pixels[..., keys[2]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        whole = self[:, :]
        return whole if dtype is None else whole.astype(dtype)


def may_be_large(path: Path) -> bool:
    """Whether a file may hold a slide: by its size and its name, without opening it."""
    try:
        return path.suffix.lower() in _SLIDE_SUFFIXES or path.stat().st_size >= LARGE_FILE_BYTES
    except OSError:
        return False


def _span(key: Any, length: int) -> tuple[int, int]:
    if isinstance(key, slice):
        start, stop, _ = key.indices(length)
        return start, max(start, stop)
    return int(key), int(key) + 1


def _fits_memory(slide: Slide) -> bool:
    pixels = slide.shape[0] * slide.shape[1]
    if len(slide.levels) > 1 and pixels > PYRAMID_PIXELS:
        return False
    # what is read, what is seen of it, and coarser copies of that
    values = len(slide.channels) * slide.dtype.itemsize
    is_seen_as_read = slide.is_rgb and slide.dtype == np.uint8
    return pixels * (values + (1 if is_seen_as_read else 4)) <= 4 * IN_MEMORY_PIXELS


def _loaded(
    slide: Slide, facts: PictureFacts, look: Look, raw: NDArray[Any] | None, overview: NDArray[Any]
) -> LoadedPicture:
    levels = _lazy_levels(slide, look) if raw is None else _levels_of(render(raw, look, slide.is_rgb))
    return LoadedPicture(
        slide.name,
        slide.shape,
        levels,
        render(overview, look, slide.is_rgb),
        slide.pixel_size,
        slide.pixel_size_note,
        facts,
        look,
        raw,
        overview,
        slide if raw is None else None,
        slide.magnification,
    )


def _overview(slide: Slide, z: int, t: int, side: int) -> NDArray[Any]:
    downsample = max(1.0, max(slide.shape) / side)
    return slide.read(Region(Box(0, 0, *slide.shape), downsample, z, t))


def _fill(full: NDArray[Any], slide: Slide, z: int, t: int) -> Iterator[tuple[int, int]]:
    rows, columns = slide.shape
    for y0 in range(0, rows, _STRIP_ROWS):
        y1 = min(rows, y0 + _STRIP_ROWS)
        full[y0:y1] = slide.read(Region(Box(y0, 0, y1, columns), 1.0, z, t))
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


def _lazy_levels(slide: Slide, look: Look) -> tuple[LazyLevel, ...]:
    levels, downsample = [LazyLevel(slide, look, 1)], _STEP
    while max(levels[-1].shape[:2]) > _LEVEL_SIDE // 4:
        levels.append(LazyLevel(slide, look, downsample))
        downsample *= _STEP
    return tuple(levels)
