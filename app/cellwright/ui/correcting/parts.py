"""Which part of a file is a picture of its own in a project: one of its pictures, or one plane of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.ui.state.picture import Picture

if TYPE_CHECKING:
    from cellwright.imaging import SlideRef


def plane_of(picture: Picture) -> tuple[int, int] | None:
    """Return the plane of a stack that is shown, which is a picture of its own in a project; None of a flat picture."""
    return picture.plane if picture.facts is not None and picture.facts.is_stack else None


def part_of(picture: Picture, plane: tuple[int, int] | None = None) -> Path | SlideRef:
    """Return what stands in a project: all of a flat picture, one plane of a stack (that shown by default)."""
    shown = plane_of(picture)
    if shown is None:
        return picture.file
    from cellwright.imaging import SlideRef

    z, t = shown if plane is None else plane
    return SlideRef(picture.path, picture.series, z=z, t=t)
