"""A picture as it is named to what reads it: a file, or one of the pictures in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellwright.imaging import Slide, SlideRef


def path_of(source: Path | SlideRef) -> Path:
    """Return the file that a picture lies in."""
    return source if isinstance(source, Path) else source.path


def open_source(source: Path | SlideRef) -> Slide:
    """Open a picture; raises as `cellwright.imaging.open_slide`."""
    from cellwright.imaging import open_slide

    return open_slide(source) if isinstance(source, Path) else source.open()
