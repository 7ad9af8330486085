"""Slides of any size of which every cell is known: drawn as they are read, for tests, benchmarks and the window.

`KnownSlide` is a `Slide` like any other. Its lowest bits say where each pixel lies, which nobody sees, so that an
oracle (`cellwright.testing.oracles`) knows from the pixels alone which tile it was shown.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Objects, PixelSize, PixelSizeSource, SlideNotReadable
from cellwright.imaging import READERS, Slide, SlideRef
from cellwright.imaging.pyramid import LevelBox, PyramidSlide, SlideInfo
from cellwright.imaging.slide import RGB_CHANNELS
from cellwright.testing.known_cells import KnownCells
from cellwright.testing.noise import local_generator
from cellwright.testing.placecode import with_places
from cellwright.testing.pyramids import write_pyramid
from cellwright.testing.smear import RED_CELL_UM
from cellwright.testing.stamps import GLASS, stamp_means, stamps

__all__ = [
    "SUFFIX",
    "KnownCells",
    "KnownRef",
    "KnownSlide",
    "register_known_slides",
    "write_known_slide",
    "write_pyramid",
]

SUFFIX = ".knownslide"
"""Of the small files that describe a drawn slide; `register_known_slides` makes them open like pictures."""

_SMALLEST_LEVEL = 1024
_STAMPED_PX = 4
"""On levels where the widest cell is smaller than this, cells are tints of pixels."""
_GRAIN_PX = 256
_RED_SHARE = 0.55
"""Diameter of a red cell as a share of `KnownCells.cell_px`, about."""


@dataclass(frozen=True, slots=True)
class KnownRef(SlideRef):
    """Where a drawn slide is: it travels whole, to other threads, processes and machines.

    Parameters
    ----------
    cells : KnownCells
        What is on it.
    unreadable : tuple of Box
        Parts that cannot be read, as in a damaged file.
    """

    cells: KnownCells = field(default_factory=lambda: KnownCells((1024, 1024)))
    unreadable: tuple[Box, ...] = ()

    def open(self) -> Slide:
        """Open the slide."""
        return KnownSlide(self.cells, unreadable=self.unreadable, path=self.path)


class KnownSlide(PyramidSlide):
    """A stained smear that is drawn where it is read, and of which every cell is known.

    Parameters
    ----------
    cells : KnownCells
        What is on it, and how large it is.
    unreadable : tuple of Box
        Parts in which reading raises `SlideNotReadable`, as in a damaged file.
    has_pixel_size : bool
        Whether it says how large its pixels are.
    path : Path
        What its reference says; nothing needs to be there.
    """

    def __init__(
        self,
        cells: KnownCells,
        *,
        unreadable: tuple[Box, ...] = (),
        has_pixel_size: bool = True,
        path: Path = Path("known" + SUFFIX),
    ) -> None:
        self.cells, self.unreadable = cells, unreadable
        shape, levels = cells.shape, [cells.shape]
        while max(levels[-1]) > _SMALLEST_LEVEL:
            step = 2 ** len(levels)
            levels.append((-(-shape[0] // step), -(-shape[1] // step)))
        um = RED_CELL_UM / (_RED_SHARE * cells.cell_px)
        size = PixelSize(um, um, PixelSizeSource.TAG) if has_pixel_size else None
        note = "drawn so" if has_pixel_size else "the file does not say"
        info = SlideInfo(
            shape,
            np.dtype(np.uint8),
            RGB_CHANNELS,
            is_rgb=True,
            pixel_size=size,
            pixel_size_note=note,
            levels=tuple(levels),
        )
        super().__init__(KnownRef(path, cells=cells, unreadable=unreadable), info)

    def truth(self, box: Box | None = None) -> Objects:
        """Return every cell, or those that reach into `box`; see `KnownCells.truth`."""
        return self.cells.truth(box)

    def _read_level(self, wanted: LevelBox) -> NDArray[Any]:
        factor = 2**wanted.level
        box = Box(*(side * factor for side in (wanted.box.y0, wanted.box.x0, wanted.box.y1, wanted.box.x1)))
        for hole in self.unreadable if wanted.level == 0 else ():
            if not hole.intersect(box).is_empty:
                raise SlideNotReadable(f"{self.ref.path} cannot be decoded at y={hole.y0}, x={hole.x0}.")
        if factor > 1 and self.cells.cell_px / factor < _STAMPED_PX:
            return wanted.pick(_tinted(self.cells, wanted.box, factor))
        pixels = _stamped(self.cells, wanted.box, box, factor)
        return wanted.pick(with_places(pixels, wanted.box) if factor == 1 else pixels)


def write_known_slide(path: Path, cells: KnownCells) -> Path:
    """Write the few lines that describe a drawn slide, so that it has a path and a content; see `SUFFIX`."""
    path = path.with_suffix(SUFFIX)
    path.write_text(json.dumps(asdict(cells), indent=1) + "\n", encoding="utf-8")
    return path


def open_known_slide(path: Path, series: int = 0) -> Slide:
    """Open what `write_known_slide` wrote: a reader of pictures, one in each file."""
    del series
    said = json.loads(path.read_text(encoding="utf-8"))
    for name in ("shape", "seams_y", "seams_x"):
        said[name] = tuple(said[name])
    said["islands"] = tuple(Box(**isle) for isle in said["islands"])
    return KnownSlide(KnownCells(**said), path=path)


def register_known_slides() -> None:
    """Let this process open described slides like any other picture."""
    READERS.add(SUFFIX.removeprefix("."), f"{__name__}:{open_known_slide.__name__}")


def _stamped(cells: KnownCells, at: Box, box: Box, factor: int) -> NDArray[np.uint8]:
    """Return the pixels of a level: every cell that reaches into them, on glass."""
    picture = _glass(at)
    library = stamps(cells.cell_px, factor)
    rim = max(max(stamp.offset) for stamp in library) + 2
    found = cells.placed(box.grow(rim * factor))
    for (y0, x0), variant in zip(found.boxes[:, :2].tolist(), found.variant.tolist(), strict=True):
        stamp = library[variant]
        y, x = (y0 - stamp.offset[0]) // factor - at.y0, (x0 - stamp.offset[1]) // factor - at.x0
        height, width = stamp.pixels.shape[:2]
        top, left, bottom, right = max(y, 0), max(x, 0), min(y + height, at.height), min(x + width, at.width)
        if top < bottom and left < right:
            into = picture[top:bottom, left:right]
            np.minimum(into, stamp.pixels[top - y : bottom - y, left - x : right - x], out=into)
    return picture


def _tinted(cells: KnownCells, at: Box, factor: int) -> NDArray[np.uint8]:
    """Return the pixels of a level on which cells are too small to have a form."""
    box = Box(at.y0 * factor, at.x0 * factor, at.y1 * factor, at.x1 * factor)
    found = cells.placed(box)
    middle = np.clip((found.boxes[:, :2] + found.boxes[:, 2:]) // 2 // factor - [at.y0, at.x0], 0, None)
    place = np.minimum(middle, [at.height - 1, at.width - 1]) @ [at.width, 1]
    weights = stamp_means(cells.cell_px)[found.variant] / factor**2
    dark = np.stack([np.bincount(place, weights[:, c], at.height * at.width) for c in range(3)], -1)
    return np.clip(np.rint(GLASS - dark.reshape(at.height, at.width, 3)), 0, 255).astype(np.uint8)


def _glass(at: Box) -> NDArray[np.uint8]:
    """Return an empty field with a little grain."""
    rows, columns = np.arange(at.y0, at.y1) % _GRAIN_PX, np.arange(at.x0, at.x1) % _GRAIN_PX
    return _grain().take(rows, axis=0).take(columns, axis=1)


@lru_cache(maxsize=1)
def _grain() -> NDArray[np.uint8]:
    noise = local_generator(7, 3, 0, 0).random((_GRAIN_PX, _GRAIN_PX, 3)) * 4 - 2
    return np.rint(GLASS + noise).astype(np.uint8)
