"""Pictures that leave beside what was found on them: copies in labelled sets, and values in OME-Zarr."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from cellwright import export
from cellwright.core import BadParameter, Box, Region, SlideNotReadable
from cellwright.workflows.analysis import Analysis

COPIED_PIXELS = 2**28
"""Pictures of more pixels than this are not copied into a labelled set."""

# What every program that reads labelled sets opens; anything else is written anew as PNG.
_COPIED_AS_THEY_ARE = frozenset({".png", ".jpg", ".jpeg", ".bmp"})


def suffix_in_set(analysis: Analysis) -> str:
    """Return how the copy of a picture ends in a labelled set."""
    suffix = analysis.picture.path.suffix.lower()
    return suffix if suffix in _COPIED_AS_THEY_ARE else ".png"


def picture_writer(analysis: Analysis, suffix: str) -> Callable[[Path], None]:
    """Return what puts the picture into a set: the file itself where every program opens it, else its display."""
    picture = analysis.picture
    if suffix == picture.path.suffix.lower():
        return lambda path: _copy(picture.path, path)
    _refuse_large(analysis)
    return lambda path: _write_shown(analysis, path)


def _refuse_large(analysis: Analysis) -> None:
    rows, columns = analysis.picture.shape
    if rows * columns > COPIED_PIXELS:
        side = math.isqrt(COPIED_PIXELS)
        raise BadParameter(
            f"{analysis.picture.name} is too large to be copied ({columns} × {rows} px, at most about "
            f"{side} × {side}); export without pictures."
        )


def write_with_pixels(analysis: Analysis, path: Path, picture: export.OutlinedPicture, *, overwrite: bool) -> Path:
    """Write labels and the values they belong to, of the one plane that was analysed."""
    from cellwright.imaging import contrast_limits
    from cellwright.imaging.contrast import channel_colour

    _refuse_large(analysis)
    with analysis.picture.ref.open() as slide:
        every = range(len(slide.channels))
        primary = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
        colours = [primary[at] if slide.is_rgb else channel_colour(slide, at) for at in every]
        pixels = export.PicturePixels(
            tuple(channel.name for channel in slide.channels),
            tuple(f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in colours),
            tuple(contrast_limits(slide)),
            slide.dtype,
            lambda box: slide.read(Region(box, 1.0)),
        )
        return export.write_ome_zarr(path, picture, pixels=pixels, overwrite=overwrite)


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise SlideNotReadable(
            f"{source} cannot be read any more ({error.strerror}); export without pictures."
        ) from error
    target.write_bytes(content)


def _write_shown(analysis: Analysis, path: Path) -> None:
    from cellwright.imaging import contrast_limits, read_rgb

    rows, columns = analysis.picture.shape
    with analysis.picture.ref.open() as slide:
        rgb = read_rgb(slide, Region(Box(0, 0, rows, columns)), contrast_limits(slide))
    export.write_png(path, rgb, overwrite=True)
