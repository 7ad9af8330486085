"""Drawing a smear of known cells, for slides too large to label."""

from __future__ import annotations

from benchmarks.rows import Row, milliseconds


def run() -> list[Row]:
    """Time one tile of a slide of a hundred gigapixels, and the cells of a field."""
    from cellwright.core import Box
    from cellwright.testing import Smear

    slide = Smear(seed=1, shape=(320_000, 320_000))
    tile = Box(200_000, 200_000, 200_512, 200_512)
    field = Box(200_000, 200_000, 204_000, 204_000)
    return [
        Row("draw one 512×512 tile", milliseconds(lambda: slide.read(tile), repeats=5), note="pixels"),
        Row("name the cells of 16 MPixel", milliseconds(lambda: slide.truth(field), repeats=3), note="boxes alone"),
    ]
