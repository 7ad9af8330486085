"""Which class each pixel belongs to, as PNG with a palette: index 0 is background, then the classes in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cellwright.core import BadParameter
from cellwright.core.atomic import replacing
from cellwright.export.colour import rgb_of
from cellwright.export.outlined import OutlinedPicture

INDEX_PIXELS = 2**30
"""Pictures of more pixels than this are not written as PNG, which needs all of it in memory: one byte a pixel."""

_STRIP_ROWS = 1024


def write_index_png(path: str | Path, picture: OutlinedPicture, *, overwrite: bool = False) -> Path:
    """Write the class of every pixel as an 8-bit PNG whose palette has the classes' colours.

    The picture is held in memory as one byte a pixel.

    Raises
    ------
    BadParameter
        If only boxes are known, there are more than 255 classes, or the picture has more than `INDEX_PIXELS` pixels.
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    from PIL import Image

    height, width = picture.size
    if len(picture.colours) > 255:
        raise BadParameter(f"{len(picture.colours)} classes do not fit an index PNG, which holds 255; write TIFF.")
    if height * width > INDEX_PIXELS:
        raise BadParameter(
            f"{picture.name} is too large for PNG ({width} × {height} px); write its labels as TIFF or OME-Zarr."
        )
    index = np.empty((height, width), np.uint8)
    values = picture.objects.class_index.astype(np.int64) + 1
    for number, strip in enumerate(picture.strips(_STRIP_ROWS, values, np.uint8)):
        index[number * _STRIP_ROWS : (number + 1) * _STRIP_ROWS] = strip
    with replacing(path, overwrite=overwrite) as part:
        shown = Image.frombuffer("P", (width, height), index)
        shown.putpalette([0, 0, 0, *(level for colour in picture.colours for level in rgb_of(colour))])
        shown.save(part, format="PNG", compress_level=6)
    return Path(path)
