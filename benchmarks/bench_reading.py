"""Reading pictures: a smear's JPEG, tiles of a large TIFF, and its overview."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.rows import Row, milliseconds

SIDE = 4096
TILE = 512


def run() -> list[Row]:
    """Time our reader beside the library that decodes, on the same files in the same process."""
    with tempfile.TemporaryDirectory() as folder:
        smear, slide = _write(Path(folder))
        return [_smear(smear), *_tiles(slide)]


def _write(folder: Path) -> tuple[Path, Path]:
    import numpy as np
    import tifffile
    from PIL import Image

    from cellwright.core import Box
    from cellwright.testing import Smear

    field = Smear(seed=1, shape=(SIDE, SIDE)).read(Box(0, 0, 480, 640))
    Image.fromarray(field).save(folder / "smear.jpg", quality=90)
    whole = np.tile(field, (9, 7, 1))[:SIDE, :SIDE]
    tifffile.imwrite(folder / "slide.tif", whole, photometric="rgb", tile=(256, 256), compression="jpeg")
    return folder / "smear.jpg", folder / "slide.tif"


def _smear(path: Path) -> Row:
    import numpy as np
    from PIL import Image

    from cellwright.core import Box, Region
    from cellwright.imaging import open_slide

    def ours() -> None:
        with open_slide(path) as slide:
            slide.read(Region(Box(0, 0, *slide.shape)))

    def pillow() -> None:
        with Image.open(path) as picture:
            np.asarray(picture)

    return Row("open and read a 640×480 JPEG", milliseconds(ours), milliseconds(pillow), note="Pillow")


def _tiles(path: Path) -> list[Row]:
    import tifffile

    from cellwright.core import Box, Region
    from cellwright.imaging import open_slide

    corners = [(y, x) for y in range(0, SIDE, TILE) for x in range(0, SIDE, TILE)]

    def tiles() -> None:
        with open_slide(path) as slide:
            for y, x in corners:
                slide.read(Region(Box(y, x, y + TILE, x + TILE)))

    def overview() -> None:
        with open_slide(path) as slide:
            slide.read(Region(Box(0, 0, *slide.shape), 8.0))

    def everything_at_once() -> None:
        with tifffile.TiffFile(path) as file:
            file.pages[0].asarray(maxworkers=1)

    other = milliseconds(everything_at_once, repeats=3)
    return [
        Row("64 tiles of 512² from a JPEG TIFF", milliseconds(tiles, repeats=3), other, note="tifffile, whole at once"),
        Row("its overview at an eighth", milliseconds(overview, repeats=3), other, note="tifffile, whole at once"),
    ]
