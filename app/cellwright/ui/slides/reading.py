"""What is read of slides beside their tiles: a thumbnail for the list, and the label and macro that come with one."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, CellwrightError, Region
from cellwright.jobs import Progress
from cellwright.ui.state.source import open_source, path_of

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef

THUMBNAIL_PX = 96
_MOST_READ_PX = 60_000_000
"""A picture without coarser copies and with more pixels than this is not read through for a thumbnail."""


@dataclass(frozen=True, slots=True)
class ReadThumbnail:
    """Operation: read a picture small; returns (Y, X, 3) uint8, or None where that would take too long."""

    source: Path | SlideRef

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Thumbnail of {path_of(self.source).name}"

    def run(self) -> Generator[Progress, None, NDArray[np.uint8] | None]:
        """Open it, read the whole coarsely, close it."""
        from cellwright.imaging import contrast_limits, read_rgb

        yield Progress(0, 0, "Reading the picture small")
        with open_source(self.source) as slide:
            if slide.levels[-1][0] * slide.levels[-1][1] > _MOST_READ_PX:
                return None
            region = Region(Box(0, 0, *slide.shape), max(1.0, max(slide.shape) / THUMBNAIL_PX))
            return read_rgb(slide, region, contrast_limits(slide))


@dataclass(frozen=True, slots=True, eq=False)
class SlideFacts:
    """What a slide says about itself beside its pixels.

    Parameters
    ----------
    magnification : float or None
        Of the objective.
    associated : tuple of (str, (Y, X, 3) ndarray of uint8 or str)
        The small pictures that come with it, or why one cannot be read.
    """

    magnification: float | None
    associated: tuple[tuple[str, NDArray[np.uint8] | str], ...]


@dataclass(frozen=True, slots=True)
class ReadAssociated:
    """Operation: read the label, macro and thumbnail of a slide; returns `SlideFacts`."""

    source: Path | SlideRef

    @property
    def title(self) -> str:
        """Name of the work."""
        return f"Label and macro of {path_of(self.source).name}"

    def run(self) -> Generator[Progress, None, SlideFacts]:
        """Read one after the other; one that is damaged does not hide the others."""
        with open_source(self.source) as slide:
            found = []
            for at, name in enumerate(slide.associated):
                yield Progress(at, len(slide.associated), f"Reading the {name}")
                found.append((name, _associated(slide, name)))
            return SlideFacts(slide.magnification, tuple(found))


def _associated(slide: Slide, name: str) -> NDArray[np.uint8] | str:
    try:
        return slide.read_associated(name)
    except CellwrightError as error:
        return str(error)
